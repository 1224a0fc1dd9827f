"""Timers that are due, failed steps whose time has come, long computations: what the runner does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import and_, or_, select, update

from app.core import clock
from app.core.db import db
from app.core.operators import OPERATORS
from app.workflow.models import (
    BackgroundWork,
    Incident,
    IncidentStatus,
    InstanceStatus,
    ProcessInstance,
    TimerDue,
)
from app.workflow.running import failures, instances, steps, turns
from app.workflow.spiff.engine import TaskState

LEASE = timedelta(minutes=30)
ENDED = (InstanceStatus.COMPLETED, InstanceStatus.CANCELLED)


def fire_due(limit: int = 1_000) -> int:
    """Fire every timer that is due, each in its own transaction; returns how many."""
    return turns.each(_fire_one, limit)


def retry_due(limit: int = 100) -> int:
    """Try every failed step again whose time has come; returns how many."""
    return turns.each(_retry_one, limit)


def compute_background(limit: int = 10) -> int:
    """Carry out long computations outside the write transaction; returns how many."""
    return turns.each(_compute_one, limit)


def _claimed(query: Any) -> Any:
    """The first row of a query that nobody else holds."""
    return db.session.scalar(query.limit(1).with_for_update(skip_locked=True))


def _fire_one(left_out: set[int]) -> bool:
    found = turns.first_of_free_case(TimerDue, (TimerDue.due_at <= clock.now(),), TimerDue.due_at, left_out)
    if found is None:
        db.session.rollback()
        return False
    row, instance = found
    if row is None or instance.status in ENDED:
        if row is not None:
            db.session.delete(row)
        db.session.commit()
        return True
    with turns.going_on(instance.id):
        step = steps.resume(instance)
        task = step.task(row.engine_task)
        if task is not None and task.state == TaskState.WAITING:
            failures.happen(step, task)
            task.task_spec._update(task)
        db.session.delete(row)
        db.session.flush()
        steps.advance(step)
    db.session.commit()
    return True


def _retry_one(left_out: set[int]) -> bool:
    due = (Incident.status == IncidentStatus.RETRYING, Incident.retry_at <= clock.now())
    found = turns.first_of_free_case(Incident, due, Incident.retry_at, left_out)
    if found is None:
        db.session.rollback()
        return False
    row, instance = found
    if row is not None and row.status == IncidentStatus.RETRYING:
        with turns.going_on(instance.id):
            instances.retry(row.id)
    db.session.commit()
    return True


def _compute_one(left_out: set[int]) -> bool:
    """Lease a computation, do it on a reading transaction, complete its step in one writing transaction."""
    now = clock.now()
    free = or_(BackgroundWork.leased_until.is_(None), BackgroundWork.leased_until < now)
    free = and_(free, BackgroundWork.instance_id.not_in(left_out))
    work = _claimed(select(BackgroundWork).where(free).order_by(BackgroundWork.id))
    if work is None:
        db.session.rollback()
        return False
    work.leased_until = now + LEASE
    work_id, operator, given = work.id, work.operator, dict(work.parameters)
    instance_id, engine_task = work.instance_id, work.engine_task
    db.session.commit()
    result, error = None, None
    db.session.connection(execution_options={"readonly": True})
    try:
        result = OPERATORS[operator].function(**given)
    except Exception as raised:  # the runner's edge: the failure becomes an incident
        error = raised
    db.session.rollback()
    with turns.going_on(instance_id):
        _finish(work_id, instance_id, engine_task, result, error)
    return True


def _finish(work_id: int, instance_id: int, engine_task: str, result: Any, error: Exception | None) -> None:
    """Complete the step with the result; a callable result writes what was computed, in this transaction."""
    instance: ProcessInstance = steps.lock(instance_id)
    present = db.session.execute(
        update(BackgroundWork).where(BackgroundWork.id == work_id).values(leased_until=clock.now() + LEASE)
    ).rowcount  # type: ignore[attr-defined]
    if not present or instance.status in ENDED:
        db.session.commit()
        return
    step = steps.resume(instance)
    task = step.task(engine_task)
    if task is not None and task.state == TaskState.READY:
        if error is not None:
            failures.handle(step, task, error)
        else:
            step.results[engine_task] = result
    steps.advance(step)
    db.session.commit()
