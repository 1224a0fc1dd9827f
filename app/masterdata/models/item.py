"""Items and the units they are counted, bought and paid in."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Names, db


class Supply(StrEnum):
    """How an item is replenished."""

    MAKE = "make"
    BUY = "buy"
    SUBCONTRACT = "subcontract"
    CUSTOMER = "customer"


class LotRule(StrEnum):
    """How a net requirement becomes an order quantity."""

    LOT_FOR_LOT = "lot_for_lot"
    FIXED = "fixed"
    MIN_MAX_MULTIPLE = "min_max_multiple"
    PERIOD = "period"


class NegativeStock(StrEnum):
    """What happens when more is issued than is there."""

    REFUSE = "refuse"
    WARN_AND_SETTLE = "warn_and_settle"


class Valuation(StrEnum):
    """How issues of an item are valued; None on the item means the company's way."""

    MOVING_AVERAGE = "moving_average"
    MONTHLY_AVERAGE = "monthly_weighted_average"
    FIFO = "fifo"
    LAST_PURCHASE = "last_purchase"
    STANDARD = "standard"


class Item(db.Model):
    """Something that is made, bought, stocked or sold. All quantities are in ``unit``."""

    __table_args__ = (
        CheckConstraint("safety_stock >= 0", name="safety_stock_not_negative"),
        CheckConstraint("lead_days >= 0", name="lead_days_not_negative"),
        CheckConstraint("yield_ratio > 0", name="yield_ratio_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    names: Mapped[Names]
    specification: Mapped[str | None]
    drawing: Mapped[str | None]
    revision: Mapped[str | None]
    item_group: Mapped[str | None] = mapped_column(index=True, comment="items with something in common")
    supply: Mapped[Supply]
    phantom: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    unit: Mapped[str]
    unit_decimals: Mapped[int] = mapped_column(default=0, comment="places a quantity may have")
    second_unit: Mapped[str | None]
    second_unit_ratio: Mapped[Decimal | None] = mapped_column(
        comment="nominal stock units in one second unit"
    )
    weight_kg: Mapped[Decimal | None]
    safety_stock: Mapped[Decimal] = mapped_column(default=Decimal(0))
    reorder_point: Mapped[Decimal | None]
    lead_days: Mapped[int] = mapped_column(default=0, comment="working days from release to receipt")
    yield_ratio: Mapped[Decimal] = mapped_column(default=Decimal(1), comment="good share of started")
    lot_rule: Mapped[LotRule] = mapped_column(default=LotRule.LOT_FOR_LOT)
    lot_fixed: Mapped[Decimal | None]
    lot_minimum: Mapped[Decimal | None]
    lot_maximum: Mapped[Decimal | None]
    lot_multiple: Mapped[Decimal | None]
    lot_period_days: Mapped[int | None]
    shelf_life_days: Mapped[int | None]
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"), comment="usual supplier")
    owner_id: Mapped[int | None] = mapped_column(
        ForeignKey("partner.id"), comment="owner of customer-supplied stock"
    )
    standard_cost: Mapped[Decimal] = mapped_column(default=Decimal(0))
    valuation: Mapped[Valuation | None]
    negative_stock: Mapped[NegativeStock] = mapped_column(default=NegativeStock.REFUSE)
    prices: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="sales price by currency, text decimals"
    )

    units: Mapped[list[ItemUnit]] = relationship(back_populates="item", lazy="raise")


class ItemUnit(db.Model):
    """Another unit of an item as an exact ratio: one ``unit`` is ``numerator / denominator`` stock units."""

    __table_args__ = (
        UniqueConstraint("item_id", "unit"),
        CheckConstraint("numerator > 0 AND denominator > 0", name="ratio_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    unit: Mapped[str]
    numerator: Mapped[Decimal]
    denominator: Mapped[Decimal] = mapped_column(default=Decimal(1))

    item: Mapped[Item] = relationship(back_populates="units", lazy="raise")
