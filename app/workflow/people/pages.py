"""What the pages of inbox, task, order and process read: rows as people need them, few queries each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.accounts.queries import names
from app.core import clock
from app.core.actors import Actor
from app.core.db import db
from app.core.documents import document_labels
from app.core.i18n import localized
from app.core.lists import moment_text
from app.core.permissions import ROLES, allowed
from app.core.web import STEPS
from app.core.words import listed
from app.workflow import queries
from app.workflow.models import (
    HumanTask,
    Incident,
    IncidentStatus,
    ProcessInstance,
    StepHistory,
    TaskStatus,
)
from app.workflow.people import lateness, mandates

TIMELINE_LIMIT = 200


def may_see(task: HumanTask, actor: Actor, *, all_tasks: bool = False) -> bool:
    """Whether a person may open a task with its form: by role, as its owner, or having worked on the case."""
    return all_tasks or _is_for(task, actor) or bool(_worked_on([task], actor))


def _is_for(task: HumanTask, actor: Actor) -> bool:
    """Whether a task is a person's by role or name, their own or that of whom they stand in for."""
    if actor.user_id in (task.owner_id, task.candidate_id):
        return True
    named = {task.owner_id, task.candidate_id} & {actor.on_behalf_of} - {None}
    return mandates.covers(task, actor) and bool(named or {task.role, task.escalated_to} & actor.roles)


def _worked_on(tasks: Sequence[HumanTask], actor: Actor) -> set[int]:
    """The cases of some tasks in which a person has done one."""
    query = select(HumanTask.instance_id).where(
        HumanTask.instance_id.in_({one.instance_id for one in tasks}),
        HumanTask.completed_by_id == actor.user_id,
    )
    return set(db.session.scalars(query.distinct())) if tasks else set()


def _linked(tasks: Sequence[HumanTask], actor: Actor) -> set[int]:
    """The tasks a list links: their pages would open for this person."""
    if allowed(actor, "task:assign") or allowed(actor, "process:read"):
        return {one.id for one in tasks}
    theirs = {one.id for one in tasks if _is_for(one, actor)}
    worked = _worked_on([one for one in tasks if one.id not in theirs], actor)
    return theirs | {one.id for one in tasks if one.instance_id in worked}


def role_name(role: str | None) -> str:
    """A role in the reader's language."""
    return localized(ROLES.get(role or ""), role or "")


def age(moment: datetime) -> str:
    """How long ago, in the shortest words."""
    past = max(clock.now() - moment, timedelta())
    if past < timedelta(hours=1):
        return _("%(count)s min", count=past.seconds // 60)
    if past < timedelta(days=1):
        return _("%(count)s h", count=past.seconds // 3600)
    return _("%(count)s d", count=past.days)


def task_rows(
    tasks: Sequence[HumanTask], actor: Actor, *, within_order: bool = False
) -> list[dict[str, Any]]:
    """Tasks as a list shows them; within the page of an order its number is not repeated."""
    orders = {
        f"customer_order:{one.instance.customer_order_id}" for one in tasks if one.instance.customer_order_id
    }
    own = set(document_labels(orders).values())
    numbers = document_labels([one.document or one.instance.business_key for one in tasks] + sorted(orders))
    people, linked = (names() if tasks else {}), _linked(tasks, actor)
    rows = [_task_row(one, actor, numbers, people, one.id in linked) for one in tasks]
    if within_order:
        for row in rows:
            row["case"] = " · ".join(part for part in row["parts"] if part not in own)
    return rows


def _task_row(
    task: HumanTask, actor: Actor, numbers: dict[str, str], people: dict[int, str], linked: bool
) -> dict[str, Any]:
    """One task as a list shows it."""
    document = numbers.get(task.document or task.instance.business_key or "")
    order = numbers.get(f"customer_order:{task.instance.customer_order_id}")
    named = [one for one in dict.fromkeys((document, task.summary, order)) if one]
    parts = [one for one in named if not any(one != other and one in other for other in named)]
    step = next((one for one in STEPS if one.number == task.step), None)
    return {
        "id": task.id,
        "title": task.name,
        "url": url_for("workflow.task", task_id=task.id) if linked else None,
        "case": " · ".join(parts),
        "parts": parts,
        "step": _("%(number)s of 8 · %(name)s", number=step.number, name=step.label) if step else "",
        "due": task.due_at,
        "signs": lateness.signs(task),
        "age": age(task.created_at),
        "owner": people.get(task.owner_id or 0, task.owner_name),
        "role": role_name(task.role),
        "claimable": task.owner_id is None and queries.may_do(task, actor),
    }


def task_with_case(task_id: int) -> HumanTask | None:
    """One task with its process instance."""
    return db.session.get(
        HumanTask, task_id, options=[joinedload(HumanTask.instance)], populate_existing=True
    )


def case_facts(case: ProcessInstance) -> list[tuple[str, str]]:
    """A process instance in labelled facts."""
    label = document_labels([case.business_key]).get(case.business_key, case.business_key)
    return [
        (_("Process"), f"{case.definition.name} v{case.definition.version}"),
        (_("Document"), label),
        (_("Started"), moment_text(case.started_at)),
        (_("Ended"), moment_text(case.ended_at) if case.ended_at else ""),
        (_("Reason"), case.reason or ""),
    ]


def open_tasks(*instance_ids: int) -> list[HumanTask]:
    """The open tasks of some cases, the most urgent first."""
    query = select(HumanTask).where(
        HumanTask.status == TaskStatus.OPEN, HumanTask.instance_id.in_(instance_ids)
    )
    query = query.order_by(HumanTask.due_at.is_(None), HumanTask.due_at, HumanTask.id)
    case = joinedload(HumanTask.instance).lazyload(ProcessInstance.definition)
    return list(db.session.scalars(query.options(case).limit(100)))


def order_instances(order_id: int) -> list[ProcessInstance]:
    """Every process that runs or ran for a customer order."""
    query = (
        select(ProcessInstance)
        .where(ProcessInstance.customer_order_id == order_id)
        .options(joinedload(ProcessInstance.definition))
        .order_by(ProcessInstance.id)
    )
    return list(db.session.scalars(query))


def history(*instance_ids: int) -> list[StepHistory]:
    """What happened in some cases, the latest first."""
    query = select(StepHistory).where(StepHistory.instance_id.in_(instance_ids))
    return list(
        db.session.scalars(query.order_by(StepHistory.entered_at.desc(), StepHistory.id.desc()).limit(1000))
    )


def acts(main: Sequence[StepHistory], *instance_ids: int) -> list[StepHistory]:
    """All of one case, and of the other cases what people did or have to do; the latest first."""
    known = {row.instance_id for row in main}
    query = select(StepHistory).where(
        StepHistory.instance_id.in_([one for one in instance_ids if one not in known]),
        StepHistory.kind.in_(("userTask", "manualTask")),
    )
    latest = query.order_by(StepHistory.entered_at.desc(), StepHistory.id.desc()).limit(TIMELINE_LIMIT)
    return sorted(
        [*main, *db.session.scalars(latest)], key=lambda row: (row.entered_at, row.id), reverse=True
    )


_TOLD = (
    "UserTask",
    "ManualTask",
    "ServiceTask",
    "StartEvent",
    "EndEvent",
    "CallActivity",
    "CatchEvent",
    "Boundary",
)


def timeline(rows: Sequence[StepHistory]) -> list[dict[str, Any]]:
    """History as people read it: what was done by whom, and what waits."""
    told = [row for row in rows if row.names and any(kind.lower() in row.kind.lower() for kind in _TOLD)]
    people, told = names(), told[:TIMELINE_LIMIT]
    about = _summaries([row for row in told if row.role and row.role != "system"])
    return [_entry(row, people, about.get(row.engine_task, "")) for row in told]


def _summaries(rows: Sequence[StepHistory]) -> dict[str, str]:
    """What people's tasks are about, such as the number of a purchase order, by the engine's task."""
    query = select(HumanTask.engine_task, HumanTask.summaries).where(
        HumanTask.instance_id.in_({row.instance_id for row in rows}),
        HumanTask.engine_task.in_([row.engine_task for row in rows]),
    )
    return {task: localized(texts) for task, texts in db.session.execute(query)} if rows else {}


def _entry(row: StepHistory, people: dict[int, str], about: str) -> dict[str, Any]:
    """One line of the timeline."""
    moment = row.left_at or row.entered_at
    bad = row.state == "error"
    tone = "bad" if bad else "done" if row.left_at else "open"
    detail = (
        ""
        if row.left_at
        else _("waits for %(role)s", role=role_name(row.role))
        if row.role
        else _("under way")
    )
    if row.state == "cancelled":
        detail = _("cancelled")
    return {
        "title": row.name,
        "about": about,
        "detail": detail if row.role != "system" else "" if row.left_at else _("waiting"),
        "tone": tone,
        "iso": moment.isoformat(),
        "when": moment_text(moment),
        "who": people.get(row.user_id or 0, row.user_name or "") if row.user_name != "system" else "",
    }


def diagram(
    instance: ProcessInstance, rows: Sequence[StepHistory], tasks: Sequence[HumanTask]
) -> dict[str, Any]:
    """The live diagram: where it is, what is marked in it, and the same in words."""
    own = [row for row in rows if row.instance_id == instance.id and row.process == instance.process]
    people = names()
    owners = {
        one.element: people.get(one.owner_id or 0, one.owner_name) or role_name(one.role)
        for one in tasks
        if one.instance_id == instance.id
    }
    failed = set(
        db.session.scalars(
            select(Incident.element).where(
                Incident.instance_id == instance.id, Incident.status != IncidentStatus.RESOLVED
            )
        )
    )
    marks: dict[str, dict[str, str]] = {}
    path: dict[str, tuple[str, str]] = {}
    for row in reversed(own):
        state = "incident" if row.element in failed else "done" if row.left_at else "current"
        marks[row.element] = {"state": state}
        if state != "done":
            inside = listed(dict.fromkeys(owners.values())) if "call" in row.kind.lower() else ""
            marks[row.element]["token"] = owners.get(row.element) or inside or age(row.entered_at)
        if row.names and "gateway" not in row.kind.lower():
            path[row.element] = (row.name, state)
    now = [name for name, state in path.values() if state != "done"]
    summary = _("Now: %(steps)s", steps=listed(now)) if now else _("All steps are done.")
    url = url_for("workflow.diagram", instance_id=instance.id)
    return {"url": url, "marks": marks, "path": list(path.values())[-12:], "summary": summary}
