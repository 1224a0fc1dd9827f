"""Events reach the processes that wait for them, once each, and start those that begin with them.

A wait counts events told since the step that came to it began, so that nothing
is lost between a service task's check and the wait behind it, whoever commits first.
"""

from __future__ import annotations

import logging
import time

from sqlalchemy import and_, exists, not_, or_, select, update

from app.core import clock
from app.core.actors import SYSTEM, acting
from app.core.db import db, insert_missing
from app.core.events import EventRecord
from app.core.outages import is_outage
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
AT_ONCE = 500
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
            untold = _untold(failed)  # read first: what is told meanwhile is looked at in the next round
            target = _waiting(failed) or (_starting(failed) if untold else None)
            db.session.rollback()
            if target is None:
                if not untold:
                    break
                _mark(untold)
                continue
            try:
                count += _deliver(*target)
            except Exception as error:  # the engine's edge: one case that cannot go on stops no other
                if is_outage(error):
                    raise
                log.exception("event %s could not be told to %s, later again", *target)
                failed.add(target)
    return count


def _untold(failed: set[Delivery]) -> list[int]:
    """The first events that are not marked as told, without those that failed in this turn."""
    ids = [event for event, _target in failed]
    query = select(EventRecord.id).where(EventRecord.delivered_at.is_(None), EventRecord.id.not_in(ids))
    return list(db.session.scalars(query.order_by(EventRecord.id).limit(AT_ONCE)))


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


def _mark(untold: list[int]) -> None:
    """Mark events as told that nobody waits for and nothing starts with."""
    # in the order of their numbers, so that two who mark the same events never wait for each other
    rows = select(EventRecord.id).where(EventRecord.id.in_(untold), EventRecord.delivered_at.is_(None))
    query = update(EventRecord).where(
        EventRecord.id.in_(rows.order_by(EventRecord.id).with_for_update().scalar_subquery())
    )
    db.session.execute(
        query.values(delivered_at=clock.now()), execution_options={"synchronize_session": False}
    )
    db.session.commit()


def _deliver(event_id: int, target: str) -> int:
    """One delivery in its own transaction; losing the race for it is no error."""
    try:
        event = db.session.get(EventRecord, event_id, populate_existing=True)
        told = event is not None and deliver(event, target)
        db.session.commit()
    except Exception:
        db.session.rollback()
        raise
    if not told:
        log.info("event %s had already reached %s", event_id, target)
    return int(told)


def deliver(event: EventRecord, target: str) -> bool:
    """Tell one instance an event, or start one process with it, in this transaction; False: it was told before."""
    kind, _colon, name = target.partition(":")
    instance = steps.lock(int(name)) if kind == "instance" else None
    if not insert_missing(EventDelivery, event_id=event.id, target=target, at=clock.now()):
        return False
    if instance is None:
        instances.start(name, dict(event.payload), event.key or f"event:{event.id}", own=False)
        return True
    if instance.status in (InstanceStatus.COMPLETED, InstanceStatus.CANCELLED):
        return True
    step = steps.resume(instance)
    query = select(MessageWait).where(
        MessageWait.instance_id == instance.id, MessageWait.event == event.name, MessageWait.key == event.key
    )
    for wait in db.session.scalars(query):
        task = step.task(wait.engine_task)
        if task is not None and task.state == TaskState.WAITING:
            steps.receive(step, task, dict(event.payload))
    steps.advance(step)
    return True
