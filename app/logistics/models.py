"""Shipments with their picks and packages, and the rules for putting goods away."""

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
from app.inventory.models import Location, Lot
from app.masterdata.models import Item, Partner
from app.sales.models import CustomerOrder, CustomerOrderLine


class ShipmentStatus(StrEnum):
    """Where a shipment stands."""

    PICKING = "picking"
    PICKED = "picked"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


TRANSITIONS: dict[ShipmentStatus, set[ShipmentStatus]] = {
    ShipmentStatus.PICKING: {ShipmentStatus.PICKED, ShipmentStatus.CANCELLED},
    ShipmentStatus.PICKED: {ShipmentStatus.SHIPPED, ShipmentStatus.CANCELLED},
    ShipmentStatus.SHIPPED: {ShipmentStatus.DELIVERED},
    ShipmentStatus.DELIVERED: set(),
    ShipmentStatus.CANCELLED: set(),
}


class Shipment(db.Model):
    """Goods of one customer order that leave together; ``number`` is the delivery note's."""

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    status: Mapped[ShipmentStatus] = mapped_column(default=ShipmentStatus.PICKING, index=True)
    created_at: Mapped[datetime]
    picked_by: Mapped[str | None]
    shipped_at: Mapped[datetime | None]
    shipped_on: Mapped[date | None] = mapped_column(comment="the site's day")
    carrier: Mapped[str | None]
    tracking: Mapped[str | None]
    note: Mapped[str | None]
    received_by: Mapped[str | None]
    received_on: Mapped[date | None]

    order: Mapped[CustomerOrder] = relationship(lazy="raise")
    customer: Mapped[Partner] = relationship(lazy="raise")
    lines: Mapped[list[ShipmentLine]] = relationship(
        back_populates="shipment", lazy="raise", order_by="ShipmentLine.number", cascade="all, delete-orphan"
    )
    packages: Mapped[list[Package]] = relationship(
        back_populates="shipment", lazy="raise", order_by="Package.number", cascade="all, delete-orphan"
    )

    @property
    def key(self) -> str:
        """The name the ledger and reservations know it by."""
        return f"shipment:{self.id}"

    def move_to(self, status: ShipmentStatus) -> None:
        """Change the status.

        Raises:
            Conflict: the shipment cannot go there from where it stands.
        """
        if status not in TRANSITIONS[self.status]:
            raise Conflict(
                "shipment_status",
                _("Shipment %(number)s is %(status)s.", number=self.number, status=status_label(self.status)),
            )
        self.status = status


class ShipmentLine(db.Model):
    """One pick: so much of one lot from one location for one order line."""

    __table_args__ = (
        UniqueConstraint("shipment_id", "number"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint(
            "picked IS NULL OR (picked >= 0 AND picked <= quantity)", name="picked_within_quantity"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipment.id"), index=True)
    number: Mapped[int]
    order_line_id: Mapped[int] = mapped_column(ForeignKey("customer_order_line.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"), index=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    quantity: Mapped[Decimal]
    picked: Mapped[Decimal | None]

    shipment: Mapped[Shipment] = relationship(back_populates="lines", lazy="raise")
    order_line: Mapped[CustomerOrderLine] = relationship(lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")
    lot: Mapped[Lot | None] = relationship(lazy="raise")
    location: Mapped[Location] = relationship(lazy="raise")


class Package(db.Model):
    """One carton or pallet of a shipment."""

    __table_args__ = (UniqueConstraint("shipment_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipment.id"), index=True)
    number: Mapped[int]
    gross_kg: Mapped[Decimal | None]
    contents: Mapped[str | None]

    shipment: Mapped[Shipment] = relationship(back_populates="packages", lazy="raise")


class PutAwayRule(db.Model):
    """Where accepted stock of an item, or of every item without a rule of its own, is put."""

    __table_args__ = (UniqueConstraint("site_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))

    location: Mapped[Location] = relationship(lazy="raise")
