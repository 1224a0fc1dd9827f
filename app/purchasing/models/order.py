"""Purchase orders with their revisions."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.core.errors import Conflict
from app.core.words import status_label
from app.masterdata.models import Item, Partner


class OrderStatus(StrEnum):
    """Where a purchase order stands."""

    DRAFT = "draft"
    SENT = "sent"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    CLOSED = "closed"
    CANCELLED = "cancelled"


TRANSITIONS: dict[OrderStatus, set[OrderStatus]] = {
    OrderStatus.DRAFT: {OrderStatus.SENT, OrderStatus.CANCELLED},
    OrderStatus.SENT: {OrderStatus.PARTIALLY_RECEIVED, OrderStatus.RECEIVED, OrderStatus.CANCELLED},
    OrderStatus.PARTIALLY_RECEIVED: {OrderStatus.PARTIALLY_RECEIVED, OrderStatus.RECEIVED},
    OrderStatus.RECEIVED: {OrderStatus.CLOSED},
    OrderStatus.CLOSED: set(),
    OrderStatus.CANCELLED: set(),
}
OPEN = (OrderStatus.DRAFT, OrderStatus.SENT, OrderStatus.PARTIALLY_RECEIVED)


class PurchaseOrder(db.Model):
    """What one supplier is to deliver to one site; ``revision`` counts changes after it was sent."""

    __table_args__ = (
        CheckConstraint(
            "NOT after_the_fact OR (reason IS NOT NULL AND bought_on IS NOT NULL)",
            name="after_the_fact_has_a_reason",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    requisition_id: Mapped[int | None] = mapped_column(ForeignKey("requisition.id"), index=True)
    requester_id: Mapped[int | None] = mapped_column(index=True)
    buyer_id: Mapped[int | None] = mapped_column(comment="who settled prices and dates, and may not receive")
    status: Mapped[OrderStatus] = mapped_column(default=OrderStatus.DRAFT, index=True)
    revision: Mapped[int] = mapped_column(default=1)
    ordered_on: Mapped[date] = mapped_column(index=True)
    currency: Mapped[str]
    decimals: Mapped[int] = mapped_column(comment="places of its amounts, as on the day it was made")
    rate: Mapped[Decimal] = mapped_column(default=Decimal(1), comment="company currency for one of currency")
    vat_percent: Mapped[Decimal] = mapped_column(default=Decimal(0))
    in_plan: Mapped[bool] = mapped_column(default=False)
    after_the_fact: Mapped[bool] = mapped_column(default=False)
    bought_on: Mapped[date | None] = mapped_column(comment="when it was bought, before the order")
    recorded_late: Mapped[bool] = mapped_column(default=False, comment="later than the company allows")
    reason: Mapped[str | None]
    note: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    supplier: Mapped[Partner] = relationship(lazy="raise")
    lines: Mapped[list[PurchaseOrderLine]] = relationship(
        back_populates="order",
        lazy="raise",
        order_by="PurchaseOrderLine.number",
        cascade="all, delete-orphan",
    )

    def move_to(self, status: OrderStatus) -> None:
        """Change the status.

        Raises:
            Conflict: the order cannot go there from where it stands.
        """
        if status not in TRANSITIONS[self.status]:
            sentence = _("Purchase order {number} is {status}.")
            raise Conflict(
                "purchase_order_status", sentence.format(number=self.number, status=status_label(self.status))
            )
        self.status = status


class PurchaseOrderLine(db.Model):
    """A quantity of one item, in the stock unit, at a price per price unit.

    One price unit is ``numerator / denominator`` stock units. ``list_price`` is the approved price that
    was in force, None when there was none. Something that is not stocked has a description only.
    """

    __table_args__ = (
        UniqueConstraint("order_id", "number"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("accepted + rejected <= received", name="inspected_within_received"),
        CheckConstraint("item_id IS NOT NULL OR description IS NOT NULL", name="says_what"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("purchase_order.id"), index=True)
    number: Mapped[int]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"), index=True)
    description: Mapped[str | None]
    quantity: Mapped[Decimal]
    received: Mapped[Decimal] = mapped_column(default=Decimal(0))
    accepted: Mapped[Decimal] = mapped_column(default=Decimal(0))
    rejected: Mapped[Decimal] = mapped_column(default=Decimal(0))
    invoiced: Mapped[Decimal] = mapped_column(default=Decimal(0))
    price: Mapped[Decimal]
    price_unit: Mapped[str]
    numerator: Mapped[Decimal] = mapped_column(default=Decimal(1))
    denominator: Mapped[Decimal] = mapped_column(default=Decimal(1))
    list_price: Mapped[Decimal | None]
    due_date: Mapped[date] = mapped_column(index=True)
    promised_date: Mapped[date | None]
    planned_order_id: Mapped[int | None] = mapped_column(index=True)

    order: Mapped[PurchaseOrder] = relationship(back_populates="lines", lazy="raise")
    item: Mapped[Item | None] = relationship(lazy="raise")

    def amount_of(self, quantity: Decimal) -> Decimal:
        """Value a quantity in the stock unit at this line's price, unrounded."""
        return quantity * self.denominator / self.numerator * self.price


class PurchaseOrderRevision(db.Model):
    """A change of an order that was already sent: what it was, what it is, and why."""

    __table_args__ = (UniqueConstraint("order_id", "revision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("purchase_order.id"), index=True)
    revision: Mapped[int]
    at: Mapped[datetime]
    user_id: Mapped[int | None]
    reason: Mapped[str]
    before: Mapped[list[Any]]
    after: Mapped[list[Any]]
