"""Pages of costing. Nobody without ``cost:read`` sees a cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.actors import current_actor
from app.core.db import db
from app.core.documents import document_label
from app.core.errors import NotFound
from app.core.i18n import localized, unit_name
from app.core.inputs import takes
from app.core.money import ZERO
from app.core.permissions import allowed, requires
from app.core.web import Column, document_provider, listing, status_label, url_if
from app.costing import COST_POST, COST_READ, queries, services
from app.costing.models import Account, OrderProfit, ProductionCost
from app.costing.queries.wording import ACCOUNTS, METHODS, money
from app.masterdata import queries as masterdata
from app.sales.models import CustomerOrder

blueprint = Blueprint("costing", __name__, url_prefix="/costing")


def _may_post() -> bool:
    return allowed(current_actor(), COST_POST)


@blueprint.route("/orders")
@requires(COST_READ)
def orders() -> Any:
    """Show the costed customer orders with their profit."""
    page = listing(
        select(OrderProfit)
        .join(OrderProfit.order)
        .options(selectinload(OrderProfit.order).selectinload(CustomerOrder.customer)),
        [
            Column(
                "number",
                _("Order"),
                value=lambda row: row.order.number,
                href=lambda row: url_for(".order", order_id=row.order_id),
                sort=CustomerOrder.number,
            ),
            Column(
                "customer",
                _("Customer"),
                value=lambda row: localized(row.order.customer.names),
                sort=CustomerOrder.customer_id,
            ),
            Column("revenue", _("Revenue"), "money", decimals=2),
            Column("goods", _("Goods shipped"), "money", decimals=2),
            Column("variances", _("Variances"), "money", decimals=2),
            Column("cost", _("Cost"), "money", decimals=2, sortable=False),
            Column("profit", _("Profit"), "money", decimals=2, sortable=False),
            Column("status", _("Status"), "status", display=lambda row: status_label(row.status)),
        ],
        title=_("Order costs"),
        search=[CustomerOrder.number],
        sort="-number",
    )
    if page.export:
        return page.export
    return render_template("costing/list.html", page=page, empty_text=_("No order has been costed yet."))


@blueprint.route("/orders/<int:order_id>")
@requires(COST_READ)
def order(order_id: int) -> Any:
    """Show an order's cost sheet: elements, methods side by side, variances."""
    sheet = queries.order_cost_sheet(order_id)
    report = url_if("reports.document", kind="cost_report", key=order_id)
    return render_template("costing/order.html", sheet=sheet, order_id=order_id, report_url=report)


@blueprint.route("/orders/<int:order_id>/so-far")
@requires(COST_READ)
def order_cost(order_id: int) -> Any:
    """Show what an order has cost so far, as a fragment of the order's page."""
    db.get_or_404(CustomerOrder, order_id)
    return render_template("costing/_so_far.html", figures=queries.so_far(order_id), order_id=order_id)


@blueprint.route("/work-orders")
@requires(COST_READ)
def work_orders() -> Any:
    """Show the costed work orders."""
    page = listing(
        select(ProductionCost).options(selectinload(ProductionCost.item)),
        [
            Column("number", _("Order"), href=lambda row: _sheet_url(row.document)),
            Column(
                "item",
                _("Item"),
                value=lambda row: f"{row.item.number} {localized(row.item.names)}",
                sort=ProductionCost.item_id,
            ),
            Column("good", _("Good"), "number"),
            Column("scrapped", _("Scrapped"), "number"),
            Column("received_value", _("Standard cost"), "money", decimals=2),
            Column("total", _("Actual cost"), "money", decimals=2, sortable=False),
            Column(
                "variance",
                _("Variance"),
                "money",
                value=lambda row: row.received_value - row.total,
                decimals=2,
                sortable=False,
            ),
            Column("closed_at", _("Costed on"), "datetime"),
        ],
        title=_("Work order costs"),
        search=[ProductionCost.number],
        sort="-closed_at",
    )
    if page.export:
        return page.export
    return render_template("costing/list.html", page=page, empty_text=_("No work order has been costed yet."))


def _sheet_url(document: str) -> str:
    kind, _sep, number = document.partition(":")
    return url_for(".work_order", kind=kind, key=int(number))


@blueprint.route("/documents/<kind>/<int:key>")
@requires(COST_READ)
def work_order(kind: str, key: int) -> Any:
    """Show the cost sheet of a work order or subcontract order with its variance tree."""
    if kind not in {"work_order", "subcontract_order"}:
        raise NotFound("no_document", _("There is no such document."))
    sheet = queries.work_order_sheet(f"{kind}:{key}")
    return render_template("costing/work_order.html", sheet=sheet)


def _by(method: str) -> Callable[[Any], Any]:
    """What a row is worth by a costing method."""
    return lambda row: row.values.get(method)


@blueprint.route("/inventory")
@requires(COST_READ)
def inventory_value() -> Any:
    """Show the value of own stock by all methods side by side."""
    rows = queries.inventory_values()
    page = listing(
        rows,
        [
            Column("number", _("Item"), value=lambda row: row.item.number),
            Column("name", _("Name"), value=lambda row: localized(row.item.names)),
            Column("quantity", _("Quantity"), "number"),
            Column("unit", _("Unit"), value=lambda row: unit_name(row.item.unit)),
            *(
                Column(name, str(label), "money", value=_by(name), decimals=2)
                for name, label in METHODS.items()
            ),
            Column("posted", _("In the books"), "money", decimals=2),
        ],
        title=_("Stock value"),
        sort="number",
    )
    if page.export:
        return page.export
    total = money(sum((row.posted for row in rows), ZERO))
    return render_template(
        "costing/inventory.html",
        page=page,
        total=total,
        waiting=queries.unvalued_count(),
        may_post=_may_post(),
        problems=queries.check(),
    )


@blueprint.route("/value-moves", methods=["POST"])
@requires(COST_POST)
@takes()
def value_moves() -> Any:
    """Value what has moved since last time."""
    result = services.value_moves()
    flash(_("%(items)s items valued, %(entries)s entries posted.", **result))
    return redirect(url_for(".inventory_value"))


@blueprint.route("/accounts")
@requires(COST_READ)
def accounts() -> Any:
    """Show the balances of the cost accounts and what each open order holds in work in process."""
    months = [row["month"] for row in queries.months()]
    chosen = request.args.get("month", "")
    balances = queries.balances(chosen if chosen in months else None)
    rows = [
        {"account": str(ACCOUNTS[account.value])} | {side: money(amount) for side, amount in sums.items()}
        for account, sums in balances.items()
        if any(sums.values())
    ]
    wip = [
        {
            "document": document_label(row["document"]),
            "balance": money(row["balance"]),
            "url": _wip_url(row["document"]),
        }
        for row in queries.wip_by_document()
    ]
    total = money(queries.balances()[Account.WIP]["balance"])
    lines = [
        {"line": _line_text(line), "balance": money(amount)}
        for line, amount in queries.received_not_invoiced().items()
    ]
    return render_template(
        "costing/accounts.html", rows=rows, wip=wip, total=total, lines=lines, months=months, chosen=chosen
    )


def _line_text(line: str) -> str:
    """An order line as a person calls it: ``purchase_order:42:1`` by the order's number and its own."""
    kind, _sep, rest = line.partition(":")
    key, _sep, number = rest.partition(":")
    return " / ".join(filter(None, (document_label(f"{kind}:{key}"), number)))


def _wip_url(document: str) -> str | None:
    return _sheet_url(document) if document.startswith(("work_order:", "subcontract_order:")) else None


@blueprint.route("/periods")
@requires(COST_READ)
def periods() -> Any:
    """Show the months of the books."""
    months = [row | {"amount": money(row["amount"])} for row in queries.months()]
    return render_template("costing/periods.html", months=months, may_post=_may_post())


@blueprint.route("/periods/<month>/close", methods=["POST"])
@requires(COST_POST)
@takes()
def close_period(month: str) -> Any:
    """Close a month."""
    services.close_period(month)
    flash(_("%(month)s is closed.", month=month))
    return redirect(url_for(".periods"))


@blueprint.route("/wages")
@requires(COST_READ)
def wages() -> Any:
    """Show what an hour of work really cost, by month and work centre."""
    rows = [
        {
            "month": wage.month,
            "work_centre": f"{centre.code} {localized(centre.names)}" if centre else _("Everywhere else"),
            "per_hour": money(wage.per_hour),
        }
        for wage, centre in queries.entered_wages()
    ]
    centres = [(centre.id, f"{centre.code} {localized(centre.names)}") for centre in queries.work_centres()]
    standard = money(masterdata.company().labour_per_hour)
    return render_template(
        "costing/wages.html", rows=rows, centres=centres, standard=standard, may_post=_may_post()
    )


@blueprint.route("/wages", methods=["POST"])
@requires(COST_POST)
@takes("month", "per_hour", "work_centre_id")
def set_wage() -> Any:
    """Keep what an hour of work cost in a month, before that month is closed."""
    services.set_wage(
        request.form.get("month", ""),
        request.form.get("per_hour", ""),
        work_centre_id=request.form.get("work_centre_id", "0"),
    )
    flash(_("The wage is kept; work orders closed from now on are costed with it."))
    return redirect(url_for(".wages"))


@document_provider
def order_documents(customer_order_id: int) -> list[dict[str, Any]]:
    """The cost of a customer order, for those who may see it."""
    profit = queries.profit_of(customer_order_id)
    if profit is None or not allowed(current_actor(), COST_READ):
        return []
    return [
        {
            "step": 8,
            "number": _("Order cost"),
            "label": _("Cost sheet"),
            "status": profit.status.value,
            "url": url_for("costing.order", order_id=customer_order_id),
            "date": profit.closed_at or profit.computed_at,
        }
    ]
