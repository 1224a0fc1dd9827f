"""Reads of work orders, the board and what the scheduler's form shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import format_quantity, localized
from app.core.operators import source
from app.inventory import queries as stock
from app.masterdata import queries as master
from app.masterdata.calendar import shift_intervals
from app.masterdata.models import CalendarException, Machine, Shift, Site, WorkCentre
from app.scheduling.capacity import intervals
from app.scheduling.dispatching import Interval, Job, Operation
from app.scheduling.models import OperationStatus, WorkOrder, WorkOrderOperation, WorkOrderStatus

HORIZON_DAYS = 400
OPEN = (WorkOrderStatus.RELEASED, WorkOrderStatus.IN_PROCESS)


@dataclass(frozen=True)
class Horizon:
    """A stretch of days at a site, counted in minutes from its first midnight."""

    site_id: int
    first: date
    zone: ZoneInfo

    def minute(self, instant: datetime) -> int:
        """Return the minute of an instant, rounded up."""
        start = datetime.combine(self.first, time(), self.zone).astimezone(UTC)
        return -int((start - instant.astimezone(UTC)) // timedelta(minutes=1))

    def instant(self, minute: int) -> datetime:
        """Return the instant of a minute."""
        start = datetime.combine(self.first, time(), self.zone).astimezone(UTC)
        return start + timedelta(minutes=minute)

    def end_of(self, day: date) -> int:
        """Return the minute in which a day ends."""
        return ((day - self.first).days + 1) * 1440


def horizon(site: Site) -> Horizon:
    """Return the horizon that begins today at the site."""
    return Horizon(site.id, clock.today(site.timezone), ZoneInfo(site.timezone))


def working_minutes(span: Horizon) -> dict[str, list[Interval]]:
    """Return each active machine's working intervals, keyed by its code."""
    calendar = master.working_days(span.site_id)
    days = calendar.between(span.first - timedelta(days=1), span.first + timedelta(days=HORIZON_DAYS))
    extras = list(
        db.session.scalars(
            select(CalendarException).where(
                CalendarException.site_id == span.site_id,
                CalendarException.work_centre_id.is_not(None),
                CalendarException.working,
                CalendarException.date >= span.first,
            )
        )
    )
    shifts = {shift.id: _minutes(shift) for shift in db.session.scalars(select(Shift))}
    centres = db.session.scalars(
        select(WorkCentre)
        .where(WorkCentre.site_id == span.site_id)
        .options(selectinload(WorkCentre.machines), selectinload(WorkCentre.shifts))
    )
    found = {}
    for centre in centres:
        extra = [
            (row.date, shifts[row.shift_id])
            for row in extras
            if row.work_centre_id == centre.id and row.shift_id in shifts
        ]
        working = intervals(span.first, days, [shifts[shift.id] for shift in centre.shifts], extra)
        found |= {machine.code: working for machine in centre.machines if machine.active}
    return found


def _minutes(shift: Shift) -> list[Interval]:
    return shift_intervals(shift.start, shift.end, [(begin, end) for begin, end in shift.breaks])


def open_work_orders(site_id: int) -> list[WorkOrder]:
    """Return released and running work orders with their operations."""
    query = (
        select(WorkOrder)
        .where(WorkOrder.site_id == site_id, WorkOrder.status.in_(OPEN))
        .options(
            selectinload(WorkOrder.item),
            selectinload(WorkOrder.operations)
            .selectinload(WorkOrderOperation.work_centre)
            .selectinload(WorkCentre.machines),
            selectinload(WorkOrder.operations).selectinload(WorkOrderOperation.machine),
        )
        .order_by(WorkOrder.due_date, WorkOrder.id)
    )
    return list(db.session.scalars(query))


def jobs(span: Horizon, orders: list[WorkOrder]) -> list[Job]:
    """Return what the schedule has to place: unfinished operations; started and frozen ones stay put."""
    now = max(0, span.minute(clock.now()))
    found = []
    for order in orders:
        unfinished = [o for o in order.operations if o.status is not OperationStatus.FINISHED]
        operations = tuple(_operation(span, order, operation) for operation in unfinished)
        earliest = max(now, span.end_of(order.release_date) - 1440)
        found.append(Job(order.id, operations, earliest, span.end_of(order.due_date)))
    return found


def _operation(span: Horizon, order: WorkOrder, operation: WorkOrderOperation) -> Operation:
    fixed = None
    held = operation.frozen or operation.status is OperationStatus.STARTED
    if held and operation.planned_start and operation.planned_end:
        machine = operation.machine.code if operation.machine else None
        fixed = (machine, span.minute(operation.planned_start), span.minute(operation.planned_end))
    if operation.work_centre is None:
        return Operation(order.id, operation.number, operation.outside_lead_days * 1440, (), fixed)
    minutes = operation.setup_minutes + operation.run_minutes * order.quantity
    whole = max(1, int(minutes.to_integral_value(ROUND_CEILING)))
    machines = tuple(machine.code for machine in operation.work_centre.machines if machine.active)
    return Operation(order.id, operation.number, whole, machines, fixed)


def work_order(work_order_id: int) -> WorkOrder:
    """Return a work order with all that a page shows.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalar(
        select(WorkOrder)
        .where(WorkOrder.id == work_order_id)
        .options(
            selectinload(WorkOrder.item),
            selectinload(WorkOrder.lot),
            selectinload(WorkOrder.operations).selectinload(WorkOrderOperation.work_centre),
            selectinload(WorkOrder.operations).selectinload(WorkOrderOperation.supplier),
            selectinload(WorkOrder.operations).selectinload(WorkOrderOperation.machine),
            selectinload(WorkOrder.materials),
        )
    )
    if found is None:
        raise NotFound("no_work_order", f"There is no work order {work_order_id}.")
    return found


@source
def schedule_review(site: str) -> dict[str, Any]:
    """The operations of a site's open work orders as the scheduler reviews them."""
    found = master.site_named(site)
    zone = ZoneInfo(found.timezone)
    lines = []
    for order in open_work_orders(found.id):
        for operation in order.operations:
            if operation.status is OperationStatus.FINISHED or operation.planned_start is None:
                continue
            lines.append(
                {
                    "operation_id": str(operation.id),
                    "work_order": f"{order.number} {order.item.number}",
                    "operation": f"{operation.number} {localized(operation.names)}",
                    "machine": operation.machine.code if operation.machine else "",
                    "start": operation.planned_start.astimezone(zone).date().isoformat(),
                    "end": f"{operation.planned_end.astimezone(zone):%Y-%m-%d %H:%M}",
                    "late": _late(order, operation, zone),
                    "frozen": operation.frozen,
                }
            )
    return {"lines": lines, "late": sum(1 for line in lines if line["late"])}


def _late(order: WorkOrder, operation: WorkOrderOperation, zone: ZoneInfo) -> str:
    if operation.planned_end is None or operation.planned_end.astimezone(zone).date() <= order.due_date:
        return ""
    return f"> {order.due_date.isoformat()}"


@source
def machines() -> list[dict[str, str]]:
    """Machines to choose from."""
    rows = db.session.scalars(select(Machine).where(Machine.active).order_by(Machine.code))
    return [{"value": row.code, "label": row.code} for row in rows]


def shortage(work_order_id: int) -> list[tuple[int, Decimal]]:
    """Return the items of a work order that are short, and by how much."""
    order = work_order(work_order_id)
    short = []
    for material in order.materials:
        there = stock.on_hand(material.item_id, order.site_id, owner_id=material.owner_id)
        if there < material.unissued:
            short.append((material.item_id, material.unissued - there))
    return short


def quantity_text(order: WorkOrder) -> str:
    """Return a work order's quantity with its unit."""
    return format_quantity(order.quantity, order.item.unit)
