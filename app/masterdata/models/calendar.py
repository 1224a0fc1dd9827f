"""Sites, their working days with exceptions both ways, and shifts."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Names, db


class Site(db.Model):
    """A plant or warehouse with its own stock, calendar and clock."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    names: Mapped[Names]
    timezone: Mapped[str] = mapped_column(default="UTC")
    weekly_off: Mapped[list[int]] = mapped_column(comment="weekdays off, Monday = 0")


class CalendarException(db.Model):
    """A day that differs from the week: a holiday, or a day worked although it is off.

    ``work_centre_id`` and ``shift_id`` narrow extra work to one department and shift.
    """

    __table_args__ = (UniqueConstraint("site_id", "date", "work_centre_id", "shift_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    date: Mapped[date]
    working: Mapped[bool]
    work_centre_id: Mapped[int | None] = mapped_column(ForeignKey("work_centre.id"))
    shift_id: Mapped[int | None] = mapped_column(ForeignKey("shift.id"))
    reason: Mapped[Names | None]


class Shift(db.Model):
    """Working hours of a day; ``end`` before ``start`` means past midnight.

    ``breaks`` is a list of ``["10:00", "10:10"]``, local time.
    """

    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    code: Mapped[str]
    names: Mapped[Names]
    start: Mapped[str] = mapped_column(comment="HH:MM local")
    end: Mapped[str] = mapped_column(comment="HH:MM local")
    breaks: Mapped[list[Any]]
