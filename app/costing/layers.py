"""Value one item's movements by five methods side by side.

Quantities are in the item's stock unit, values in the company's currency. All
methods read the same list, oldest first, so a replay gives the same bits.

For each movement: by how much stock value changes (``values``) and what stock
cannot keep (``differences``, expense positive); the other account gets the sum, negated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from app.core.money import ZERO, allocate, round_money


@dataclass(frozen=True)
class Movement:
    """A quantity into own stock (positive) or out of it (negative).

    ``value`` is what a receipt cost in all, None: the cost in force. ``purchase``: it sets the last
    purchase price. ``of``: the place of the movement this one returns or reverses, at that one's cost.
    """

    quantity: Decimal
    value: Decimal | None = None
    period: str = ""
    purchase: bool = False
    of: int | None = None


@dataclass(frozen=True)
class Valuation:
    """The outcome of one method; ``values`` sum to ``value``."""

    values: tuple[Decimal, ...]
    differences: tuple[Decimal, ...]
    quantity: Decimal
    value: Decimal
    layers: tuple[tuple[Decimal, Decimal], ...] = ()

    @property
    def unit_cost(self) -> Decimal | None:
        """The value of one unit left, or None when nothing is left."""
        return self.value / self.quantity if self.quantity else None


@dataclass
class _Pool:
    """Running quantity and value with the last known cost."""

    decimals: int
    quantity: Decimal = ZERO
    value: Decimal = ZERO
    last_cost: Decimal = ZERO
    quantities: list[Decimal] = field(default_factory=list)
    values: list[Decimal] = field(default_factory=list)
    differences: list[Decimal] = field(default_factory=list)

    def book(self, quantity: Decimal, change: Decimal, difference: Decimal = ZERO) -> None:
        """Add one movement's outcome."""
        self.quantity += quantity
        self.value += change
        self.quantities.append(quantity)
        self.values.append(change)
        self.differences.append(difference)

    def result(self, layers: Sequence[tuple[Decimal, Decimal]] = ()) -> Valuation:
        """Close the books."""
        return Valuation(
            tuple(self.values), tuple(self.differences), self.quantity, self.value, tuple(layers)
        )


def moving_average(movements: Sequence[Movement], *, decimals: int = 2) -> Valuation:
    """Each receipt changes the average, each issue goes out at it; the last one takes the whole rest.

    Issues beyond stock go out at the last known cost; the receipt that settles them books the difference.
    """
    pool = _Pool(decimals)
    for movement in movements:
        if movement.quantity < 0:
            _issue(pool, movement, _average_cost(pool, -movement.quantity))
        else:
            _receive(pool, movement)
        if pool.quantity > 0:
            pool.last_cost = pool.value / pool.quantity
    return pool.result()


def _average_cost(pool: _Pool, quantity: Decimal) -> Decimal:
    if pool.quantity <= 0:
        return round_money(quantity * pool.last_cost, pool.decimals)
    if quantity >= pool.quantity:
        short = quantity - pool.quantity
        return pool.value + round_money(short * pool.last_cost, pool.decimals)
    return round_money(pool.value * quantity / pool.quantity, pool.decimals)


def _issue(pool: _Pool, movement: Movement, cost: Decimal) -> None:
    """Book an issue; a return to the supplier is charged at its receipt's cost, the rest is a difference."""
    difference = ZERO
    if movement.of is not None and pool.quantity > 0:
        wanted = _share(pool, movement)
        left = pool.value - wanted
        kept = wanted if left > 0 and pool.quantity + movement.quantity > 0 else cost
        difference, cost = kept - wanted, kept
    pool.book(movement.quantity, -cost, difference)


def _share(pool: _Pool, movement: Movement) -> Decimal:
    """The part of the earlier movement's cost that this one takes over; positive."""
    place = movement.of or 0
    cost = abs(pool.values[place] + pool.differences[place])
    return round_money(cost * abs(movement.quantity / pool.quantities[place]), pool.decimals)


def _receive(pool: _Pool, movement: Movement) -> Decimal:
    """Book a receipt, settling first what had been issued beyond stock. Returns the value kept."""
    given = _given(pool, movement)
    difference = ZERO
    if pool.quantity < 0:
        settled = min(-pool.quantity, movement.quantity)
        provisional = pool.value if settled == -pool.quantity else pool.value * settled / -pool.quantity
        actual = round_money(given * settled / movement.quantity, pool.decimals)
        difference = actual + round_money(provisional, pool.decimals)
    pool.book(movement.quantity, given - difference, difference)
    return given - difference


def _given(pool: _Pool, movement: Movement) -> Decimal:
    if movement.of is not None:
        return _share(pool, movement)
    known = movement.value
    return round_money(movement.quantity * pool.last_cost, pool.decimals) if known is None else known


def fifo(movements: Sequence[Movement], *, decimals: int = 2) -> Valuation:
    """Issues take the oldest layers first; what is left of a layer keeps its exact rest of value."""
    pool = _Pool(decimals)
    layers: list[list] = []  # [quantity, value, place of the receipt]
    for place, movement in enumerate(movements):
        if movement.quantity > 0:
            short = max(ZERO, -pool.quantity)
            kept = _receive(pool, movement)
            left = movement.quantity - short
            if left > 0:
                layers.append([left, kept if not short else pool.value, place])
            pool.last_cost = (kept + pool.differences[-1]) / movement.quantity
        else:
            cost = _take(layers, pool, movement)
            pool.book(movement.quantity, -cost)
    return pool.result([(quantity, value) for quantity, value, _place in layers])


def _take(layers: list[list], pool: _Pool, movement: Movement) -> Decimal:
    """Remove a quantity from the layers: a return from its own receipt's first, else the oldest."""
    wanted, cost = -movement.quantity, ZERO
    if movement.of is not None:
        layers.sort(key=lambda layer: (layer[2] != movement.of, layer[2]))
    while wanted and layers:
        layer = layers[0]
        taken = min(wanted, layer[0])
        value = layer[1] if taken == layer[0] else round_money(layer[1] * taken / layer[0], pool.decimals)
        cost, wanted = cost + value, wanted - taken
        layer[0], layer[1] = layer[0] - taken, layer[1] - value
        pool.last_cost = value / taken
        if not layer[0]:
            layers.pop(0)
    layers.sort(key=lambda layer: layer[2])
    return cost + round_money(wanted * pool.last_cost, pool.decimals)


def monthly_average(movements: Sequence[Movement], *, decimals: int = 2) -> Valuation:
    """One average per period from opening stock and the period's receipts; all its issues go out at it."""
    return _by_period(movements, decimals, _close_average)


def _by_period(
    movements: Sequence[Movement], decimals: int, close: Callable[[_Pool, list[Movement]], None]
) -> Valuation:
    pool = _Pool(decimals)
    for _period, rows in groupby(movements, key=lambda movement: movement.period):
        close(pool, list(rows))
    return pool.result()


def _close_average(pool: _Pool, rows: list[Movement]) -> None:
    """Value one period: receipts with a value make the average, everything else moves at it."""
    start, opening = len(pool.values), pool.quantity
    given = [_known(pool, row, start) for row in rows]
    received = sum(
        (r.quantity for r, g in zip(rows, given, strict=True) if g is not None and r.quantity > 0), ZERO
    )
    cost = sum((g for r, g in zip(rows, given, strict=True) if g is not None and r.quantity > 0), ZERO)
    settled = ZERO
    if opening < 0 and received:
        settled = round_money(opening * cost / received, pool.decimals) - pool.value
    base_quantity, base_value = opening + received, pool.value + settled + cost
    if opening < 0 and received:
        pool.last_cost = cost / received
    elif base_quantity > 0:
        pool.last_cost = base_value / base_quantity
    closing = opening + sum((row.quantity for row in rows), ZERO)
    free = [row.quantity for row, known in zip(rows, given, strict=True) if known is None]
    change = round_money(closing * pool.last_cost, pool.decimals) - base_value
    shares = iter(_spread(change, free, pool.decimals))
    for row, known in zip(rows, given, strict=True):
        pool.book(row.quantity, next(shares) if known is None else known)
    _settle(pool, start, settled, bool(free), change)


def _settle(pool: _Pool, start: int, settled: Decimal, spread: bool, change: Decimal) -> None:
    """Move what earlier shortages settled at, and what no issue could carry, into differences."""
    adjustment = settled + (ZERO if spread else change)
    if adjustment and len(pool.values) > start:
        pool.values[start] += adjustment
        pool.differences[start] -= adjustment
        pool.value += adjustment


def _known(pool: _Pool, row: Movement, start: int) -> Decimal | None:
    """A receipt's own value; None for what moves at the period's average."""
    if row.quantity < 0:
        return None
    if row.of is not None and row.of < start:
        return _share(pool, row)
    return row.value if row.of is None else None


def _spread(change: Decimal, quantities: list[Decimal], decimals: int) -> list[Decimal]:
    """Split a change of value over movements of both directions by their quantity, exactly."""
    if not quantities:
        return []
    total = sum(quantities, ZERO)
    if not total:
        return [change, *[ZERO] * (len(quantities) - 1)]
    rounded = [round_money(change * quantity / total, decimals) for quantity in quantities]
    rest = change - sum(rounded, ZERO)
    if rest:
        shares = allocate(rest, [abs(quantity) for quantity in quantities], decimals)
        rounded = [value + share for value, share in zip(rounded, shares, strict=True)]
    return rounded


def last_purchase(movements: Sequence[Movement], *, decimals: int = 2) -> Valuation:
    """Closing stock at the period's last purchase price; cost of goods = opening + purchases - closing.

    Returns and zero prices do not set the price.
    """
    return _by_period(movements, decimals, _close_last_price)


def _close_last_price(pool: _Pool, rows: list[Movement]) -> None:
    start, opening_value = len(pool.values), pool.value
    given = [_known(pool, row, start) for row in rows]
    for row in rows:
        sets = row.quantity > 0 and row.of is None and row.value
        if sets and (row.purchase or not pool.last_cost):
            pool.last_cost = row.value / row.quantity  # type: ignore[operator]
    closing = pool.quantity + sum((row.quantity for row in rows), ZERO)
    change = (
        round_money(closing * pool.last_cost, pool.decimals) - opening_value - sum(filter(None, given), ZERO)
    )
    free = [row.quantity for row, known in zip(rows, given, strict=True) if known is None]
    carries = bool(free) and sum(free, ZERO) != 0
    shares = iter(_spread(change if carries else ZERO, free, pool.decimals))
    for row, known in zip(rows, given, strict=True):
        pool.book(row.quantity, next(shares) if known is None else known)
    _settle(pool, start, ZERO, carries, change)


def standard(movements: Sequence[Movement], *, cost: Decimal, decimals: int = 2) -> Valuation:
    """Everything at the standard cost; what a receipt cost beyond it is a price difference."""
    pool = _Pool(decimals, last_cost=cost)
    for movement in movements:
        after = round_money((pool.quantity + movement.quantity) * cost, decimals)
        change = after - pool.value
        bought = movement.quantity > 0 and movement.of is None
        given = movement.value if bought and movement.value is not None else change
        pool.book(movement.quantity, change, given - change)
    return pool.result()


METHODS: dict[str, Callable[..., Valuation]] = {
    "moving_average": moving_average,
    "fifo": fifo,
    "last_purchase": last_purchase,
    "monthly_weighted_average": monthly_average,
}


def side_by_side(
    movements: Sequence[Movement], *, standard_cost: Decimal = ZERO, decimals: int = 2
) -> dict[str, Valuation]:
    """Value the same movements by all five methods."""
    found = {name: method(movements, decimals=decimals) for name, method in METHODS.items()}
    return {**found, "standard": standard(movements, cost=standard_cost, decimals=decimals)}
