"""What happens to process instances and their tasks: started, claimed, completed, cancelled, tried again.

Everything runs inside the caller's transaction; the edge commits.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import bindparam, select

from app.accounts.services import deputies
from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.lists import moment_text
from app.workflow import definitions, queries
from app.workflow.models import (
    HumanTask,
    InstanceStatus,
    ProcessDefinition,
    ProcessInstance,
    TaskStatus,
)
from app.workflow.people import approvers
from app.workflow.running import answers, deadlines, failures, steps
from app.workflow.running.journal import note
from app.workflow.running.repairs import cancel, retry, skip
from app.workflow.spiff import engine
from app.workflow.spiff.engine import TaskState
from app.workflow.spiff.values import literal

__all__ = [
    "cancel",
    "claim",
    "complete",
    "retry",
    "save_draft",
    "skip",
    "start",
    "unclaim",
]


def start(
    process: str | ProcessDefinition, data: dict[str, Any], business_key: str, *, own: bool | None = None
) -> ProcessInstance:
    """Start a process for a document and run it to its first wait.

    Args:
        process: its key, such as ``main.order_to_cost``; or a definition.
        data: the first process data, ids and small figures.
        business_key: the document, such as ``customer_order:7``.
        own: what fails at once is told to the caller instead of becoming an incident;
            by default when a person starts it.
    """
    definition = process if isinstance(process, ProcessDefinition) else definitions.active(process)
    actor = current_actor()
    instance = ProcessInstance(
        definition=definition,
        process=definition.key,
        business_key=business_key,
        customer_order_id=_customer_order(business_key, data),
        status=InstanceStatus.RUNNING,
        version=0,
        started_at=clock.now(),
        started_by_id=actor.user_id,
    )
    db.session.add(instance)
    db.session.flush()
    spec = definitions.spec_of(definition)
    step = steps.Step(instance, spec, None)  # type: ignore[arg-type]
    step.own = actor.user_id is not None if own is None else own
    step.workflow = engine.new_workflow(spec, engine.ScriptEngine(steps.caller(step)))
    step.workflow.task_tree.data.update(deepcopy(literal(data)))
    _begin(step)
    note("instance.started", instance, after={"process": definition.key, "version": definition.version})
    steps.advance(step)
    return instance


def _begin(step: steps.Step) -> None:
    """Run the engine's own start; a message start event has had its message."""
    for task in engine.all_tasks(step.workflow, TaskState.READY):
        task.run()
    for task in engine.all_tasks(step.workflow, TaskState.WAITING):
        meta = step.meta(task)
        if meta and meta["kind"] == "startEvent":
            task.internal_data["event_fired"] = True
            task.task_spec._update(task)


def _customer_order(business_key: str, data: dict[str, Any]) -> int | None:
    """The customer order a document belongs to, where its process data says so."""
    kind, _colon, number = business_key.partition(":")
    found = number if kind == "customer_order" else data.get("customer_order_id")
    return int(str(found)) if str(found or "").isdecimal() else None


def complete(
    task_id: int,
    data: dict[str, Any],
    *,
    idempotency_key: str | None = None,
    before: dict[str, Any] | None = None,
) -> HumanTask:
    """Complete a task with its form's data and run the case to the next wait.

    ``before`` is what the form proposed where the person chose otherwise; it goes on record.

    Raises:
        Conflict: somebody was first, or somebody else has claimed it.
        Forbidden: the role, or who did other steps of the case, forbids it.
    """
    task, instance = _locked(task_id)
    actor = deputies.renewed(current_actor())
    if idempotency_key and answers.given(idempotency_key):
        return task
    _must_be_open(task)
    if (reason := queries.why_not(task, actor)) is not None:
        raise Forbidden("not_yours", reason)
    if task.owner_id is not None and task.owner_id not in actor.persons:
        raise Conflict("claimed", _("{name} has claimed this task.").format(name=task.owner_name or "–"))
    approvers.refuse_alone(task, data)
    if own := queries.own_steps(task, actor):
        note("duty.overridden", instance, after={"also_did": own}, task=task)
    step = steps.resume(instance, own=True)
    engine_task = step.task(task.engine_task)
    if engine_task is None or engine_task.state != TaskState.READY:
        raise Conflict("gone", _("This task is no longer there; the process went another way."))
    clean = literal(deepcopy(data))
    engine_task.data.update({task.result: clean})
    _close(task, clean)
    step.actors[task.engine_task] = actor
    try:
        engine_task.run()
    except Exception as error:  # the engine's edge: a following choice or repetition may fail
        failures.handle(step, engine_task, engine.cause(error))
    note("task.completed", instance, before=before, after=clean, task=task)
    if idempotency_key:
        answers.keep(idempotency_key, {"task": task.id})
    steps.advance(step)
    return task


def _close(task: HumanTask, data: dict[str, Any]) -> None:
    actor = current_actor()
    deadlines.forget(task)
    task.status, task.data, task.draft = TaskStatus.COMPLETED, data, None
    task.asked_id = task.asked_name = None
    task.completed_at = max(clock.now(), task.claimed_at or task.created_at)  # the clock may be put back
    task.completed_by_id = actor.user_id
    task.completed_by_name, task.on_behalf_of_id = actor.name or actor.login, actor.on_behalf_of


INSTANCE_OF_TASK = (
    select(HumanTask.instance_id, ProcessDefinition)
    .join(ProcessInstance, ProcessInstance.id == HumanTask.instance_id)
    .join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
    .where(HumanTask.id == bindparam("task"))
)


def _locked(task_id: int) -> tuple[HumanTask, ProcessInstance]:
    """The task as it stands once its instance is locked."""
    found = db.session.execute(INSTANCE_OF_TASK, {"task": task_id}).first()
    if found is None:
        raise NotFound("task", _("There is no such task, or not for you."))
    instance = steps.lock(found.instance_id)
    instance.definition  # noqa: B018  (found in the session as long as ``found`` holds it)
    task = db.session.get(HumanTask, task_id, populate_existing=True)
    if task is None:
        raise NotFound("task", _("There is no such task, or not for you."))
    return task, instance


def _must_be_open(task: HumanTask) -> None:
    if task.status == TaskStatus.COMPLETED:
        when = moment_text(task.completed_at) if task.completed_at else "–"
        message = _("{name} completed this task on {when}.").format(
            name=task.completed_by_name or "–", when=when
        )
        raise Conflict("completed", message)
    if task.status != TaskStatus.OPEN:
        raise Conflict("cancelled", _("This task was cancelled; the process went another way."))


def claim(task_id: int) -> HumanTask:
    """Take a task, so that nobody else starts it.

    Raises:
        Conflict: somebody else has it.
        Forbidden: the role, or who did other steps of the case, forbids it.
    """
    task, instance = _locked(task_id)
    actor = deputies.renewed(current_actor())
    _must_be_open(task)
    if task.owner_id is not None and task.owner_id not in actor.persons:
        raise Conflict("claimed", _("{name} has claimed this task.").format(name=task.owner_name or "–"))
    if (reason := queries.why_not(task, actor)) is not None:
        raise Forbidden("not_yours", reason)
    _own(task, actor.holder_id, actor.holder_name)
    note("task.claimed", instance, after={"owner": task.owner_name}, task=task)
    return task


def unclaim(task_id: int) -> HumanTask:
    """Give a task back to its role."""
    task, instance = _locked(task_id)
    actor = current_actor()
    _must_be_open(task)
    if task.owner_id is not None and task.owner_id not in actor.persons:
        raise Forbidden("not_yours", _("{name} has claimed this task.").format(name=task.owner_name or "–"))
    before = task.owner_name
    _own(task, None, None)
    task.returns_to_id = task.returns_to_name = None
    note("task.unclaimed", instance, before={"owner": before}, task=task)
    return task


def _own(task: HumanTask, user_id: int | None, name: str | None) -> None:
    task.owner_id, task.owner_name = user_id, name
    task.claimed_at = max(clock.now(), task.created_at) if user_id is not None else None


def save_draft(task_id: int, values: dict[str, Any]) -> HumanTask:
    """Keep what was typed so far, unjudged; only of whoever may complete it: another may send it off unread.

    Raises:
        Forbidden: the role, or who did other steps of the case, forbids it.
        Conflict: somebody else has it.
    """
    task = db.session.get(HumanTask, task_id, populate_existing=True)
    if task is None:
        raise NotFound("task", _("There is no such task, or not for you."))
    _must_be_open(task)
    actor = current_actor()
    if (reason := queries.why_not(task, actor)) is not None:
        raise Forbidden("not_yours", reason)
    if task.owner_id is not None and task.owner_id not in actor.persons:
        raise Conflict("claimed", _("{name} has claimed this task.").format(name=task.owner_name or "–"))
    task.draft = literal(values)
    return task
