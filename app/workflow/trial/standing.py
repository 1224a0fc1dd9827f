"""Where a case that is tried stands: what it waits for, what it has passed, what it has told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.events import EventRecord
from app.workflow import definitions, queries
from app.workflow.models import (
    BackgroundWork,
    HumanTask,
    Incident,
    MessageWait,
    ProcessInstance,
    StepHistory,
    TaskStatus,
    TimerDue,
)
from app.workflow.spiff import codec, engine
from app.workflow.trial import walked


@dataclass(frozen=True)
class Wait:
    """Somewhere the process waits, for whom or for what."""

    kind: str
    element: str
    process: str
    names: dict[str, str]
    role: str | None = None
    form: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()
    event: str = ""
    key: str = ""
    due: str = ""
    operator: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    message: str = ""


@dataclass
class Position:
    """Where a case stands after its steps."""

    status: str
    waits: list[Wait]
    trace: list[dict[str, Any]]
    data: dict[str, Any]
    nodes: set[tuple[str, str]]
    pairs: set[tuple[str, str, str]]
    told: list[tuple[str, str]]
    now: datetime
    roles: dict[str, str] = field(default_factory=dict)

    def fired(self) -> set[tuple[str, int]]:
        """The decision rows that fired, what decisions require included."""
        return {
            (r["decision"], n)
            for one in self.trace
            if one["decision"]
            for r in _records(one["decision"])
            for n in r.get("rows", ())
        }


def _records(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [record, *(inner for one in record.get("requires", ()) for inner in _records(one))]


def rows_of(instance: int, kind: type[Any]) -> list[Any]:
    """An instance's rows of a kind, in the order in which they were written."""
    return list(db.session.scalars(select(kind).where(kind.instance_id == instance).order_by(kind.id)))


def open_tasks(instance: int) -> list[HumanTask]:
    """What people have to do."""
    return [one for one in rows_of(instance, HumanTask) if one.status == TaskStatus.OPEN]


def standing(identifier: int, sent: set[int]) -> Position:
    """Where an instance stands; ``sent`` are the messages it was told, not its own."""
    instance = db.session.get_one(ProcessInstance, identifier, populate_existing=True)
    spec = definitions.spec_of(instance.definition)
    workflow = codec.decode(instance.state or b"", spec, engine.ScriptEngine())
    history = rows_of(identifier, StepHistory)
    nodes, pairs = walked.walked(spec, workflow, {row.engine_task for row in history})
    in_order = sorted(history, key=lambda row: (row.left_place is None, row.left_place or 0, row.id))
    events = db.session.scalars(select(EventRecord).order_by(EventRecord.id))
    return Position(
        instance.status.value,
        _waits(identifier, {row.engine_task: row for row in history}),
        [_passed(row) for row in in_order],
        dict(instance.data),
        nodes,
        pairs,
        [(row.name, row.key) for row in events if row.id not in sent],
        clock.now(),
    )


def _waits(instance: int, history: Mapping[str, StepHistory]) -> list[Wait]:
    found = [_wait_of_task(one) for one in open_tasks(instance)]
    for kind in (MessageWait, TimerDue, BackgroundWork, Incident):
        for row in rows_of(instance, kind):
            place = history.get(row.engine_task)
            if getattr(row, "resolved_at", None) is None:
                found.append(_wait_of(row, place))
    return found


def _passed(row: StepHistory) -> dict[str, Any]:
    return {
        "element": row.element,
        "process": row.process,
        "names": row.names,
        "state": row.state,
        "who": row.user_name,
        "decision": row.decision,
        "at": row.left_at or row.entered_at,
    }


def _wait_of_task(task: HumanTask) -> Wait:
    return Wait(
        "task",
        task.element,
        task.process,
        task.names,
        task.role,
        task.form,
        queries.data_of(task),
        tuple(task.separate_from),
    )


def _wait_of(row: Any, place: StepHistory | None) -> Wait:
    """What a message, a timer, an operator or a failure is waited for with."""
    common: tuple[str, str, dict[str, str], str | None] = ("?", "", {}, None)
    if place is not None:
        common = (place.element, place.process, place.names, place.role)
    elif isinstance(row, Incident):  # what could not even begin
        common = (row.element, "", row.names, None)
    match row:
        case MessageWait():
            return Wait("message", *common, event=row.event, key=row.key)
        case TimerDue():
            return Wait("timer", *common, due=row.due_at.isoformat())
        case BackgroundWork():
            return Wait("operator", *common, operator=row.operator, parameters=dict(row.parameters))
    return Wait("incident", *common, message=row.message)
