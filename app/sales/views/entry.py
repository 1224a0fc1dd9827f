"""Pages on which an order's lines are typed: entry and revision."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import clock
from app.core.i18n import unit_name
from app.core.inputs import chosen, identifier, takes
from app.core.permissions import requires
from app.sales import ORDER_CONFIRM, ORDER_ENTER, queries, services
from app.sales.schemas import OrderSchema, RevisionSchema, form_data
from app.sales.views import attempt, blueprint

BLANK_ROWS = 3
ENTRY_FIELDS = ("site", "customer_id", "customer_reference", "currency", "note", "copied_from_id")
LINE_FIELDS = tuple(
    f"lines-*-{name}"
    for name in (
        "number",
        "item_id",
        "quantity",
        "due_date",
        "price",
        "customer_part",
        "drawing_revision",
        "proposed_for",
    )
)
PROPOSED = ("price", "customer_part", "drawing_revision")


@blueprint.get("/orders/new")
@requires(ORDER_ENTER)
def new_order() -> str:
    """Show an empty order, or one with the lines of ``?copy=ID``."""
    copied = request.args.get("copy", type=identifier)
    return _entry_page(_copied(copied) if copied else {"lines": []}, {})


def _copied(order_id: int) -> dict[str, Any]:
    earlier = queries.order(order_id)
    return {
        "customer_id": str(earlier.customer_id),
        "currency": earlier.currency,
        "copied_from_id": str(earlier.id),
        "lines": [
            {
                "item_id": str(line.item_id),
                "quantity": format(line.quantity, "f"),
                "price": format(line.price, "f"),
                "customer_part": line.customer_part,
                "drawing_revision": line.drawing_revision,
            }
            for line in earlier.lines
        ],
    }


@blueprint.post("/orders/new")
@requires(ORDER_ENTER)
@takes(*ENTRY_FIELDS, *LINE_FIELDS)
def enter_order() -> Any:
    """Enter an order as a draft."""
    data = form_data(request.form)
    if "_add" in request.form:
        return _entry_page(data, {}, blank=len(data["lines"]) + BLANK_ROWS)
    if "_fill" in request.form:
        return _entry_page(data, {}, blank=max(len(data["lines"]) + 1, BLANK_ROWS))

    def enter() -> Response:
        values: Any = OrderSchema().load(data)
        made = services.create_order(
            values.pop("site"),
            values.pop("customer_id"),
            values.pop("lines"),
            copied_from_id=chosen(data.get("copied_from_id", "")) or None,
            **values,
        )
        flash(_("Order {number} is entered. Now it is reviewed.").format(number=made.number), "success")
        return redirect(url_for("sales.order", order_id=made.id))

    return attempt(enter, lambda errors: _entry_page(data, errors))


def _entry_page(values: dict[str, Any], errors: dict[str, str], blank: int = 0) -> str:
    customer = queries.customer_chosen(values.get("customer_id", ""))
    currency = values.get("currency") or (customer.currency if customer else "")
    for row in values["lines"]:
        _propose(row, values.get("customer_id", ""), currency)
    rows = values["lines"] + [{}] * max(blank - len(values["lines"]), 1 if values["lines"] else BLANK_ROWS)
    return render_template(
        "sales/entry.html",
        values=values,
        rows=rows,
        errors=errors,
        choices=queries.choices(),
        currencies=queries.currencies(),
        own_currency=customer.currency if customer else "",
        earlier=queries.earlier_orders(limit=30),
        today=clock.now().date(),
    )


def _propose(row: dict[str, Any], customer: str, currency: str) -> None:
    """Put the unit, and what the customer and the price list say of the item, into boxes nobody typed in.

    What an earlier choice of customer, item or currency had put there goes.
    """
    before = queries.proposal(*[*row.get("proposed_for", "").split("|"), "", ""][:3])
    chosen = (customer, row.get("item_id", ""), currency)
    now = queries.proposal(*chosen)
    for name in PROPOSED:
        if not row.get(name) or row[name] == before.get(name):
            row[name] = now.get(name, "")
    row |= {"unit": now.get("unit", ""), "currency": currency, "proposed_for": "|".join(chosen)}
    row["unpriced"] = bool(now and currency and not now["price"])


@blueprint.get("/orders/<int:order_id>/revise")
@requires(ORDER_CONFIRM)
def revise(order_id: int) -> str:
    """Show an order's lines to be changed."""
    found = queries.order(order_id)
    rows = [
        {
            "number": str(line.number),
            "item_id": str(line.item_id),
            "quantity": format(line.quantity, "f"),
            "due_date": str(line.promised_date or line.due_date),
            "price": format(line.price, "f"),
            "unit": unit_name(line.item.unit),
            "currency": found.currency,
        }
        for line in found.lines
    ]
    return _revision_page(order_id, {"lines": rows}, {})


def _revision_page(order_id: int, values: dict[str, Any], errors: dict[str, str], blank: int = 1) -> str:
    return render_template(
        "sales/revise.html",
        order=queries.order(order_id),
        values=values,
        rows=values["lines"] + [{}] * blank,
        errors=errors,
        choices=queries.choices(),
    )


@blueprint.post("/orders/<int:order_id>/revise")
@requires(ORDER_CONFIRM)
@takes("reason", *LINE_FIELDS)
def save_revision(order_id: int) -> Any:
    """Record an agreed change."""
    data = form_data(request.form)
    if "_add" in request.form:
        return _revision_page(order_id, data, {}, blank=BLANK_ROWS)

    def act() -> Response:
        values: Any = RevisionSchema().load(data)
        made = services.revise_order(order_id, values["lines"], values["reason"])
        flash(_("Revision {revision} is recorded.").format(revision=made.revision), "success")
        return redirect(url_for("sales.order", order_id=order_id))

    return attempt(act, lambda errors: _revision_page(order_id, data, errors))
