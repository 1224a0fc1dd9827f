"""An item's record over weeks: requirements, receipts and what is there at the end of each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

ZERO = Decimal(0)
WEEK = timedelta(7)


def monday(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(day.weekday())


def weeks(start: date, end: date) -> list[date]:
    """Return the Mondays from the week of ``start`` to that of ``end``."""
    first = monday(start)
    return [first + WEEK * place for place in range((monday(end) - first).days // 7 + 1)]


@dataclass
class Row:
    """One week of an item: what is needed, what comes, what is left at its end."""

    week: date
    gross: Decimal = ZERO
    scheduled: Decimal = ZERO
    planned: Decimal = ZERO
    released: Decimal = ZERO
    projected: Decimal = field(default=ZERO)


Dated = tuple[date, Decimal]


def record(
    buckets: Sequence[date],
    *,
    on_hand: Decimal,
    gross: Iterable[Dated],
    scheduled: Iterable[Dated] = (),
    planned: Iterable[Dated] = (),
    released: Iterable[Dated] = (),
) -> list[Row]:
    """Sort dated quantities into weeks and project the stock; earlier days fall in the first week, later ones out.

    Args:
        buckets: Mondays, one after another.
        released: planned orders by their release, in the quantity started.
    """
    rows = [Row(week) for week in buckets]
    for name, quantities in (
        ("gross", gross),
        ("scheduled", scheduled),
        ("planned", planned),
        ("released", released),
    ):
        for day, quantity in quantities:
            place = max(0, (monday(day) - buckets[0]).days // 7)
            if place < len(rows):
                setattr(rows[place], name, getattr(rows[place], name) + quantity)
    stock = on_hand
    for row in rows:
        stock += row.scheduled + row.planned - row.gross
        row.projected = stock
    return rows
