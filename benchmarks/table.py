"""Rows of what was measured against what is required, and how they are printed."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from statistics import median, quantiles
from typing import Protocol

HEADING = ("what", "runs", "median", "p95", "required", "")
NOTHING = "-"


class Judged(StrEnum):
    """Which figure of some times is held against the limit."""

    MEDIAN = "median"
    P95 = "p95"


class Line(Protocol):
    """Anything that can be a line of the table."""

    def cells(self) -> tuple[str, ...]:
        """Return the line as text, one cell for each heading."""


@dataclass(frozen=True)
class Row:
    """Times of one thing in seconds, and what they may be at most; without times, why there are none."""

    what: str
    limit: float | None = None
    times: tuple[float, ...] = ()
    absent: str = ""
    judged: Judged = Judged.P95

    def cells(self) -> tuple[str, ...]:
        """Return the row as text."""
        required = NOTHING if self.limit is None else f"{self.judged} ≤ {milliseconds(self.limit)}"
        if not self.times:
            return self.what, "0", NOTHING, NOTHING, required, self.absent
        figures = {Judged.MEDIAN: median(self.times), Judged.P95: p95(self.times)}
        kept = None if self.limit is None else figures[self.judged] <= self.limit
        return self.what, str(len(self.times)), *map(milliseconds, figures.values()), required, verdict(kept)


@dataclass(frozen=True)
class Rate:
    """How many things were done in how many seconds, and how many a second there must be at least."""

    what: str
    done: int
    seconds: float
    at_least: float | None = None

    def cells(self) -> tuple[str, ...]:
        """Return the rate as text; it has no p95."""
        rate = self.done / self.seconds
        required = NOTHING if self.at_least is None else f"≥ {self.at_least:g}/s"
        kept = None if self.at_least is None else rate >= self.at_least
        return self.what, str(self.done), f"{rate:.1f}/s", NOTHING, required, verdict(kept)


@dataclass(frozen=True)
class Ratio:
    """How many times as much one thing takes as another, run by run, and how many times it must be at least."""

    what: str
    values: tuple[float, ...]
    at_least: float | None = None

    def cells(self) -> tuple[str, ...]:
        """Return the ratio as text; its median is judged."""
        middle = median(self.values)
        required = NOTHING if self.at_least is None else f"≥ {self.at_least:g}×"
        kept = None if self.at_least is None else middle >= self.at_least
        return self.what, str(len(self.values)), f"{middle:.1f}×", NOTHING, required, verdict(kept)


@dataclass(frozen=True)
class Most:
    """One figure that may be so much at most; without it, why there is none."""

    what: str
    figure: float | None
    at_most: float
    unit: str
    absent: str = ""

    def cells(self) -> tuple[str, ...]:
        """Return the figure as text; it has no p95."""
        required = f"≤ {self.at_most:g}{self.unit}"
        if self.figure is None:
            return self.what, "0", NOTHING, NOTHING, required, self.absent
        told = f"{self.figure:.2f}{self.unit}"
        return self.what, "1", told, NOTHING, required, verdict(self.figure <= self.at_most)


def verdict(kept: bool | None) -> str:
    """Return whether what is required was kept; nothing where nothing is."""
    return "" if kept is None else "ok" if kept else "MISSED"


def p95(times: tuple[float, ...]) -> float:
    """Return the time that 95 of 100 stay within; of few times, between the two largest."""
    return quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]


def milliseconds(seconds: float) -> str:
    """Return a time as text, with two figures at least."""
    value = seconds * 1000
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms" if value >= 1 else f"{value:.2f} ms"


def machine() -> str:
    """Return what it is measured on: cores, how busy they were before, Python, date."""
    load = f"load {os.getloadavg()[0]:.1f}"
    python = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {load}, {python}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def table(rows: Sequence[Line]) -> str:
    """Return the rows as a table in Markdown."""
    lines = [HEADING, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADING))]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)
