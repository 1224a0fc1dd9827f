"""Geometry of a Gantt chart: rows, bars and day lines in user units. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

ROW, HEAD, LEFT, DAY = 30, 34, 96, 64


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
    """A drawn chart: size, row names with their y, days with their x, bars."""

    width: float
    height: float
    rows: list[tuple[str, float]]
    days: Sequence[tuple[date, float, bool]]
    bars: list[Bar]


def chart(tasks: Sequence[Task], rows: Sequence[str], first: date, days: int) -> Chart:
    """Lay tasks out over ``days`` days from ``first``; what lies outside is cut."""
    names = list(dict.fromkeys([*rows, *(task.row for task in tasks)]))
    tops = {name: HEAD + index * ROW for index, name in enumerate(names)}
    origin = datetime.combine(first, datetime.min.time())
    end = LEFT + days * DAY

    def across(instant: datetime) -> float:
        naive = instant.replace(tzinfo=None)
        return min(max(LEFT + (naive - origin) / timedelta(days=1) * DAY, LEFT), end)

    bars = [
        Bar(across(task.start), tops[task.row] + 4, max(across(task.end) - across(task.start), 2), task)
        for task in tasks
        if across(task.end) > LEFT and across(task.start) < end
    ]
    lines = [
        (first + timedelta(days=n), LEFT + n * DAY, (first + timedelta(days=n)).weekday() >= 5)
        for n in range(days)
    ]
    return Chart(end + 8, HEAD + len(names) * ROW + 8, [(name, tops[name]) for name in names], lines, bars)
