"""Rows of measured times against their limits."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median, quantiles

HEADING = ("what", "runs", "median", "p95", "limit", "")


@dataclass(frozen=True)
class Row:
    """Times of one thing in seconds, and what their median may be; without times, why there are none."""

    what: str
    limit: float
    times: tuple[float, ...] = ()
    absent: str = ""

    def cells(self) -> tuple[str, ...]:
        """Return the row as text."""
        if not self.times:
            return self.what, "0", "-", "-", milliseconds(self.limit), self.absent
        middle = median(self.times)
        verdict = "ok" if middle <= self.limit else "MISSED"
        shown = [milliseconds(value) for value in (middle, p95(self.times), self.limit)]
        return self.what, str(len(self.times)), *shown, verdict


def p95(times: tuple[float, ...]) -> float:
    """Return the time that 95 of 100 stay within; of few times, between the two largest."""
    return quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]


def milliseconds(seconds: float) -> str:
    """Return a time as text."""
    return f"{seconds * 1000:.0f} ms"


def machine() -> str:
    """Return what it is measured on: cores, how busy they were before, Python, date."""
    load = f"load {os.getloadavg()[0]:.1f}"
    python = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {load}, {python}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def table(rows: list[Row]) -> str:
    """Return the rows as a table in Markdown."""
    lines = [HEADING, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADING))]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)
