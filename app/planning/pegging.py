"""Pegging: which supply covers which demand, first come first served, both ways through all levels. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

ZERO = Decimal(0)
STOCK = "stock"


@dataclass(frozen=True)
class Quantity:
    """So much of an item on a day, supplied by or demanded for ``source`` (a document or planned order)."""

    item: Any
    day: date
    quantity: Decimal
    source: str


@dataclass(frozen=True)
class Peg:
    """So much of a supply serves a demand; ``supply`` is None where nothing covers it."""

    item: Any
    supply: Quantity | None
    demand: Quantity
    quantity: Decimal

    @property
    def late_days(self) -> int:
        """How many days after the demand its supply comes."""
        return max(0, (self.supply.day - self.demand.day).days) if self.supply else 0


class Pegging:
    """All pegs of a site, found by supply or by demand."""

    def __init__(self, supplies: Iterable[Quantity], demands: Iterable[Quantity]) -> None:
        self.pegs = match(supplies, demands)
        self._by_supply: dict[tuple[str, Any], list[Peg]] = defaultdict(list)
        self._by_demand: dict[tuple[str, Any], list[Peg]] = defaultdict(list)
        self._asked: dict[str, list[Any]] = defaultdict(list)
        for peg in self.pegs:
            if peg.supply is not None:
                self._by_supply[peg.supply.source, peg.item].append(peg)
            self._by_demand[peg.demand.source, peg.item].append(peg)
        for source, item in self._by_demand:
            self._asked[source].append(item)
        self._made = defaultdict(list)
        for source, item in self._by_supply:
            self._made[source].append(item)

    def serves(self, source: str, item: Any) -> list[Peg]:
        """Return what one supply of an item is used for, one level up."""
        return self._by_supply.get((source, item), [])

    def covered_by(self, source: str, item: Any) -> list[Peg]:
        """Return what covers one demand for an item, one level down."""
        return self._by_demand.get((source, item), [])

    def takes(self, source: str) -> list[Any]:
        """Return the items that are demanded for an order: its components."""
        return self._asked.get(source, [])

    def up(self, source: str, item: Any, level: int = 0) -> list[tuple[int, Peg]]:
        """Return the demands a supply serves, and through the orders among them on to the end, depth first."""
        found = []
        for peg in self.serves(source, item):
            found.append((level, peg))
            for parent in self._made.get(peg.demand.source, ()):
                found += self.up(peg.demand.source, parent, level + 1)
        return found

    def down(self, source: str, item: Any, level: int = 0) -> list[tuple[int, Peg]]:
        """Return the supplies of a demand, and what those orders take in turn, depth first."""
        found = []
        for peg in self.covered_by(source, item):
            found.append((level, peg))
            if peg.supply is None or peg.supply.source == STOCK:
                continue
            for component in self.takes(peg.supply.source):
                found += self.down(peg.supply.source, component, level + 1)
        return found

    def end_demands(self, source: str, item: Any) -> set[str]:
        """Return the sources at the top of everything a supply serves."""
        return {
            peg.demand.source for _level, peg in self.up(source, item) if peg.demand.source not in self._made
        }


def match(supplies: Iterable[Quantity], demands: Iterable[Quantity]) -> list[Peg]:
    """Give each demand, in order of its day, the earliest supplies that are left; what stays open has none."""
    left: dict[Any, list[tuple[Quantity, Decimal]]] = defaultdict(list)
    for supply in sorted(supplies, key=lambda one: (one.day, one.source)):
        left[supply.item].append((supply, supply.quantity))
    place: dict[Any, int] = defaultdict(int)
    pegs = []
    for demand in sorted(demands, key=lambda one: one.day):
        queue, open_quantity = left[demand.item], demand.quantity
        while open_quantity > 0 and place[demand.item] < len(queue):
            supply, there = queue[place[demand.item]]
            taken = min(there, open_quantity)
            if taken > 0:
                pegs.append(Peg(demand.item, supply, demand, taken))
            open_quantity -= taken
            queue[place[demand.item]] = (supply, there - taken)
            if there == taken:
                place[demand.item] += 1
        if open_quantity > 0:
            pegs.append(Peg(demand.item, None, demand, open_quantity))
    return pegs
