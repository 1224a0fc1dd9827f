"""Receipts: received, inspected, accepted; also without an order."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.core.errors import Conflict
from app.core.words import status_label
from app.masterdata.models import Item, Partner
from app.purchasing.models.order import PurchaseOrder, PurchaseOrderLine


class ReceiptStatus(StrEnum):
    """Where a receipt stands."""

    RECEIVED = "received"
    INSPECTED = "inspected"
    ACCEPTED = "accepted"
    RETURNED = "returned"


TRANSITIONS: dict[ReceiptStatus, set[ReceiptStatus]] = {
    ReceiptStatus.RECEIVED: {ReceiptStatus.INSPECTED, ReceiptStatus.ACCEPTED, ReceiptStatus.RETURNED},
    ReceiptStatus.INSPECTED: {ReceiptStatus.ACCEPTED},
    ReceiptStatus.ACCEPTED: set(),
    ReceiptStatus.RETURNED: set(),
}


class Receipt(db.Model):
    """Goods that arrived from one supplier on one day; ``order_id`` is None without an order.

    ``unordered``: nobody knew of an order when they came; one may have been found or written since.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_order.id"), index=True)
    unordered: Mapped[bool] = mapped_column(default=False, index=True)
    received_on: Mapped[date]
    delivery_note: Mapped[str | None]
    status: Mapped[ReceiptStatus] = mapped_column(default=ReceiptStatus.RECEIVED, index=True)
    received_by_id: Mapped[int | None]
    created_at: Mapped[datetime]

    supplier: Mapped[Partner] = relationship(lazy="raise")
    order: Mapped[PurchaseOrder | None] = relationship(lazy="raise")
    lines: Mapped[list[ReceiptLine]] = relationship(
        back_populates="receipt", lazy="raise", order_by="ReceiptLine.id"
    )

    def move_to(self, status: ReceiptStatus) -> None:
        """Change the status.

        Raises:
            Conflict: the receipt cannot go there from where it stands.
        """
        if status not in TRANSITIONS[self.status]:
            sentence = _("Receipt {number} is {status}.")
            raise Conflict(
                "receipt_status", sentence.format(number=self.number, status=status_label(self.status))
            )
        self.status = status


class ReceiptLine(db.Model):
    """One lot that arrived, with both actual quantities where the item has a second unit."""

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("second_quantity IS NULL OR second_quantity > 0", name="second_quantity_positive"),
        CheckConstraint("accepted + rejected <= quantity", name="inspected_within_received"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipt.id"), index=True)
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_order_line.id"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"), index=True)
    quantity: Mapped[Decimal]
    second_quantity: Mapped[Decimal | None]
    accepted: Mapped[Decimal] = mapped_column(default=Decimal(0))
    rejected: Mapped[Decimal] = mapped_column(default=Decimal(0))
    certificate: Mapped[str | None]
    inspection_id: Mapped[int | None] = mapped_column(index=True)

    receipt: Mapped[Receipt] = relationship(back_populates="lines", lazy="raise")
    order_line: Mapped[PurchaseOrderLine | None] = relationship(lazy="raise")
    item: Mapped[Item | None] = relationship(lazy="raise")

    @property
    def settled(self) -> bool:
        """Whether all of it has been accepted or rejected."""
        return self.accepted + self.rejected >= self.quantity
