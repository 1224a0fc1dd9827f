"""Processes by version: what runs, waits, is late or failed, and how long half and nine tenths of the cases take."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from math import ceil
from statistics import median
from typing import Any

from sqlalchemy import Select, func, select

from app.core import clock
from app.core.db import db
from app.workflow.models import (
    HumanTask,
    Incident,
    IncidentStatus,
    InstanceStatus,
    MessageWait,
    ProcessDefinition,
    ProcessInstance,
    TaskStatus,
    TimerDue,
)

SAMPLE = 20_000


def versions() -> list[dict[str, Any]]:
    """Each version of each process that has cases, or that new cases start with."""
    states = _states()
    waiting, overdue, failed = _waiting(), _overdue(), _failed()
    took = _durations()
    query = select(ProcessDefinition).where(ProcessDefinition.kind == "bpmn")
    rows = []
    for one in db.session.scalars(query.order_by(ProcessDefinition.key, ProcessDefinition.version.desc())):
        count = states.get(one.id, {})
        if not count and not one.active:
            continue
        rows.append(
            {
                "id": one.id,
                "key": one.key,
                "name": one.name,
                "version": one.version,
                "active": one.active,
                "running": count.get("running", 0) + count.get("incident", 0),
                "waiting": waiting.get(one.id, 0),
                "overdue": overdue.get(one.id, 0),
                "failed": failed.get(one.id, 0),
                "done": count.get("completed", 0),
                "median": middle(took.get(one.id, [])),
                "ninth": ninth(took.get(one.id, [])),
            }
        )
    return rows


def _counts(query: Select) -> dict[int, int]:
    """A query's pairs of version and count; it begins at what waits, which is little beside all cases ever."""
    return {row[0]: row[1] for row in db.session.execute(query)}


def _states() -> dict[int, dict[str, int]]:
    """How many cases of a version stand in each state."""
    query = select(ProcessInstance.definition_id, ProcessInstance.status, func.count()).group_by(
        ProcessInstance.definition_id, ProcessInstance.status
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for definition, status, count in db.session.execute(query):
        found[definition][status.value] = count
    return found


def _waiting() -> dict[int, int]:
    """How many places of a version's cases wait for a message or a timer."""
    found: Counter[int] = Counter()
    for table in (MessageWait, TimerDue):
        query = (
            select(ProcessInstance.definition_id, func.count())
            .select_from(table)
            .outerjoin(ProcessInstance, table.instance_id == ProcessInstance.id)
            .group_by(ProcessInstance.definition_id)
        )
        found.update(_counts(query))
    return dict(found)


def _overdue() -> dict[int, int]:
    """How many open tasks of a version's cases are late."""
    query = (
        select(ProcessInstance.definition_id, func.count())
        .select_from(HumanTask)
        .outerjoin(ProcessInstance, HumanTask.instance_id == ProcessInstance.id)
        .where(HumanTask.status == TaskStatus.OPEN, HumanTask.due_at < clock.now())
        .group_by(ProcessInstance.definition_id)
    )
    return _counts(query)


def _failed() -> dict[int, int]:
    """How many incidents of a version's cases are unsettled."""
    query = (
        select(ProcessInstance.definition_id, func.count())
        .select_from(Incident)
        .outerjoin(ProcessInstance, Incident.instance_id == ProcessInstance.id)
        .where(Incident.status != IncidentStatus.RESOLVED)
        .group_by(ProcessInstance.definition_id)
    )
    return _counts(query)


def middle(times: list[timedelta]) -> timedelta | None:
    """The median of some durations; None where there is none."""
    return timedelta(seconds=median(one.total_seconds() for one in times)) if times else None


def ninth(times: list[timedelta]) -> timedelta | None:
    """The duration that nine of ten stay within; None where there is none."""
    return sorted(times)[ceil(len(times) * 9 / 10) - 1] if times else None


def _durations() -> dict[int, list[timedelta]]:
    """How long the latest completed cases of each version took."""
    query = (
        select(ProcessInstance.definition_id, ProcessInstance.started_at, ProcessInstance.ended_at)
        .where(ProcessInstance.status == InstanceStatus.COMPLETED, ProcessInstance.ended_at.is_not(None))
        .order_by(ProcessInstance.ended_at.desc())
        .limit(SAMPLE)
    )
    found: dict[int, list[timedelta]] = defaultdict(list)
    for definition, started, ended in db.session.execute(query):
        if ended is not None:
            found[definition].append(ended - started)
    return found
