"""Reads for the pages of the schedule and for the traveller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.db import db
from app.core.i18n import format_quantity, localized
from app.inventory.models import Lot, LotConsumption
from app.masterdata.models import Item, Site, WorkCentre
from app.planning.models import Plan
from app.scheduling.capacity import DAY_MINUTES, booked
from app.scheduling.models import OperationStatus, WorkOrder, WorkOrderOperation
from app.scheduling.queries import orders as queries


@dataclass(frozen=True)
class Load:
    """A work centre's booked and available minutes, week by week."""

    centre: WorkCentre
    weeks: list[tuple[int, int]]


def load_profile(site: Site, weeks: int = 8) -> tuple[list[date], list[Load]]:
    """Return the Mondays from this week on and what each work centre has booked of what it has."""
    today = clock.today(site.timezone)
    monday = today - timedelta(days=today.weekday())
    span = queries.horizon(site, monday, weeks * 7)
    working = queries.working_minutes(span)
    spans = [(n * 7 * DAY_MINUTES, (n + 1) * 7 * DAY_MINUTES) for n in range(weeks)]
    busy: dict[str, list[tuple[int, int]]] = {}
    for order in queries.open_work_orders(site.id):
        for operation in order.operations:
            if operation.status is OperationStatus.FINISHED or operation.work_centre is None:
                continue
            if operation.planned_start and operation.planned_end:
                place = operation.machine.code if operation.machine else operation.work_centre.code
                part = (span.minute(operation.planned_start), span.minute(operation.planned_end))
                busy.setdefault(place, []).append(part)
    loads = []
    for centre in queries.work_centres(site.id):
        each = [booked(busy.get(place, []), working[place], spans) for place in queries.places(centre)]
        loads.append(
            Load(
                centre,
                [
                    (sum(one[0] for one in week), sum(one[1] for one in week))
                    for week in zip(*each, strict=True)
                ],
            )
        )
    return [monday + timedelta(weeks=n) for n in range(weeks)], loads


def of_customer_order(customer_order_id: int) -> list[WorkOrder]:
    """Return the work orders that plans for a customer order released."""
    query = (
        select(WorkOrder)
        .join(Plan, Plan.id == WorkOrder.plan_id)
        .options(selectinload(WorkOrder.item), selectinload(WorkOrder.operations))
        .where(Plan.customer_order_id == customer_order_id)
        .order_by(WorkOrder.id)
    )
    return list(db.session.scalars(query))


def consumed_lots(order: WorkOrder) -> list[tuple[Item, Lot, Decimal]]:
    """Return which lots went into a work order's lot, and how much of each."""
    rows = db.session.execute(
        select(Item, Lot, LotConsumption.quantity)
        .join(Lot, Lot.id == LotConsumption.consumed_lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(LotConsumption.document == order.document, LotConsumption.lot_id == order.lot_id)
        .order_by(Item.number, Lot.id)
    )
    return [(item, lot, quantity) for item, lot, quantity in rows]


def _place(operation: WorkOrderOperation) -> str:
    """Where an operation is done: the subcontractor's name, or the work centre's."""
    if operation.supplier:
        return localized(operation.supplier.names)
    centre = operation.work_centre
    return f"{centre.code} {localized(centre.names)}" if centre else "–"


def traveller(work_order_id: int) -> dict[str, Any]:
    """Return what the paper that travels with a work order says, texts in the reader's language.

    ``code`` of the order and of each operation is what its barcode holds.
    """
    order = queries.work_order(int(work_order_id))
    site = db.session.get_one(Site, order.site_id)
    zone = queries.horizon(site).zone
    items = {
        row.id: row
        for row in db.session.scalars(select(Item).where(Item.id.in_([m.item_id for m in order.materials])))
    }
    return {
        "number": order.number,
        "code": order.number,
        "site": f"{site.code} {localized(site.names)}",
        "item": order.item.number,
        "name": localized(order.item.names),
        "revision": order.revision or "",
        "drawing": getattr(order.item, "drawing", None) or "",
        "lot": order.lot.number if order.lot else "",
        "quantity": format_quantity(order.quantity, order.item.unit),
        "release_date": order.release_date,
        "due_date": order.due_date,
        "operations": [
            {
                "code": f"{order.number}/{operation.number}",
                "number": operation.number,
                "name": localized(operation.names),
                "where": _place(operation),
                "machine": operation.machine.code if operation.machine else "",
                "start": operation.planned_start.astimezone(zone) if operation.planned_start else None,
                "end": operation.planned_end.astimezone(zone) if operation.planned_end else None,
                "setup_minutes": format_quantity(operation.setup_minutes),
                "run_minutes": format_quantity(operation.run_minutes),
                "instructions": localized(operation.instructions),
                "inspect": operation.inspect,
                "outside": operation.supplier is not None,
            }
            for operation in order.operations
        ],
        "materials": [
            {
                "item": items[row.item_id].number,
                "name": localized(items[row.item_id].names),
                "required": format_quantity(row.required, items[row.item_id].unit),
                "issued": format_quantity(row.issued, items[row.item_id].unit),
            }
            for row in order.materials
        ],
    }
