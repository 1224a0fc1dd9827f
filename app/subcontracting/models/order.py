"""Subcontract orders, what we supply to them, how far they are and what came back."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.core.errors import Conflict
from app.core.words import status_label
from app.masterdata.models import Item, Partner


class Form(StrEnum):
    """Whether the subcontractor makes the item or does one operation on it."""

    WHOLE_ITEM = "whole_item"
    OPERATION = "operation"


class OrderStatus(StrEnum):
    """Where a subcontract order stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    IN_PROGRESS = "in_progress"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    CLOSED = "closed"
    CANCELLED = "cancelled"


TRANSITIONS: dict[OrderStatus, set[OrderStatus]] = {
    OrderStatus.DRAFT: {OrderStatus.APPROVED, OrderStatus.CANCELLED},
    OrderStatus.APPROVED: {OrderStatus.IN_PROGRESS, OrderStatus.CANCELLED},
    OrderStatus.IN_PROGRESS: {OrderStatus.PARTIALLY_RECEIVED, OrderStatus.RECEIVED},
    OrderStatus.PARTIALLY_RECEIVED: {OrderStatus.PARTIALLY_RECEIVED, OrderStatus.RECEIVED},
    OrderStatus.RECEIVED: {OrderStatus.CLOSED},
    OrderStatus.CLOSED: set(),
    OrderStatus.CANCELLED: set(),
}


class SubcontractOrder(db.Model):
    """A quantity of one item for one subcontractor; quantities in the item's stock unit.

    For an outside operation ``work_order_id`` and ``operation`` say whose pieces they are; those pieces
    stay work in process. ``next_supplier_id``: they go straight on to another supplier.
    """

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("accepted + rejected <= received", name="inspected_within_received"),
        CheckConstraint(
            "form = 'whole_item' OR work_order_id IS NOT NULL", name="operation_has_a_work_order"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    form: Mapped[Form]
    status: Mapped[OrderStatus] = mapped_column(default=OrderStatus.DRAFT, index=True)
    revision: Mapped[int] = mapped_column(default=1)
    quantity: Mapped[Decimal]
    received: Mapped[Decimal] = mapped_column(default=Decimal(0))
    accepted: Mapped[Decimal] = mapped_column(default=Decimal(0))
    rejected: Mapped[Decimal] = mapped_column(default=Decimal(0))
    lost: Mapped[Decimal] = mapped_column(default=Decimal(0))
    invoiced: Mapped[Decimal] = mapped_column(default=Decimal(0))
    price: Mapped[Decimal] = mapped_column(default=Decimal(0), comment="per price unit")
    price_unit: Mapped[str]
    numerator: Mapped[Decimal] = mapped_column(default=Decimal(1), comment="stock units in one price unit")
    denominator: Mapped[Decimal] = mapped_column(default=Decimal(1))
    by_weight: Mapped[bool] = mapped_column(default=False, comment="paid for what the supplier weighed")
    currency: Mapped[str]
    decimals: Mapped[int] = mapped_column(comment="places of its amounts, as on the day it was made")
    minimum_charge: Mapped[Decimal] = mapped_column(default=Decimal(0))
    loss_allowance: Mapped[Decimal] = mapped_column(default=Decimal(0), comment="share of pieces")
    approved_price: Mapped[bool] = mapped_column(default=False)
    in_plan: Mapped[bool] = mapped_column(default=False)
    ordered_on: Mapped[date]
    release_date: Mapped[date] = mapped_column(comment="when the work should leave us")
    due_date: Mapped[date] = mapped_column(index=True)
    promised_date: Mapped[date | None]
    plan_id: Mapped[int | None] = mapped_column(index=True)
    planned_order_id: Mapped[int | None] = mapped_column(index=True)
    work_order_id: Mapped[int | None] = mapped_column(index=True)
    operation: Mapped[int | None]
    next_supplier_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    contract_id: Mapped[int | None] = mapped_column(ForeignKey("contract.id"))
    requester_id: Mapped[int | None]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    supplier: Mapped[Partner | None] = relationship(foreign_keys=supplier_id, lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")
    components: Mapped[list[SuppliedComponent]] = relationship(
        back_populates="order", lazy="raise", order_by="SuppliedComponent.id", cascade="all, delete-orphan"
    )

    def move_to(self, status: OrderStatus) -> None:
        """Change the status.

        Raises:
            Conflict: the order cannot go there from where it stands.
        """
        if status not in TRANSITIONS[self.status]:
            sentence = _("Subcontract order {number} is {status}.")
            raise Conflict(
                "subcontract_order_status",
                sentence.format(number=self.number, status=status_label(self.status)),
            )
        self.status = status

    @property
    def open_quantity(self) -> Decimal:
        """What has neither come back nor been lost."""
        return max(Decimal(0), self.quantity - self.received - self.lost)


class SuppliedComponent(db.Model):
    """A component we send to the subcontractor: supplied = used + returned + lost + still there."""

    __table_args__ = (
        UniqueConstraint("order_id", "item_id"),
        CheckConstraint("required > 0", name="required_positive"),
        CheckConstraint(
            "used + returned + allowed_loss + excess_loss <= supplied", name="accounted_within_supplied"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("subcontract_order.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    per: Mapped[Decimal] = mapped_column(comment="quantity in one of the item")
    required: Mapped[Decimal]
    supplied: Mapped[Decimal] = mapped_column(default=Decimal(0))
    used: Mapped[Decimal] = mapped_column(default=Decimal(0))
    returned: Mapped[Decimal] = mapped_column(default=Decimal(0))
    allowed_loss: Mapped[Decimal] = mapped_column(default=Decimal(0))
    excess_loss: Mapped[Decimal] = mapped_column(default=Decimal(0))

    order: Mapped[SubcontractOrder] = relationship(back_populates="components", lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")

    @property
    def remaining(self) -> Decimal:
        """What should still lie at the subcontractor's."""
        return self.supplied - self.used - self.returned - self.allowed_loss - self.excess_loss


class ProgressReport(db.Model):
    """What a subcontractor said about how far an order is."""

    __table_args__ = (CheckConstraint("finished >= 0", name="finished_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("subcontract_order.id"), index=True)
    at: Mapped[datetime]
    user_id: Mapped[int | None]
    finished: Mapped[Decimal]
    promised_date: Mapped[date]
    note: Mapped[str | None]
    late: Mapped[bool]


class SubcontractReceipt(db.Model):
    """Pieces that came back, as one lot, with what the supplier weighed where the price is by weight."""

    __table_args__ = (
        CheckConstraint("quantity >= 0 AND lost >= 0", name="quantities_not_negative"),
        CheckConstraint("accepted + rejected <= quantity", name="inspected_within_received"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("subcontract_order.id"), index=True)
    received_on: Mapped[date]
    quantity: Mapped[Decimal]
    lost: Mapped[Decimal] = mapped_column(default=Decimal(0))
    second_quantity: Mapped[Decimal | None]
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"))
    inspection_id: Mapped[int | None] = mapped_column(index=True)
    accepted: Mapped[Decimal] = mapped_column(default=Decimal(0))
    rejected: Mapped[Decimal] = mapped_column(default=Decimal(0))
    delivery_note: Mapped[str | None]
    user_id: Mapped[int | None]
    created_at: Mapped[datetime]

    order: Mapped[SubcontractOrder] = relationship(lazy="raise")

    @property
    def settled(self) -> bool:
        """Whether all of it has been accepted or rejected."""
        return self.accepted + self.rejected >= self.quantity
