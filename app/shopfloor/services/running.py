"""The clock at the machine: an operation starts, stops with a reason, goes on."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.words import status_label
from app.masterdata.models import CodeKind, Machine, ReasonCode, Site
from app.scheduling import queries as orders
from app.scheduling.capacity import overlap
from app.scheduling.models import OperationStatus, WorkOrder, WorkOrderOperation, WorkOrderStatus
from app.shopfloor.models import Downtime, Run
from app.shopfloor.queries import find


def start_operation(work_order_id: int, operation_id: int, machine: str = "") -> Run:
    """Start or go on with an operation on a machine; the stop before it becomes downtime.

    Raises:
        Conflict: material is not issued, pieces do not wait there, it runs already, or the machine is busy.
    """
    order = orders.work_order(work_order_id)
    operation = find(order, operation_id)
    _check_startable(order, operation)
    place = _machine(operation, machine)
    busy = select(Run).where(Run.stopped_at.is_(None))
    if db.session.scalar(busy.where(Run.operation_id == operation.id)) is not None:
        raise Conflict("runs_already", _("Operation {number} runs already.").format(number=operation.number))
    if place and db.session.scalar(busy.where(Run.machine_id == place.id)) is not None:
        sentence = _("Machine {machine} runs another operation; stop that first.")
        raise Conflict("machine_busy", sentence.format(machine=place.code))
    now = clock.now()
    _book_stop(order, operation, now)
    run = Run(
        operation_id=operation.id,
        machine_id=place.id if place else None,
        user_id=current_actor().user_id,
        started_at=now,
    )
    db.session.add(run)
    operation.status = OperationStatus.STARTED
    if place:
        operation.machine = place
    db.session.flush()
    return run


def stop_operation(work_order_id: int, operation_id: int, reason: str = "") -> Run:
    """Stop an operation that runs; with a stop code the time until it goes on is downtime.

    Raises:
        Conflict: it does not run.
        DomainError: the stop code is not known.
    """
    operation = find(orders.work_order(work_order_id), operation_id)
    run = db.session.scalar(select(Run).where(Run.operation_id == operation.id, Run.stopped_at.is_(None)))
    if run is None:
        raise Conflict("does_not_run", _("Operation {number} does not run.").format(number=operation.number))
    if reason:
        known = select(ReasonCode.id).where(ReasonCode.kind == CodeKind.STOP, ReasonCode.code == reason)
        if db.session.scalar(known) is None:
            sentence = _("There is no stop code {code}.")
            raise DomainError("stop_code", sentence.format(code=reason), field="reason")
    run.stopped_at, run.stop_reason = clock.now(), reason or None
    db.session.flush()
    return run


def close(operation: WorkOrderOperation) -> None:
    """End what runs at an operation and note that its minutes are reported."""
    rows = db.session.scalars(select(Run).where(Run.operation_id == operation.id, Run.reported.is_(False)))
    for run in rows:
        run.stopped_at = run.stopped_at or clock.now()
        run.reported = True


def _check_startable(order: WorkOrder, operation: WorkOrderOperation) -> None:
    if order.status is not WorkOrderStatus.IN_PROCESS:
        sentence = _("Work order {number} is {status}; it cannot be started.")
        raise Conflict(
            "not_in_process", sentence.format(number=order.number, status=status_label(order.status))
        )
    if operation.work_centre_id is None or not order.waiting(operation):
        sentence = _("No pieces wait at operation {operation} of {number}.")
        raise Conflict("nothing_waits", sentence.format(operation=operation.number, number=order.number))


def _machine(operation: WorkOrderOperation, code: str) -> Machine | None:
    if not code:
        return operation.machine
    machine = db.session.scalar(select(Machine).where(Machine.code == code, Machine.active))
    if machine is None or machine.work_centre_id != operation.work_centre_id:
        sentence = _("Machine {machine} belongs to another work centre.")
        raise DomainError("other_work_centre", sentence.format(machine=code), field="machine")
    return machine


def _book_stop(order: WorkOrder, operation: WorkOrderOperation, now: datetime) -> None:
    """Book the working minutes since the last stop with a reason; a break or a night is no downtime."""
    last = db.session.scalars(
        select(Run).where(Run.operation_id == operation.id).order_by(Run.id.desc()).limit(1)
    ).first()
    if last is None or last.stopped_at is None or last.stop_reason is None:
        return
    site = db.session.get_one(Site, order.site_id)
    machine = db.session.get(Machine, last.machine_id) if last.machine_id else None
    day = last.stopped_at.astimezone(orders.horizon(site).zone).date()
    span = orders.horizon(site, day, days=max(2, (now - last.stopped_at).days + 2))
    working = orders.working_minutes(span).get(machine.code if machine else "", [])
    minutes = overlap(working, span.minute(last.stopped_at), span.minute(now))
    if minutes:
        db.session.add(
            Downtime(
                machine_id=last.machine_id,
                operation_id=operation.id,
                reason=last.stop_reason,
                minutes=Decimal(minutes),
                reported_at=now,
                user_id=current_actor().user_id,
            )
        )
