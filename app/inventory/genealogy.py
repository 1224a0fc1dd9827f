"""What a lot was made from and what it went into, as a tree in either direction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Link:
    """So much of lot ``consumed_id`` went into lot ``lot_id``."""

    lot_id: int
    consumed_id: int
    quantity: Decimal


@dataclass(frozen=True)
class Branch:
    """One lot on the way down a tree; ``quantity`` is of the consumed lot on this step."""

    depth: int
    lot_id: int
    quantity: Decimal


def backwards(lot_id: int, links: Iterable[Link]) -> list[Branch]:
    """Return what went into a lot, each under what it went into."""
    below: defaultdict[int, list[tuple[int, Decimal]]] = defaultdict(list)
    for link in links:
        below[link.lot_id].append((link.consumed_id, link.quantity))
    return _walk(lot_id, below)


def forwards(lot_id: int, links: Iterable[Link]) -> list[Branch]:
    """Return what a lot went into, each under what went into it."""
    above: defaultdict[int, list[tuple[int, Decimal]]] = defaultdict(list)
    for link in links:
        above[link.consumed_id].append((link.lot_id, link.quantity))
    return _walk(lot_id, above)


def _walk(root: int, edges: dict[int, list[tuple[int, Decimal]]]) -> list[Branch]:
    """Return the branches below ``root`` in depth-first order.

    Raises:
        ValueError: a lot went, by whatever way, into itself.
    """
    found: list[Branch] = []
    path: list[int] = []
    stack: list[tuple[int, int, Decimal]] = [(0, root, Decimal(0))]
    while stack:
        depth, lot_id, quantity = stack.pop()
        del path[depth:]
        if lot_id in path:
            raise ValueError(f"lot {lot_id} went into itself")
        path.append(lot_id)
        if depth:
            found.append(Branch(depth, lot_id, quantity))
        stack += [(depth + 1, other, amount) for other, amount in sorted(edges.get(lot_id, []), reverse=True)]
    return found
