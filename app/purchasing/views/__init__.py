"""Pages: purchase orders, requisitions, receipts and invoices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.i18n import format_money, format_quantity, localized, unit_name
from app.core.inputs import takes
from app.core.permissions import allowed, requires
from app.core.web import Column, Filter, document_provider, listing
from app.core.words import listed
from app.masterdata.models import Partner
from app.planning.models import Plan
from app.purchasing import FOLLOW_UP, READ, queries, services
from app.purchasing.models import (
    InvoiceStatus,
    OrderStatus,
    PurchaseOrder,
    PurchaseOrderLine,
    SupplierInvoice,
)

blueprint = Blueprint("purchasing", __name__, url_prefix="/purchasing")

ORDER_STATES = {
    OrderStatus.DRAFT: _l("Draft"),
    OrderStatus.SENT: _l("Sent"),
    OrderStatus.PARTIALLY_RECEIVED: _l("Partially received"),
    OrderStatus.RECEIVED: _l("Received"),
    OrderStatus.CLOSED: _l("Closed"),
    OrderStatus.CANCELLED: _l("Cancelled"),
}
INVOICE_STATES = {
    InvoiceStatus.ENTERED: _l("Entered"),
    InvoiceStatus.DISPUTED: _l("Disputed"),
    InvoiceStatus.MATCHED: _l("Matched"),
    InvoiceStatus.POSTED: _l("Payable"),
    InvoiceStatus.REFUSED: _l("Refused"),
}


def supplier_name(row: Any) -> str:
    """Name a document's supplier, or nothing."""
    return f"{row.supplier.code} {localized(row.supplier.names)}" if row.supplier else "–"


def _places(row: PurchaseOrder | SupplierInvoice) -> int:
    return row.decimals


def _due(order: PurchaseOrder) -> date | None:
    open_lines = [line for line in order.lines if line.received < line.quantity]
    return min((line.promised_date or line.due_date for line in open_lines), default=None)


def _overdue(order: PurchaseOrder) -> bool:
    due = _due(order)
    return (
        order.status in {OrderStatus.SENT, OrderStatus.PARTIALLY_RECEIVED}
        and due is not None
        and due < clock.today()
    )


def _order_url(order: PurchaseOrder) -> str:
    return url_for("purchasing.order", order_id=order.id)


@blueprint.get("/orders")
@requires(READ)
def orders() -> Any:
    """List purchase orders, overdue ones marked."""
    columns = [
        Column("number", _l("Number"), sort=PurchaseOrder.number, href=_order_url),
        Column("supplier", _l("Supplier"), value=supplier_name, sort=Partner.code),
        Column("status", _l("Status"), "status", display=lambda row: str(ORDER_STATES[row.status])),
        Column("ordered_on", _l("Ordered on"), "date", sort=PurchaseOrder.ordered_on),
        Column("due", _l("Due"), "date", value=_due, sortable=False),
        Column("late", _l("Late"), value=lambda row: _("overdue") if _overdue(row) else "", sortable=False),
        Column(
            "amount",
            _l("Amount before tax"),
            "money",
            value=queries.order_amount,
            sortable=False,
            decimals=_places,
        ),
        Column("currency", _l("Currency"), sort=PurchaseOrder.currency),
    ]
    filters = [
        Filter(
            "status",
            _l("Status"),
            [(one.value, label) for one, label in ORDER_STATES.items()],
            lambda value: PurchaseOrder.status == OrderStatus(value),
        ),
        Filter("late", _l("Due date"), [("overdue", _l("Overdue"))], lambda _value: _overdue_condition()),
    ]
    page = listing(
        queries.orders_query().order_by(None).join(PurchaseOrder.supplier),
        columns,
        title=_("Purchase orders"),
        search=(PurchaseOrder.number, Partner.code),
        filters=filters,
        sort="-number",
    )
    return page.export or render_template(
        "purchasing/list.html",
        page=page,
        empty_text=_("Approved plans and requisitions become purchase orders."),
    )


def _overdue_condition() -> Any:
    late = select(PurchaseOrderLine.order_id).where(
        PurchaseOrderLine.received < PurchaseOrderLine.quantity,
        db.func.coalesce(PurchaseOrderLine.promised_date, PurchaseOrderLine.due_date) < clock.today(),
    )
    under_way = PurchaseOrder.status.in_((OrderStatus.SENT, OrderStatus.PARTIALLY_RECEIVED))
    return under_way & PurchaseOrder.id.in_(late)


@blueprint.get("/orders/<int:order_id>")
@requires(READ)
def order(order_id: int) -> Any:
    """Show one order with its receipts, invoices and matches."""
    detail = queries.order_detail(order_id)
    if detail is None:
        abort(404)
    found = detail["order"]
    head = [
        (_("Supplier"), supplier_name(found)),
        (_("Status"), str(ORDER_STATES[found.status])),
        (_("Ordered on"), found.ordered_on.isoformat()),
        (_("Revision"), str(found.revision)),
        (
            _("Amount before tax"),
            f"{format_money(queries.order_amount(found), found.decimals)} {found.currency}",
        ),
        (_("After the fact"), queries.after_the_fact_text(found)),
    ]
    return render_template(
        "purchasing/order.html",
        title=found.number,
        head=head,
        detail=detail,
        line_columns=_line_columns(),
        receipt_columns=_receipt_columns(),
        receipt_rows=[(receipt, line) for receipt in detail["receipts"] for line in receipt.lines],
        invoice_columns=_invoice_columns(),
        match_rows=_match_rows(detail),
        open_lines=_open_lines(found) if allowed(current_actor(), FOLLOW_UP) else [],
    )


def _open_lines(order: PurchaseOrder) -> list[PurchaseOrderLine]:
    """The lines for which a supplier may still promise something."""
    if order.status not in {OrderStatus.SENT, OrderStatus.PARTIALLY_RECEIVED}:
        return []
    return [line for line in order.lines if line.item_id and line.received < line.quantity]


@blueprint.post("/orders/<int:order_id>/promise")
@requires(FOLLOW_UP)
@takes("line", "quantity", "promised_on", "note")
def promise(order_id: int) -> Any:
    """Record in which deliveries the supplier now promises what is open of a line."""
    if db.session.get(PurchaseOrder, order_id) is None:
        abort(404)
    quantities, days = request.form.getlist("quantity"), request.form.getlist("promised_on")
    if len(quantities) != len(days):
        raise DomainError("deliveries", _("Each delivery needs a quantity and a date."), field="deliveries")
    rows = [
        {"quantity": quantity, "promised_on": day} for quantity, day in zip(quantities, days, strict=True)
    ]
    number = request.form.get("line", 0, type=int)
    services.promise_deliveries(order_id, number, rows, request.form.get("note", ""))
    flash(_("The new promise is recorded."), "success")
    return redirect(url_for("purchasing.order", order_id=order_id))


def what(line: Any) -> str:
    """Name an item, or say what was described."""
    return f"{line.item.number} {localized(line.item.names)}" if line.item else line.description or ""


def _line_columns() -> list[Column]:
    return [
        Column("number", _l("Line"), "number"),
        Column("item", _l("Item"), value=what),
        Column("quantity", _l("Ordered"), "number"),
        Column("received", _l("Received quantity"), "number"),
        Column("accepted", _l("Accepted"), "number"),
        Column("rejected", _l("Rejected"), "number"),
        Column("invoiced", _l("Invoiced"), "number"),
        Column("unit", _l("Unit"), value=lambda row: unit_name(row.item.unit) if row.item else ""),
        Column(
            "price",
            _l("Price"),
            display=lambda row: f"{format_quantity(row.price)} / {unit_name(row.price_unit)}",
        ),
        Column("due_date", _l("Due"), "date", value=lambda row: row.promised_date or row.due_date),
    ]


def _receipt_columns() -> list[Column]:
    return [
        Column("number", _l("Receipt"), value=lambda row: row[0].number),
        Column("received_on", _l("Received on"), "date", value=lambda row: row[0].received_on),
        Column("note", _l("Supplier's delivery note"), value=lambda row: row[0].delivery_note or ""),
        Column("item", _l("Item"), value=lambda row: what(row[1]) if row[1].item else ""),
        Column("quantity", _l("Quantity"), "number", value=lambda row: row[1].quantity),
        Column("second", _l("Second quantity"), "number", value=lambda row: row[1].second_quantity),
        Column("accepted", _l("Accepted"), "number", value=lambda row: row[1].accepted),
        Column("rejected", _l("Rejected"), "number", value=lambda row: row[1].rejected),
        Column("certificate", _l("Certificate"), value=lambda row: row[1].certificate or ""),
    ]


def _invoice_columns() -> list[Column]:
    return [
        Column("number", _l("Entry"), sort=SupplierInvoice.number),
        Column("invoice_number", _l("Invoice number"), sort=SupplierInvoice.invoice_number),
        Column("supplier", _l("Supplier"), value=supplier_name, sort=Partner.code),
        Column("invoice_date", _l("Invoice date"), "date", sort=SupplierInvoice.invoice_date),
        Column("net", _l("Net"), "money", decimals=_places),
        Column("tax", _l("Tax"), "money", decimals=_places),
        Column("total", _l("Total"), "money", sortable=False, decimals=_places),
        Column("status", _l("Status"), "status", display=lambda row: str(INVOICE_STATES[row.status])),
    ]


def _match_rows(detail: dict) -> list[dict[str, Any]]:
    numbers = {invoice.id: invoice.invoice_number for invoice in detail["invoices"]}
    payables = detail["payables"]
    return [
        {
            "invoice": numbers[match.invoice_id],
            "at": match.at,
            "within": match.within_tolerance,
            "differences": listed(
                f"{queries.difference_label(finding['difference'])} {finding['amount']}"
                for finding in match.findings
            )
            or "–",
            "reason": match.reason or "",
            "due": payables[match.invoice_id].due_date if match.invoice_id in payables else None,
        }
        for match in detail["matches"]
    ]


@blueprint.get("/invoices")
@requires(READ)
def invoices() -> Any:
    """List supplier invoices with their match."""
    choice = [(one.value, label) for one, label in INVOICE_STATES.items()]
    page = listing(
        queries.invoices_query().order_by(None).join(SupplierInvoice.supplier),
        _invoice_columns(),
        title=_("Supplier invoices"),
        search=(SupplierInvoice.number, SupplierInvoice.invoice_number, Partner.code),
        filters=[
            Filter(
                "status", _l("Status"), choice, lambda value: SupplierInvoice.status == InvoiceStatus(value)
            )
        ],
        sort="-number",
    )
    return page.export or render_template(
        "purchasing/list.html",
        page=page,
        empty_text=_("Invoices entered for purchase orders are listed here."),
    )


@document_provider
def customer_order_documents(customer_order_id: int) -> Iterable[dict]:
    """Purchase orders that come from the customer order's plans."""
    plans = set(db.session.scalars(select(Plan.id).where(Plan.customer_order_id == customer_order_id)))
    for found in queries.customer_order_documents(plans):
        yield {
            "step": 3,
            "number": found.number,
            "label": supplier_name(found),
            "status": found.status.value,
            "url": _order_url(found),
            "date": found.ordered_on,
        }


from app.purchasing.views import after_fact, deliveries, requisitions, returns  # noqa: E402, F401  (adds its routes to the blueprint)
