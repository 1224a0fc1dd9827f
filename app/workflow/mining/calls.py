"""Each call of a process as a case of its own: what it passed between its caller's beginning and end of the call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sqlalchemy import select

from app.core.db import db
from app.workflow import definitions
from app.workflow.mining.events import Case, Event
from app.workflow.models import DefinitionKind, ProcessDefinition, StepHistory

CALL = "callActivity"


def calls(cases: Iterable[Case]) -> Iterator[Case]:
    """The calls that these cases made and that came to their end, in the order of their ends; calls of calls too."""
    for case in cases:
        rows = _rows(case.id)
        held: dict[str, list[Event]] = {}
        for event in case.events:
            held.setdefault(_call(event, rows), []).append(event)
        for event in case.events:
            if event.kind == CALL and (inner := held.get(event.task)):
                definition = called_version(case.definition, inner[0].process)
                yield replace(
                    case,
                    id=event.id,
                    version=definition.version,
                    definition=definition.id,
                    process=inner[0].process,
                    status="completed",
                    started_at=event.began,
                    ended_at=event.ended,
                    events=inner,
                )


def _rows(instance: int) -> dict[str, tuple[str, str | None]]:
    """Kind and holder of everything a case entered, by the engine's task."""
    query = select(StepHistory.engine_task, StepHistory.kind, StepHistory.holder)
    return {
        row[0]: (row[1], row[2])
        for row in db.session.execute(query.where(StepHistory.instance_id == instance))
    }


def _call(event: Event, rows: Mapping[str, tuple[str, str | None]]) -> str:
    """The call an event lies in, subprocesses passed over; empty in the case itself."""
    holder = event.holder
    while holder is not None and holder in rows:
        kind, outer = rows[holder]
        if kind == CALL:
            return holder
        holder = outer
    return ""


def called_version(caller: int, key: str) -> ProcessDefinition:
    """The version of a called process that a version of its caller runs."""
    closure = db.session.get_one(ProcessDefinition, caller).closure
    query = select(ProcessDefinition).where(
        ProcessDefinition.kind == DefinitionKind.BPMN, ProcessDefinition.key == key
    )
    versions = db.session.scalars(query.order_by(ProcessDefinition.version.desc())).all()
    wanted = closure["sources"][key]
    return next(one for one in versions if definitions.sha256_of(one.source.encode()) == wanted)
