"""What is done to instances and tasks, on record in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.core import audit
from app.core.db import db
from app.core.edge import case_of_request
from app.workflow.models import HumanTask, ProcessInstance


def note(
    action: str,
    instance: ProcessInstance,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
    task: HumanTask | None = None,
) -> None:
    """Record an act on an instance, or on one of its tasks, of the current actor."""
    audit.record(
        action,
        f"task:{task.id}" if task is not None else instance.business_key,
        before=before,
        after=after,
        reason=reason,
        instance_id=instance.id,
        task_id=task.id if task is not None else None,
        definition=f"{instance.process} v{instance.definition.version}",
    )


@case_of_request
def case_of(numbers: Mapping[str, Any]) -> dict[str, int]:
    """The case and the task that a denied request was about, so that their story tells of it."""
    if task := numbers.get("task_id"):
        instance = db.session.scalar(select(HumanTask.instance_id).where(HumanTask.id == task))
        return {"instance_id": instance, "task_id": task} if instance is not None else {}
    if instance := numbers.get("instance_id"):
        known = db.session.scalar(select(ProcessInstance.id).where(ProcessInstance.id == instance))
        return {"instance_id": known} if known is not None else {}
    return {}
