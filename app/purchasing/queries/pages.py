"""What the pages of purchasing show."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.purchasing.models import (
    Match,
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


def customer_order_documents(plan_ids: set[int]) -> list[PurchaseOrder]:
    """List the purchase orders that come from some plans."""
    return list(
        db.session.scalars(
            orders_query()
            .join(Requisition, Requisition.id == PurchaseOrder.requisition_id)
            .where(Requisition.plan_id.in_(plan_ids or {0}))
        )
    )
