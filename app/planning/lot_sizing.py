"""How net requirements become order quantities. Pure.

Quantities are in the item's stock unit, costs in one currency. EOQ and its
kin after Snyder & Shen, *Fundamentals of Supply Chain Theory*; Wagner & Whitin
(1958); Silver & Meal (1973).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from math import sqrt

ZERO = Decimal(0)


@dataclass(frozen=True)
class LotPolicy:
    """An item's lot rule: at least, at most, in multiples of, always exactly, or for so many days at once.

    ``fixed`` orders come in whole lots of that size. ``period_days`` groups the
    needs of so many calendar days from the first into one order. ``minimum``,
    ``maximum`` and ``multiple`` apply to whatever the rule asks for.
    """

    minimum: Decimal = ZERO
    maximum: Decimal | None = None
    multiple: Decimal | None = None
    fixed: Decimal | None = None
    period_days: int = 1

    def __post_init__(self) -> None:
        for name in ("maximum", "multiple", "fixed"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"{name} {value} is not above 0")
        if self.minimum < 0 or self.period_days < 1:
            raise ValueError(f"minimum {self.minimum}, period {self.period_days} days")


LOT_FOR_LOT = LotPolicy()


def up_to_multiple(quantity: Decimal, multiple: Decimal) -> Decimal:
    """Round up to whole multiples.

    >>> up_to_multiple(Decimal("48.17"), Decimal("40.72"))
    Decimal('81.44')
    """
    return (quantity / multiple).to_integral_value(ROUND_CEILING) * multiple


def orders(net: Decimal, policy: LotPolicy = LOT_FOR_LOT) -> list[Decimal]:
    """Return the order quantities that cover a net requirement; more than one when it exceeds the maximum.

    The last one keeps the minimum too, so together they may be more than needed.

    >>> orders(Decimal(140), LotPolicy(minimum=Decimal(50), maximum=Decimal(100)))
    [Decimal('100'), Decimal('50')]
    """
    if net <= 0:
        return []
    if policy.fixed:
        return [policy.fixed] * int((net / policy.fixed).to_integral_value(ROUND_CEILING))
    found = []
    while net > 0:
        wanted = max(net, policy.minimum)
        if policy.multiple:
            wanted = up_to_multiple(wanted, policy.multiple)
        if policy.maximum and wanted > policy.maximum:
            wanted = _largest(policy.maximum, policy.multiple)
        found.append(wanted)
        net -= wanted
    return found


def _largest(maximum: Decimal, multiple: Decimal | None) -> Decimal:
    """Return the largest order within the maximum that keeps the multiple, where there is one."""
    if not multiple or multiple > maximum:
        return maximum
    return maximum // multiple * multiple


def group_by_period(demand: Sequence[tuple[int, Decimal]], period_days: int) -> list[tuple[int, Decimal]]:
    """Group dated needs: each group begins at its first need and holds those within ``period_days``.

    Args:
        demand: (day, quantity), days rising.
    """
    groups: list[tuple[int, Decimal]] = []
    for day, quantity in demand:
        if groups and day < groups[-1][0] + period_days:
            groups[-1] = (groups[-1][0], groups[-1][1] + quantity)
        else:
            groups.append((day, quantity))
    return groups


def order_up_to(projected: Decimal, minimum: Decimal, target: Decimal) -> Decimal:
    """Reorder point: nothing unless the projection is below the minimum (strictly), else up to the target."""
    return target - projected if projected < minimum else ZERO


def economic_order_quantity(
    demand_rate: float, fixed_cost: float, holding_cost: float
) -> tuple[float, float]:
    """Return the order quantity that costs least per unit of time, and that cost (without purchase)."""
    _positive(demand_rate=demand_rate, fixed_cost=fixed_cost, holding_cost=holding_cost)
    quantity = sqrt(2 * fixed_cost * demand_rate / holding_cost)
    return quantity, fixed_cost * demand_rate / quantity + holding_cost * quantity / 2


def eoq_with_backorders(
    demand_rate: float, fixed_cost: float, holding_cost: float, stockout_cost: float
) -> tuple[float, float, float]:
    """Return order quantity, share of it delivered late, and cost, when customers may wait at a cost."""
    _positive(stockout_cost=stockout_cost)
    plain, plain_cost = economic_order_quantity(demand_rate, fixed_cost, holding_cost)
    factor = sqrt((holding_cost + stockout_cost) / stockout_cost)
    return plain * factor, holding_cost / (holding_cost + stockout_cost), plain_cost / factor


def economic_production_quantity(
    demand_rate: float, production_rate: float, fixed_cost: float, holding_cost: float
) -> float:
    """Return the economic lot when stock builds up while it is being made.

    Raises:
        ValueError: production is no faster than demand.
    """
    if production_rate <= demand_rate:
        raise ValueError(f"production rate {production_rate} is not above demand rate {demand_rate}")
    return economic_order_quantity(
        demand_rate, fixed_cost, holding_cost * (1 - demand_rate / production_rate)
    )[0]


def eoq_with_discounts(
    demand_rate: float,
    fixed_cost: float,
    holding_rate: float,
    breakpoints: Sequence[float],
    unit_costs: Sequence[float],
) -> tuple[float, int, float]:
    """Return quantity, price bracket and total cost under all-units discounts.

    Args:
        holding_rate: share of the unit cost that holding one unit costs.
        breakpoints: where each bracket begins, rising from 0; ``unit_costs`` one each.
    """
    best: tuple[float, int, float] | None = None
    for region, (start, price) in enumerate(zip(breakpoints, unit_costs, strict=True)):
        end = breakpoints[region + 1] if region + 1 < len(breakpoints) else float("inf")
        quantity = max(start, economic_order_quantity(demand_rate, fixed_cost, holding_rate * price)[0])
        if quantity >= end:
            continue
        cost = price * demand_rate + fixed_cost * demand_rate / quantity + holding_rate * price * quantity / 2
        if best is None or cost < best[2]:
            best = (quantity, region, cost)
    if best is None:
        raise ValueError("no price bracket")
    return best


def silver_meal(demand: Sequence[float], setup_cost: float, holding_cost: float) -> list[float]:
    """Extend each order while the mean cost per period falls; a rise ends it."""
    quantities = [0.0] * len(demand)
    first = 0
    while first < len(demand):
        if demand[first] == 0:
            first += 1
            continue
        cost, mean, last = float(setup_cost), float(setup_cost), first
        for period in range(first + 1, len(demand)):
            cost += holding_cost * (period - first) * demand[period]
            if cost / (period - first + 1) > mean:
                break
            mean, last = cost / (period - first + 1), period
        quantities[first] = sum(demand[first : last + 1])
        first = last + 1
    return quantities


def wagner_whitin(
    demand: Sequence[float], fixed_cost: float, holding_cost: float
) -> tuple[list[float], float]:
    """Return the order quantities of least total cost over the horizon, and that cost.

    Holding is paid per unit and period carried. Among equals the earliest next
    order period wins.
    """
    count = len(demand)
    best = [0.0] * (count + 1)
    following = [count] * (count + 1)
    for first in range(count - 1, -1, -1):
        if demand[first] == 0:
            best[first], following[first] = best[first + 1], first + 1
            continue
        best[first], carried = float("inf"), 0.0
        for after in range(first + 1, count + 1):
            carried += holding_cost * (after - 1 - first) * demand[after - 1]
            cost = fixed_cost + carried + best[after]
            if cost < best[first] - 1e-9:
                best[first], following[first] = cost, after
    quantities, first = [0.0] * count, 0
    while first < count:
        if demand[first]:
            quantities[first] = sum(demand[first : following[first]])
        first = following[first]
    return quantities, best[0]


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} {value} is not above 0")
