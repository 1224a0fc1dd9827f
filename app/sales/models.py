"""Customer orders with their reviews and revisions."""

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
    """Where a customer order stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    CONFIRMED = "confirmed"
    DELIVERED = "delivered"
    CLOSED = "closed"
    CANCELLED = "cancelled"


TRANSITIONS: dict[OrderStatus, set[OrderStatus]] = {
    OrderStatus.DRAFT: {OrderStatus.IN_REVIEW, OrderStatus.CONFIRMED, OrderStatus.CANCELLED},
    OrderStatus.IN_REVIEW: {OrderStatus.DRAFT, OrderStatus.CONFIRMED, OrderStatus.CANCELLED},
    OrderStatus.CONFIRMED: {OrderStatus.DELIVERED, OrderStatus.CANCELLED},
    OrderStatus.DELIVERED: {OrderStatus.CLOSED},
    OrderStatus.CLOSED: set(),
    OrderStatus.CANCELLED: set(),
}


class CustomerOrder(db.Model):
    """What a customer ordered, at one site; ``revision`` counts agreed changes."""

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    customer_reference: Mapped[str | None]
    entered_on: Mapped[date]
    currency: Mapped[str]
    status: Mapped[OrderStatus] = mapped_column(default=OrderStatus.DRAFT, index=True)
    revision: Mapped[int] = mapped_column(default=1)
    review: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="drawing, tooling, capacity, certificates"
    )
    note: Mapped[str | None]
    copied_from_id: Mapped[int | None] = mapped_column(ForeignKey("customer_order.id"))
    created_by_id: Mapped[int | None]
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]

    customer: Mapped[Partner] = relationship(lazy="raise")
    lines: Mapped[list[CustomerOrderLine]] = relationship(
        back_populates="order",
        lazy="raise",
        order_by="CustomerOrderLine.number",
        cascade="all, delete-orphan",
    )

    def move_to(self, status: OrderStatus) -> None:
        """Change the status.

        Raises:
            Conflict: the order cannot go there from where it stands.
        """
        if status not in TRANSITIONS[self.status]:
            raise Conflict(
                "order_status",
                _("Order %(number)s is %(status)s.", number=self.number, status=status_label(self.status)),
            )
        self.status = status


class CustomerOrderLine(db.Model):
    """A quantity of one item due on one date; a split delivery is two lines."""

    __table_args__ = (
        UniqueConstraint("order_id", "number"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("shipped >= 0", name="shipped_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), index=True)
    number: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    quantity: Mapped[Decimal]
    shipped: Mapped[Decimal] = mapped_column(default=Decimal(0))
    price: Mapped[Decimal] = mapped_column(
        default=Decimal(0), comment="per stock unit, in the order's currency"
    )
    due_date: Mapped[date]
    promised_date: Mapped[date | None]
    customer_part: Mapped[str | None]
    drawing_revision: Mapped[str | None]

    order: Mapped[CustomerOrder] = relationship(back_populates="lines", lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")


class OrderRevision(db.Model):
    """An agreed change of an order: what it was, what it is, and why."""

    __table_args__ = (UniqueConstraint("order_id", "revision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), index=True)
    revision: Mapped[int]
    at: Mapped[datetime]
    user_id: Mapped[int | None]
    reason: Mapped[str]
    before: Mapped[list[Any]]
    after: Mapped[list[Any]]
