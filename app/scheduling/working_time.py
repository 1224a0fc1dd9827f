"""When work of some minutes begins and ends in working intervals. Pure; whole minutes since an origin."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

Interval = tuple[int, int]
NEVER = 1 << 60
OUTSIDE = ""
"""Key in ``working`` of the days that count as time outside; without it every minute counts."""


class NoCapacity(ValueError):
    """A machine has too few working minutes left in the horizon."""


def add_working(start: int, minutes: int, intervals: Sequence[Interval]) -> Interval:
    """Return when work of ``minutes`` begins and ends if it may begin at ``start``.

    >>> add_working(0, 90, [(0, 60), (100, 200)])
    (0, 130)

    Raises:
        NoCapacity: the intervals end first.
    """
    begin: int | None = None
    left = minutes
    for index in range(max(0, bisect_right(intervals, (start, NEVER)) - 1), len(intervals)):
        opens, closes = intervals[index]
        at = max(opens, start)
        if at >= closes:
            continue
        begin = at if begin is None else begin
        if closes - at >= left:
            return begin, at + left
        left -= closes - at
    raise NoCapacity(f"{left} of {minutes} minutes do not fit before the horizon's end")


def after_outside(start: int, elapsed: int, working: Mapping[str, Sequence[Interval]]) -> int:
    """Return when time outside ends that begins at ``start``.

    Raises:
        NoCapacity: the horizon ends first.
    """
    if OUTSIDE not in working or not elapsed:
        return start + elapsed
    return add_working(start, elapsed, working[OUTSIDE])[1]
