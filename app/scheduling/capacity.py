"""Working intervals of a work centre over a horizon, and how much of them is booked. Pure.

Minutes count from midnight of the horizon's first day by the site's wall clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

DAY_MINUTES = 1440

Interval = tuple[int, int]


@dataclass(frozen=True)
class Change:
    """A day that differs from the week: worked although off, or off; ``shift``: only that shift."""

    day: date
    working: bool
    shift: int | None = None


def shift_days(
    first: date, days: int, off: Iterable[int], shifts: Sequence[int], changes: Iterable[Change] = ()
) -> dict[date, list[int]]:
    """Return which shifts are run on which day.

    Args:
        off: weekdays off, Monday = 0.
        shifts: what is run on a regular day.
        changes: exceptions, the general ones before the particular ones.
    """
    idle = frozenset(off)
    worked = {
        day: list(shifts) if day.weekday() not in idle else []
        for day in (first + timedelta(days=n) for n in range(days))
    }
    for change in changes:
        if change.day not in worked:
            continue
        now = worked[change.day]
        if change.shift is None:
            worked[change.day] = list(shifts) if change.working else []
        elif change.working and change.shift not in now:
            now.append(change.shift)
        elif not change.working and change.shift in now:
            now.remove(change.shift)
    return worked


def intervals(
    first: date, worked: Mapping[date, Sequence[int]], hours: Mapping[int, Sequence[Interval]]
) -> list[Interval]:
    """Return the merged working intervals; the night before ``first`` may reach into it.

    Args:
        hours: each shift's intervals in minutes of its own day (a night shift runs past 1440).
    """
    found = [
        _on(day, first, part) for day, shifts in worked.items() for shift in shifts for part in hours[shift]
    ]
    merged: list[Interval] = []
    for start, end in sorted(found):
        if end <= 0:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((max(start, 0), end))
    return merged


def overlap(parts: Iterable[Interval], start: int, end: int) -> int:
    """Return how many minutes of ``parts`` lie from ``start`` to ``end``.

    >>> overlap([(0, 60), (100, 200)], 30, 120)
    50
    """
    return sum(max(0, min(closes, end) - max(opens, start)) for opens, closes in parts)


def booked(
    busy: Iterable[Interval], working: Sequence[Interval], spans: Sequence[Interval]
) -> list[tuple[int, int]]:
    """Return for each span the working minutes booked and the working minutes there are."""
    busy = list(busy)
    found = []
    for start, end in spans:
        inside = [(max(a, start), min(b, end)) for a, b in working if a < end and start < b]
        taken = sum(overlap(inside, a, b) for a, b in busy if a < end and start < b)
        found.append((taken, sum(b - a for a, b in inside)))
    return found


def _on(day: date, first: date, part: Interval) -> Interval:
    offset = (day - first) // timedelta(days=1) * DAY_MINUTES
    return offset + part[0], offset + part[1]
