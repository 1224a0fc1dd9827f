"""What happens by itself to tasks that are not done in time: the runner warns, escalates and reassigns."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, update

from app.accounts.models import User, UserRole
from app.core import clock
from app.core.db import db
from app.workflow.models import HumanTask, ProcessInstance, StepHistory, TaskStatus
from app.workflow.people import separation
from app.workflow.people.talk import NoticeKind, tell
from app.workflow.running import turns
from app.workflow.running.deadlines import DeedKind, DueDeed
from app.workflow.running.journal import note

MOST_TOLD = 50
"""How many people of a role are told at most."""


def carry_out(limit: int = 1_000) -> int:
    """Do everything that is due, each deed in its own transaction; returns how many were done."""
    return turns.each(_one, limit)


def _one(left_out: set[int]) -> bool:
    """Do the first deed whose case nobody else holds."""
    now = clock.now()
    due = (DueDeed.done_at.is_(None), DueDeed.at <= now)
    found = turns.first_of_free_case(DueDeed, due, DueDeed.at, left_out)
    if found is None:
        db.session.rollback()
        return False
    deed, instance = found
    task = db.session.get(HumanTask, deed.task_id, populate_existing=True) if deed is not None else None
    if deed is not None and deed.done_at is None and task is not None:
        with turns.going_on(instance.id):
            if task.status == TaskStatus.OPEN:
                deed.done_at, deed.effective = now, _do(deed, task, instance)
            else:
                db.session.delete(deed)
            db.session.flush()
    db.session.commit()
    return True


def _do(deed: DueDeed, task: HumanTask, instance: ProcessInstance) -> bool:
    """One deed; returns whether there was anybody to tell or to give the task to."""
    if deed.kind is DeedKind.WARN:
        told = _tell(_doers(task), NoticeKind.DUE_SOON, task)
        note("task.warned", instance, after={"due_at": task.due_at, "told": told}, task=task)
    elif deed.kind is DeedKind.ESCALATE:
        task.escalated_to = deed.role
        held = [one for one in (task.owner_id,) if one is not None]
        told = _tell([*_holders(deed.role), *_named(held)], NoticeKind.ESCALATED, task)
        after = {"role": deed.role, "due_at": task.due_at, "told": told}
        note("task.escalated", instance, after=after, task=task)
    else:
        told = _reassign(deed, task, instance)
    return bool(told)


def _reassign(deed: DueDeed, task: HumanTask, instance: ProcessInstance) -> list[str]:
    """Give a task to another role's people; where nobody there may do it, it stays where it is."""
    before = {"role": task.role, "owner": task.owner_name}
    out = set(separation.excluded(task.instance_id, task.process, task.separate_from))
    people = [one for one in _holders(deed.role) if one.id not in out]
    if not people:
        note("task.reassign_failed", instance, before=before, after={"role": deed.role}, task=task)
        return []
    left = task.owner_id
    task.reassigned_from, task.role = task.role, deed.role or ""
    task.owner_id = task.owner_name = task.claimed_at = task.candidate_id = None
    task.returns_to_id = task.returns_to_name = task.asked_id = task.asked_name = task.hidden_until = None
    shown = update(StepHistory).where(
        StepHistory.instance_id == task.instance_id, StepHistory.engine_task == task.engine_task
    )
    db.session.execute(shown.values(role=task.role))
    told = _tell(people, NoticeKind.REASSIGNED, task)
    _tell(_named([left] if left is not None else []), NoticeKind.TAKEN, task)
    note("task.reassigned", instance, before=before, after={"role": task.role, "told": told}, task=task)
    return told


def _doers(task: HumanTask) -> list[User]:
    """Who is to do a task: its owner, the one it is meant for, or those of its role who may."""
    if (only := task.owner_id or task.candidate_id) is not None:
        return _named([only])
    out = set(separation.excluded(task.instance_id, task.process, task.separate_from))
    return [one for one in _holders(task.role) if one.id not in out]


def _holders(role: str | None) -> list[User]:
    """The active people of a role."""
    held = select(UserRole.user_id).where(UserRole.role == role)
    query = select(User).where(User.active.is_(True), User.id.in_(held)).order_by(User.login)
    return list(db.session.scalars(query.limit(MOST_TOLD)))


def _named(ids: list[int]) -> list[User]:
    """The active people among some."""
    return list(db.session.scalars(select(User).where(User.active.is_(True), User.id.in_(ids))))


def _tell(people: Iterable[User], kind: NoticeKind, task: HumanTask) -> list[str]:
    """Tell each person once; returns who was told."""
    told = {one.id: one.login for one in people}
    for user_id in told:
        tell(user_id, kind, task)
    return sorted(told.values())
