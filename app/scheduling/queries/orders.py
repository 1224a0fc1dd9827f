"""Reads of work orders, the board and what the scheduler's form shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import localized
from app.core.operators import source
from app.core.words import labelled
from app.inventory import queries as stock
from app.masterdata import queries as master
from app.masterdata.calendar import shift_intervals
from app.masterdata.models import CalendarException, Machine, Shift, Site, WorkCentre
from app.scheduling.capacity import DAY_MINUTES, Change, intervals, shift_days
from app.scheduling.dispatching import Job, Operation
from app.scheduling.lateness import Reason
from app.scheduling.models import OperationStatus, WorkOrder, WorkOrderOperation, WorkOrderStatus
from app.scheduling.working_time import OUTSIDE, Interval, add_working

HORIZON_DAYS = 400
MOST_LINES = 300
OPEN = (WorkOrderStatus.RELEASED, WorkOrderStatus.IN_PROCESS)


@dataclass(frozen=True)
class Horizon:
    """A stretch of days at a site, counted in minutes of its wall clock from the first midnight."""

    site_id: int
    first: date
    zone: ZoneInfo
    days: int = HORIZON_DAYS

    def minute(self, instant: datetime) -> int:
        """Return the minute of an instant, rounded up."""
        wall = instant.astimezone(self.zone).replace(tzinfo=None)
        return -int((datetime.combine(self.first, time()) - wall) // timedelta(minutes=1))

    def instant(self, minute: int) -> datetime:
        """Return the instant of a minute."""
        wall = datetime.combine(self.first, time()) + timedelta(minutes=minute)
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def end_of(self, day: date) -> int:
        """Return the minute in which a day ends."""
        return ((day - self.first).days + 1) * DAY_MINUTES


def horizon(site: Site, first: date | None = None, days: int = HORIZON_DAYS) -> Horizon:
    """Return the horizon that begins today at the site, or on ``first``."""
    return Horizon(site.id, first or clock.today(site.timezone), ZoneInfo(site.timezone), days)


def working_minutes(span: Horizon) -> dict[str, list[Interval]]:
    """Return the working intervals of each active machine by its code.

    A work centre without machines counts as one place under its own code; one
    without shifts runs the site's first shift. Outside, whole working days count.
    """
    site = db.session.get_one(Site, span.site_id)
    shifts = db.session.scalars(select(Shift).where(Shift.site_id == span.site_id).order_by(Shift.start))
    hours = {
        shift.id: shift_intervals(shift.start, shift.end, [(a, b) for a, b in shift.breaks])
        for shift in shifts
    }
    first, last = span.first - timedelta(days=1), span.first + timedelta(days=span.days)
    exceptions = db.session.scalars(
        select(CalendarException)
        .where(CalendarException.site_id == span.site_id, CalendarException.date.between(first, last))
        .order_by(CalendarException.work_centre_id.is_not(None), CalendarException.id)
    ).all()
    general = [Change(row.date, row.working) for row in exceptions if row.work_centre_id is None]
    open_days = shift_days(first, span.days + 1, site.weekly_off, [0], general)
    found = {OUTSIDE: intervals(span.first, open_days, {0: [(0, DAY_MINUTES)]})}
    for centre in work_centres(span.site_id):
        changes = [
            Change(row.date, row.working, row.shift_id)
            for row in exceptions
            if row.work_centre_id in (None, centre.id)
        ]
        regular = [shift.id for shift in centre.shifts] or list(hours)[:1]
        worked = shift_days(first, span.days + 1, site.weekly_off, regular, changes)
        working = intervals(span.first, worked, hours)
        found |= dict.fromkeys(places(centre), working)
    return found


def work_centres(site_id: int) -> list[WorkCentre]:
    """Return the work centres of a site with machines and shifts."""
    return list(
        db.session.scalars(
            select(WorkCentre)
            .where(WorkCentre.site_id == site_id)
            .options(selectinload(WorkCentre.machines), selectinload(WorkCentre.shifts))
            .order_by(WorkCentre.code)
        )
    )


def places(centre: WorkCentre) -> list[str]:
    """Return the codes of a work centre's active machines; its own code when it has none."""
    return [machine.code for machine in centre.machines if machine.active] or [centre.code]


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
            selectinload(WorkOrder.operations).selectinload(WorkOrderOperation.supplier),
            selectinload(WorkOrder.operations).selectinload(WorkOrderOperation.work_order),
        )
        .order_by(WorkOrder.due_date, WorkOrder.id)
    )
    return list(db.session.scalars(query))


def jobs(span: Horizon, orders: list[WorkOrder], working: dict[str, list[Interval]]) -> list[Job]:
    """Return what the schedule has to place: unfinished operations; started and frozen ones stay put."""
    now = max(0, span.minute(clock.now()))
    found = []
    for order in orders:
        coming, operations = order.quantity, []
        for operation in order.operations:
            if operation.status is not OperationStatus.FINISHED:
                operations.append(_operation(span, operation, coming, working, now))
            coming = operation.good if operation.status is OperationStatus.FINISHED else coming
        earliest = max(now, span.end_of(order.release_date) - DAY_MINUTES)
        found.append(Job(order.id, tuple(operations), earliest, span.end_of(order.due_date)))
    return found


def standard_minutes(row: WorkOrderOperation, coming: Decimal | None = None) -> int:
    """Return the whole minutes an operation still takes by its standard; ``coming``: the pieces that reach it."""
    pieces = row.work_order.quantity if coming is None else coming
    left = max(Decimal(0), pieces - row.good - row.scrap)
    setup = row.setup_minutes if row.status is OperationStatus.WAITING else Decimal(0)
    return max(1, int((setup + row.run_minutes * left).to_integral_value(ROUND_CEILING)))


def _operation(
    span: Horizon, row: WorkOrderOperation, coming: Decimal, working: dict[str, list[Interval]], now: int
) -> Operation:
    whole = standard_minutes(row, coming)
    fixed = None
    if (row.frozen or row.status is OperationStatus.STARTED) and row.planned_start and row.planned_end:
        place = row.machine.code if row.machine else row.work_centre.code if row.work_centre else None
        start, end = span.minute(row.planned_start), span.minute(row.planned_end)
        if row.status is OperationStatus.STARTED and place in working:
            end = max(end, add_working(max(now, start), whole, working[place])[1])
        fixed = (place, start, end)
    if row.work_centre is None:
        return Operation(
            row.work_order_id, row.number, elapsed=row.outside_lead_days * DAY_MINUTES, fixed=fixed
        )
    return Operation(
        row.work_order_id, row.number, dict.fromkeys(places(row.work_centre), whole), fixed=fixed
    )


def work_order(work_order_id: int) -> WorkOrder:
    """Return a work order with all that a page shows.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalar(
        select(WorkOrder)
        .where(WorkOrder.id == work_order_id)
        .options(
            joinedload(WorkOrder.item),
            joinedload(WorkOrder.lot),
            selectinload(WorkOrder.operations).options(
                joinedload(WorkOrderOperation.work_centre),
                joinedload(WorkOrderOperation.supplier),
                joinedload(WorkOrderOperation.machine),
            ),
            selectinload(WorkOrder.materials),
        )
    )
    if found is None:
        sentence = _("There is no work order {work_order_id}.")
        raise NotFound("no_work_order", sentence.format(work_order_id=work_order_id))
    return found


@source
def schedule_review(site: str) -> dict[str, Any]:
    """The operations of a site's open work orders as the scheduler reviews them, those that start first.

    ``left_out`` counts what is too far ahead for one form.
    """
    found = master.site_named(site)
    zone = ZoneInfo(found.timezone)
    lines: list[dict[str, Any]] = []
    for order in open_work_orders(found.id):
        for operation in order.operations:
            if operation.status is OperationStatus.FINISHED or operation.planned_start is None:
                continue
            end = operation.planned_end or operation.planned_start
            lines.append(
                {
                    "operation_id": str(operation.id),
                    "work_order": f"{order.number} {order.item.number}",
                    "operation": f"{operation.number} {localized(operation.names)}",
                    "machine": operation.machine.code if operation.machine else "",
                    "start": operation.planned_start.astimezone(zone).date().isoformat(),
                    "time": f"{operation.planned_start.astimezone(zone):%H:%M}",
                    "end": f"{end.astimezone(zone):%Y-%m-%d %H:%M}",
                    "late": late_text(order, operation),
                    "frozen": operation.frozen,
                }
            )
    lines.sort(key=lambda line: (line["start"], line["time"], int(line["operation_id"])))
    return {
        "lines": lines[:MOST_LINES],
        "late": sum(1 for line in lines if line["late"]),
        "left_out": max(0, len(lines) - MOST_LINES),
    }


REASONS = {
    Reason.LEAD_TIME: lazy_gettext("released too late for its work"),
    Reason.FROZEN: lazy_gettext("started or frozen work stands too late"),
    Reason.CALENDAR: lazy_gettext("nights, breaks and days off"),
    Reason.CAPACITY: lazy_gettext("waits for {machine}"),
}


def late_text(order: WorkOrder, operation: WorkOrderOperation) -> str:
    """Return why an operation ends after its order is due, with the due date; empty when it does not."""
    if operation.late_reason is None:
        return ""
    reason = str(REASONS[operation.late_reason]).format(machine=operation.waited_for or "–")
    return labelled(order.due_date.isoformat(), reason)


@source
def machines(site: str) -> list[dict[str, str]]:
    """Machines of a site to choose from."""
    rows = db.session.scalars(
        select(Machine)
        .join(WorkCentre, WorkCentre.id == Machine.work_centre_id)
        .where(Machine.active, WorkCentre.site_id == master.site_named(site).id)
        .options(joinedload(Machine.work_centre))
        .order_by(Machine.code)
    )
    return [
        {"value": row.code, "label": f"{row.code} {localized(row.names or row.work_centre.names)}"}
        for row in rows
    ]


def shortage(work_order_id: int) -> list[tuple[int, Decimal]]:
    """Return the items of a work order that are short, and by how much."""
    order = db.session.get_one(WorkOrder, work_order_id, options=[selectinload(WorkOrder.materials)])
    free = stock.free_by_item(order.site_id, {material.item_id for material in order.materials})
    short = []
    for material in order.materials:
        there = free.get((material.item_id, material.owner_id or 0), Decimal(0))
        if there < material.unissued:
            short.append((material.item_id, material.unissued - there))
    return short
