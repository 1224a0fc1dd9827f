"""Pages of customer orders: list, entry, detail, review, revision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.i18n import format_date, format_quantity, localized
from app.core.inputs import date_input, takes
from app.core.permissions import allowed, requires
from app.core.web import Column, Filter, document_provider, listing, status_label
from app.core.words import listed
from app.masterdata.models import Partner
from app.sales import (
    ORDER_CONFIRM,
    ORDER_ENTER,
    ORDER_PRICES,
    ORDER_READ,
    ORDER_REVIEW,
    queries,
    services,
)
from app.sales.models import CustomerOrder, OrderStatus
from app.sales.schemas import flat_errors

blueprint = Blueprint("sales", __name__, url_prefix="/sales")


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
        Column("entered_on", _l("Entered on"), "date", sort=CustomerOrder.entered_on),
        Column("revision", _l("Revision"), "number", sort=CustomerOrder.revision),
        Column("status", _l("Status"), "status", sort=CustomerOrder.status, display=_status),
    ]
    page = listing(
        queries.orders(),
        columns,
        title=_("Customer orders"),
        search=[CustomerOrder.number, CustomerOrder.customer_reference, Partner.code],
        filters=[
            Filter(
                "status",
                _l("Status"),
                [(one.value, status_label(one)) for one in OrderStatus],
                lambda value: CustomerOrder.status == OrderStatus(value),
            )
        ],
        sort="-number",
    )
    if page.export:
        return page.export
    return render_template("sales/orders.html", page=page, may_enter=allowed(current_actor(), ORDER_ENTER))


def _summary(order: CustomerOrder) -> str:
    return listed(f"{line.item.number} × {format_quantity(line.quantity)}" for line in order.lines)


def _due(order: CustomerOrder) -> Any:
    return min((line.due_date for line in order.lines if line.shipped < line.quantity), default=None)


def _status(order: CustomerOrder) -> str:
    return str(_("In review")) if order.status is OrderStatus.IN_REVIEW else status_label(order.status)


def attempt(act: Callable[[], Response], again: Callable[[dict[str, str]], str]) -> Any:
    """Do it, or show the form again with what is wrong and change nothing."""
    try:
        return act()
    except (ValidationError, DomainError) as error:
        db.session.rollback()
        return again(flat_errors(error)), getattr(error, "status", 422)


@blueprint.get("/orders/<int:order_id>")
@requires(ORDER_READ)
def order(order_id: int) -> str:
    """Show an order with its review, lines and revisions."""
    return _order_page(order_id, {})


def _order_page(order_id: int, errors: dict[str, str], ticked: Sequence[str] = ()) -> str:
    found, actor = queries.order(order_id), current_actor()
    waiting = found.status in {OrderStatus.DRAFT, OrderStatus.IN_REVIEW}
    return render_template(
        "sales/order.html",
        order=found,
        errors=errors,
        status=_status(found),
        points=services.review_names(),
        ticked={name for name, settled in found.review.items() if settled} | set(ticked),
        may_review=waiting and allowed(actor, ORDER_REVIEW),
        may_confirm=waiting and allowed(actor, ORDER_CONFIRM),
        may_revise=found.status is OrderStatus.CONFIRMED and allowed(actor, ORDER_CONFIRM),
        may_enter=allowed(actor, ORDER_ENTER),
        may_see_prices=allowed(actor, ORDER_PRICES),
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
@takes("drawing", "tooling", "capacity", "certificates")
def confirm(order_id: int) -> Any:
    """Confirm an order, with what was ticked on the same page: its process starts."""
    ticked = [name for name in services.review_names() if name in request.form]

    def act() -> Response:
        if ticked and allowed(current_actor(), ORDER_REVIEW):
            services.review_order(order_id, dict.fromkeys(ticked, True))
        made = services.confirm_order(order_id)
        flash(_("Order {number} is confirmed; planning begins.").format(number=made["number"]), "success")
        return redirect(url_for("sales.order", order_id=order_id))

    return attempt(act, lambda errors: _order_page(order_id, errors, ticked))


@blueprint.post("/orders/<int:order_id>/cancel")
@requires(ORDER_ENTER)
@takes("reason")
def cancel(order_id: int) -> Any:
    """Cancel an order, with its reason."""

    def act() -> Response:
        services.cancel_order(order_id, request.form.get("reason", ""))
        flash(_("The order is cancelled."), "success")
        return redirect(url_for("sales.order", order_id=order_id))

    return attempt(act, lambda errors: _order_page(order_id, errors))


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

    return attempt(act, lambda errors: _order_page(order_id, errors))


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


from app.sales.views import entry  # noqa: E402, F401  (it adds its routes to the blueprint)
