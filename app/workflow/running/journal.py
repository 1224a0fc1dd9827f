"""What is done to instances and tasks, on record in the audit trail."""

from __future__ import annotations

from typing import Any

from app.core import audit
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
