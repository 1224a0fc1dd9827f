"""Standard costs in force, and what the roll-up needs to make new ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.money import ZERO
from app.core.units import Ratio
from app.costing.models import StandardCost
from app.costing.rollup import Component, Operation, Rates, Structure
from app.masterdata import queries as masterdata
from app.masterdata.models import BomLine, Item, ItemUnit, RoutingOperation, SupplierPrice, Supply

PLACES = Decimal("0.000001")


def in_force(item_id: int, on: date) -> StandardCost | None:
    """The standard in force on a day, or None where the item has only its own figure."""
    return db.session.scalar(
        select(StandardCost)
        .where(StandardCost.item_id == item_id, StandardCost.valid_from <= on)
        .order_by(StandardCost.valid_from.desc())
        .limit(1)
    )


def standard_of(item: Item, on: date) -> Decimal:
    """What one stock unit should cost; 0 for what customers supply."""
    if item.supply is Supply.CUSTOMER:
        return ZERO
    found = in_force(item.id, on)
    return found.total if found else item.standard_cost


def history_of(item: Item) -> Callable[[date], Decimal]:
    """A function that gives the item's standard on any day, from one read."""
    rows = list(
        db.session.scalars(
            select(StandardCost)
            .where(StandardCost.item_id == item.id)
            .order_by(StandardCost.valid_from.desc())
        )
    )

    def standard_on(day: date) -> Decimal:
        if item.supply is Supply.CUSTOMER:
            return ZERO
        return next((row.total for row in rows if row.valid_from <= day), item.standard_cost)

    return standard_on


def rates() -> Rates:
    """The company's rates per labour hour."""
    company = masterdata.company()
    return Rates(
        company.labour_per_hour,
        company.variable_overhead_per_labour_hour,
        company.fixed_overhead_per_labour_hour,
    )


def components(item_id: int, on: date) -> list[tuple[BomLine, Item]]:
    """The bill of material in force on a day."""
    rows = db.session.execute(
        select(BomLine, Item)
        .join(Item, Item.id == BomLine.component_id)
        .where(BomLine.parent_id == item_id, masterdata.effective(BomLine, on))
        .order_by(BomLine.id)
    )
    return [(line, item) for line, item in rows]


def unit_ratios(item: Item) -> dict[str, Ratio]:
    """The item's other units as ratios to its stock unit; kilograms by weight where nothing else says."""
    found = {
        row.unit: Ratio(row.numerator, row.denominator)
        for row in db.session.scalars(select(ItemUnit).where(ItemUnit.item_id == item.id))
    }
    if item.weight_kg and item.unit != "kg":
        found.setdefault("kg", Ratio(Decimal(1), item.weight_kg))
    return found


def price_per_stock_unit(price: SupplierPrice, item: Item, on: date) -> Decimal:
    """A supplier's price in the company's currency for one stock unit."""
    rate = masterdata.currency_rate(price.currency, on)
    ratio = unit_ratios(item).get(price.unit)
    amount = price.price * rate
    if ratio is None or price.unit == item.unit:
        return amount.quantize(PLACES)
    exact = ratio.price_to_stock(amount)
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(PLACES)


def outside_price(item: Item, operation: int | None, on: date, supplier_id: int | None = None) -> Decimal:
    """The best approved price of work done outside on one stock unit; 0 when there is none."""
    offers = masterdata.supplier_prices(item.id, on, operation)
    chosen = next((one for one in offers if one.supplier_id == supplier_id), offers[0] if offers else None)
    return price_per_stock_unit(chosen, item, on) if chosen else ZERO


def structures(on: date, lot_size: Decimal) -> dict[str, Structure]:
    """Every active item as the roll-up reads it, keyed by its id as text."""
    lines, operations = defaultdict(list), defaultdict(list)
    for line in db.session.scalars(
        select(BomLine).where(masterdata.effective(BomLine, on)).order_by(BomLine.id)
    ):
        lines[line.parent_id].append(Component(str(line.component_id), line.quantity, line.scrap))
    steps = select(RoutingOperation).options(selectinload(RoutingOperation.work_centre))
    for step in db.session.scalars(steps.where(masterdata.effective(RoutingOperation, on))):
        operations[step.item_id].append(step)
    found = {}
    for item in db.session.scalars(select(Item).order_by(Item.id)):
        bought = not lines[item.id] and not operations[item.id]
        found[str(item.id)] = Structure(
            lines[item.id],
            [_operation(item, step, on) for step in operations[item.id]],
            item.standard_cost if bought and item.supply is not Supply.CUSTOMER else ZERO,
            outside_price(item, None, on) if item.supply is Supply.SUBCONTRACT and not bought else ZERO,
            lot_size,
        )
    return found


def _operation(item: Item, step: RoutingOperation, on: date) -> Operation:
    if step.work_centre is None:
        return Operation(step.number, outside_price=outside_price(item, step.number, on, step.supplier_id))
    centre = step.work_centre
    return Operation(
        step.number,
        step.setup_minutes,
        step.run_minutes,
        centre.crew,
        centre.machine_per_hour,
        centre.labour_per_hour,
    )
