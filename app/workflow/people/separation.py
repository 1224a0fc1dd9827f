"""The separation of duties: whom a case excludes from a task."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts.services import duties
from app.core.db import db
from app.workflow.models import HumanTask, TaskStatus


def excluded(instance_id: int, process: str, elements: list[str]) -> list[int]:
    """The persons, deputies and those they stood in for, who did one of the elements in this case."""
    if not elements:
        return []
    query = select(HumanTask.completed_by_id, HumanTask.on_behalf_of_id).where(
        HumanTask.instance_id == instance_id,
        HumanTask.process == process,
        HumanTask.element.in_(elements),
        HumanTask.status == TaskStatus.COMPLETED,
    )
    did = {person for row in db.session.execute(query) for person in row if person is not None}
    return sorted(did | _added(instance_id, process, elements))


def barred(instance_id: int, process: str, elements: list[str]) -> list[int]:
    """Whom a case keeps from a task: the excluded, without the owner where the company named one."""
    owner = duties.owner()
    return [one for one in excluded(instance_id, process, elements) if owner is None or one != owner.id]


def _added(instance_id: int, process: str, elements: list[str]) -> set[int]:
    """Who approved one of the elements as an added approver."""
    from app.workflow.people.approvers import AddedApprover

    query = (
        select(AddedApprover.user_id)
        .join(HumanTask, HumanTask.id == AddedApprover.task_id)
        .where(
            HumanTask.instance_id == instance_id,
            HumanTask.process == process,
            HumanTask.element.in_(elements),
            AddedApprover.approved.is_not(None),
        )
    )
    return set(db.session.scalars(query))
