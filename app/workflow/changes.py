"""The history of a case field by field, from the audit trail."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext
from sqlalchemy import select

from app.core.actors import Actor
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import NotFound
from app.workflow import forms
from app.workflow.forms_render import form_value
from app.workflow.models import HumanTask
from app.workflow.verbs import may_read

LIMIT = 200
ACTS = {
    "instance.started": lazy_gettext("The process started"),
    "instance.cancelled": lazy_gettext("The process was cancelled"),
    "task.claimed": lazy_gettext("Claimed"),
    "task.unclaimed": lazy_gettext("Given back"),
    "task.assigned": lazy_gettext("Assigned"),
    "task.delegated": lazy_gettext("Delegated"),
    "task.returned": lazy_gettext("Returned"),
    "task.asked": lazy_gettext("A colleague was asked"),
    "task.answered": lazy_gettext("The question was answered"),
    "task.question_withdrawn": lazy_gettext("The question was withdrawn"),
    "task.commented": lazy_gettext("Commented"),
    "task.postponed": lazy_gettext("Postponed"),
    "task.completed": lazy_gettext("Completed"),
    "task.denied": lazy_gettext("Refused"),
    "file.attached": lazy_gettext("File attached"),
    "incident.data_changed": lazy_gettext("Data corrected"),
    "incident.retried": lazy_gettext("Tried again"),
    "incident.skipped": lazy_gettext("Step skipped"),
    "timer.fired": lazy_gettext("Timer fired by hand"),
    "message.sent": lazy_gettext("Message sent by hand"),
}
FIELDS = {
    "owner": lazy_gettext("Owner"),
    "returns_to": lazy_gettext("Returns to"),
    "question": lazy_gettext("Question"),
    "answer": lazy_gettext("Answer"),
    "waiting_for": lazy_gettext("Waiting for"),
    "comment": lazy_gettext("Comment"),
    "mentions": lazy_gettext("Mentions"),
    "follow_up": lazy_gettext("Follow-up on"),
    "file": lazy_gettext("File"),
    "size": lazy_gettext("Size"),
    "process": lazy_gettext("Process"),
    "version": lazy_gettext("Version"),
    "incident": lazy_gettext("Incident"),
    "attempts": lazy_gettext("Attempts"),
    "event": lazy_gettext("Message"),
    "key": lazy_gettext("Document"),
    "due_at": lazy_gettext("Due"),
    "element": lazy_gettext("Step"),
}


@dataclass
class Change:
    """One act and the fields it changed."""

    at: datetime
    who: str
    act: str
    task: str
    reason: str
    fields: list[tuple[str, str, str]] = field(default_factory=list)


def of_case(instance_id: int, actor: Actor) -> list[Change]:
    """What was done in a case, the latest first; fields only of tasks this person may see."""
    query = select(AuditEntry).where(AuditEntry.instance_id == instance_id)
    entries = list(db.session.scalars(query.order_by(AuditEntry.id.desc()).limit(LIMIT)))
    wanted = {one.task_id for one in entries if one.task_id is not None}
    tasks = {one.id: one for one in db.session.scalars(select(HumanTask).where(HumanTask.id.in_(wanted)))}
    readable = {one.id for one in tasks.values() if may_read(one, actor)}
    return [_change(one, tasks.get(one.task_id or 0), one.task_id in readable) for one in entries]


def _change(entry: AuditEntry, task: HumanTask | None, readable: bool) -> Change:
    known = ACTS.get(entry.action)
    made = Change(
        at=entry.at,
        who="" if entry.login == "system" else entry.login,
        act=str(known) if known else entry.action,
        task=task.name if task else "",
        reason=entry.reason or "",
    )
    if readable or entry.action in ("instance.started", "instance.cancelled"):
        labels = _labels(task) if entry.action in ("task.completed", "incident.data_changed") else {}
        made.fields = _fields(entry.before or {}, entry.after or {}, labels)
    return made


def _labels(task: HumanTask | None) -> dict[str, str]:
    """The form's own labels by key."""
    if task is None or not task.form:
        return {}
    try:
        components = forms.load(task.form).components
    except NotFound:
        return {}
    return {one["key"]: forms.text(one.get("label")) for one in components if "key" in one}


def _fields(
    before: dict[str, Any], after: dict[str, Any], labels: dict[str, str]
) -> list[tuple[str, str, str]]:
    """Label, before and after of each field."""
    found = []
    for key in dict.fromkeys([*before, *after]):
        if key == "sha256":
            continue
        label = labels.get(key) or str(FIELDS.get(key, key))
        found.append((label, _shown(before.get(key)), _shown(after.get(key))))
    return found


def _shown(value: Any) -> str:
    """A value as people read it; rows one after the other."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        rows = (", ".join(form_value(cell) for cell in row.values()) for row in value[:20])
        return "; ".join(rows)
    return form_value(value)
