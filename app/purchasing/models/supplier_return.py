"""Returns: goods that go back to their supplier, and what the supplier makes of it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.core.errors import Conflict
from app.core.words import status_label
from app.inventory.models import Lot
from app.masterdata.models import Item, Partner
from app.purchasing.models.order import PurchaseOrderLine
from app.purchasing.models.requisition import Requisition


class ReturnStatus(StrEnum):
    """Where a return stands."""

    OPEN = "open"
    AGREED = "agreed"
    SHIPPED = "shipped"
    SETTLED = "settled"


TRANSITIONS: dict[ReturnStatus, set[ReturnStatus]] = {
    ReturnStatus.OPEN: {ReturnStatus.AGREED},
    ReturnStatus.AGREED: {ReturnStatus.SHIPPED},
    ReturnStatus.SHIPPED: {ReturnStatus.SETTLED},
    ReturnStatus.SETTLED: set(),
}


class SupplierReturn(db.Model):
    """A quantity of one lot that goes back to its supplier; the credit note is in the order's currency.

    ``credit_quantity`` is what of it the supplier had invoiced already and credits.
    """

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint(
            "credit_quantity >= 0 AND credit_quantity <= quantity", name="credit_within_quantity"
        ),
        CheckConstraint("credit_net >= 0 AND credit_tax >= 0", name="credit_not_negative"),
        Index(
            "uq_supplier_return_supplier_id_credit_number",
            "supplier_id",
            "credit_number",
            unique=True,
            sqlite_where=text("credit_number IS NOT NULL"),
            postgresql_where=text("credit_number IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    nonconformance_id: Mapped[int] = mapped_column(unique=True)
    document: Mapped[str] = mapped_column(
        index=True, comment="what the goods came by, e.g. purchase_order:42"
    )
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_order_line.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"), index=True)
    quantity: Mapped[Decimal]
    in_stock_before: Mapped[bool] = mapped_column(comment="accepted first, found wrong later")
    status: Mapped[ReturnStatus] = mapped_column(default=ReturnStatus.OPEN, index=True)
    supplier_reference: Mapped[str | None] = mapped_column(comment="the supplier's number for the return")
    replacement_id: Mapped[int | None] = mapped_column(ForeignKey("requisition.id"), index=True)
    note: Mapped[str | None]
    carrier: Mapped[str | None]
    tracking: Mapped[str | None]
    shipped_on: Mapped[date | None]
    credit_quantity: Mapped[Decimal] = mapped_column(default=Decimal(0))
    credit_number: Mapped[str | None]
    credit_date: Mapped[date | None]
    credit_net: Mapped[Decimal] = mapped_column(default=Decimal(0))
    credit_tax: Mapped[Decimal] = mapped_column(default=Decimal(0))
    created_at: Mapped[datetime]

    supplier: Mapped[Partner] = relationship(lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")
    lot: Mapped[Lot | None] = relationship(lazy="raise")
    order_line: Mapped[PurchaseOrderLine | None] = relationship(lazy="raise")
    replacement: Mapped[Requisition | None] = relationship(lazy="raise")

    @property
    def key(self) -> str:
        """The key under which it stands in the ledger and in events."""
        return f"supplier_return:{self.id}"

    def move_to(self, status: ReturnStatus) -> None:
        """Change the status.

        Raises:
            Conflict: the return cannot go there from where it stands.
        """
        if status not in TRANSITIONS[self.status]:
            sentence = _("Return {number} is {status}.")
            raise Conflict(
                "return_status", sentence.format(number=self.number, status=status_label(self.status))
            )
        self.status = status
