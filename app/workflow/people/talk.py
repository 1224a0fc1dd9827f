"""What people say about a task, what they are told about, and the filters they keep."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

from flask_babel import lazy_gettext
from sqlalchemy import ForeignKey, Index, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import User
from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.workflow.models import HumanTask

_MENTION = re.compile(r"@([A-Za-z0-9][A-Za-z0-9._-]*)")


class CommentKind(StrEnum):
    """What a comment is."""

    COMMENT = "comment"
    QUESTION = "question"
    ANSWER = "answer"
    HANDOVER = "handover"


class TaskComment(db.Model):
    """Something a person wrote about a task; never changed afterwards."""

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("human_task.id"), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    kind: Mapped[CommentKind] = mapped_column(default=CommentKind.COMMENT)
    text: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    author_name: Mapped[str]
    to_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), comment="whom a question is for")
    to_name: Mapped[str | None]
    at: Mapped[datetime]


class NoticeKind(StrEnum):
    """Why a person is told."""

    MENTION = "mention"
    ASSIGNED = "assigned"
    RETURNED = "returned"
    QUESTION = "question"
    ANSWER = "answer"
    DUE_SOON = "due_soon"
    ESCALATED = "escalated"
    REASSIGNED = "reassigned"
    TAKEN = "taken"


WORDS = {
    NoticeKind.MENTION: lazy_gettext("mentioned you"),
    NoticeKind.ASSIGNED: lazy_gettext("gave you a task"),
    NoticeKind.RETURNED: lazy_gettext("returned a task to you"),
    NoticeKind.QUESTION: lazy_gettext("asks you"),
    NoticeKind.ANSWER: lazy_gettext("answered your question"),
    NoticeKind.DUE_SOON: lazy_gettext("reminds you that a task falls due"),
    NoticeKind.ESCALATED: lazy_gettext("tells you of a task that is late"),
    NoticeKind.REASSIGNED: lazy_gettext("gave your role a task that is late"),
    NoticeKind.TAKEN: lazy_gettext("gave your late task to another role"),
}
"""What each kind says after the sender's name."""


class Notice(db.Model):
    """Something a person is told in the page head until they have read it."""

    __table_args__ = (Index("ix_notice_user_read", "user_id", "read_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    kind: Mapped[NoticeKind]
    task_id: Mapped[int] = mapped_column(ForeignKey("human_task.id"), index=True)
    sender: Mapped[str]
    text: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None] = mapped_column(comment="when it went into an e-mail")


class SavedFilter(db.Model):
    """A filter of the inbox under a name, for its owner or, shared, for a role."""

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    owner_name: Mapped[str]
    name: Mapped[str]
    wanted: Mapped[dict[str, str]]
    role: Mapped[str | None] = mapped_column(index=True, comment="whoever holds it sees the filter too")
    created_at: Mapped[datetime]


def tell(user_id: int | None, kind: NoticeKind, task: HumanTask, text: str = "") -> None:
    """Tell a person something about a task; nobody is told what they did themselves."""
    actor = current_actor()
    if user_id is None or user_id == actor.user_id:
        return
    db.session.add(
        Notice(
            user_id=user_id,
            kind=kind,
            task_id=task.id,
            sender=actor.name or actor.login,
            text=text[:500],
            at=clock.now(),
        )
    )


def unread_count(user_id: int | None) -> int:
    """How many notices a person has not read."""
    query = (
        select(func.count()).select_from(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    )
    return db.session.scalar(query) or 0


def notices(user_id: int) -> list[Notice]:
    """A person's notices, the unread ones first."""
    query = select(Notice).where(Notice.user_id == user_id)
    return list(db.session.scalars(query.order_by(Notice.read_at.is_not(None), Notice.id.desc()).limit(100)))


def mark_read(user_id: int, *, task_id: int | None = None) -> None:
    """Note that a person has read their notices, all or those of one task."""
    wanted = update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    if task_id is not None:
        wanted = wanted.where(Notice.task_id == task_id)
    db.session.execute(wanted.values(read_at=clock.now()))


def comments(task: HumanTask) -> list[TaskComment]:
    """What was said about a task, the latest last."""
    query = select(TaskComment).where(TaskComment.task_id == task.id).order_by(TaskComment.id).limit(500)
    return list(db.session.scalars(query))


def mentioned(text: str) -> list[User]:
    """The people a text names as @login."""
    logins = {one.rstrip("._-") for one in _MENTION.findall(text)}
    if not logins:
        return []
    query = select(User).where(User.login.in_(logins), User.active.is_(True)).order_by(User.login)
    return list(db.session.scalars(query))
