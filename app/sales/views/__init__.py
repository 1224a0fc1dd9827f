"""Pages of customer orders: list, entry, detail, review, revision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.i18n import format_date, format_quantity, localized
from app.core.inputs import date_input, takes
from app.core.permissions import allowed, requires
from app.core.web import Column, Filter, document_provider, listing, status_label
from app.masterdata.models import Partner
from app.sales import ORDER_CONFIRM, ORDER_ENTER, ORDER_READ, ORDER_REVIEW, queries, services
from app.sales.models import CustomerOrder, OrderStatus
from app.sales.schemas import OrderSchema, RevisionSchema, flat_errors, form_data

blueprint = Blueprint("sales", __name__, url_prefix="/sales")
BLANK_ROWS = 3
ENTRY_FIELDS = ("site", "customer_id", "customer_reference", "currency", "note", "copied_from_id")
LINE_FIELDS = tuple(
    f"lines-*-{name}"
    for name in ("number", "item_id", "quantity", "due_date", "price", "customer_part", "drawing_revision")
)


@blueprint.context_processor
def _formats() -> dict[str, Any]:
    """Let templates show names, quantities and dates in the reader's language."""
    return {"localized": localized, "format_quantity": format_quantity, "format_date": format_date}


@blueprint.get("/orders")
@requires(ORDER_READ)
def orders() -> Any:
    """List customer orders."""
    columns = [
        Column(
            "number",
            _l("Order"),
            href=lambda row: url_for("sales.order", order_id=row.id),
            sort=CustomerOrder.number,
        ),
        Column(
            "customer", _l("Customer"), value=lambda row: localized(row.customer.names), sort=Partner.code
        ),
        Column("customer_reference", _l("Customer's reference"), sort=CustomerOrder.customer_reference),
        Column("lines", _l("Items"), value=_summary, sortable=False),
        Column("due", _l("Due"), "date", value=_due, sortable=False),
        Column("entered_on", _l("Entered"), "date", sort=CustomerOrder.entered_on),
        Column("revision", _l("Revision"), "number", sort=CustomerOrder.revision),
        Column("status", _l("Status"), "status", sort=CustomerOrder.status, display=_status),
    ]
    page = listing(
        queries.orders(),
        columns,
        title="customer-orders",
        search=[CustomerOrder.number, CustomerOrder.customer_reference, Partner.code],
        filters=[
            Filter(
                "status",
                _l("Status"),
                [(one.value, status_label(one.value)) for one in OrderStatus],
                lambda value: CustomerOrder.status == OrderStatus(value),
            )
        ],
        sort="-number",
    )
    if page.export:
        return page.export
    return render_template("sales/orders.html", page=page, may_enter=allowed(current_actor(), ORDER_ENTER))


def _summary(order: CustomerOrder) -> str:
    return ", ".join(f"{line.item.number} × {format_quantity(line.quantity)}" for line in order.lines)


def _due(order: CustomerOrder) -> Any:
    return min((line.due_date for line in order.lines if line.shipped < line.quantity), default=None)


def _status(order: CustomerOrder) -> str:
    return str(_("In review")) if order.status is OrderStatus.IN_REVIEW else status_label(order.status.value)


@blueprint.get("/orders/new")
@requires(ORDER_ENTER)
def new_order() -> str:
    """Show an empty order, or one with the lines of ``?copy=ID``."""
    copied = request.args.get("copy", type=int)
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

    def enter() -> Response:
        values: Any = OrderSchema().load(data)
        copied = data.get("copied_from_id", "")
        made = services.create_order(
            values.pop("site"),
            values.pop("customer_id"),
            values.pop("lines"),
            copied_from_id=int(copied) if copied.isdecimal() else None,
            **values,
        )
        flash(_("Order {number} is entered. Now it is reviewed.").format(number=made.number), "success")
        return redirect(url_for("sales.order", order_id=made.id))

    return _attempt(enter, lambda errors: _entry_page(data, errors))


def _attempt(act: Callable[[], Response], again: Callable[[dict[str, str]], str]) -> Any:
    """Do it, or show the form again with what is wrong and change nothing."""
    try:
        return act()
    except (ValidationError, DomainError) as error:
        db.session.rollback()
        return again(flat_errors(error)), getattr(error, "status", 422)


def _entry_page(values: dict[str, Any], errors: dict[str, str], blank: int = 0) -> str:
    rows = values["lines"] + [{}] * max(blank - len(values["lines"]), 1 if values["lines"] else BLANK_ROWS)
    return render_template(
        "sales/entry.html",
        values=values,
        rows=rows,
        errors=errors,
        choices=queries.choices(),
        earlier=queries.earlier_orders(limit=30),
        today=clock.now().date(),
    )


@blueprint.get("/orders/<int:order_id>")
@requires(ORDER_READ)
def order(order_id: int) -> str:
    """Show an order with its review, lines and revisions."""
    return _order_page(order_id, {})


def _order_page(order_id: int, errors: dict[str, str]) -> str:
    found, actor = queries.order(order_id), current_actor()
    waiting = found.status in {OrderStatus.DRAFT, OrderStatus.IN_REVIEW}
    return render_template(
        "sales/order.html",
        order=found,
        errors=errors,
        status=_status(found),
        points=services.review_names(),
        may_review=waiting and allowed(actor, ORDER_REVIEW),
        may_confirm=waiting and allowed(actor, ORDER_CONFIRM),
        may_revise=found.status is OrderStatus.CONFIRMED and allowed(actor, ORDER_CONFIRM),
        may_enter=allowed(actor, ORDER_ENTER),
        may_cancel=allowed(actor, ORDER_ENTER)
        and found.status in {OrderStatus.DRAFT, OrderStatus.IN_REVIEW, OrderStatus.CONFIRMED},
        revisions=queries.revisions(order_id),
    )


@blueprint.post("/orders/<int:order_id>/review")
@requires(ORDER_REVIEW)
@takes("drawing", "tooling", "capacity", "certificates")
def review(order_id: int) -> Response:
    """Note what the review found."""
    ticked = {name: name in request.form for name in services.review_names()}
    services.review_order(order_id, ticked)
    flash(_("The review is noted."), "success")
    return redirect(url_for("sales.order", order_id=order_id))


@blueprint.post("/orders/<int:order_id>/confirm")
@requires(ORDER_CONFIRM)
@takes()
def confirm(order_id: int) -> Any:
    """Confirm an order: its process starts."""

    def act() -> Response:
        made = services.confirm_order(order_id)
        flash(_("Order {number} is confirmed; planning begins.").format(number=made["number"]), "success")
        return redirect(url_for("sales.order", order_id=order_id))

    return _attempt(act, lambda errors: _order_page(order_id, errors))


@blueprint.post("/orders/<int:order_id>/cancel")
@requires(ORDER_ENTER)
@takes("reason")
def cancel(order_id: int) -> Any:
    """Cancel an order, with its reason."""

    def act() -> Response:
        services.cancel_order(order_id, request.form.get("reason", ""))
        flash(_("The order is cancelled."), "success")
        return redirect(url_for("sales.order", order_id=order_id))

    return _attempt(act, lambda errors: _order_page(order_id, errors))


@blueprint.post("/orders/<int:order_id>/copy")
@requires(ORDER_ENTER)
@takes("due_date", "customer_reference")
def copy(order_id: int) -> Any:
    """Enter a new draft like this order, due on one date."""

    def act() -> Response:
        due = date_input(request.form.get("due_date"), field="due_date")
        made = services.copy_order(
            order_id, due_date=due, customer_reference=request.form.get("customer_reference")
        )
        return redirect(url_for("sales.order", order_id=made.id))

    return _attempt(act, lambda errors: _order_page(order_id, errors))


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

    return _attempt(act, lambda errors: _revision_page(order_id, data, errors))


@document_provider
def documents(customer_order_id: int) -> list[dict[str, Any]]:
    """Name the order itself among its documents."""
    found = queries.order(customer_order_id)
    return [
        {
            "step": 1,
            "number": found.number,
            "label": _("Customer order"),
            "status": found.status.value,
            "url": url_for("sales.order", order_id=found.id),
            "date": found.entered_on,
        }
    ]
