"""Place operations on machines; keep what the scheduler moves and freezes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import audit
from app.core.db import db
from app.core.errors import DomainError
from app.core.inputs import date_input
from app.core.operators import operator
from app.masterdata import queries as master
from app.masterdata.models import Machine
from app.scheduling import dispatching, lateness, queries
from app.scheduling.dispatching import Rule, Slot
from app.scheduling.models import OperationStatus, WorkOrder, WorkOrderOperation
from app.scheduling.working_time import Interval, NoCapacity, add_working, after_outside

Working = Mapping[str, Sequence[Interval]]


@operator
def schedule(site: str, rule: str = "earliest_due_date") -> dict:
    """Place every open operation of a site on machines, by a dispatching rule.

    ``rule``: earliest_due_date, shortest_processing_time or critical_ratio.
    Returns ``operations``, how many were placed, and ``late``, the orders that end after they are due.
    """
    found = master.site_named(site)
    span = queries.horizon(found)
    orders = queries.open_work_orders(found.id)
    working = queries.working_minutes(span)
    try:
        jobs = queries.jobs(span, orders, working)
        slots = dispatching.dispatch(jobs, working, Rule(rule))
    except NoCapacity as error:
        sentence = _("The work does not fit into the calendar: {why}")
        raise DomainError("no_capacity", sentence.format(why=error)) from error
    late = lateness.late_orders(slots, jobs, working)
    _save(span, orders, slots, late)
    return {"operations": len(slots), "late": len(late)}


def _save(
    span: queries.Horizon, orders: list[WorkOrder], slots: list[Slot], late: dict[int, lateness.Late]
) -> None:
    machines = {machine.code: machine for machine in db.session.scalars(select(Machine))}
    places = {(slot.order, slot.number): slot for slot in slots}
    for order in orders:
        for operation in order.operations:
            slot = places.get((order.id, operation.number))
            if slot is None:
                continue
            if not operation.frozen:
                operation.planned_start = span.instant(slot.start)
                operation.planned_end = span.instant(slot.end)
                operation.machine = machines.get(slot.machine or "")
            after = slot.end > span.end_of(order.due_date)
            operation.late_reason = late[order.id].reason if after else None
            operation.waited_for = late[order.id].machine if after else None
    db.session.flush()


@operator
def confirm_schedule(site: str, lines: list | None = None) -> dict:
    """Keep what the scheduler moved and froze, then place the rest around it.

    ``lines``: rows with ``operation_id``, ``machine``, ``start`` (day), ``time`` and ``frozen``.
    Returns ``moved``, how many operations the scheduler changed, and ``late`` orders.

    Raises:
        DomainError: a machine of another work centre, two operations at once, or one before the other is done.
    """
    span = queries.horizon(master.site_named(site))
    working = queries.working_minutes(span)
    known = _open_operations(span.site_id)
    moved = []
    for index, line in enumerate(lines or []):
        operation = known.get(int(line["operation_id"]))
        if operation is not None and operation.status is OperationStatus.WAITING:
            moved += [operation] if _change(span, working, operation, line, f"lines.{index}") else []
    db.session.flush()
    _check_machines(known.values())
    late = schedule(site)["late"] if moved else 0
    _check_sequence(moved)
    for operation in moved:
        audit.record(
            "operation.moved",
            f"work_order:{operation.work_order_id}",
            after={
                "operation": operation.number,
                "start": operation.planned_start.isoformat() if operation.planned_start else None,
                "machine": operation.machine.code if operation.machine else None,
                "frozen": operation.frozen,
            },
        )
    return {"moved": len(moved), "late": late}


def _open_operations(site_id: int) -> dict[int, WorkOrderOperation]:
    orders = queries.open_work_orders(site_id)
    return {operation.id: operation for order in orders for operation in order.operations}


def _change(
    span: queries.Horizon,
    working: Working,
    operation: WorkOrderOperation,
    line: Mapping[str, Any],
    field: str,
) -> bool:
    """Apply one row of the scheduler's form: what is moved is frozen there. Returns whether anything changed."""
    before = (operation.machine_id, operation.planned_start, operation.frozen)
    if line.get("machine"):
        _change_machine(operation, str(line["machine"]), f"{field}.machine")
    start = _start(span, operation, line, field)
    if (operation.machine_id, start) != before[:2]:
        _put(span, working, operation, start, f"{field}.start")
        operation.frozen = True
    else:
        operation.frozen = bool(line.get("frozen"))
    return (operation.machine_id, operation.planned_start, operation.frozen) != before


def _change_machine(operation: WorkOrderOperation, code: str, field: str) -> None:
    if operation.machine and operation.machine.code == code:
        return
    machine = db.session.scalar(select(Machine).where(Machine.code == code, Machine.active))
    if machine is None or machine.work_centre_id != operation.work_centre_id:
        sentence = _("Machine {machine} belongs to another work centre.")
        raise DomainError("other_work_centre", sentence.format(machine=code), field=field)
    operation.machine, operation.machine_id = machine, machine.id


def _start(
    span: queries.Horizon, operation: WorkOrderOperation, line: Mapping[str, Any], field: str
) -> datetime | None:
    """Return the start a row asks for; the planned one where its day and time are as planned."""
    planned = operation.planned_start
    if not line.get("start"):
        return planned
    day = date_input(line["start"], field=f"{field}.start")
    if planned is None:
        clock_time = time.fromisoformat(line.get("time") or "00:00")
        return datetime.combine(day, clock_time, span.zone)
    local = planned.astimezone(span.zone)
    clock_time = time.fromisoformat(line["time"]) if line.get("time") else local.time()
    if (day, clock_time.replace(second=0)) == (local.date(), local.time().replace(second=0, microsecond=0)):
        return planned
    return datetime.combine(day, clock_time, span.zone)


def _put(
    span: queries.Horizon,
    working: Working,
    operation: WorkOrderOperation,
    start: datetime | None,
    field: str,
) -> None:
    """Give an operation the machine's next working time from ``start``, and the end that follows."""
    if start is None:
        return
    at = span.minute(start)
    if at < 0:
        raise DomainError("in_the_past", _("An operation cannot be moved into the past."), field=field)
    try:
        if operation.work_centre is None:
            begin, end = at, after_outside(at, operation.outside_lead_days * 1440, working)
        else:
            place = operation.machine.code if operation.machine else operation.work_centre.code
            begin, end = add_working(at, queries.standard_minutes(operation), working[place])
    except NoCapacity as error:
        sentence = _("The work does not fit into the calendar: {why}")
        raise DomainError("no_capacity", sentence.format(why=error), field=field) from error
    operation.planned_start, operation.planned_end = span.instant(begin), span.instant(end)


def _check_machines(operations: Any) -> None:
    """Refuse two operations that are held on one machine at the same time."""
    held = [o for o in operations if o.frozen and o.machine_id and o.planned_start and o.planned_end]
    held.sort(key=lambda o: (o.machine_id, o.planned_start))
    for before, after in itertools.pairwise(held):
        if before.machine_id == after.machine_id and after.planned_start < before.planned_end:
            sentence = _("Machine {machine} would do two operations at once: {first} and {second}.")
            raise DomainError(
                "machine_taken",
                sentence.format(machine=after.machine.code, first=_name(before), second=_name(after)),
                field="lines",
            )


def _check_sequence(moved: list[WorkOrderOperation]) -> None:
    """Refuse a schedule in which an operation begins before the one before it ends."""
    orders = db.session.scalars(
        select(WorkOrder)
        .where(WorkOrder.id.in_({operation.work_order_id for operation in moved}))
        .options(selectinload(WorkOrder.operations))
    )
    for order in orders:
        waiting = [o for o in order.operations if o.status is not OperationStatus.FINISHED and o.planned_end]
        for before, after in itertools.pairwise(waiting):
            if after.planned_start and before.planned_end and after.planned_start < before.planned_end:
                sentence = _("Operation {second} would begin before operation {first} ends.")
                raise DomainError(
                    "out_of_sequence",
                    sentence.format(first=_name(before), second=_name(after)),
                    field="lines",
                )


def _name(operation: WorkOrderOperation) -> str:
    number = db.session.scalar(select(WorkOrder.number).where(WorkOrder.id == operation.work_order_id))
    return f"{number}/{operation.number}"
