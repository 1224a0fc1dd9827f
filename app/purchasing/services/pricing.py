"""Approved prices in force, turned into offers per stock unit in company currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from app.core.db import db
from app.masterdata import queries as masterdata
from app.masterdata.models import Item, ItemUnit, Partner, SupplierPrice
from app.purchasing.price_breaks import Break
from app.purchasing.sourcing import Offer, Option, choose

PLACES = Decimal("0.000001")


@dataclass(frozen=True)
class Ratio:
    """One price unit is ``numerator / denominator`` stock units."""

    numerator: Decimal = Decimal(1)
    denominator: Decimal = Decimal(1)


def ratio(item: Item, unit: str) -> Ratio:
    """Find how a price unit converts to the item's stock unit; an unknown unit counts as the stock unit."""
    if unit == item.unit:
        return Ratio()
    found = db.session.scalar(select(ItemUnit).where(ItemUnit.item_id == item.id, ItemUnit.unit == unit))
    if found is not None:
        return Ratio(found.numerator, found.denominator)
    if unit == item.second_unit and item.second_unit_ratio:
        return Ratio(item.second_unit_ratio)
    return Ratio()


def offers(item: Item, site_id: int, on: date) -> list[Offer]:
    """Collect the approved offers for an item on a day, one per supplier."""
    calendar = masterdata.working_days(site_id)
    grouped: dict[int, list[SupplierPrice]] = {}
    for price in masterdata.supplier_prices(item.id, on):
        grouped.setdefault(price.supplier_id, []).append(price)
    return [
        _offer(item, rows, calendar.shift(on, max(row.lead_days for row in rows)), on)
        for rows in grouped.values()
    ]


def _offer(item: Item, rows: list[SupplierPrice], arrives: date, on: date) -> Offer:
    breaks = tuple(Break(row.minimum_quantity, stock_price(item, row, on)) for row in rows)
    supplier = db.session.get_one(Partner, rows[0].supplier_id)
    return Offer(
        rows[0].supplier_id,
        breaks,
        arrives,
        minimum=min(row.minimum_quantity for row in rows),
        multiple=max((row.order_multiple or Decimal(0) for row in rows), default=Decimal(0)),
        minimum_charge=max(row.minimum_charge for row in rows),
        rank=min(row.rank for row in rows),
        blocked=not supplier.approved,
    )


def stock_price(item: Item, price: SupplierPrice, on: date) -> Decimal:
    """Convert a price to company currency per stock unit."""
    units = ratio(item, price.unit)
    rate = masterdata.currency_rate(price.currency, on)
    return (price.price * units.denominator / units.numerator * rate).quantize(PLACES)


def best(item: Item, site_id: int, quantity: Decimal, due: date, on: date) -> Option | None:
    """Find the best approved offer for a need; None when nobody has an approved price in force."""
    return choose(offers(item, site_id, on), quantity, due)


def in_force(item_id: int, supplier_id: int, quantity: Decimal, on: date) -> SupplierPrice | None:
    """Find the supplier's approved price for a quantity, the highest break reached."""
    rows = [row for row in masterdata.supplier_prices(item_id, on) if row.supplier_id == supplier_id]
    reached = [row for row in rows if row.minimum_quantity <= quantity]
    return max(reached, key=lambda row: row.minimum_quantity) if reached else None
