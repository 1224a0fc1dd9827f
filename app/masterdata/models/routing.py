"""Routings: the operations that make an item."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Names, db
from app.masterdata.models.partner import Partner
from app.masterdata.models.work_centre import WorkCentre


class RoutingOperation(db.Model):
    """One operation, in the own shop (``work_centre_id``) or outside (``supplier_id``), never both."""

    __table_args__ = (
        UniqueConstraint("item_id", "number", "valid_from"),
        CheckConstraint("(work_centre_id IS NULL) <> (supplier_id IS NULL)", name="inside_or_outside"),
        CheckConstraint("setup_minutes >= 0 AND run_minutes >= 0", name="minutes_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    number: Mapped[int] = mapped_column(comment="10, 20, 30 …")
    names: Mapped[Names]
    work_centre_id: Mapped[int | None] = mapped_column(ForeignKey("work_centre.id"))
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    setup_minutes: Mapped[Decimal] = mapped_column(default=Decimal(0))
    run_minutes: Mapped[Decimal] = mapped_column(default=Decimal(0), comment="machine minutes per piece")
    outside_lead_days: Mapped[int] = mapped_column(default=0)
    inspect: Mapped[bool] = mapped_column(
        default=False, comment="an inspection must pass before the next operation"
    )
    inspection_note: Mapped[Names | None]
    instructions: Mapped[Names | None]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    work_centre: Mapped[WorkCentre | None] = relationship(lazy="raise")
    supplier: Mapped[Partner | None] = relationship(lazy="raise")
