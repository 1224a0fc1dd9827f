"""The history of a case field by field, from the audit trail."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext
from sqlalchemy import select

from app.accounts.queries import names
from app.core.actors import Actor
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import NotFound
from app.core.record_fields import changed, field_values, form_labels
from app.core.record_words import action_label
from app.workflow.form import forms
from app.workflow.models import HumanTask
from app.workflow.people.verbs import may_read

LIMIT = 200
ROWS = 20
EMPTY = ("", "–")
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
    named = names()
    return [_change(one, tasks.get(one.task_id or 0), one.task_id in readable, named) for one in entries]


def _change(entry: AuditEntry, task: HumanTask | None, readable: bool, named: dict[int, str]) -> Change:
    known = ACTS.get(entry.action)
    made = Change(
        at=entry.at,
        who="" if entry.login == "system" else named.get(entry.user_id or 0, entry.login),
        act=str(known) if known else action_label(entry.action),
        task=task.name if task else "",
        reason=entry.reason or "",
    )
    if readable or entry.action in ("instance.started", "instance.cancelled"):
        labels = _labels(task.form, task.form_version_id) if task is not None and task.form else {}
        made.fields = _fields(entry.before, entry.after, labels)
    return made


@form_labels
def labels_of_tasks(tasks: set[int]) -> dict[int, dict[str, str]]:
    """The labels of the forms the tasks were completed with."""
    query = select(HumanTask.id, HumanTask.form, HumanTask.form_version_id).where(
        HumanTask.id.in_(tasks), HumanTask.form.is_not(None)
    )
    used = {task: (form, version) for task, form, version in db.session.execute(query) if form}
    labels = {form: _labels(*form) for form in set(used.values())}
    return {task: labels[form] for task, form in used.items()}


def _labels(form: str, version_id: int | None) -> dict[str, str]:
    """The form's own labels by key, of columns and choices too."""
    try:
        components = forms.load(form, version_id).components
    except NotFound:
        return {}
    found: dict[str, str] = {}
    for one in components:
        if "key" in one:
            found |= _named(one, one["key"])
            for column in one.get("columns", []):
                if "key" in column and not column.get("hidden"):
                    found |= _named(column, f"{one['key']}.{column['key']}")
    return found


def _named(field: dict[str, Any], path: str) -> dict[str, str]:
    """The label of a field and of what may be chosen in it."""
    values = field.get("values")
    chosen = values if isinstance(values, list) else []
    return {path: forms.text(field.get("label"))} | {
        f"{path}={one['value']}": forms.text(one.get("label")) for one in chosen
    }


def _fields(
    before: dict[str, Any] | None, after: dict[str, Any] | None, labels: dict[str, str]
) -> list[tuple[str, str, str]]:
    """Label, before and after of each field that differs."""
    old, new = (field_values(side, labels, rows=ROWS) for side in changed(before, after))
    keys = dict.fromkeys([*old, *new])
    return [((new.get(key) or old[key])[0], old.get(key, EMPTY)[1], new.get(key, EMPTY)[1]) for key in keys]
