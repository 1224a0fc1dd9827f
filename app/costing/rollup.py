"""Standard cost of items through all levels of their bills of material and routings.

Per stock unit of the item, in the company's currency. Each level's total is
rounded before the next one uses it, as the cost sheet shows it; the elements
are rounded so that they sum to the total. Set-up is spread over the costing lot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

from app.core.money import ZERO, round_money, step

ELEMENTS = ("material", "machine", "labour", "variable_overhead", "fixed_overhead", "subcontract")
HOUR = Decimal(60)


@dataclass(frozen=True)
class Rates:
    """Cost per labour hour."""

    labour: Decimal
    variable_overhead: Decimal = ZERO
    fixed_overhead: Decimal = ZERO


@dataclass(frozen=True)
class Component:
    """So much of an item per unit of the parent; ``scrap`` is a mark-up."""

    item: str
    quantity: Decimal
    scrap: Decimal = ZERO

    @property
    def gross(self) -> Decimal:
        """What one parent takes, with scrap."""
        return self.quantity * (1 + self.scrap)


@dataclass(frozen=True)
class Operation:
    """One operation per unit: minutes and rates, or an outside price.

    ``crew`` is persons per running machine; set-up takes one whole person.
    """

    number: int
    setup_minutes: Decimal = ZERO
    run_minutes: Decimal = ZERO
    crew: Decimal = Decimal(1)
    machine_per_hour: Decimal = ZERO
    labour_per_hour: Decimal | None = None
    outside_price: Decimal = ZERO


@dataclass(frozen=True)
class Structure:
    """What an item is made of; ``price`` is the cost of one that is bought."""

    components: Sequence[Component] = ()
    operations: Sequence[Operation] = ()
    price: Decimal = ZERO
    service_price: Decimal = ZERO
    lot_size: Decimal = Decimal(1)


@dataclass(frozen=True)
class StandardCost:
    """One item's cost: this level alone, and with what its components hold, by element."""

    total: Decimal
    own: dict[str, Decimal]
    rolled_up: dict[str, Decimal]
    operations: dict[int, dict[str, Decimal]] = field(default_factory=dict)


class Cycle(ValueError):
    """A bill of material contains itself; carries the path."""


def operation_cost(operation: Operation, rates: Rates, lot_size: Decimal) -> dict[str, Decimal]:
    """Cost of one operation on one piece by element, not rounded."""
    setup = operation.setup_minutes / lot_size
    machine_hours = (operation.run_minutes + setup) / HOUR
    labour_hours = (operation.run_minutes * operation.crew + setup) / HOUR
    wage = rates.labour if operation.labour_per_hour is None else operation.labour_per_hour
    return {
        "machine": machine_hours * operation.machine_per_hour,
        "labour": labour_hours * wage,
        "variable_overhead": labour_hours * rates.variable_overhead,
        "fixed_overhead": labour_hours * rates.fixed_overhead,
        "subcontract": operation.outside_price,
    }


def roll_up(
    structures: Mapping[str, Structure], rates: Rates, *, decimals: int = 2
) -> dict[str, StandardCost]:
    """Cost every item, components before parents.

    Raises:
        Cycle: an item contains itself.
    """
    found: dict[str, StandardCost] = {}

    def cost(item: str, path: tuple[str, ...]) -> StandardCost:
        if item in found:
            return found[item]
        if item in path:
            raise Cycle(" > ".join((*path[path.index(item) :], item)))
        structure = structures.get(item, Structure())
        parts = [(one.gross, cost(one.item, (*path, item))) for one in structure.components]
        found[item] = _assemble(structure, parts, rates, decimals)
        return found[item]

    for item in structures:
        cost(item, ())
    return found


def _assemble(
    structure: Structure, parts: Sequence[tuple[Decimal, StandardCost]], rates: Rates, decimals: int
) -> StandardCost:
    operations = {one.number: operation_cost(one, rates, structure.lot_size) for one in structure.operations}
    own = dict.fromkeys(ELEMENTS, ZERO)
    for costs in operations.values():
        for element, amount in costs.items():
            own[element] += amount
    own["subcontract"] += structure.service_price
    rolled = dict(own)
    own["material"] = structure.price + sum((gross * cost.total for gross, cost in parts), ZERO)
    rolled["material"] = structure.price
    for gross, cost in parts:
        for element, amount in cost.rolled_up.items():
            rolled[element] += gross * amount
    total = round_money(sum(own.values(), ZERO), decimals)
    return StandardCost(
        total, rounded_to(total, own, decimals), rounded_to(total, rolled, decimals), operations
    )


def rounded_to(total: Decimal, parts: Mapping[str, Decimal], decimals: int) -> dict[str, Decimal]:
    """Round amounts of either sign so that they sum to ``total``: the largest remainders take the rest.

    Args:
        total: what the rounded parts must sum to, with at most ``decimals`` places.
        parts: amounts that sum to about the total; empty only for a total of 0.
    """
    unit = step(decimals)
    cut = {name: amount.quantize(unit, ROUND_DOWN) for name, amount in parts.items()}
    units = int((total - sum(cut.values(), ZERO)) / unit)
    sign = 1 if units >= 0 else -1
    order = sorted(parts, key=lambda name: sign * (cut[name] - parts[name]))
    for place in range(abs(units)):
        cut[order[place % len(order)]] += sign * unit
    return cut
