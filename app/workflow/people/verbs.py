"""What people do with a task besides completing it: delegate, hand back, ask, answer, comment, postpone.

Everything runs inside the caller's transaction on the locked case and leaves an
audit row. Whom the separation of duties excludes cannot be chosen here, and is
refused once more when the task is completed.
"""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.models import User, UserRole
from app.accounts.services import deputies
from app.accounts.sessions import actor_for
from app.core import clock
from app.core.actors import Actor, current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError, Forbidden
from app.core.permissions import allowed
from app.workflow import queries
from app.workflow.models import HumanTask
from app.workflow.people import approvers, pages, separation
from app.workflow.people.attachments import Attachment, of_cases
from app.workflow.people.talk import CommentKind, NoticeKind, TaskComment, mentioned, tell
from app.workflow.running.instances import _locked, _must_be_open, _own
from app.workflow.running.journal import note

MAX_TEXT = 4_000


def candidates(task: HumanTask) -> list[User]:
    """The active people who may be given a task: its role's holders, without those its case excludes."""
    query = select(User).where(User.active.is_(True)).order_by(User.login)
    if task.candidate_id is not None:
        query = query.where(User.id == task.candidate_id)
    elif task.role:
        query = query.where(User.id.in_(select(UserRole.user_id).where(UserRole.role == task.role)))
    out = set(separation.barred(task.instance_id, task.process, task.separate_from))
    return [one for one in db.session.scalars(query.limit(500)) if one.id not in out]


def assign(task_id: int, user_id: int | None, text: str = "") -> HumanTask:
    """Give a task to somebody of its role for good; who may is the route's policy."""
    task, instance = _locked(task_id)
    _must_be_open(task)
    person = _candidate(task, user_id)
    before = task.owner_name
    _own(task, person.id, person.name)
    task.returns_to_id = task.returns_to_name = None
    note("task.assigned", instance, before={"owner": before}, after={"owner": person.name}, task=task)
    _handed(task, person, text, NoticeKind.ASSIGNED)
    return task


def delegate(task_id: int, user_id: int | None, text: str = "") -> HumanTask:
    """Let a colleague of the role do one's task; handing it back brings it to the one who delegated.

    Raises:
        Forbidden: the task is somebody else's, or one may not do it oneself.
        DomainError: the colleague does not hold the role or is excluded.
    """
    task, instance = _locked(task_id)
    _must_be_open(task)
    actor = _must_hold(task)
    person = _candidate(task, user_id)
    if person.id in actor.persons:
        raise DomainError("oneself", _("Please choose somebody else."), field="user_id")
    before = task.owner_name
    _own(task, person.id, person.name)
    task.returns_to_id, task.returns_to_name = actor.holder_id, actor.holder_name
    after = {"owner": person.name, "returns_to": task.returns_to_name}
    note("task.delegated", instance, before={"owner": before}, after=after, reason=text or None, task=task)
    _handed(task, person, text, NoticeKind.ASSIGNED)
    return task


def add_approver(task_id: int, user_id: int | None) -> None:
    """Ask another named person to approve one's task too; without them it can only be refused."""
    task, instance = _locked(task_id)
    _must_be_open(task)
    _must_hold(task)
    approvers.add(task, instance, user_id)


def decide_added(task_id: int, *, approve: bool, reason: str) -> None:
    """Approve or refuse a task as its added approver."""
    task, instance = _locked(task_id)
    _must_be_open(task)
    approvers.decide(task, instance, approve=approve, reason=reason)


def remove_approver(task_id: int, approver_id: int) -> None:
    """Do without an added approver who has not decided."""
    task, instance = _locked(task_id)
    _must_be_open(task)
    _must_hold(task)
    approvers.take_back(task, instance, approver_id)


def hand_back(task_id: int, text: str = "") -> HumanTask:
    """Return a delegated task to whom it came from, or to the role if they may no longer do it."""
    task, instance = _locked(task_id)
    _must_be_open(task)
    actor = current_actor()
    if task.owner_id is None or task.owner_id not in actor.persons or task.returns_to_id is None:
        raise Forbidden("not_delegated", _("This task was not delegated to you."))
    person = next((one for one in candidates(task) if one.id == task.returns_to_id), None)
    before = task.owner_name
    _own(task, person.id if person else None, person.name if person else None)
    task.returns_to_id = task.returns_to_name = None
    after = {"owner": task.owner_name}
    note("task.returned", instance, before={"owner": before}, after=after, reason=text or None, task=task)
    if person is not None:
        _handed(task, person, text, NoticeKind.RETURNED)
    return task


def ask(task_id: int, user_id: int | None, text: str) -> TaskComment:
    """Ask a colleague; the task waits for their answer and says so.

    Raises:
        Conflict: an earlier question is still open.
    """
    task, instance = _locked(task_id)
    _must_be_open(task)
    actor = _must_hold(task)
    if task.asked_id is not None:
        raise Conflict("asked", _("{name} has not answered yet.").format(name=task.asked_name or "–"))
    person = db.session.get(User, user_id) if user_id else None
    if person is None or not person.active or person.id == actor.user_id:
        raise DomainError("unknown_person", _("Please choose whom to ask."), field="user_id")
    said = _say(task, CommentKind.QUESTION, text, to=person)
    task.asked_id, task.asked_name = person.id, person.name
    if task.owner_id is None:
        _own(task, actor.holder_id, actor.holder_name)
    after = {"question": said.text, "waiting_for": person.name}
    note("task.asked", instance, after=after, task=task)
    tell(person.id, NoticeKind.QUESTION, task, said.text)
    return said


def answer(task_id: int, text: str) -> TaskComment:
    """Answer the open question of a task; the task goes on."""
    task, instance = _locked(task_id)
    _must_be_open(task)
    actor = current_actor()
    if task.asked_id is None or task.asked_id not in actor.persons:
        raise Forbidden("not_asked", _("No question to you is open here."))
    said = _say(task, CommentKind.ANSWER, text)
    task.asked_id = task.asked_name = None
    note("task.answered", instance, after={"answer": said.text}, task=task)
    tell(task.owner_id, NoticeKind.ANSWER, task, said.text)
    return said


def withdraw(task_id: int) -> HumanTask:
    """Go on without the answer to one's question."""
    task, instance = _locked(task_id)
    _must_be_open(task)
    _must_hold(task)
    before = {"waiting_for": task.asked_name}
    task.asked_id = task.asked_name = None
    note("task.question_withdrawn", instance, before=before, task=task)
    return task


def comment(task_id: int, text: str) -> TaskComment:
    """Say something about a task; whoever is named as @login and may see it is told."""
    task, instance = _locked(task_id)
    people = mentioned(text)
    for person in people:
        if not may_read(task, actor_for(person)):
            message = _("{name} may not see this task; ask them instead.").format(name=person.name)
            raise DomainError("mention", message, field="text")
    said = _say(task, CommentKind.COMMENT, text)
    after = {"comment": said.text, "mentions": [one.login for one in people]}
    note("task.commented", instance, after=after, task=task)
    for person in people:
        tell(person.id, NoticeKind.MENTION, task, said.text)
    return said


def postpone(task_id: int, until: datetime | None, reason: str = "") -> HumanTask:
    """Take a task out of the main list until a moment; None brings it back. Its due date stays."""
    task, instance = _locked(task_id)
    _must_be_open(task)
    _must_hold(task)
    if until is not None and until <= clock.now():
        raise DomainError("past", _("Please choose a day to come."), field="until")
    before, task.hidden_until = task.hidden_until, until
    note(
        "task.postponed",
        instance,
        before={"follow_up": before},
        after={"follow_up": until},
        reason=reason or None,
        task=task,
    )
    return task


def may_read(task: HumanTask, actor: Actor) -> bool:
    """Whether a person may see a task's form: by role, by work on its case, or as a manager."""
    everything = allowed(actor, "task:assign") or allowed(actor, "process:read")
    return pages.may_see(task, actor, all_tasks=everything) or approvers.is_added(task, actor)


def was_asked(task: HumanTask, actor: Actor) -> bool:
    """Whether a person was ever asked about a task: they see what was said, not its form."""
    query = select(TaskComment.id).where(TaskComment.task_id == task.id, TaskComment.to_id == actor.user_id)
    return db.session.scalar(query.limit(1)) is not None


def _must_hold(task: HumanTask) -> Actor:
    """The acting person, who must be able to do the task and not stand in its owner's way."""
    actor = deputies.renewed(current_actor())
    if (reason := queries.why_not(task, actor)) is not None:
        raise Forbidden("not_yours", reason)
    if task.owner_id is not None and task.owner_id not in actor.persons:
        raise Conflict("claimed", _("{name} has claimed this task.").format(name=task.owner_name or "–"))
    return actor


def _candidate(task: HumanTask, user_id: int | None) -> User:
    """The chosen person, who must hold the role and not be excluded by the case."""
    person = db.session.get(User, user_id) if user_id else None
    if person is None or not person.active:
        raise DomainError("unknown_person", _("Please choose whom to assign to."), field="user_id")
    if person.id in separation.barred(task.instance_id, task.process, task.separate_from):
        message = _("{name} did another step of this case that excludes this one.").format(name=person.name)
        raise DomainError("separation", message, field="user_id")
    if person.id not in {one.id for one in candidates(task)}:
        message = _("{name} does not hold the role {role}.").format(
            name=person.name, role=pages.role_name(task.role)
        )
        raise DomainError("role", message, field="user_id")
    return person


def _handed(task: HumanTask, person: User, text: str, kind: NoticeKind) -> None:
    """Tell the new owner, and keep the words that came with the task."""
    task.hidden_until = None
    if text.strip():
        _say(task, CommentKind.HANDOVER, text, to=person)
    tell(person.id, kind, task, text.strip())


def _say(task: HumanTask, kind: CommentKind, text: str, *, to: User | None = None) -> TaskComment:
    """Keep what was said."""
    words, actor = text.strip(), current_actor()
    if not words:
        raise DomainError("text_needed", _("Please write something."), field="text")
    if len(words) > MAX_TEXT:
        raise DomainError("text_too_long", _("The text is too long."), field="text")
    said = TaskComment(
        task_id=task.id,
        instance_id=task.instance_id,
        kind=kind,
        text=words,
        author_id=actor.user_id,
        author_name=actor.name or actor.login,
        to_id=to.id if to else None,
        to_name=to.name if to else None,
        at=clock.now(),
    )
    db.session.add(said)
    db.session.flush()
    return said


def may_see_case(instance_id: int | None, maker_id: int | None, actor: Actor) -> bool:
    """Whether a person may see a case's files: having made them, or seeing one of its tasks."""
    if maker_id is not None and maker_id == actor.user_id:
        return True
    tasks = db.session.scalars(select(HumanTask).where(HumanTask.instance_id == instance_id).limit(500))
    return any(may_read(one, actor) for one in tasks)


def files_of(instance_ids: list[int], actor: Actor) -> list[Attachment]:
    """The files of some cases that a person may open."""
    found = of_cases(*instance_ids)
    seen = {one: may_see_case(one, None, actor) for one in {file.instance_id for file in found}}
    return [one for one in found if seen[one.instance_id] or one.created_by_id == actor.user_id]
