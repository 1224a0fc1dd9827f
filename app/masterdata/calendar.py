"""Working days of a site and working intervals of a shift. Pure.

Dates are site-local; minutes count from midnight of the day the shift begins,
so a night shift runs past 1440.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

DAY = timedelta(days=1)
DAY_MINUTES = 1440


@dataclass(frozen=True)
class WorkingDays:
    """A week with days off, and exceptions both ways."""

    weekly_off: frozenset[int] = frozenset({5, 6})
    exceptions: Mapping[date, bool] = field(default_factory=dict)

    def works(self, day: date) -> bool:
        """Say whether the site works on ``day``."""
        return self.exceptions.get(day, day.weekday() not in self.weekly_off)

    def shift(self, day: date, count: int) -> date:
        """Return the day ``count`` working days after (negative: before) ``day``."""
        step = DAY if count > 0 else -DAY
        for _ in range(3660):
            if count == 0:
                return day
            day += step
            count -= (1 if step > timedelta(0) else -1) * self.works(day)
        raise ValueError("no working day within ten years: the calendar is off every day")

    def between(self, first: date, last: date) -> list[date]:
        """Return the working days from ``first`` to ``last``, both included."""
        span = (last - first).days + 1
        return [day for n in range(span) if self.works(day := first + n * DAY)]


def minutes(clock: str) -> int:
    """Return the minutes since midnight of ``HH:MM``.

    >>> minutes("08:30")
    510
    """
    hours, _, rest = clock.partition(":")
    return int(hours) * 60 + int(rest)


def shift_intervals(start: str, end: str, breaks: Iterable[tuple[str, str]]) -> list[tuple[int, int]]:
    """Return the working intervals of a shift in minutes of its day, breaks taken out.

    >>> shift_intervals("20:00", "05:00", [("22:00", "22:10"), ("00:00", "01:00"), ("03:00", "03:10")])
    [(1200, 1320), (1330, 1440), (1500, 1620), (1630, 1740)]
    """
    first, last = minutes(start), minutes(end)
    last += DAY_MINUTES if last <= first else 0
    intervals, cursor = [], first
    for begin, finish in sorted(_after(first, minutes(b), minutes(f)) for b, f in breaks):
        if begin > cursor:
            intervals.append((cursor, begin))
        cursor = max(cursor, finish)
    if cursor < last:
        intervals.append((cursor, last))
    return intervals


def _after(first: int, begin: int, finish: int) -> tuple[int, int]:
    """Move a break into the shift that begins at ``first``."""
    begin += DAY_MINUTES if begin < first else 0
    finish += DAY_MINUTES if finish < begin else 0
    return begin, finish
