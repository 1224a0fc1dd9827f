"""What pages tell of a task's time: what happened because it is late, and what will happen by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from app.core.i18n import localized
from app.core.permissions import ROLES
from app.workflow.models import HumanTask, TaskStatus
from app.workflow.running import deadlines
from app.workflow.running.deadlines import DeedKind, DueDeed


@dataclass(frozen=True)
class Line:
    """One thing that happens by itself: in words, when, whether it is done, whether it came to nothing."""

    words: str
    at: datetime
    done: bool
    failed: bool


def signs(task: HumanTask) -> list[str]:
    """What happened to an open task because it was late, in a few words each."""
    if task.status != TaskStatus.OPEN:
        return []
    found = []
    if task.escalated_to:
        found.append(_("Escalated to %(role)s", role=_role(task.escalated_to)))
    if task.reassigned_from:
        found.append(_("Taken from %(role)s", role=_role(task.reassigned_from)))
    return found


def lines(task: HumanTask) -> list[Line]:
    """What happened to a task by itself, and what is to happen unless it is done before."""
    return [
        Line(_words(one), one.done_at or one.at, one.done_at is not None, one.effective is False)
        for one in deadlines.of(task.id)
    ]


def _words(deed: DueDeed) -> str:
    done, role = deed.done_at is not None, _role(deed.role or "")
    if deed.kind is DeedKind.WARN:
        return _("Reminded") if done else _("Reminder")
    if deed.kind is DeedKind.ESCALATE:
        return _("Escalated to %(role)s", role=role) if done else _("Goes to %(role)s's attention", role=role)
    return _("Handed to %(role)s", role=role) if done else _("Goes over to %(role)s", role=role)


def _role(role: str) -> str:
    return localized(ROLES.get(role), role)
