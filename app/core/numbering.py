"""Document numbers: prefix, year and month, running number."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import db, insert_missing


class NumberSequence(db.Model):
    """The last number given out for one prefix and month."""

    prefix: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


def next_number(prefix: str, *, on: date, width: int = 4) -> str:
    """Return the next number of the month, e.g. ``SO2603-0012``; the row stays locked to the commit."""
    key = f"{prefix}{on:%y%m}"
    query = select(NumberSequence).where(NumberSequence.prefix == key).with_for_update()
    sequence = db.session.scalar(query)
    if sequence is None:
        insert_missing(NumberSequence, prefix=key, last=0)
        sequence = db.session.scalars(query).one()
    sequence.last += 1
    db.session.flush()
    return f"{key}-{sequence.last:0{width}d}"
