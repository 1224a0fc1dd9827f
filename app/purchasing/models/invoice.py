"""Supplier invoices, their three-way match, and what is owed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.core.errors import Conflict
from app.core.words import status_label
from app.masterdata.models import Partner
from app.purchasing.models.order import PurchaseOrderLine


class InvoiceStatus(StrEnum):
    """Where a supplier's invoice stands."""

    ENTERED = "entered"
    DISPUTED = "disputed"
    MATCHED = "matched"
    POSTED = "posted"
    REFUSED = "refused"


TRANSITIONS: dict[InvoiceStatus, set[InvoiceStatus]] = {
    InvoiceStatus.ENTERED: {InvoiceStatus.MATCHED, InvoiceStatus.DISPUTED, InvoiceStatus.REFUSED},
    InvoiceStatus.DISPUTED: {InvoiceStatus.MATCHED, InvoiceStatus.REFUSED},
    InvoiceStatus.MATCHED: {InvoiceStatus.POSTED},
    InvoiceStatus.POSTED: set(),
    InvoiceStatus.REFUSED: set(),
}


class PayableStatus(StrEnum):
    """Whether a payable has been paid."""

    OPEN = "open"
    PAID = "paid"


class SupplierInvoice(db.Model):
    """One invoice, for one or many receipts; ``tax`` is rounded once, half up, on the net sum.
    A refused invoice leaves its number free for the corrected one.

    ``invoice_number`` is the uniform-invoice number or the number of the supplier's own receipt.
    """

    __table_args__ = (
        Index(
            "uq_supplier_invoice_supplier_id_invoice_number",
            "supplier_id",
            "invoice_number",
            unique=True,
            sqlite_where=text("status <> 'refused'"),
            postgresql_where=text("status <> 'refused'"),
        ),
        CheckConstraint("net >= 0 AND tax >= 0", name="amounts_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    invoice_number: Mapped[str]
    invoice_date: Mapped[date]
    currency: Mapped[str]
    decimals: Mapped[int] = mapped_column(comment="places of its amounts, as on the day it was made")
    net: Mapped[Decimal]
    tax: Mapped[Decimal]
    status: Mapped[InvoiceStatus] = mapped_column(default=InvoiceStatus.ENTERED, index=True)
    entered_by_id: Mapped[int | None]
    created_at: Mapped[datetime]

    supplier: Mapped[Partner] = relationship(lazy="raise")
    lines: Mapped[list[SupplierInvoiceLine]] = relationship(
        back_populates="invoice", lazy="raise", order_by="SupplierInvoiceLine.id"
    )

    @property
    def total(self) -> Decimal:
        """What is to be paid."""
        return self.net + self.tax

    def move_to(self, status: InvoiceStatus) -> None:
        """Change the status.

        Raises:
            Conflict: the invoice cannot go there from where it stands.
        """
        if status not in TRANSITIONS[self.status]:
            sentence = _("Invoice {number} is {status}.")
            raise Conflict(
                "invoice_status",
                sentence.format(number=self.invoice_number, status=status_label(self.status)),
            )
        self.status = status


class SupplierInvoiceLine(db.Model):
    """One line, for a purchase order line or for a subcontract order; quantity in the stock unit."""

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("(order_line_id IS NULL) <> (subcontract_order_id IS NULL)", name="one_document"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("supplier_invoice.id"), index=True)
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_order_line.id"), index=True)
    subcontract_order_id: Mapped[int | None] = mapped_column(ForeignKey("subcontract_order.id"), index=True)
    quantity: Mapped[Decimal]
    price: Mapped[Decimal] = mapped_column(comment="per price unit of the order")
    amount: Mapped[Decimal]

    invoice: Mapped[SupplierInvoice] = relationship(back_populates="lines", lazy="raise")
    order_line: Mapped[PurchaseOrderLine | None] = relationship(lazy="raise")


class Match(db.Model):
    """One three-way match of an invoice: what was found, and who accepted a difference and why."""

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("supplier_invoice.id"), index=True)
    at: Mapped[datetime]
    within_tolerance: Mapped[bool]
    findings: Mapped[list[Any]]
    accepted_by_id: Mapped[int | None]
    reason: Mapped[str | None]


class Payable(db.Model):
    """What is owed to a supplier for one matched invoice."""

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("supplier_invoice.id"), unique=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    amount: Mapped[Decimal]
    currency: Mapped[str]
    statement_date: Mapped[date]
    due_date: Mapped[date] = mapped_column(index=True)
    status: Mapped[PayableStatus] = mapped_column(default=PayableStatus.OPEN, index=True)
