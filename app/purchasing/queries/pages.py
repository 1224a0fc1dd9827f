"""What the pages of purchasing show."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.money import round_money
from app.purchasing.models import (
    Match,
    OrderStatus,
    Payable,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderRevision,
    Receipt,
    ReceiptLine,
    Requisition,
    RequisitionLine,
    SupplierInvoice,
    SupplierInvoiceLine,
)
from app.purchasing.queries.basis import order_amount


def orders_query() -> Select:
    """Select purchase orders with their supplier and lines, newest first."""
    return (
        select(PurchaseOrder)
        .options(
            selectinload(PurchaseOrder.supplier),
            selectinload(PurchaseOrder.lines).selectinload(PurchaseOrderLine.item),
        )
        .order_by(PurchaseOrder.id.desc())
    )


def requisitions_query() -> Select:
    """Select requisitions with their supplier and lines, newest first."""
    return (
        select(Requisition)
        .options(
            selectinload(Requisition.supplier),
            selectinload(Requisition.lines).selectinload(RequisitionLine.item),
        )
        .order_by(Requisition.id.desc())
    )


def invoices_query() -> Select:
    """Select supplier invoices with their supplier, newest first."""
    return (
        select(SupplierInvoice)
        .options(selectinload(SupplierInvoice.supplier))
        .order_by(SupplierInvoice.id.desc())
    )


def order_detail(order_id: int) -> dict | None:
    """Load one order with receipts, invoices, matches and revisions; None when there is none."""
    order = db.session.scalars(orders_query().where(PurchaseOrder.id == order_id)).first()
    if order is None:
        return None
    receipts = db.session.scalars(
        select(Receipt)
        .where(Receipt.order_id == order_id)
        .options(selectinload(Receipt.lines).selectinload(ReceiptLine.item))
        .order_by(Receipt.id)
    )
    lines = select(PurchaseOrderLine.id).where(PurchaseOrderLine.order_id == order_id)
    invoiced = select(SupplierInvoiceLine.invoice_id).where(SupplierInvoiceLine.order_line_id.in_(lines))
    invoices = list(db.session.scalars(invoices_query().where(SupplierInvoice.id.in_(invoiced))))
    ids = [invoice.id for invoice in invoices]
    matches = db.session.scalars(select(Match).where(Match.invoice_id.in_(ids)).order_by(Match.id))
    payables = db.session.scalars(select(Payable).where(Payable.invoice_id.in_(ids)))
    revisions = db.session.scalars(
        select(PurchaseOrderRevision)
        .where(PurchaseOrderRevision.order_id == order_id)
        .order_by(PurchaseOrderRevision.revision)
    )
    return {
        "order": order,
        "receipts": list(receipts),
        "invoices": invoices,
        "matches": list(matches),
        "payables": {payable.invoice_id: payable for payable in payables},
        "revisions": list(revisions),
    }


def months_after_the_fact() -> list[dict[str, Any]]:
    """Count by month, newest first, the orders written after their purchase, and what they came to."""
    months: dict[str, list[PurchaseOrder]] = {}
    orders = orders_query().where(PurchaseOrder.status != OrderStatus.CANCELLED)
    for order in db.session.scalars(orders):
        months.setdefault(f"{order.ordered_on:%Y-%m}", []).append(order)
    return [_counted(month, months[month]) for month in sorted(months, reverse=True)]


def _counted(month: str, orders: list[PurchaseOrder]) -> dict[str, Any]:
    after = [order for order in orders if order.after_the_fact]
    return {
        "month": month,
        "orders": len(orders),
        "after": len(after),
        "share": round_money(Decimal(100 * len(after)) / len(orders), 1),
        "late": sum(1 for order in after if order.recorded_late),
        "amount": sum((order_amount(order) * order.rate for order in after), Decimal(0)),
    }


def customer_order_documents(plan_ids: set[int]) -> list[PurchaseOrder]:
    """List the purchase orders that come from some plans."""
    return list(
        db.session.scalars(
            orders_query()
            .join(Requisition, Requisition.id == PurchaseOrder.requisition_id)
            .where(Requisition.plan_id.in_(plan_ids or {0}))
        )
    )
