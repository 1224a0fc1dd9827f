"""Timers that are due, failed steps whose time has come, long computations: what the runner does."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.actors import SYSTEM, acting
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
from app.workflow.running import failures, instances, steps
from app.workflow.spiff.engine import TaskState

LEASE = timedelta(minutes=30)
ENDED = (InstanceStatus.COMPLETED, InstanceStatus.CANCELLED)

log = logging.getLogger(__name__)


class CannotGoOn(Exception):
    """A step of one case failed outside what its diagram calls."""

    def __init__(self, instance: int) -> None:
        super().__init__(f"instance {instance}")
        self.instance = instance


def fire_due(limit: int = 1_000) -> int:
    """Fire every timer that is due, each in its own transaction; returns how many."""
    return _each(_fire_one, limit)


def retry_due(limit: int = 100) -> int:
    """Try every failed step again whose time has come; returns how many."""
    return _each(_retry_one, limit)


def compute_background(limit: int = 10) -> int:
    """Carry out long computations outside the write transaction; returns how many."""
    return _each(_compute_one, limit)


def _each(one: Any, limit: int) -> int:
    """Do one after the other; a case that cannot go on is left out of this turn and stops no other."""
    count, left_out = 0, set[int]()
    with acting(SYSTEM):
        while count + len(left_out) < limit:
            try:
                if not one(left_out):
                    break
            except CannotGoOn as error:
                db.session.rollback()
                log.exception("instance %s cannot go on, next turn again", error.instance)
                left_out.add(error.instance)
                continue
            except Exception:
                db.session.rollback()
                raise
            count += 1
    return count


@contextmanager
def _going_on(instance: int) -> Iterator[None]:
    """The step of one case; what fails in it is that case's own, unless the database does."""
    try:
        yield
    except DBAPIError:
        raise
    except Exception as error:
        raise CannotGoOn(instance) from error


def _claimed(query: Any) -> Any:
    """The first row of a query that nobody else holds."""
    return db.session.scalar(query.limit(1).with_for_update(skip_locked=True))


def _first_of_free_case(
    model: Any, due: tuple[Any, ...], order: Any, left_out: set[int]
) -> tuple[Any | None, ProcessInstance] | None:
    """The first due row whose case nobody else holds, and its case; no row where somebody has just seen to it.

    The case is locked before the row, as by whoever completes one of its tasks: nobody waits for the other.
    """
    query = select(model.id, ProcessInstance.id).join(
        ProcessInstance, ProcessInstance.id == model.instance_id
    )
    query = (
        query.where(*due, ProcessInstance.id.not_in(left_out))
        .order_by(order)
        .limit(1)
        .with_for_update(of=ProcessInstance, skip_locked=True)
    )
    found = db.session.execute(query).first()
    if found is None:
        return None
    return db.session.get(model, found[0], populate_existing=True), steps.lock(found[1])


def _fire_one(left_out: set[int]) -> bool:
    found = _first_of_free_case(TimerDue, (TimerDue.due_at <= clock.now(),), TimerDue.due_at, left_out)
    if found is None:
        db.session.rollback()
        return False
    row, instance = found
    if row is None or instance.status in ENDED:
        if row is not None:
            db.session.delete(row)
        db.session.commit()
        return True
    with _going_on(instance.id):
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
    found = _first_of_free_case(Incident, due, Incident.retry_at, left_out)
    if found is None:
        db.session.rollback()
        return False
    row, instance = found
    if row is not None and row.status == IncidentStatus.RETRYING:
        with _going_on(instance.id):
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
    with _going_on(instance_id):
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
