"""Inspection plans: what to look at, how, and on how many pieces."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Names, db
from app.masterdata.models import Item, Partner


class InspectionKind(StrEnum):
    """When a lot is inspected."""

    RECEIPT = "receipt"
    OPERATION = "operation"
    FINAL = "final"
    OUTGOING = "outgoing"


class Sampling(StrEnum):
    """How the sample size is found; ``aql`` is ISO 2859-1, single, normal, level II."""

    FULL = "full"
    FIXED = "fixed"
    AQL = "aql"


class CharacteristicKind(StrEnum):
    """Measured: a value per piece against limits. Counted: defective pieces of the sample."""

    MEASURED = "measured"
    COUNTED = "counted"


class InspectionPlan(db.Model):
    """What is inspected of an item, or of a group of items, at one occasion, for one supplier or for all.

    A plan is never rewritten: a change is its next revision, in force from a day on. ``active`` ends
    with the plan as a whole.
    """

    __table_args__ = (
        UniqueConstraint(
            "item_id",
            "item_group",
            "kind",
            "operation",
            "supplier_id",
            "version",
            name="uq_inspection_plan_occasion_version",
        ),
        CheckConstraint("(item_id IS NULL) <> (item_group IS NULL)", name="item_or_group"),
        CheckConstraint("sampling <> 'aql' OR aql IS NOT NULL", name="aql_given"),
        CheckConstraint("sampling <> 'fixed' OR sample_size >= 1", name="sample_size_given"),
        CheckConstraint("kind <> 'operation' OR operation IS NOT NULL", name="operation_given"),
        CheckConstraint("accept_number >= 0", name="accept_number_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"), index=True)
    item_group: Mapped[str | None] = mapped_column(index=True)
    kind: Mapped[InspectionKind]
    operation: Mapped[int | None] = mapped_column(comment="routing operation, 10, 20 …")
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    version: Mapped[int] = mapped_column(default=1)
    valid_from: Mapped[date | None] = mapped_column(comment="first day in force; empty: always")
    sampling: Mapped[Sampling] = mapped_column(default=Sampling.FULL)
    aql: Mapped[Decimal | None]
    sample_size: Mapped[int | None]
    accept_number: Mapped[int] = mapped_column(
        default=0, comment="defective pieces still accepted, for fixed"
    )
    certificate: Mapped[str | None] = mapped_column(comment="paper that has to come with the lot")
    note: Mapped[Names | None]
    active: Mapped[bool] = mapped_column(default=True, comment="not withdrawn")

    item: Mapped[Item | None] = relationship(lazy="raise")
    supplier: Mapped[Partner | None] = relationship(lazy="raise")
    characteristics: Mapped[list[Characteristic]] = relationship(
        back_populates="plan", lazy="raise", order_by="Characteristic.number", cascade="all, delete-orphan"
    )


class Characteristic(db.Model):
    """One thing to measure or to count; an open limit is None."""

    __table_args__ = (
        UniqueConstraint("plan_id", "number"),
        CheckConstraint("lower IS NULL OR upper IS NULL OR lower <= upper", name="limits_in_order"),
        CheckConstraint(
            "kind <> 'measured' OR lower IS NOT NULL OR upper IS NOT NULL", name="measured_has_limit"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("inspection_plan.id"), index=True)
    number: Mapped[int]
    names: Mapped[Names]
    kind: Mapped[CharacteristicKind] = mapped_column(default=CharacteristicKind.MEASURED)
    unit: Mapped[str] = mapped_column(default="")
    lower: Mapped[Decimal | None]
    target: Mapped[Decimal | None]
    upper: Mapped[Decimal | None]
    decimals: Mapped[int] = mapped_column(default=3)
    instrument: Mapped[str | None] = mapped_column(comment="what it is measured with")
    defect_code: Mapped[str | None] = mapped_column(comment="reason code of a piece that fails")

    plan: Mapped[InspectionPlan] = relationship(back_populates="characteristics", lazy="raise")

    def conforms(self, value: Decimal) -> bool:
        """Say whether a measured value lies within the limits, or a count is zero."""
        if self.kind is CharacteristicKind.COUNTED:
            return value == 0
        above = self.lower is None or value >= self.lower
        return above and (self.upper is None or value <= self.upper)
