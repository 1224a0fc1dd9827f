"""What pages ask about tasks and instances."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, or_, select

from app.accounts.services import duties
from app.core.actors import Actor
from app.core.db import db
from app.core.operators import source
from app.workflow import definitions
from app.workflow.models import (
    DefinitionKind,
    HumanTask,
    ProcessDefinition,
    ProcessInstance,
    StepHistory,
    TaskStatus,
)
from app.workflow.people import mandates, separation
from app.workflow.spiff import codec, engine


def why_not(task: HumanTask, actor: Actor) -> str | None:
    """Why a person may not do a task, or None when they may.

    The role or the candidate must fit, and nobody does a task that another step
    of the same case excludes: neither as themselves, nor as a deputy, nor through a deputy.
    """
    if actor.user_id is None:
        return _("Please sign in.")
    persons = actor.persons
    if not mandates.covers(task, actor):
        return _("You stand in for %(name)s, but not in this task.", name=actor.on_behalf_of_name)
    if task.candidate_id is not None:
        if task.candidate_id not in persons:
            return _("This task is meant for somebody else.")
    elif task.role and task.role not in actor.roles and task.owner_id not in persons:
        return _("This task belongs to a role you do not hold.")
    if own_steps(task, actor) and not duties.may_override(actor):
        return _("You did another step of this case that excludes this one.")
    return None


def own_steps(task: HumanTask, actor: Actor) -> list[str]:
    """The steps of the case that exclude a person, or whom they stand in for, from a task."""
    return [
        one
        for one in task.separate_from
        if actor.persons & set(separation.excluded(task.instance_id, task.process, [one]))
    ]


def override_text(task: HumanTask, actor: Actor) -> str:
    """What the owner reads who does a task they would be excluded from; else nothing."""
    if task.status != TaskStatus.OPEN or not own_steps(task, actor) or not duties.may_override(actor):
        return ""
    return _("You did another step of this case. As the owner you may do this one too; it goes on record.")


def may_do(task: HumanTask, actor: Actor) -> bool:
    """Whether a person may do an open task."""
    return task.status == TaskStatus.OPEN and why_not(task, actor) is None


def _to_approve(persons: list[int]) -> Select[int]:
    """The tasks a person was added to as an approver and has not decided on."""
    from app.workflow.people.approvers import AddedApprover

    return select(AddedApprover.task_id).where(
        AddedApprover.user_id.in_(persons), AddedApprover.approved.is_(None)
    )


def visible_tasks(actor: Actor) -> Select[HumanTask]:
    """The open tasks a person may see: of their roles, their own, meant for them."""
    persons = sorted(actor.persons)
    return select(HumanTask).where(
        HumanTask.status == TaskStatus.OPEN,
        mandates.covered(actor),
        or_(
            HumanTask.role.in_(sorted(actor.roles)),
            HumanTask.owner_id.in_(persons),
            HumanTask.candidate_id.in_(persons),
            HumanTask.id.in_(_to_approve(persons)),
        ),
    )


def data_of(task: HumanTask) -> dict[str, Any]:
    """The process data a task's form may read."""
    instance = db.session.get(ProcessInstance, task.instance_id)
    if instance is None or task.status != TaskStatus.OPEN:
        return data_of_instance(instance) if instance is not None else {}
    from uuid import UUID

    spec = definitions.spec_of(instance.definition)
    workflow = codec.decode(instance.state or b"", spec, engine.ScriptEngine())
    found = workflow.get_task_from_id(UUID(task.engine_task))
    return dict(found.data) if found is not None else {}


def data_of_instance(instance: ProcessInstance) -> dict[str, Any]:
    """The process data at the last save."""
    return dict(instance.data or {})


@source
def processes() -> list[dict[str, str]]:
    """The deployed processes to choose from, by name."""
    query = select(ProcessDefinition).where(
        ProcessDefinition.kind == DefinitionKind.BPMN, ProcessDefinition.active
    )
    found = [{"value": row.key, "label": row.name} for row in db.session.scalars(query)]
    return sorted(found, key=lambda one: one["label"])


def tokens(instance: ProcessInstance) -> list[StepHistory]:
    """The elements an instance has entered and not left."""
    query = select(StepHistory).where(StepHistory.instance_id == instance.id, StepHistory.left_at.is_(None))
    return list(db.session.scalars(query.order_by(StepHistory.entered_at, StepHistory.id)))


def next_task_of_case(task: HumanTask, actor: Actor) -> HumanTask | None:
    """The next task of the same case, or of the same customer order, that the person may do."""
    instance = db.session.get(ProcessInstance, task.instance_id)
    cases = select(ProcessInstance.id).where(ProcessInstance.id == task.instance_id)
    if instance is not None and instance.customer_order_id is not None:
        cases = select(ProcessInstance.id).where(
            ProcessInstance.customer_order_id == instance.customer_order_id
        )
    query = visible_tasks(actor).where(HumanTask.instance_id.in_(cases), HumanTask.id != task.id)
    for other in db.session.scalars(query.order_by(HumanTask.id).limit(20)):
        if other.owner_id in (None, actor.user_id) and may_do(other, actor):
            return other
    return None
