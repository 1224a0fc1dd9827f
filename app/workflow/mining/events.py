"""The cases of a process and what they passed, in the order it happened, read in portions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import select

from app.core.audit import AuditEntry
from app.core.db import db
from app.workflow.models import HumanTask, InstanceStatus, ProcessDefinition, ProcessInstance, StepHistory

PORTION = 500
ACTIVITIES = frozenset(
    {
        "userTask",
        "manualTask",
        "serviceTask",
        "scriptTask",
        "businessRuleTask",
        "sendTask",
        "receiveTask",
        "callActivity",
        "subProcess",
        "transaction",
    }
)
"""What is an activity in a log; gateways are ways, not work."""
HAPPENINGS = frozenset({"intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
"""What happened between activities: a message came, a time was over."""
SHOWN = ACTIVITIES | HAPPENINGS
STEERED = {
    "token.moved": "token moved",
    "instance.migrated": "migrated",
    "instance.move_undone": "migrated",
    "incident.skipped": "step skipped",
}
"""Acts of people after which a case need not fit its diagram, as audited, and their words."""


@dataclass(frozen=True)
class Case:
    """One case with what it passed, processes it called included; ``steered``: how people took it off its way."""

    id: int
    key: str
    version: int
    process: str
    status: str
    order_id: int | None
    started_at: datetime
    ended_at: datetime | None
    events: list[Event]
    definition: int = 0
    steered: str = ""


@dataclass(frozen=True)
class Event:
    """One activity that was passed, from when to when, by whom, and the document it was about."""

    id: int
    process: str
    element: str
    name: str
    kind: str
    began: datetime
    ended: datetime
    resource: str
    role: str
    document: str
    decision: dict[str, Any] | None
    task: str = ""
    holder: str | None = None


def cases(process: str, first: date, last: date, *, ended: bool = True) -> Iterator[Case]:
    """The cases of a process that began in a period, days of the plant's time zone, the oldest first.

    Args:
        process: its key.
        first: the first day.
        last: the last day, included.
        ended: only those that were completed.
    """
    query = _query(process, first, last, ended=ended)
    after = 0
    while rows := db.session.execute(query.where(ProcessInstance.id > after).limit(PORTION)).all():
        numbers = [row.id for row in rows]
        passed, steered = _passed(numbers), _steered(numbers)
        for row in rows:
            yield Case(
                row.id,
                row.business_key,
                row.version,
                row.process,
                row.status.value,
                row.customer_order_id,
                row.started_at,
                row.ended_at,
                passed.get(row.id, []),
                row.definition_id,
                steered.get(row.id, ""),
            )
        after = rows[-1].id


def _query(process: str, first: date, last: date, *, ended: bool) -> Any:
    zone = ZoneInfo(current_app.config["TIMEZONE"])
    begin = datetime.combine(first, time(), zone)
    end = datetime.combine(last + timedelta(days=1), time(), zone)
    query = (
        select(
            ProcessInstance.id,
            ProcessInstance.business_key,
            ProcessInstance.process,
            ProcessInstance.status,
            ProcessInstance.customer_order_id,
            ProcessInstance.started_at,
            ProcessInstance.ended_at,
            ProcessInstance.definition_id,
            ProcessDefinition.version,
        )
        .join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
        .where(ProcessInstance.process == process)
        .where(ProcessInstance.started_at >= begin, ProcessInstance.started_at < end)
        .order_by(ProcessInstance.id)
    )
    return query.where(ProcessInstance.status == InstanceStatus.COMPLETED) if ended else query


def _passed(ids: list[int]) -> dict[int, list[Event]]:
    """What these cases completed, in the order they left it."""
    query = (
        select(StepHistory, HumanTask.document, HumanTask.completed_by_name)
        .outerjoin(
            HumanTask,
            (HumanTask.instance_id == StepHistory.instance_id)
            & (HumanTask.engine_task == StepHistory.engine_task),
        )
        .where(StepHistory.instance_id.in_(ids), StepHistory.left_at.is_not(None))
        .where(StepHistory.state == "completed", StepHistory.kind.in_(SHOWN))
        .order_by(StepHistory.instance_id, StepHistory.left_place, StepHistory.id)
    )
    found: dict[int, list[Event]] = {}
    for row, document, person in db.session.execute(query):
        found.setdefault(row.instance_id, []).append(
            Event(
                row.id,
                row.process,
                row.element,
                row.names.get("en", row.element),
                row.kind,
                row.entered_at,
                row.left_at or row.entered_at,
                person or row.user_name or "Octad",
                row.role or "system",
                document or "",
                row.decision,
                row.engine_task,
                row.holder,
            )
        )
    return found


def _steered(ids: list[int]) -> dict[int, str]:
    """The cases whose tokens people put elsewhere, or that changed their version under way."""
    query = (
        select(AuditEntry.instance_id, AuditEntry.action)
        .where(AuditEntry.instance_id.in_(ids), AuditEntry.action.in_(STEERED))
        .distinct()
    )
    found: dict[int, set[str]] = {}
    for identifier, action in db.session.execute(query):
        if identifier is not None:
            found.setdefault(identifier, set()).add(STEERED[action])
    return {one: ", ".join(sorted(words)) for one, words in found.items()}
