"""Planning runs: the master schedule and MRP of a site, saved as a plan."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.events import emit, event
from app.core.numbering import next_number
from app.core.operators import operator
from app.masterdata.models import Site, Supply
from app.masterdata.queries import site_named
from app.planning import mps, mrp
from app.planning.grid import monday, weeks
from app.planning.models import (
    ExceptionKind,
    Forecast,
    MpsLine,
    Plan,
    PlanException,
    PlannedOrder,
    PlanStatus,
)
from app.planning.queries.basis import FORECAST, Basis, approvals, basis, mondays_of, shares

ZERO = Decimal(0)
DEFER_DAYS = 7
"""An open order may come so many days before its need without a message."""


CYCLE_DUE = event(
    "planning.cycle_due", "A site is to be planned, no single order; key site:CODE, payload site."
)


def start_cycle(site: str) -> None:
    """Let a site's planning cycle begin."""
    place = site_named(site)
    emit(CYCLE_DUE, key=f"site:{place.code}", site=place.code)


@operator
def begin_cycle(site: str) -> dict:
    """Begin a site's planning cycle, which serves no single order.

    Returns ``site`` and empty ``number`` and ``due``, as an order's facts would be.
    """
    return {"number": "", "site": site_named(site).code, "due": "", "document": ""}


@operator
def build_mps(
    site: str,
    order_id: int | None = None,
    plan_id: int | None = None,
    include_forecast: bool = False,
    weeks: int = 26,
) -> dict:
    """Open a new plan of a site with the master schedule of everything that is sold.

    ``plan_id`` names the draft it replaces: orders the planner changed there stay as they are.
    Returns ``plan_id``, ``number`` and ``items``, how many are in the master schedule.
    """
    place = site_named(site)
    old = db.session.get(Plan, int(plan_id)) if plan_id else None
    plan = _open(place, order_id, weeks=int(weeks), include_forecast=bool(include_forecast))
    found = _basis(plan, old)
    _keep_changed(plan, old)
    result = _compute(found)
    items = _save_mps(plan, found, result)
    if old is not None and old.status is PlanStatus.DRAFT:
        old.status = PlanStatus.SUPERSEDED
    db.session.flush()
    return {"plan_id": plan.id, "number": plan.number, "items": items}


@operator
def run_mrp(site: str, weeks: int = 26, plan_id: int | None = None, include_forecast: bool = False) -> dict:
    """Plan supply of all items of a site, all levels, over the coming weeks.

    Without ``plan_id``, a plan from ``build_mps``, it opens one. Returns ``plan_id``, ``number``, ``orders``,
    ``late_orders`` (should have been released already) and ``exceptions``.
    """
    plan = db.session.get_one(Plan, int(plan_id)) if plan_id else None
    if plan is None:
        plan = _open(site_named(site), None, weeks=int(weeks), include_forecast=bool(include_forecast))
    found = _basis(plan, plan)
    result = _compute(found)
    ids = _save_orders(plan, result)
    _save_messages(plan, result, ids)
    plan.figures = {
        "orders": len(ids),
        "late_orders": result.late_count,
        "exceptions": len(result.messages),
        "short": sum(1 for message in result.messages if message.kind == "short"),
    }
    db.session.flush()
    return {"plan_id": plan.id, "number": plan.number} | plan.figures


def _open(site: Site, order_id: int | None, *, weeks: int, include_forecast: bool) -> Plan:
    today = clock.today(site.timezone)
    plan = Plan(
        number=next_number("PL", on=today),
        site_id=site.id,
        customer_order_id=int(order_id) if order_id else None,
        start=today,
        end=today + timedelta(weeks=weeks),
        include_forecast=include_forecast,
        approvals=approvals(site.id),
        figures={},
        created_at=clock.now(),
        created_by_id=current_actor().user_id,
    )
    db.session.add(plan)
    db.session.flush()
    return plan


def _basis(plan: Plan, changed_in: Plan | None) -> Basis:
    return basis(
        plan.site_id,
        plan.end,
        include_forecast=plan.include_forecast,
        changed_in=changed_in.id if changed_in else None,
    )


def _compute(found: Basis) -> mrp.Result:
    return mrp.plan(
        found.parts,
        found.structure,
        found.needs,
        found.receipts,
        start=found.start,
        shift=found.days.shift,
        defer_days=DEFER_DAYS,
    )


def _keep_changed(plan: Plan, old: Plan | None) -> None:
    """Carry the orders the planner changed from the draft that is replaced to the new one."""
    if old is None:
        return
    for row in db.session.scalars(
        select(PlannedOrder)
        .where(PlannedOrder.plan_id == old.id, PlannedOrder.changed)
        .order_by(PlannedOrder.id)
    ):
        db.session.add(
            PlannedOrder(
                plan_id=plan.id,
                site_id=row.site_id,
                item_id=row.item_id,
                supply=row.supply,
                quantity=row.quantity,
                good_quantity=row.good_quantity,
                release_date=row.release_date,
                due_date=row.due_date,
                changed=True,
            )
        )
    db.session.flush()


def _save_orders(plan: Plan, result: mrp.Result) -> dict[str, int]:
    """Write the planned orders. Returns their ids by the calculation's names."""
    rows = {
        order.source: PlannedOrder(
            plan_id=plan.id,
            site_id=plan.site_id,
            item_id=order.item,
            supply=Supply(order.supply),
            quantity=order.quantity,
            good_quantity=order.good,
            release_date=order.release,
            due_date=order.due,
        )
        for order in result.orders
    }
    db.session.add_all(rows.values())
    db.session.flush()
    return {source: row.id for source, row in rows.items()}


def _save_messages(plan: Plan, result: mrp.Result, ids: dict[str, int]) -> None:
    for message in result.messages:
        firm = message.source.removeprefix("planned_order:")
        order_id = ids.get(message.source) or (int(firm) if firm != message.source else None)
        db.session.add(
            PlanException(
                plan_id=plan.id,
                item_id=message.item,
                kind=ExceptionKind(message.kind),
                document=None if order_id or not message.source else message.source,
                planned_order_id=order_id,
                quantity=message.quantity,
                due_date=message.due,
                needed_date=message.needed,
            )
        )


def _save_mps(plan: Plan, found: Basis, result: mrp.Result) -> int:
    """Write the weeks of every item that customers order or that is forecast. Returns how many items."""
    forecasts = _weekly_forecast(plan)
    sold = {need.item for need in found.needs if need.source.startswith("customer_order:")} | forecasts.keys()
    buckets = weeks(plan.start, plan.end)
    for item_id in sorted(sold):
        booked = _weekly(
            buckets, ((n.day, n.quantity) for n in result.requirements[item_id] if n.source != FORECAST)
        )
        scheduled = _weekly(buckets, ((r.day, r.quantity) for r in found.receipts if r.item == item_id))
        planned = _weekly(buckets, ((o.due, o.good) for o in result.orders if o.item == item_id))
        expected = [forecasts.get(item_id, {}).get(week, ZERO) for week in buckets]
        record = mps.schedule(
            expected if plan.include_forecast else [ZERO] * len(buckets),
            booked,
            [a + b for a, b in zip(scheduled, planned, strict=True)],
            beginning=found.parts[item_id].on_hand,
        )
        for place, week in enumerate(buckets):
            db.session.add(
                MpsLine(
                    plan_id=plan.id,
                    item_id=item_id,
                    week=week,
                    forecast=expected[place],
                    orders=_six(booked[place]),
                    scheduled=scheduled[place],
                    planned=planned[place],
                    projected=_six(record.projected[place]),
                    available_to_promise=_six(record.available_to_promise[place]),
                )
            )
    return len(sold)


def _six(quantity: Decimal) -> Decimal:
    """Round what the explosion left exact to what a column holds."""
    return round(quantity, 6)


def _weekly(buckets: list[date], quantities: object) -> list[Decimal]:
    totals = [ZERO] * len(buckets)
    for day, quantity in quantities:  # type: ignore[attr-defined]
        place = max(0, (monday(day) - buckets[0]).days // 7)
        if place < len(totals):
            totals[place] += quantity
    return totals


def _weekly_forecast(plan: Plan) -> dict[int, dict[date, Decimal]]:
    """Return the gross forecast by item and week, each month in equal parts on its Mondays."""
    totals: dict[int, dict[date, Decimal]] = {}
    rows = db.session.scalars(
        select(Forecast).where(Forecast.site_id == plan.site_id, Forecast.month <= plan.end)
    )
    for row in rows:
        mondays = mondays_of(row.month)
        for day, share in zip(mondays, shares(row.effective, len(mondays)), strict=True):
            totals.setdefault(row.item_id, {})[day] = share
    return totals
