"""What the studio shows: the tree of definitions, versions, who uses what, running cases a change touches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import selectinload, undefer

from app.core.db import db
from app.core.events import EVENTS
from app.core.i18n import localized
from app.core.operators import OPERATORS, SOURCES
from app.core.permissions import ROLES
from app.studio.models import Change, ChangeFile, ChangeStatus
from app.workflow.definitions import key_of, kind_of
from app.workflow.drawing.diagram import Diagram, names, tag_of
from app.workflow.models import (
    DefinitionKind,
    InstanceStatus,
    ProcessDefinition,
    ProcessInstance,
    StepHistory,
)

RUNNING = (InstanceStatus.RUNNING, InstanceStatus.INCIDENT)


def active_of(file: str) -> ProcessDefinition | None:
    """What is deployed of a file."""
    query = select(ProcessDefinition).where(
        ProcessDefinition.kind == kind_of(file),
        ProcessDefinition.key == key_of(file),
        ProcessDefinition.active,
    )
    return db.session.scalar(query)


def with_sources(*wanted: ColumnElement[bool]) -> list[ProcessDefinition]:
    """What is deployed, or of it what is wanted, with its sources in one query."""
    query = select(ProcessDefinition).where(ProcessDefinition.active, *wanted).order_by(ProcessDefinition.id)
    return list(db.session.scalars(query.options(undefer(ProcessDefinition.source))))


def tree() -> dict[str, list[ProcessDefinition]]:
    """What is deployed, by area; processes first."""
    found: dict[str, list[ProcessDefinition]] = {}
    query = select(ProcessDefinition).where(ProcessDefinition.active).order_by(ProcessDefinition.key)
    for row in db.session.scalars(query):
        found.setdefault(row.key.replace("/", ".").partition(".")[0], []).append(row)
    order = list(DefinitionKind)
    return {area: sorted(rows, key=lambda row: order.index(row.kind)) for area, rows in sorted(found.items())}


def versions(kind: DefinitionKind, key: str) -> list[ProcessDefinition]:
    """Every version of a definition, the newest first."""
    query = select(ProcessDefinition).where(ProcessDefinition.kind == kind, ProcessDefinition.key == key)
    return list(db.session.scalars(query.order_by(ProcessDefinition.version.desc())))


def changes(*, closed: bool = False, limit: int = 50) -> list[Change]:
    """Changes that are worked on or wait for a decision; or those that are over, the newest first."""
    over = Change.status.not_in((ChangeStatus.DRAFT, ChangeStatus.PROPOSED))
    query = select(Change).where(over if closed else ~over).order_by(Change.id.desc()).limit(limit)
    return list(db.session.scalars(query.options(selectinload(Change.files).load_only(ChangeFile.file))))


def file_of(change_id: int, file: str) -> ChangeFile | None:
    """A file of a change."""
    query = select(ChangeFile).where(ChangeFile.change_id == change_id, ChangeFile.file == file)
    return db.session.scalar(query)


def dependents(files: Iterable[str]) -> list[ProcessDefinition]:
    """The deployed processes that use a process, decision or form of these files: they get a new version too."""
    processes = {key_of(file) for file in files if file.endswith(".bpmn")}
    decisions = {key_of(file) for file in files if file.endswith(".dmn")}
    forms = {key_of(file) for file in files if kind_of(file) is DefinitionKind.FORM}
    query = select(ProcessDefinition.id, ProcessDefinition.closure).where(
        ProcessDefinition.kind == DefinitionKind.BPMN, ProcessDefinition.active
    )
    users = [
        id
        for id, uses in db.session.execute(query)
        if processes & set(uses.get("processes", ()))
        or decisions & set(uses.get("decisions", ()))
        or forms & set(uses.get("forms", ()))
    ]
    return with_sources(ProcessDefinition.id.in_(users)) if users else []


@dataclass(frozen=True)
class Impact:
    """The running cases of one process, and how many stand at each element, by what it is called."""

    definition: ProcessDefinition
    running: int
    standing: list[tuple[str, int]]


def impact(change: Change) -> list[Impact]:
    """What runs of the processes a change touches, itself or through what they use."""
    files = [one.file for one in change.files]
    rows = {row.key: row for row in dependents(files)}
    for file in files:
        if file.endswith(".bpmn") and (active := active_of(file)) is not None:
            rows[active.key] = active
    return [_impact(row) for _key, row in sorted(rows.items())]


def _impact(row: ProcessDefinition) -> Impact:
    running = select(ProcessInstance.id).where(
        ProcessInstance.process == row.key, ProcessInstance.status.in_(RUNNING)
    )
    count = db.session.scalar(select(func.count()).select_from(running.subquery())) or 0
    query = (
        select(StepHistory.element, func.count())
        .where(StepHistory.instance_id.in_(running), StepHistory.left_at.is_(None))
        .group_by(StepHistory.element)
    )
    diagram = Diagram(row.source.encode(), row.file)
    called = {
        node.get("id", ""): localized(names(node), node.get("id", ""))
        for scope in diagram.scopes()
        for node in scope
        if tag_of(node)
    }
    standing = [(called.get(str(one[0]), str(one[0])), int(one[1])) for one in db.session.execute(query)]
    return Impact(row, count, standing)


def vocabulary(change: Change) -> dict[str, Any]:
    """What a diagram may name, for the properties panel: operators, roles, forms, decisions, processes, events.

    What the change itself brings counts as well.
    """
    active = list(db.session.scalars(select(ProcessDefinition).where(ProcessDefinition.active)))
    named = {kind: [(row.key, row.name) for row in active if row.kind is kind] for kind in DefinitionKind}
    for one in change.files:
        known = named[kind_of(one.file)]
        if key_of(one.file) not in dict(known):
            known.append((key_of(one.file), ""))
    return {
        "operators": [_described(entry) for _name, entry in sorted(OPERATORS.items())],
        "sources": [_described(entry) for _name, entry in sorted(SOURCES.items())],
        "roles": [{"key": key, "name": localized(names)} for key, names in ROLES.items()],
        "events": [{"key": name, "name": one.meaning} for name, one in sorted(EVENTS.items())],
        "forms": [{"key": key, "name": name} for key, name in sorted(named[DefinitionKind.FORM])],
        "decisions": [{"key": key, "name": name} for key, name in sorted(named[DefinitionKind.DMN])],
        "processes": [{"key": key, "name": name} for key, name in sorted(named[DefinitionKind.BPMN])],
    }


def _described(entry: Any) -> dict[str, Any]:
    required = entry.required
    return {
        "key": entry.name,
        "name": entry.description,
        "parameters": [{"key": name, "required": name in required} for name in entry.parameters],
    }
