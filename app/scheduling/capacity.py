"""Working intervals of a work centre over a horizon. Pure.

Minutes count from midnight of the horizon's first day, site time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

DAY_MINUTES = 1440

Interval = tuple[int, int]


def intervals(
    first: date,
    working_days: Iterable[date],
    shifts: Sequence[Sequence[Interval]],
    extra: Iterable[tuple[date, Sequence[Interval]]] = (),
) -> list[Interval]:
    """Return the merged working intervals of every shift on every working day, and of extra shifts.

    Args:
        shifts: each shift's intervals in minutes of its own day (a night shift runs past 1440).
        extra: days worked although off, with the intervals of the shift worked.
    """
    found = [_on(day, first, part) for day in working_days for shift in shifts for part in shift]
    found += [_on(day, first, part) for day, shift in extra for part in shift]
    merged: list[Interval] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _on(day: date, first: date, part: Interval) -> Interval:
    offset = (day - first) // timedelta(days=1) * DAY_MINUTES
    return offset + part[0], offset + part[1]
