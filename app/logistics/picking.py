"""From order lines to a pick list: which lot from which location, walked in one round.

Quantities are in each item's stock unit. Lots come in the order they are given,
so the caller decides between first in and first expiring.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True)
class Demand:
    """What one order line still needs."""

    line_id: int
    item_id: int
    quantity: Decimal


@dataclass(frozen=True)
class Stock:
    """What is free of one lot at one location; ``walk`` orders the locations along the round."""

    item_id: int
    lot_id: int | None
    location_id: int
    quantity: Decimal
    walk: str = ""


@dataclass(frozen=True)
class Pick:
    """Take a quantity of one lot from one location for one order line."""

    line_id: int
    item_id: int
    lot_id: int | None
    location_id: int
    quantity: Decimal
    walk: str = ""


@dataclass(frozen=True)
class PickPlan:
    """The picks in walking order, and what each line is short of."""

    picks: tuple[Pick, ...]
    short: dict[int, Decimal]


def plan(demands: Sequence[Demand], stock: Iterable[Stock]) -> PickPlan:
    """Give the demands, the first one first, the lots in their order; nothing is given twice.

    Raises:
        ValueError: a demand is negative.
    """
    shelves: defaultdict[int, list[list]] = defaultdict(list)
    for place in stock:
        shelves[place.item_id].append([place, place.quantity])
    picks: list[Pick] = []
    short: dict[int, Decimal] = {}
    for demand in demands:
        if demand.quantity < 0:
            raise ValueError(f"line {demand.line_id} needs {demand.quantity}")
        missing = _fill(demand, shelves[demand.item_id], picks)
        if missing:
            short[demand.line_id] = missing
    return PickPlan(tuple(sorted(picks, key=lambda pick: (pick.walk, pick.line_id, pick.lot_id or 0))), short)


def packages(quantity: Decimal, per_package: Decimal) -> list[Decimal]:
    """Split a quantity into full packages and a last one with the rest.

    Raises:
        ValueError: a package would hold nothing.
    """
    if per_package <= 0:
        raise ValueError(f"{per_package} per package")
    full, rest = divmod(quantity, per_package)
    return [per_package] * int(full) + ([rest] if rest else [])


def _fill(demand: Demand, shelf: list[list], picks: list[Pick]) -> Decimal:
    """Take from the shelf what the demand needs and return what is missing."""
    open_quantity = demand.quantity
    for entry in shelf:
        place, left = entry
        here = min(left, open_quantity)
        if here > ZERO:
            picks.append(
                Pick(demand.line_id, place.item_id, place.lot_id, place.location_id, here, place.walk)
            )
            entry[1] = left - here
            open_quantity -= here
    return open_quantity
