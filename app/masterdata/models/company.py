"""The company's own settings and the rates of other currencies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Names, db


class Company(db.Model):
    """The one company this installation belongs to."""

    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("effect_days >= 0", name="effect_days_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    names: Mapped[Names]
    tax_id: Mapped[str | None]
    currency: Mapped[str] = mapped_column(default="TWD")
    document_decimals: Mapped[int] = mapped_column(
        default=0, comment="places of amounts in the company's currency"
    )
    price_decimals: Mapped[int] = mapped_column(default=4, comment="most places of a price, in any currency")
    vat_percent: Mapped[Decimal] = mapped_column(default=Decimal(0))
    costing_method: Mapped[str] = mapped_column(default="moving_average")
    period_cut_off_day: Mapped[int] = mapped_column(
        default=31, comment="last day of a supplier statement's month"
    )
    labour_per_hour: Mapped[Decimal] = mapped_column(default=Decimal(0))
    variable_overhead_per_labour_hour: Mapped[Decimal] = mapped_column(default=Decimal(0))
    fixed_overhead_per_labour_hour: Mapped[Decimal] = mapped_column(default=Decimal(0))
    overrun_percent: Mapped[Decimal] = mapped_column(
        default=Decimal(0), comment="good above ordered still accepted"
    )
    weighed_percent: Mapped[Decimal] = mapped_column(
        default=Decimal(10), comment="above ordered still received of what is counted and weighed"
    )
    dear_percent: Mapped[Decimal] = mapped_column(
        default=Decimal(5), comment="above list from which a price is exceptional"
    )
    after_fact_days: Mapped[int] = mapped_column(
        default=2, comment="working days within which a purchase is recorded after the fact"
    )
    match_price_percent: Mapped[Decimal] = mapped_column(default=Decimal(1))
    match_quantity_percent: Mapped[Decimal] = mapped_column(default=Decimal(0))
    match_amount: Mapped[Decimal] = mapped_column(
        default=Decimal(100), comment="of a line's difference that never matters"
    )
    score_quality: Mapped[Decimal] = mapped_column(default=Decimal(35), comment="the five weights sum to 100")
    score_delivery: Mapped[Decimal] = mapped_column(default=Decimal(30))
    score_price: Mapped[Decimal] = mapped_column(default=Decimal(20))
    score_capacity: Mapped[Decimal] = mapped_column(default=Decimal(10))
    score_response: Mapped[Decimal] = mapped_column(default=Decimal(5))
    score_decay: Mapped[Decimal] = mapped_column(
        default=Decimal("0.8"), comment="what a quarter of age leaves of a fact"
    )
    score_minimum_sample: Mapped[int] = mapped_column(default=3)
    score_preferred: Mapped[Decimal] = mapped_column(default=Decimal(90))
    score_approved: Mapped[Decimal] = mapped_column(default=Decimal(75))
    score_warn: Mapped[Decimal] = mapped_column(default=Decimal(60))
    effect_days: Mapped[int] = mapped_column(
        default=30, comment="from a corrective action to the check of its effect"
    )


class Currency(db.Model):
    """Another currency than the company's: how many places its amounts on documents have."""

    __table_args__ = (CheckConstraint("decimals BETWEEN 0 AND 4", name="decimals_in_range"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    decimals: Mapped[int] = mapped_column(default=2)


class CurrencyRate(db.Model):
    """What one unit of a currency is worth in the company's from a day on."""

    __table_args__ = (
        UniqueConstraint("currency", "valid_from"),
        CheckConstraint("rate > 0", name="rate_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    currency: Mapped[str]
    valid_from: Mapped[date]
    rate: Mapped[Decimal]
