"""What a plan starts from: items, structure, stock, and the ledger's expected moves as needs and receipts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.inventory import queries as inventory
from app.masterdata.calendar import WorkingDays
from app.masterdata.explosion import Line, Structure
from app.masterdata.models import BomLine, Item, LotRule, Site
from app.masterdata.queries import working_days
from app.planning import mps
from app.planning.lot_sizing import LotPolicy
from app.planning.models import Forecast, Plan, PlannedOrder, PlannedStatus
from app.planning.mrp import Need, Part, Receipt
from app.sales import queries as sales

ZERO = Decimal(0)
FORECAST = "forecast"
FORECAST_WEEKS = 8
"""How far ahead the forecast alone may cause orders; later months are planned by later cycles."""


@dataclass(frozen=True)
class Basis:
    """Everything MRP needs of a site, and the day it starts from."""

    site: Site
    start: date
    days: WorkingDays
    parts: dict[int, Part]
    structure: Structure
    needs: list[Need]
    receipts: list[Receipt]


def basis(
    site_id: int,
    end: date,
    *,
    include_forecast: bool = False,
    changed_in: int | None = None,
    orders_of: int | None = None,
) -> Basis:
    """Load what planning a site up to ``end`` starts from.

    Args:
        include_forecast: whether the forecast not yet consumed by orders is a need too.
        changed_in: a draft plan whose orders changed by the planner count as firm.
        orders_of: a draft plan all of whose orders count as firm: to show it, not to plan anew.
    """
    site = db.session.get_one(Site, site_id)
    start = clock.today(site.timezone)
    needs, receipts = _ledger(site_id, end)
    receipts += _firm(site_id, changed_in, orders_of)
    if include_forecast:
        needs += unconsumed_forecast(site_id, start, min(end, start + timedelta(weeks=FORECAST_WEEKS)))
    return Basis(site, start, working_days(site_id), _parts(site_id), structure(), needs, receipts)


def lot_policy(item: Item) -> LotPolicy:
    """Return the lot rule of an item; minimum, maximum and multiple count under every rule but fixed."""
    if item.lot_rule is LotRule.FIXED and item.lot_fixed:
        return LotPolicy(fixed=item.lot_fixed)
    period = item.lot_period_days if item.lot_rule is LotRule.PERIOD else None
    if item.lot_rule is LotRule.LOT_FOR_LOT:
        return LotPolicy()
    return LotPolicy(
        minimum=item.lot_minimum or ZERO,
        maximum=item.lot_maximum or None,
        multiple=item.lot_multiple or None,
        period_days=period or 1,
    )


def structure() -> Structure:
    """Return the bills of material of all items."""
    rows = db.session.execute(
        select(
            BomLine.parent_id,
            BomLine.component_id,
            BomLine.quantity,
            BomLine.scrap,
            BomLine.valid_from,
            BomLine.valid_to,
        ).order_by(BomLine.id)
    )
    return Structure(Line(*row) for row in rows)


def _parts(site_id: int) -> dict[int, Part]:
    stock = inventory.on_hand_by_item(site_id)
    return {
        item.id: Part(
            item.id,
            item.supply.value,
            on_hand=stock.get(item.id, ZERO),
            safety_stock=item.safety_stock,
            lead_days=item.lead_days,
            yield_ratio=item.yield_ratio,
            decimals=item.unit_decimals,
            policy=lot_policy(item),
            phantom=item.phantom,
        )
        for item in db.session.scalars(select(Item))
    }


def _ledger(site_id: int, end: date) -> tuple[list[Need], list[Receipt]]:
    """Read expected issues as needs and expected receipts as open orders."""
    needs, receipts = [], []
    for change in inventory.expected_changes(site_id):
        if change.date > end:
            continue
        if change.quantity < 0:
            needs.append(Need(change.item_id, change.date, -change.quantity, change.document))
        else:
            receipts.append(Receipt(change.item_id, change.date, change.quantity, change.document))
    return needs, receipts


def _firm(site_id: int, changed_in: int | None, orders_of: int | None) -> list[Receipt]:
    """Return firm planned orders nothing has taken up yet, and those of a draft that count as firm."""
    rows = db.session.scalars(
        select(PlannedOrder)
        .join(PlannedOrder.plan)
        .where(PlannedOrder.site_id == site_id)
        .where(
            (PlannedOrder.status == PlannedStatus.FIRM)
            | ((PlannedOrder.plan_id == changed_in) & PlannedOrder.changed)
            | (PlannedOrder.plan_id == orders_of)
        )
        .where(PlannedOrder.status.in_((PlannedStatus.FIRM, PlannedStatus.PLANNED)))
        .order_by(PlannedOrder.id)
    )
    return [
        Receipt(
            row.item_id,
            row.due_date,
            row.good_quantity,
            f"planned_order:{row.id}",
            row.release_date,
            row.quantity,
        )
        for row in rows
    ]


def unconsumed_forecast(site_id: int, start: date, end: date) -> list[Need]:
    """Return what the forecast expects beyond the orders of each month, in equal parts on its Mondays to come."""
    booked = sales.monthly_demand(site_id)
    found = db.session.scalars(
        select(Forecast).where(Forecast.site_id == site_id, Forecast.month <= end).order_by(Forecast.month)
    )
    needs = []
    for row in found:
        [left] = mps.consume([row.effective], [booked.get((row.item_id, row.month), ZERO)])
        mondays = [day for day in mondays_of(row.month) if start <= day <= end]
        needs += [
            Need(row.item_id, day, share, FORECAST)
            for day, share in zip(mondays, shares(left, len(mondays)), strict=True)
            if share
        ]
    return needs


def mondays_of(month: date) -> list[date]:
    """Return the Mondays of a month."""
    first = month.replace(day=1)
    first += timedelta((7 - first.weekday()) % 7)
    days = [first + timedelta(7 * place) for place in range(5)]
    return [day for day in days if day.month == month.month]


def shares(quantity: Decimal, count: int) -> list[Decimal]:
    """Split a quantity into nearly equal whole parts, the larger ones first."""
    from app.core.money import allocate

    return allocate(Decimal(round(quantity)), [1] * count, 0) if count else []


def approvals(site_id: int) -> int:
    """Return how many plans of a site have been approved: a draft made before the last one is outdated."""
    return (
        db.session.scalar(select(func.count()).where(Plan.site_id == site_id, Plan.approved_at.isnot(None)))
        or 0
    )
