"""Geometry of a Gantt chart: rows, bars and day lines in user units. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

ROW, HEAD, LEFT = 34, 36, 190
WIDTH, NARROWEST, WIDEST = 1330, 64, 180


@dataclass(frozen=True)
class Task:
    """One operation on a machine, site time."""

    row: str
    start: datetime
    end: datetime
    label: str
    title: str
    colour: int
    late: bool
    url: str
    reason: str = ""


@dataclass(frozen=True)
class Bar:
    """Where a task is drawn."""

    x: float
    y: float
    width: float
    task: Task


@dataclass(frozen=True)
class Chart:
    """A drawn chart: size, width of a day, row names with their y, days with their x, bars, where now is."""

    width: float
    height: float
    day: float
    rows: Sequence[tuple[str, float]]
    days: Sequence[tuple[date, float, bool]]
    bars: list[Bar]
    now: float | None


def chart(
    tasks: Sequence[Task],
    rows: Mapping[str, str],
    first: date,
    days: int,
    *,
    closed: Collection[date] = (),
    now: datetime | None = None,
) -> Chart:
    """Lay tasks out over ``days`` days from ``first``; what lies outside is cut.

    Args:
        rows: label by row; rows that only tasks name follow under their own name.
        closed: days on which the site does not work.
        now: an instant of the site to mark.
    """
    names = {**rows, **{task.row: task.row for task in tasks if task.row not in rows}}
    tops = {name: HEAD + index * ROW for index, name in enumerate(names)}
    origin = datetime.combine(first, datetime.min.time())
    day = min(max((WIDTH - LEFT) / days, NARROWEST), WIDEST)
    end = LEFT + days * day

    def place(instant: datetime) -> float:
        return LEFT + (instant.replace(tzinfo=None) - origin) / timedelta(days=1) * day

    def across(instant: datetime) -> float:
        return min(max(place(instant), LEFT), end)

    bars = [
        Bar(across(task.start), tops[task.row] + 5, max(across(task.end) - across(task.start), 2), task)
        for task in tasks
        if across(task.end) > LEFT and across(task.start) < end
    ]
    lines = [
        (first + timedelta(days=n), LEFT + n * day, first + timedelta(days=n) in closed) for n in range(days)
    ]
    mark = place(now) if now is not None and LEFT <= place(now) <= end else None
    labels = [(label, tops[name]) for name, label in names.items()]
    return Chart(end + 8, HEAD + len(names) * ROW + 8, day, labels, lines, bars, mark)
