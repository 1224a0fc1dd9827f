"""Forecasts: calculated from history, overridden by the planner."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.inputs import decimal_input
from app.core.operators import operator
from app.masterdata.models import Item
from app.masterdata.queries import site_named
from app.planning import forecast as calculation
from app.planning.models import DemandHistory, Forecast
from app.sales import queries as sales

ZERO = Decimal(0)


def next_month(month: date, count: int = 1) -> date:
    """Return the first day of the month so many months later (negative: earlier)."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


@operator
def forecast_demand(site: str, months: int = 6) -> dict:
    """Forecast the coming months of every item with a demand history; overrides stay.

    Returns ``items``, how many were forecast, and ``months``.
    """
    place = site_named(site)
    current = clock.today(place.timezone).replace(day=1)
    series = demand_series(place.id, current)
    kept = {
        (row.item_id, row.month): row
        for row in db.session.scalars(
            select(Forecast).where(Forecast.site_id == place.id, Forecast.month >= current)
        )
    }
    gaps = {
        item_id: _months_between(first, len(values), current) for item_id, (first, values) in series.items()
    }
    longest = max(gaps.values(), default=0) + int(months)
    told = calculation.combine_all([values for _first, values in series.values()], longest)
    for item_id, combined in zip(series, told, strict=True):
        ahead = [(next_month(current, n), gaps[item_id] + n) for n in range(int(months))]
        _write(place.id, db.session.get_one(Item, item_id), combined, ahead, kept)
    db.session.flush()
    return {"items": len(series), "months": int(months)}


def demand_series(site_id: int, before: date) -> dict[int, tuple[date, list[float]]]:
    """Return each item's monthly demand without gaps: its first month and the values, the current month left out.

    Months the history does not have are what customers ordered then.
    """
    found: dict[int, dict[date, Decimal]] = defaultdict(dict)
    rows = db.session.scalars(
        select(DemandHistory).where(DemandHistory.site_id == site_id, DemandHistory.month < before)
    )
    for row in rows:
        found[row.item_id][row.month] = row.quantity
    for (item_id, month), quantity in sales.monthly_demand(site_id).items():
        if item_id in found and month < before:
            found[item_id].setdefault(month, quantity)
    series = {}
    for item_id, months in found.items():
        first, last = min(months), max(months)
        count = (last.year - first.year) * 12 + last.month - first.month + 1
        series[item_id] = (first, [float(months.get(next_month(first, n), ZERO)) for n in range(count)])
    return series


def _months_between(first: date, count: int, current: date) -> int:
    """How many months lie between a history and today: they are forecast over, not kept."""
    begin = next_month(first, count)
    return (current.year - begin.year) * 12 + current.month - begin.month


def _write(
    site_id: int,
    item: Item,
    combined: calculation.Combination,
    ahead: list[tuple[date, int]],
    kept: dict[tuple[int, date], Forecast],
) -> None:
    """Write an item's months, each from its place in the forecast."""
    for month, place in ahead:
        row = kept.get((item.id, month))
        if row is None:
            row = Forecast(site_id=site_id, item_id=item.id, month=month)
            db.session.add(row)
        row.quantity = _exact(combined.forecast[place], item.unit_decimals)
        row.methods = {
            name: str(_exact(found[place], item.unit_decimals)) for name, found in combined.methods.items()
        }
        row.calculated_at = clock.now()


def _exact(value: float, places: int) -> Decimal:
    return Decimal(str(round(max(0.0, value), places))).quantize(Decimal(1).scaleb(-places))


def override_forecast(forecast_id: int, quantity: Any, reason: str) -> Forecast:
    """Let the planner's figure stand instead of the method's, with its reason; an empty figure takes it back.

    Raises:
        DomainError: a figure without reason, or one that can't be.
    """
    row = db.session.get_one(Forecast, forecast_id, with_for_update=True)
    before = {"override": row.override, "reason": row.reason}
    if quantity in (None, ""):
        row.override, row.reason = None, None
    else:
        item = db.session.get_one(Item, row.item_id)
        figure = decimal_input(quantity, field="override", places=item.unit_decimals)
        if not (reason or "").strip():
            raise DomainError("reason", _("Say why the forecast is overridden."), field="reason")
        row.override, row.reason = figure, reason.strip()
    row.user_id = current_actor().user_id
    audit.record(
        "forecast.overridden",
        f"forecast:{row.id}",
        before=before,
        after={"override": row.override},
        reason=row.reason,
    )
    db.session.flush()
    return row
