"""What people with rights do to a case by hand: see what cancelling touches, send a message, fire a timer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Conflict, DomainError, NotFound
from app.core.i18n import localized
from app.workflow.language import is_name
from app.workflow.models import (
    HumanTask,
    Incident,
    InstanceStatus,
    MessageWait,
    ProcessInstance,
    StepHistory,
    TimerDue,
)
from app.workflow.people import pages
from app.workflow.running import repairs, steps
from app.workflow.running.journal import note
from app.workflow.spiff import engine
from app.workflow.spiff.engine import TaskState

RUNNING = (InstanceStatus.RUNNING, InstanceStatus.INCIDENT)


@dataclass(frozen=True)
class Touched:
    """What cancelling a case ends, and what goes on without it."""

    tasks: list[HumanTask]
    waits: list[dict[str, Any]]
    timers: list[dict[str, Any]]
    others: list[ProcessInstance]


def touched(instance: ProcessInstance) -> Touched:
    """What cancelling a case would end; documents' own processes of the same order go on."""
    others = pages.order_instances(instance.customer_order_id) if instance.customer_order_id else []
    return Touched(
        tasks=pages.open_tasks(instance.id),
        waits=waits([instance.id]),
        timers=timers([instance.id]),
        others=[one for one in others if one.id != instance.id and one.status in RUNNING],
    )


def waits(instance_ids: list[int]) -> list[dict[str, Any]]:
    """The places of some cases that wait for a message."""
    query = select(MessageWait).where(MessageWait.instance_id.in_(instance_ids)).order_by(MessageWait.id)
    return _named(list(db.session.scalars(query.limit(100))))


def timers(instance_ids: list[int]) -> list[dict[str, Any]]:
    """The timers of some cases that run."""
    query = select(TimerDue).where(TimerDue.instance_id.in_(instance_ids)).order_by(TimerDue.due_at)
    return _named(list(db.session.scalars(query.limit(100))))


def _named(rows: list[Any]) -> list[dict[str, Any]]:
    """Waits or timers with the names of their elements."""
    if not rows:
        return []
    query = select(StepHistory).where(
        StepHistory.instance_id.in_({one.instance_id for one in rows}),
        StepHistory.engine_task.in_([one.engine_task for one in rows]),
    )
    known = {(one.instance_id, one.engine_task): one for one in db.session.scalars(query)}
    return [_entry(row, known.get((row.instance_id, row.engine_task))) for row in rows]


def _entry(row: Any, step: StepHistory | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "instance_id": row.instance_id,
        "title": localized(step.names, step.element) if step else getattr(row, "event", ""),
        "event": getattr(row, "event", ""),
        "key": getattr(row, "key", ""),
        "due": getattr(row, "due_at", None),
    }


def fire(instance_id: int, timer_id: int, reason: str) -> ProcessInstance:
    """Let a timer be due now.

    Raises:
        NotFound: the case has no such timer.
        Conflict: it has fired meanwhile.
    """
    words = needed(reason)
    instance = steps.lock(instance_id)
    timer = db.session.get(TimerDue, timer_id, populate_existing=True)
    if timer is None or timer.instance_id != instance.id:
        raise NotFound("timer", _("There is no such timer here."))
    step = steps.resume(instance)
    task = step.task(timer.engine_task)
    if task is None or task.state != TaskState.WAITING:
        raise Conflict("fired", _("This timer does not run any more."))
    element, due = engine.element_id(task), timer.due_at
    task.internal_data["event_fired"] = True
    task.task_spec._update(task)
    db.session.delete(timer)
    db.session.flush()
    steps.advance(step)
    note("timer.fired", instance, before={"due_at": due}, after={"element": element}, reason=words)
    return instance


def send(instance_id: int, wait_id: int, payload: str, reason: str) -> ProcessInstance:
    """Give a waiting place its message by hand, with the values of the payload.

    Raises:
        NotFound: the case has no such waiting place.
        Conflict: it has had its message meanwhile.
    """
    words, values = needed(reason), values_of(payload)
    instance = steps.lock(instance_id)
    wait = db.session.get(MessageWait, wait_id, populate_existing=True)
    if wait is None or wait.instance_id != instance.id:
        raise NotFound("message", _("There is no such waiting place here."))
    step = steps.resume(instance)
    task = step.task(wait.engine_task)
    if task is None or task.state != TaskState.WAITING:
        raise Conflict("sent", _("This place does not wait any more."))
    after = {"event": wait.event, "key": wait.key, **values}
    steps.receive(step, task, values)
    steps.advance(step)
    note("message.sent", instance, after=after, reason=words)
    return instance


def correct_and_retry(incident_id: int, changes: str, reason: str) -> Incident:
    """Try a failed step again with corrected data; what a person decided in a task cannot be corrected here."""
    words, values = needed(reason), values_of(changes)
    incident = db.session.get(Incident, incident_id)
    if incident is None:
        raise NotFound("incident", _("There is no such incident."))
    decided = select(HumanTask.result).where(HumanTask.instance_id == incident.instance_id)
    if taken := values.keys() & set(db.session.scalars(decided)):
        message = _("{names} is what a person decided; it is not changed here.").format(
            names=", ".join(sorted(taken))
        )
        raise DomainError("decided", message, field="data")
    made = repairs.retry(incident_id, values or None)
    note(
        "incident.corrected",
        db.session.get_one(ProcessInstance, made.instance_id),
        after={"incident": made.id, **values},
        reason=words,
    )
    return made


def values_of(text: str) -> dict[str, Any]:
    """Lines ``name = value`` as values; a value is JSON, else text.

    Raises:
        DomainError: a line is something else.
    """
    values: dict[str, Any] = {}
    for line in filter(None, (one.strip() for one in text.splitlines()[:50])):
        name, equals, written = line.partition("=")
        if not equals or not is_name(name.strip()):
            message = _('"{line}" is not of the form name = value.').format(line=line[:100])
            raise DomainError("line", message, field="data")
        values[name.strip()] = _value(written.strip())
    return values


def _value(text: str) -> Any:
    """A value as JSON has it, decimals kept as text; what is no JSON is text."""
    try:
        return json.loads(text, parse_float=str)
    except ValueError:
        return text


def needed(text: str) -> str:
    """A reason that was given.

    Raises:
        DomainError: there is none.
    """
    if not text.strip():
        raise DomainError("reason_needed", _("Please give a reason."), field="reason")
    return text.strip()[:500]
