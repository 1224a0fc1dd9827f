"""Variances, favourable positive. They sum to standard cost of actual output minus actual cost.

Small letters of the trade: SP standard price, AP actual price, SQ standard
quantity for the output, AQ actual quantity; SR, AR rates per hour; SH, AH hours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from app.core.money import ZERO, round_money
from app.costing.rollup import HOUR, Rates, rounded_to


def price(standard_price: Decimal, actual_price: Decimal, actual_quantity: Decimal) -> Decimal:
    """(SP - AP) x AQ: paid less or more than the standard price; also labour and overhead rate."""
    return (standard_price - actual_price) * actual_quantity


def usage(standard_quantity: Decimal, actual_quantity: Decimal, standard_price: Decimal) -> Decimal:
    """(SQ - AQ) x SP: used less or more than allowed for the output; also labour efficiency."""
    return (standard_quantity - actual_quantity) * standard_price


def fixed_overhead(
    *,
    budget: Decimal,
    actual: Decimal,
    rate: Decimal,
    actual_hours: Decimal,
    allowed: Decimal,
) -> dict[str, Decimal]:
    """Spending, and volume split into capacity and efficiency, for a period or an order."""
    return {
        "fixed_overhead_spending": budget - actual,
        "fixed_overhead_capacity": rate * actual_hours - budget,
        "fixed_overhead_efficiency": (allowed - actual_hours) * rate,
    }


@dataclass(frozen=True)
class Material:
    """One component: what one good piece should take, and what was really issued and cost."""

    item: str
    per_piece: Decimal
    standard_price: Decimal
    actual_quantity: Decimal
    actual_cost: Decimal


@dataclass(frozen=True)
class Work:
    """One operation of the order as planned and as reported; minutes, rates per hour.

    ``processed`` counts good and scrapped pieces; ``outside_price`` is what the
    standard holds per piece done outside, ``outside_cost`` what was charged.
    """

    number: int
    processed: Decimal
    setup_minutes: Decimal = ZERO
    run_minutes: Decimal = ZERO
    crew: Decimal = Decimal(1)
    machine_rate: Decimal = ZERO
    labour_rate: Decimal = ZERO
    actual_setup_minutes: Decimal = ZERO
    actual_machine_minutes: Decimal = ZERO
    actual_labour_minutes: Decimal = ZERO
    idle_minutes: Decimal = ZERO
    labour_cost: Decimal = ZERO
    machine_cost: Decimal = ZERO
    outside_price: Decimal = ZERO
    outside_quantity: Decimal = ZERO
    outside_cost: Decimal = ZERO


@dataclass(frozen=True)
class Order:
    """A finished work order: its output, what it was issued and what was done.

    ``actual_labour_minutes`` of a work contains its set-up and idle minutes.
    ``received_value`` is what the good pieces were received into stock at.
    """

    good: Decimal
    started: Decimal
    received_value: Decimal
    lot_size: Decimal
    rates: Rates
    materials: Sequence[Material] = ()
    works: Sequence[Work] = ()
    by_product_credit: Decimal = ZERO
    expected_scrap: Decimal = ZERO
    extra: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """Actual cost by element and the named variances; both in whole cents."""

    actual: dict[str, Decimal]
    variances: dict[str, Decimal]

    @property
    def actual_cost(self) -> Decimal:
        """What the order cost in all."""
        return sum(self.actual.values(), ZERO)

    @property
    def total(self) -> Decimal:
        """The sum of the variances."""
        return sum(self.variances.values(), ZERO)


def work_order(order: Order, *, decimals: int = 2) -> Outcome:
    """Actual cost and variances of a finished work order; they sum exactly.

    Every operation is measured on the pieces it really processed; what was put
    into pieces that became scrap is the scrap variance, split into the normal
    share and the abnormal one beyond it. ``revision`` is what the standard used
    for the receipt differs by from this order's own bill of material and routing.
    """
    found = dict.fromkeys(NAMES, ZERO)
    standard, scrapped = ZERO, ZERO
    for material in order.materials:
        standard += order.good * material.per_piece * material.standard_price
        scrapped += _material(order, material, found)
    for work in order.works:
        if work.outside_price or work.outside_cost:
            standard += order.good * work.outside_price
            scrapped += _outside(order, work, found)
        else:
            piece, lost = _inside(order, work, found)
            standard += order.good * piece
            scrapped += lost
    _scrap(order, scrapped, found)
    found["by_product"] = order.by_product_credit
    found["revision"] = order.received_value - standard
    actual = _actual(order, decimals)
    total = order.received_value - sum(actual.values(), ZERO)
    named = {name: amount for name, amount in found.items() if amount}
    if not named and total:
        named = {"revision": total}
    rounded = rounded_to(total, named, decimals) if named else {}
    return Outcome(actual, {name: amount for name, amount in rounded.items() if amount})


NAMES = (
    "material_price",
    "material_usage",
    "labour_rate",
    "labour_efficiency",
    "labour_idle",
    "machine_rate",
    "machine_efficiency",
    "variable_overhead_spending",
    "variable_overhead_efficiency",
    "fixed_overhead_spending",
    "fixed_overhead_efficiency",
    "setup",
    "lot_size",
    "subcontract_price",
    "subcontract_quantity",
    "scrap_normal",
    "scrap_abnormal",
    "by_product",
    "revision",
)


def _material(order: Order, material: Material, found: dict[str, Decimal]) -> Decimal:
    """Price and usage of one component on all started pieces. Returns what went into scrapped ones."""
    allowed = order.started * material.per_piece
    found["material_price"] += material.standard_price * material.actual_quantity - material.actual_cost
    found["material_usage"] += usage(allowed, material.actual_quantity, material.standard_price)
    return (order.started - order.good) * material.per_piece * material.standard_price


def _outside(order: Order, work: Work, found: dict[str, Decimal]) -> Decimal:
    """Price and quantity of work done outside. Returns what went into pieces scrapped later."""
    found["subcontract_price"] += work.outside_price * work.outside_quantity - work.outside_cost
    found["subcontract_quantity"] += usage(work.processed, work.outside_quantity, work.outside_price)
    return (work.processed - order.good) * work.outside_price


def _inside(order: Order, work: Work, found: dict[str, Decimal]) -> tuple[Decimal, Decimal]:
    """Labour, machine and overhead of one operation.

    Returns the standard per piece and what went into scrapped pieces.
    """
    rates, wage = order.rates, work.labour_rate
    on_labour = wage + rates.variable_overhead + rates.fixed_overhead
    actual_run = work.actual_labour_minutes - work.actual_setup_minutes - work.idle_minutes
    run_allowed = work.processed * work.run_minutes * work.crew
    actual_hours = work.actual_labour_minutes / HOUR
    found["labour_rate"] += wage * actual_hours - work.labour_cost
    found["labour_efficiency"] += (run_allowed - actual_run) / HOUR * wage
    found["labour_idle"] -= work.idle_minutes / HOUR * wage
    found["variable_overhead_efficiency"] += (
        (run_allowed - actual_run - work.idle_minutes) / HOUR * rates.variable_overhead
    )
    found["fixed_overhead_efficiency"] += (
        (run_allowed - actual_run - work.idle_minutes) / HOUR * rates.fixed_overhead
    )
    machine_run = work.actual_machine_minutes - work.actual_setup_minutes
    found["machine_rate"] += work.machine_rate * work.actual_machine_minutes / HOUR - work.machine_cost
    found["machine_efficiency"] += (
        (work.processed * work.run_minutes - machine_run) / HOUR * work.machine_rate
    )
    setup_rate = (on_labour + work.machine_rate) / HOUR
    found["setup"] += (work.setup_minutes - work.actual_setup_minutes) * setup_rate
    absorbed = work.processed * work.setup_minutes / order.lot_size
    found["lot_size"] += (absorbed - work.setup_minutes) * setup_rate
    piece = (
        work.run_minutes * work.machine_rate + work.run_minutes * work.crew * on_labour
    ) / HOUR + work.setup_minutes / order.lot_size * setup_rate
    return piece, (work.processed - order.good) * piece


def _scrap(order: Order, scrapped: Decimal, found: dict[str, Decimal]) -> None:
    """Split the standard cost of scrapped pieces into the expected share and what went beyond."""
    lost = order.started - order.good
    beyond = max(ZERO, lost - order.expected_scrap)
    abnormal = scrapped * beyond / lost if lost > 0 else ZERO
    found["scrap_abnormal"] -= abnormal
    found["scrap_normal"] -= scrapped - abnormal


def _actual(order: Order, decimals: int) -> dict[str, Decimal]:
    """What the order really cost by element, each in whole cents."""
    hours = sum((work.actual_labour_minutes for work in order.works), ZERO) / HOUR
    costs = {
        "material": sum((one.actual_cost for one in order.materials), ZERO) - order.by_product_credit,
        "machine": sum((one.machine_cost for one in order.works), ZERO),
        "labour": sum((one.labour_cost for one in order.works), ZERO),
        "variable_overhead": hours * order.rates.variable_overhead,
        "fixed_overhead": hours * order.rates.fixed_overhead,
        "subcontract": sum((one.outside_cost for one in order.works), ZERO),
    }
    return {name: round_money(amount, decimals) for name, amount in costs.items()}
