"""Bills of material: what goes into what, how deep, how much of it in all. Pure.

Items are any hashable key. ``quantity`` is what one of the parent takes,
``scrap`` a mark-up on it. A line is effective on ``valid_from <= day < valid_to``;
an open end is None.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

ONE = Decimal(1)


@dataclass(frozen=True)
class Line:
    """So much of a component goes into one of the parent, from one day to another."""

    parent: Any
    component: Any
    quantity: Decimal
    scrap: Decimal = Decimal(0)
    valid_from: date | None = None
    valid_to: date | None = None

    def effective(self, on: date) -> bool:
        """Say whether the line is in force on a day."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on < self.valid_to
        )

    @property
    def gross(self) -> Decimal:
        """What one of the parent takes, scrap included."""
        return self.quantity * (ONE + self.scrap)


class CycleError(ValueError):
    """An item is, by way of others, a component of itself; ``path`` begins and ends with it."""

    def __init__(self, path: list[Any]) -> None:
        super().__init__(" > ".join(str(item) for item in path))
        self.path = path


class Structure:
    """Bill-of-material lines with fast look-up both ways."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = tuple(lines)
        self._down: dict[Any, list[Line]] = defaultdict(list)
        self._up: dict[Any, list[Line]] = defaultdict(list)
        for line in self.lines:
            self._down[line.parent].append(line)
            self._up[line.component].append(line)

    def components(self, item: Any, on: date | None = None) -> list[Line]:
        """Return the lines of an item, those in force on a day when one is given."""
        return [line for line in self._down.get(item, ()) if on is None or line.effective(on)]

    def where_used(self, item: Any, on: date | None = None) -> list[Line]:
        """Return the lines in which an item is a component."""
        return [line for line in self._up.get(item, ()) if on is None or line.effective(on)]

    def after(self, day: date) -> Structure:
        """Return the lines that are, or will be, in force on or after a day."""
        return Structure(line for line in self.lines if line.valid_to is None or line.valid_to > day)


def low_level_codes(structure: Structure, items: Iterable[Hashable] = ()) -> dict[Any, int]:
    """Return each item's lowest level in any bill: 0 for what is in none, else one below its deepest parent.

    Args:
        items: further items, which get code 0 when no line names them.

    Raises:
        CycleError: an item is a component of itself.
    """
    waiting: dict[Any, int] = dict.fromkeys(items, 0)
    for line in structure.lines:
        waiting.setdefault(line.parent, 0)
        waiting[line.component] = waiting.get(line.component, 0) + 1
    codes = {item: 0 for item, parents in waiting.items() if not parents}
    ready = deque(codes)
    while ready:
        parent = ready.popleft()
        for line in structure.components(parent):
            component = line.component
            codes[component] = max(codes.get(component, 0), codes[parent] + 1)
            waiting[component] -= 1
            if not waiting[component]:
                ready.append(component)
    if stuck := {item for item, parents in waiting.items() if parents}:
        raise CycleError(_cycle(structure, stuck))
    return codes


def _cycle(structure: Structure, stuck: Collection[Any]) -> list[Any]:
    """Return one cycle among items that wait for one another: each has a parent that is stuck too."""
    path = [min(stuck, key=str)]
    while path[-1] not in path[:-1]:
        path.append(next(line.parent for line in structure.where_used(path[-1]) if line.parent in stuck))
    first = path.index(path[-1])
    return path[first:][::-1]


def explode(
    structure: Structure,
    item: Any,
    quantity: Decimal = ONE,
    *,
    on: date,
    yields: Mapping[Any, Decimal] | None = None,
) -> dict[Any, Decimal]:
    """Return the total of every item below ``item``, all levels, for so many of it; stock is left out.

    Args:
        yields: good share of started per item made; missing means 1.

    Raises:
        CycleError: an item is a component of itself.
    """
    below = _below(structure, item, on)
    codes = low_level_codes(below, [item])
    totals: dict[Any, Decimal] = defaultdict(Decimal)
    totals[item] = quantity
    for parent in sorted(codes, key=lambda key: codes[key]):
        started = totals[parent] / (yields or {}).get(parent, ONE)
        for line in below.components(parent):
            totals[line.component] += started * line.gross
    totals.pop(item)
    return dict(totals)


def _below(structure: Structure, item: Any, on: date) -> Structure:
    """Return the lines in force on a day that can be reached from an item."""
    reached, found, waiting = {item}, [], [item]
    while waiting:
        for line in structure.components(waiting.pop(), on):
            found.append(line)
            if line.component not in reached:
                reached.add(line.component)
                waiting.append(line.component)
    return Structure(found)


@dataclass(frozen=True)
class Branch:
    """One place of an item in the tree below another: indented bill of material."""

    level: int
    line: Line
    total: Decimal


def indented(
    structure: Structure, item: Any, quantity: Decimal = ONE, *, on: date, level: int = 1
) -> list[Branch]:
    """Return the tree below an item, depth first, each branch with the quantity it takes in all."""
    branches = []
    for line in structure.components(item, on):
        total = quantity * line.gross
        branches.append(Branch(level, line, total))
        branches += indented(structure, line.component, total, on=on, level=level + 1)
    return branches
