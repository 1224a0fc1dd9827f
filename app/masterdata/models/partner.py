"""Customers and suppliers, their prices and part numbers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Names, db


class Partner(db.Model):
    """A company we sell to, buy from or have work done by; it may be all three."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    names: Mapped[Names]
    tax_id: Mapped[str | None]
    country: Mapped[str] = mapped_column(default="TW")
    is_customer: Mapped[bool] = mapped_column(default=False)
    is_supplier: Mapped[bool] = mapped_column(default=False)
    is_subcontractor: Mapped[bool] = mapped_column(default=False)
    approved: Mapped[bool] = mapped_column(default=True, comment="on the approved supplier list")
    active: Mapped[bool] = mapped_column(default=True)
    currency: Mapped[str] = mapped_column(default="TWD")
    payment_days: Mapped[int] = mapped_column(default=30, comment="after the statement")
    cut_off_day: Mapped[int] = mapped_column(default=31)
    vat: Mapped[str] = mapped_column(
        default="taxable", comment="taxable, zero_rated or none (no VAT invoice)"
    )
    incoterm: Mapped[str | None]
    email: Mapped[str | None]
    address: Mapped[str | None]
    certificates: Mapped[list[str]] = mapped_column(default=list, comment="papers that go with each delivery")


class SupplierPrice(db.Model):
    """A supplier's price for an item, or for a service on it, approved from one day to another.

    ``unit`` is what the price is for (kg, box, piece). For a service done on the
    item, ``service`` names it and ``operation`` the routing operation, None for
    the whole item.
    """

    __table_args__ = (
        CheckConstraint("price >= 0", name="price_not_negative"),
        UniqueConstraint("supplier_id", "item_id", "operation", "minimum_quantity", "valid_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    operation: Mapped[int | None]
    service: Mapped[Names | None]
    price: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(default="TWD")
    unit: Mapped[str]
    minimum_quantity: Mapped[Decimal] = mapped_column(
        default=Decimal(0), comment="price break, in stock units"
    )
    minimum_charge: Mapped[Decimal] = mapped_column(default=Decimal(0))
    order_multiple: Mapped[Decimal | None]
    lead_days: Mapped[int] = mapped_column(default=0)
    loss_allowance: Mapped[Decimal] = mapped_column(
        default=Decimal(0), comment="share of pieces that may be lost"
    )
    rank: Mapped[int] = mapped_column(default=1)
    approved: Mapped[bool] = mapped_column(default=True)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    supplier: Mapped[Partner] = relationship(lazy="raise")


class CustomerItem(db.Model):
    """What a customer calls an item: their part number and drawing revision."""

    __table_args__ = (UniqueConstraint("customer_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    part_number: Mapped[str]
    drawing_revision: Mapped[str | None]
