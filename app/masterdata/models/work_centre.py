"""Work centres, their machines and the shifts they run."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Names, db
from app.masterdata.models.calendar import Shift


class WorkCentre(db.Model):
    """A group of like machines or people that operations are planned on.

    ``crew`` is persons per running machine (0.5: one person minds two);
    set-up always takes one whole person.
    """

    __table_args__ = (CheckConstraint("crew >= 0", name="crew_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    names: Mapped[Names]
    crew: Mapped[Decimal] = mapped_column(default=Decimal(1))
    machine_per_hour: Mapped[Decimal] = mapped_column(default=Decimal(0), comment="machine cost rate")
    labour_per_hour: Mapped[Decimal | None] = mapped_column(comment="when it differs from the company's")

    machines: Mapped[list[Machine]] = relationship(
        back_populates="work_centre", lazy="raise", order_by="Machine.code"
    )
    shifts: Mapped[list[Shift]] = relationship(
        secondary="work_centre_shift", lazy="raise", order_by="Shift.start"
    )


class WorkCentreShift(db.Model):
    """A shift that a work centre runs."""

    work_centre_id: Mapped[int] = mapped_column(ForeignKey("work_centre.id"), primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"), primary_key=True)


class Machine(db.Model):
    """One machine or bench: what a schedule books."""

    id: Mapped[int] = mapped_column(primary_key=True)
    work_centre_id: Mapped[int] = mapped_column(ForeignKey("work_centre.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    names: Mapped[Names | None]
    active: Mapped[bool] = mapped_column(default=True)

    work_centre: Mapped[WorkCentre] = relationship(back_populates="machines", lazy="raise")
