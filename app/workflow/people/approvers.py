"""Added approvers: whoever approves asks another named person to approve too; both must."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import User
from app.core import clock
from app.core.actors import Actor, current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError, Forbidden, NotFound
from app.workflow.form import forms
from app.workflow.models import HumanTask, ProcessInstance, TaskStatus
from app.workflow.people import separation
from app.workflow.people.talk import NoticeKind, tell
from app.workflow.running.journal import note


class AddedApprover(db.Model):  # type: ignore[name-defined]
    """A person whose approval a task needs besides its owner's, and what they said."""

    __table_args__ = (UniqueConstraint("task_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("human_task.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    name: Mapped[str]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    asked_by_name: Mapped[str]
    asked_at: Mapped[datetime]
    approved: Mapped[bool | None] = mapped_column(comment="None: not decided yet")
    reason: Mapped[str | None]
    decided_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Panel:
    """The added approvers of a task as its page shows them."""

    added: list[AddedApprover] = field(default_factory=list)
    mine: bool = False
    others: list[User] = field(default_factory=list)


def panel(task: HumanTask, actor: Actor, *, holds: bool) -> Panel:
    """What a task's page shows: who was added, whether this person decides, whom a holder may add."""
    if task.status != TaskStatus.OPEN or not approves(task):
        return Panel(added=of(task.id))
    added = of(task.id)
    mine = any(one.user_id == actor.user_id and one.approved is None for one in added)
    return Panel(added, mine, _others(task, actor, added) if holds else [])


def approves(task: HumanTask) -> bool:
    """Whether a task is an approval: its form asks for a yes or no under ``approve``."""
    if not task.form:
        return False
    components = forms.of_task(task).components
    return any(one.get("key") == "approve" and one["type"] == "checkbox" for one in components)


def of(task_id: int) -> list[AddedApprover]:
    """The added approvers of a task, the first added first."""
    query = select(AddedApprover).where(AddedApprover.task_id == task_id).order_by(AddedApprover.id)
    return list(db.session.scalars(query))


def is_added(task: HumanTask, actor: Actor) -> bool:
    """Whether a person was added to approve a task."""
    return any(one.user_id == actor.user_id for one in of(task.id))


def _others(task: HumanTask, actor: Actor, added: list[AddedApprover]) -> list[User]:
    out = {actor.user_id, actor.on_behalf_of} | {one.user_id for one in added} | set(_out(task))
    people = db.session.scalars(select(User).where(User.active.is_(True)).order_by(User.login).limit(500))
    return [one for one in people if one.id not in out]


def _out(task: HumanTask) -> list[int]:
    return separation.barred(task.instance_id, task.process, task.separate_from)


def add(task: HumanTask, instance: ProcessInstance, user_id: int | None) -> AddedApprover:
    """Ask another person to approve too; the caller holds the task.

    Raises:
        DomainError: the task is no approval, the person is oneself, excluded by the case, or added already.
    """
    actor = current_actor()
    if not approves(task):
        raise DomainError("no_approval", _("Nothing is approved in this task."))
    added = of(task.id)
    person = next((one for one in _others(task, actor, added) if one.id == user_id), None)
    if person is None:
        raise DomainError("unknown_person", _("Please choose who is to approve too."), field="user_id")
    made = AddedApprover(
        task_id=task.id,
        user_id=person.id,
        name=person.name,
        asked_by_id=actor.user_id,
        asked_by_name=actor.name or actor.login,
        asked_at=clock.now(),
    )
    db.session.add(made)
    tell(person.id, NoticeKind.ASSIGNED, task, _("Please approve it too."))
    note("task.approver_added", instance, after={"approver": person.name}, task=task)
    db.session.flush()
    return made


def decide(task: HumanTask, instance: ProcessInstance, *, approve: bool, reason: str) -> AddedApprover:
    """Say yes or no as an added approver; a no needs a reason.

    Raises:
        Forbidden: one was not added, did an excluded step, or acts for somebody else.
        Conflict: one has decided already.
    """
    actor = current_actor()
    if actor.on_behalf_of is not None:
        raise Forbidden("personal", _("You were asked yourself: act for yourself again to decide."))
    mine = next((one for one in of(task.id) if one.user_id == actor.user_id), None)
    if mine is None or mine.user_id in _out(task):
        raise Forbidden("not_added", _("You were not asked to approve this."))
    if mine.approved is not None:
        raise Conflict("decided", _("You have decided already."))
    if not approve and not reason.strip():
        raise DomainError("reason_missing", _("Say why."), field="text")
    mine.approved, mine.reason, mine.decided_at = approve, reason.strip() or None, clock.now()
    verb = "task.co_approved" if approve else "task.co_refused"
    note(verb, instance, after={"approver": mine.name}, reason=mine.reason, task=task)
    tell(mine.asked_by_id, NoticeKind.ANSWER, task, mine.reason or "")
    return mine


def take_back(task: HumanTask, instance: ProcessInstance, approver_id: int) -> None:
    """Do without an added approver who has not decided yet.

    Raises:
        NotFound: there is none, or they have decided.
    """
    found = next((one for one in of(task.id) if one.id == approver_id and one.approved is None), None)
    if found is None:
        raise NotFound("approver", _("This approver has decided already, or was not added."))
    note("task.approver_removed", instance, before={"approver": found.name}, task=task)
    db.session.delete(found)
    db.session.flush()


def refuse_alone(task: HumanTask, data: dict[str, Any]) -> None:
    """Refuse an approval while an added approver has not approved; refusing needs nobody.

    Raises:
        Conflict: somebody has not decided yet, or has said no.
    """
    if data.get("approve") is not True:
        return
    for one in of(task.id):
        if one.approved is None:
            raise Conflict("approver_waits", _("{name} has not approved yet.").format(name=one.name))
        if not one.approved:
            sentence = _("{name} refused: {reason} It can only be refused.")
            raise Conflict("approver_refused", sentence.format(name=one.name, reason=one.reason or "–"))
