"""Events reach the processes that wait for them, once each, and start those that begin with them.

A wait counts events told since the step that came to it began, so that nothing
is lost between a service task's check and the wait behind it, whoever commits first.
"""

from __future__ import annotations

import logging
import time

from sqlalchemy import and_, exists, not_, or_, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core import clock
from app.core.actors import SYSTEM, acting
from app.core.db import db
from app.core.events import EventRecord
from app.workflow.models import (
    DefinitionKind,
    EventDelivery,
    InstanceStatus,
    MessageWait,
    ProcessDefinition,
)
from app.workflow.running import instances, steps
from app.workflow.spiff.engine import TaskState

MAX_ROUNDS = 2_000
Delivery = tuple[int, str]
"""An event's number, and which instance or start it is for."""

log = logging.getLogger(__name__)


def drain(seconds: float | None = None) -> int:
    """Deliver every event that is pending now and what follows from it; returns how many deliveries.

    Each delivery is its own transaction. Called by the edge after a commit, for so many ``seconds`` at
    most, and by the runner.
    """
    count, began, failed = 0, time.monotonic(), set[Delivery]()
    with acting(SYSTEM):
        for _round in range(MAX_ROUNDS):
            if seconds is not None and time.monotonic() - began > seconds:
                break
            target = _next(failed)
            db.session.rollback()
            if target is None:
                break
            try:
                count += _deliver(*target)
            except DBAPIError:
                raise
            except Exception:  # the engine's edge: one case that cannot go on stops no other
                log.exception("event %s could not be told to %s, later again", *target)
                failed.add(target)
    return count


def _next(failed: set[Delivery]) -> Delivery | None:
    """The first event and target without a delivery; events that nobody waits for are marked as told.

    What has failed in this turn is left out, and its event stays untold.
    """
    if found := _waiting(failed):
        return found
    if found := _starting(failed):
        return found
    return _unmarked(failed)


def _waiting(failed: set[Delivery]) -> Delivery | None:
    """An event that a waiting instance has not been told."""
    # portable string concatenation of the target's name
    target = "instance:" + MessageWait.instance_id.cast(db.String)
    query = (
        select(EventRecord.id, MessageWait.instance_id)
        .join(MessageWait, and_(MessageWait.event == EventRecord.name, MessageWait.key == EventRecord.key))
        .where(or_(EventRecord.delivered_at.is_(None), EventRecord.delivered_at >= MessageWait.since))
        .where(~exists().where(EventDelivery.event_id == EventRecord.id, EventDelivery.target == target))
        .where(*(not_(and_(EventRecord.id == event, target == whom)) for event, whom in failed))
        .order_by(EventRecord.id)
        .limit(1)
    )
    row = db.session.execute(query).first()
    return (row[0], f"instance:{row[1]}") if row else None


def _starting(failed: set[Delivery]) -> Delivery | None:
    """An event that a process begins with and that has not started it."""
    target = "start:" + ProcessDefinition.key
    query = (
        select(EventRecord.id, ProcessDefinition.key)
        .join(ProcessDefinition, ProcessDefinition.starts_with == EventRecord.name)
        .where(ProcessDefinition.active, ProcessDefinition.kind == DefinitionKind.BPMN)
        .where(EventRecord.delivered_at.is_(None))
        .where(~exists().where(EventDelivery.event_id == EventRecord.id, EventDelivery.target == target))
        .where(*(not_(and_(EventRecord.id == event, target == whom)) for event, whom in failed))
        .order_by(EventRecord.id)
        .limit(1)
    )
    row = db.session.execute(query).first()
    return (row[0], f"start:{row[1]}") if row else None


def _unmarked(failed: set[Delivery]) -> Delivery | None:
    untold = [event for event, _target in failed]
    query = select(EventRecord.id).where(EventRecord.delivered_at.is_(None), EventRecord.id.not_in(untold))
    found = db.session.scalar(query.order_by(EventRecord.id).limit(1))
    return (found, "") if found is not None else None


def _deliver(event_id: int, target: str) -> int:
    """One delivery in its own transaction; losing the race for it is no error."""
    try:
        event = db.session.get(EventRecord, event_id, populate_existing=True)
        if event is None:
            return 0
        if not target:
            event.delivered_at = event.delivered_at or clock.now()
            db.session.commit()
            return 0
        deliver(event, target)
        db.session.commit()
        return 1
    except IntegrityError:
        db.session.rollback()
        log.info("event %s had already reached %s", event_id, target)
        return 0
    except Exception:
        db.session.rollback()
        raise


def deliver(event: EventRecord, target: str) -> None:
    """Tell one instance an event, or start one process with it, in this transaction."""
    kind, _colon, name = target.partition(":")
    instance = steps.lock(int(name)) if kind == "instance" else None
    db.session.add(EventDelivery(event_id=event.id, target=target, at=clock.now()))
    db.session.flush()
    if instance is None:
        instances.start(name, dict(event.payload), event.key or f"event:{event.id}", own=False)
        return
    if instance.status in (InstanceStatus.COMPLETED, InstanceStatus.CANCELLED):
        return
    step = steps.resume(instance)
    query = select(MessageWait).where(
        MessageWait.instance_id == instance.id, MessageWait.event == event.name, MessageWait.key == event.key
    )
    for wait in db.session.scalars(query):
        task = step.task(wait.engine_task)
        if task is not None and task.state == TaskState.WAITING:
            steps.receive(step, task, dict(event.payload))
    steps.advance(step)
