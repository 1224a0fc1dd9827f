"""Balances from moves: every move takes from one location what it gives to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)

Key = tuple[int, int | None, int]
"""Item, lot, location."""


@dataclass(frozen=True)
class Move:
    """A quantity of an item and lot going from one location to another."""

    item_id: int
    lot_id: int | None
    source_id: int
    target_id: int
    quantity: Decimal


def balances(moves: Iterable[Move]) -> dict[Key, Decimal]:
    """Return what each location holds of each item and lot; places that hold nothing are left out."""
    held: defaultdict[Key, Decimal] = defaultdict(lambda: ZERO)
    for move in moves:
        held[move.item_id, move.lot_id, move.source_id] -= move.quantity
        held[move.item_id, move.lot_id, move.target_id] += move.quantity
    return {key: quantity for key, quantity in held.items() if quantity}


def totals(held: dict[Key, Decimal]) -> dict[tuple[int, int | None], Decimal]:
    """Return the sum over all locations per item and lot: zero, whatever happened."""
    sums: defaultdict[tuple[int, int | None], Decimal] = defaultdict(lambda: ZERO)
    for (item_id, lot_id, _location), quantity in held.items():
        sums[item_id, lot_id] += quantity
    return dict(sums)


def first_below_zero(moves: Iterable[Move], guarded: set[int]) -> tuple[int, Key] | None:
    """Return the place in the history where one of the ``guarded`` locations first went below zero."""
    held: defaultdict[Key, Decimal] = defaultdict(lambda: ZERO)
    for place, move in enumerate(moves):
        key = (move.item_id, move.lot_id, move.source_id)
        held[key] -= move.quantity
        held[move.item_id, move.lot_id, move.target_id] += move.quantity
        if move.source_id in guarded and held[key] < 0:
            return place, key
    return None
