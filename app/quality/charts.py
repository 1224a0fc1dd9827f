"""Where to draw: coordinates of control charts and Pareto charts, in a box of ``WIDTH`` × ``HEIGHT``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 220, 56, 56, 12, 28

NARROW, WIDE_FROM = 5.6, 0x2E80
"""The width of a small Latin letter, and the first character of double width."""


@dataclass(frozen=True)
class Mark:
    """A point or bar top with what it says."""

    x: float
    y: float
    text: str
    alarm: bool = False


@dataclass(frozen=True)
class Line:
    """A horizontal line with its label; ``kind`` is centre, control or limit."""

    y: float
    text: str
    kind: str


@dataclass(frozen=True)
class ControlDrawing:
    """A control chart: its points, the path through them and its lines."""

    points: tuple[Mark, ...]
    path: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Bar:
    """One bar of a Pareto chart, with the height of the cumulative line above its middle.

    ``caption`` is as much of the ``name`` as there is room for under the bar.
    """

    x: float
    y: float
    width: float
    height: float
    label: str
    value: str
    cumulative: Mark
    name: str = ""
    caption: str = ""


def control(
    values: Sequence[float], lines: Sequence[tuple[str, float, str]], alarms: Sequence[int] = ()
) -> ControlDrawing:
    """Place values in order and horizontal ``lines`` (kind, value, label) on one scale."""
    levels = [*values, *(value for _kind, value, _label in lines)]
    low, high = min(levels, default=0.0), max(levels, default=1.0)
    spread = (high - low) or 1.0
    room = HEIGHT - TOP - BOTTOM
    step = (WIDTH - LEFT - RIGHT) / max(len(values) - 1, 1)

    def height(value: float) -> float:
        return round(TOP + room * (1 - (value - low) / spread), 1)

    points = tuple(
        Mark(round(LEFT + step * place, 1), height(value), f"{value:g}", place in alarms)
        for place, value in enumerate(values)
    )
    path = " ".join(f"{'L' if place else 'M'}{point.x} {point.y}" for place, point in enumerate(points))
    return ControlDrawing(points, path, tuple(Line(height(v), label, kind) for kind, v, label in lines))


def pareto(rows: Sequence[tuple[str, float, float, str]]) -> tuple[Bar, ...]:
    """Place bars of (label, value, cumulative per cent, name), the largest first."""
    if not rows:
        return ()
    largest = max(value for _label, value, _share, _name in rows) or 1.0
    room, slot = HEIGHT - TOP - BOTTOM, (WIDTH - LEFT - RIGHT) / len(rows)
    bars = []
    for place, (label, value, share, name) in enumerate(rows):
        height = round(room * value / largest, 1)
        middle = round(LEFT + slot * (place + 0.5), 1)
        mark = Mark(middle, round(TOP + room * (1 - share / 100), 1), f"{share:.0f} %")
        bars.append(
            Bar(
                round(LEFT + slot * place + slot * 0.1, 1),
                round(TOP + room - height, 1),
                round(slot * 0.8, 1),
                height,
                label,
                f"{value:g}",
                mark,
                name,
                _fitting(name, slot),
            )
        )
    return tuple(bars)


def _fitting(text: str, room: float) -> str:
    """Return as much of a text as fits into a width in small letters; Chinese takes twice as much."""
    used, kept = 0.0, ""
    for letter in text:
        used += NARROW if ord(letter) < WIDE_FROM else 2 * NARROW
        if used > room - NARROW:
            return f"{kept.rstrip()}…"
        kept += letter
    return text
