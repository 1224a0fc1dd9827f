"""Where a process is crowded, slow, late or done twice: figures of each element, counted by the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from typing import Any

from flask_babel import lazy_gettext
from lxml import etree
from sqlalchemy import Select, case, func, literal, or_, select
from sqlalchemy.orm import undefer

from app.core import clock
from app.core.db import UtcDateTime, db
from app.core.errors import NotFound
from app.core.i18n import localized
from app.workflow import definitions
from app.workflow.models import (
    DefinitionKind,
    HumanTask,
    ProcessDefinition,
    ProcessInstance,
    StepHistory,
    TaskStatus,
)
from app.workflow.watching import spans
from app.workflow.watching.spans import seconds_between

SAMPLE = 5_000
"""How many of the latest cases are counted: so that the page is as fast after years."""
LEVELS = 5
PEOPLE = ("userTask", "manualTask")
WAITS = ("intermediateCatchEvent", "receiveTask", "boundaryEvent", "startEvent")
REPEATS = ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")
MEASURES = {
    "count": lazy_gettext("How often"),
    "here": lazy_gettext("Standing there now"),
    "waiting": lazy_gettext("Waiting time"),
    "work": lazy_gettext("Work time"),
    "overdue": lazy_gettext("Overdue"),
    "rework": lazy_gettext("Rework"),
}


@dataclass(frozen=True)
class Heat:
    """The figures of one element; times are the mean of one pass, in seconds."""

    element: str
    name: str
    kind: str
    count: int = 0
    here: int = 0
    waiting: float | None = None
    work: float | None = None
    overdue: int = 0
    rework: int = 0

    def text(self, measure: str) -> str:
        """One of the figures in words."""
        value = getattr(self, measure)
        return spans.words(value) if measure in ("waiting", "work") else str(value)


def process(definition_id: int) -> ProcessDefinition:
    """A version of a process, with its diagram.

    Raises:
        NotFound: there is none.
    """
    found = db.session.get(ProcessDefinition, definition_id, options=[undefer(ProcessDefinition.source)])
    if found is None or found.kind != DefinitionKind.BPMN:
        from flask_babel import gettext as _

        raise NotFound("definition", _("There is no such process."))
    return found


def elements(definition: ProcessDefinition) -> list[Heat]:
    """The figures of every element of a version, from its latest cases."""
    cases, now = _cases(definition), clock.now()
    found = {
        identifier: Heat(identifier, localized(meta["names"], identifier), meta["kind"])
        for scope in definitions.spec_of(definition).elements.values()
        for identifier, meta in scope.items()
        if meta["process"] == definition.key and _told(meta)
    }
    for row in db.session.execute(_passes(definition.key, cases, now)):
        if row.element in found:
            found[row.element] = _passed(found[row.element], row)
    for row in db.session.execute(_tasks(definition.key, cases, now)):
        if row.element in found:
            found[row.element] = replace(
                found[row.element], waiting=row.waiting, work=row.work, overdue=row.overdue or 0
            )
    repeated = _repeated(definition.source)
    for element, again in db.session.execute(_again(definition, cases)):
        if element in found and element not in repeated:
            found[element] = replace(found[element], rework=int(again))
    return list(found.values())


def _told(meta: dict[str, Any]) -> bool:
    """Whether an element stands in the list: it has a name, or is no mere fork of the ways."""
    return bool(meta["names"]) or "Gateway" not in meta["kind"]


def _cases(definition: ProcessDefinition) -> Select[int]:
    """The latest cases that follow a version, their own or of processes that call it."""
    ids = [definition.id]
    if definition.active:
        query = select(ProcessDefinition).where(ProcessDefinition.kind == DefinitionKind.BPMN)
        callers = db.session.scalars(query.where(ProcessDefinition.active))
        ids += [one.id for one in callers if definition.key in one.closure.get("processes", ())]
    latest = select(ProcessInstance.id).where(ProcessInstance.definition_id.in_(ids))
    return latest.order_by(ProcessInstance.id.desc()).limit(SAMPLE)


def _passes(key: str, cases: Select[int], now: datetime) -> Select[Any]:
    """How often each element was entered, where tokens stand, how long a pass took."""
    guard = StepHistory.kind == "boundaryEvent"
    passed = case((guard, StepHistory.state == "completed"), else_=StepHistory.state != "cancelled")
    standing = (StepHistory.left_at.is_(None), StepHistory.kind != "boundaryEvent")
    until = func.coalesce(StepHistory.left_at, literal(now, UtcDateTime))
    return (
        select(
            StepHistory.element,
            func.count().label("count"),
            func.sum(case((db.and_(*standing), 1), else_=0)).label("here"),
            func.avg(seconds_between(StepHistory.entered_at, until)).label("took"),
        )
        .where(StepHistory.instance_id.in_(cases), StepHistory.process == key, passed)
        .group_by(StepHistory.element)
    )


def _passed(heat: Heat, row: Any) -> Heat:
    """An element with what its passes tell; how long a person waited and worked is told by the tasks."""
    made = replace(heat, count=row.count, here=row.here or 0)
    if heat.kind in PEOPLE or "Gateway" in heat.kind:
        return made
    return replace(made, waiting=row.took) if heat.kind in WAITS else replace(made, work=row.took)


def _tasks(key: str, cases: Select[int], now: datetime) -> Select[Any]:
    """How long people's tasks waited until somebody took them, and were worked on; how many were late.

    A task that nobody claimed before it was done waited all the time.
    """
    ended = func.coalesce(HumanTask.completed_at, literal(now, UtcDateTime))
    taken = func.coalesce(HumanTask.claimed_at, ended)
    worked = case((HumanTask.claimed_at.is_not(None), seconds_between(HumanTask.claimed_at, ended)))
    return (
        select(
            HumanTask.element,
            func.avg(seconds_between(HumanTask.created_at, taken)).label("waiting"),
            func.avg(worked).label("work"),
            func.sum(case((HumanTask.due_at < ended, 1), else_=0)).label("overdue"),
        )
        .where(HumanTask.instance_id.in_(cases), HumanTask.process == key)
        .where(HumanTask.status != TaskStatus.CANCELLED)
        .group_by(HumanTask.element)
    )


def _again(definition: ProcessDefinition, cases: Select[int]) -> Select[Any]:
    """How often an element was done once more in the same case; a process called twice is no rework."""
    done = or_(StepHistory.kind.like("%Task"), StepHistory.kind == "callActivity")
    own = ProcessInstance.definition_id == definition.id
    passes = (
        select(StepHistory.element, (func.count() - 1).label("again"))
        .join(ProcessInstance, ProcessInstance.id == StepHistory.instance_id)
        .where(StepHistory.instance_id.in_(cases), StepHistory.process == definition.key, own, done)
        .where(StepHistory.state != "cancelled")
        .group_by(StepHistory.instance_id, StepHistory.element)
        .having(func.count() > 1)
        .subquery()
    )
    return select(passes.c.element, func.sum(passes.c.again)).group_by(passes.c.element)


def _repeated(source: str) -> set[str]:
    """The elements that the diagram itself repeats: passing them twice is no rework."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(source.encode(), parser)
    marks = [one for one in root.iter() if isinstance(one.tag, str) and etree.QName(one).localname in REPEATS]
    return {inner.get("id", "") for mark in marks for inner in mark.getparent().iter()}


def levels(found: list[Heat], measure: str) -> dict[str, int]:
    """How hot each element is by a measure, from 1 to 5; cold ones are left out."""
    values = {one.element: float(getattr(one, measure) or 0) for one in found}
    most = max(values.values(), default=0.0)
    return {element: ceil(LEVELS * value / most) for element, value in values.items() if value > 0}
