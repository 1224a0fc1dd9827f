"""What happens when an automatic step fails: a boundary event, the person's answer, or an incident."""

from __future__ import annotations

import logging
import traceback
from copy import deepcopy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.event_definitions import ErrorEventDefinition, EscalationEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from sqlalchemy import bindparam, select

from app.core import audit, clock
from app.core.db import db
from app.core.errors import DomainError
from app.core.expressions import ExpressionError
from app.workflow.drawing.diagram import CANCEL
from app.workflow.drawing.rewriting import BODY
from app.workflow.models import Incident, IncidentStatus, InstanceStatus
from app.workflow.running import causes
from app.workflow.spiff import engine
from app.workflow.spiff.engine import Task, TaskState
from app.workflow.spiff.values import literal

if TYPE_CHECKING:
    from app.workflow.running.steps import Step

MAX_ATTEMPTS = 5
BACKOFF = timedelta(seconds=20)
LIMIT = "limit_reached"

log = logging.getLogger(__name__)


def handle(step: Step, task: Task, error: BaseException) -> None:
    """Settle what a task raised.

    A ``DomainError`` goes to the error boundary event that fits; else, while the
    step is still the person's own, it is raised to them; everything else
    becomes an incident, and the unexpected is tried again by the runner.
    """
    if isinstance(error, DomainError):
        if (boundary := catcher(task, error.code)) is not None:
            _fire(step, boundary, {"code": error.code, "message": str(error.message)})
            return
        if step.own:
            raise error
    failed = _failed_task(task)
    if failed.state == TaskState.ERROR:
        failed._set_state(TaskState.READY)
    record(step, failed, error)


def throw(step: Step, task: Task, code: str) -> None:
    """An error end event: its subprocess is left by the boundary event that catches it, else an incident."""
    around = holder(task)
    boundary = catcher(around, code) if around is not None else None
    if boundary is None:
        name = engine.element_id(task)
        record(step, task, DomainError(code, _("Nothing catches the error of {name}.").format(name=name)))
        return
    _fire(step, boundary, {"code": code, "message": ""})
    task._set_state(TaskState.COMPLETED)


def escalate(step: Step, task: Task, code: str) -> None:
    """An escalation goes to the boundary event around that catches it; when nobody does, nothing happens."""
    around = holder(task)
    boundary = catcher(around, code, EscalationEventDefinition) if around is not None else None
    if boundary is not None:
        _fire(step, boundary, {"code": code})


def catcher(
    task: Task | None,
    code: str,
    kind: type[ErrorEventDefinition | EscalationEventDefinition] = ErrorEventDefinition,
) -> Task | None:
    """The waiting boundary event nearest around a task that catches the code; one without a code takes any."""
    taken = (code,) if code == CANCEL else (code, None, "")
    while task is not None:
        parent = task.parent
        if parent is not None and parent.task_spec.name == getattr(task.task_spec, "name", "").removesuffix(
            " [child]"
        ):
            task, parent = parent, parent.parent
        if parent is not None and isinstance(parent.task_spec, BoundaryEventSplit):
            for sibling in parent.children:
                definition = getattr(sibling.task_spec, "event_definition", None)
                waiting = sibling.state == TaskState.WAITING and isinstance(definition, kind)
                if waiting and getattr(definition, "code", None) in taken:
                    return sibling
        task = holder(task)
    return None


def holder(task: Task) -> Task | None:
    """The subprocess or call activity a task lies in."""
    identifier = getattr(task.workflow, "parent_task_id", None)
    return task.workflow.top_workflow.get_task_from_id(identifier) if identifier else None


def _fire(step: Step, boundary: Task, told: dict[str, Any]) -> None:
    """Take the way of an error or escalation boundary event; its data says what happened."""
    happen(step, boundary)
    step.interrupted = True
    meta = step.meta(boundary) or {"properties": {}}
    boundary.data[meta["properties"].get("result") or engine.element_id(boundary)] = told
    boundary.task_spec._update(boundary)


def happen(step: Step, event: Task) -> None:
    """What a waiting event waits for has happened.

    The event of an event subprocess knows what its scope knows by then; a boundary event that does not
    interrupt goes on waiting beside the one that has happened.
    """
    event.internal_data["event_fired"] = True
    if not isinstance(event.task_spec, BoundaryEvent):
        return
    hosts = [s for s in event.parent.children if not isinstance(s.task_spec, BoundaryEvent)]
    for host in hosts:
        inside = step.workflow.subprocesses.get(host.id)
        if host.task_spec.name.endswith(BODY) and inside is not None and inside.last_task is not None:
            event.data.update(deepcopy(inside.last_task.data))
    timer = isinstance(event.task_spec.event_definition, TimerEventDefinition)
    if not event.task_spec.cancel_activity and not timer:
        again = event.parent._add_child(event.task_spec, TaskState.FUTURE)
        again.data = deepcopy(event.parent.data)
        again.task_spec._predict(again, mask=TaskState.FUTURE | TaskState.PREDICTED_MASK)
        again.task_spec._update(again)


def _failed_task(task: Task) -> Task:
    """The task itself, or the one behind it that could not begin."""
    if task.state != TaskState.COMPLETED:
        return task
    for child in task.children:
        if child.state in (TaskState.FUTURE, TaskState.WAITING):
            return child
    return task


def record(step: Step, task: Task, error: BaseException) -> Incident:
    """Write the incident of a failed task, or count another attempt."""
    meta = step.meta(task) or {"names": {}, "kind": ""}
    incident = _open(step, task)
    attempts = (incident.attempts if incident else 0) + 1
    known = isinstance(error, (DomainError, ExpressionError))
    deterministic = known or attempts >= MAX_ATTEMPTS
    operator = getattr(task.task_spec, "operation_name", None)
    message = str(error) if known else f"{type(error).__name__}: {error}"
    if incident is None:
        incident = Incident(
            instance_id=step.instance.id,
            engine_task=str(task.id),
            element=engine.element_id(task),
            names=meta["names"],
            operator=operator,
            created_at=clock.now(),
        )
        step.incidents.append(incident)
    incident.message = message
    incident.error = causes.kind(error)
    incident.cause = causes.cause(meta.get("process", ""), incident.element, error)
    incident.detail = "".join(traceback.format_exception(error))[-8_000:]
    incident.data = literal(dict(task.data))
    incident.attempts = attempts
    incident.status = IncidentStatus.OPEN if deterministic else IncidentStatus.RETRYING
    incident.retry_at = None if deterministic else clock.now() + BACKOFF * 2 ** (attempts - 1)
    db.session.add(incident)
    db.session.flush()
    step.parked.add(str(task.id))
    log.warning(
        "incident %s in instance %s at %s: %s", incident.id, step.instance.id, incident.element, message
    )
    audit.record(
        "incident.recorded",
        f"incident:{incident.id}",
        after={"element": incident.element, "operator": operator, "message": message, "attempts": attempts},
        instance_id=step.instance.id,
    )
    return incident


def _open(step: Step, task: Task) -> Incident | None:
    """The incident of a task that is not resolved."""
    return next((one for one in step.incidents if one.engine_task == str(task.id)), None)


def limit(step: Step, error: Exception) -> None:
    """A diagram that runs too far: nothing automatic goes on in the case until a person tries it again."""
    for task in engine.all_tasks(step.workflow, TaskState.READY):
        if not task.task_spec.manual and str(task.id) not in step.parked:
            record(step, task, DomainError(LIMIT, str(error)))
            return


def too_large(step: Step, most: int) -> None:
    """A case whose data outgrow what may be: told to who made them so, else it waits for a person.

    Raises:
        DomainError: it is the person's own doing.
    """
    message = _("The process's data is larger than {count} MB.").format(count=most // 1_000_000)
    waiting = engine.all_tasks(step.workflow, TaskState.READY | TaskState.WAITING)
    if step.own or not waiting:
        raise DomainError("state_too_large", message)
    record(step, waiting[0], DomainError(LIMIT, message))


def halted(step: Step) -> bool:
    """Whether the case ran into a limit and nobody has tried it again since."""
    return any(one.error == LIMIT and one.engine_task in step.parked for one in step.incidents)


UNRESOLVED = (
    select(Incident)
    .where(Incident.instance_id == bindparam("instance"), Incident.resolved_at.is_(None))
    .order_by(Incident.id)
)


def restore(step: Step) -> None:
    """Know again which tasks wait because they failed."""
    step.incidents = list(db.session.scalars(UNRESOLVED, {"instance": step.instance.id}))
    step.parked |= {incident.engine_task for incident in step.incidents}


def status(step: Step) -> InstanceStatus:
    """Whether the instance needs somebody to look at it."""
    stuck = any(one.status == IncidentStatus.OPEN for one in step.incidents if one.resolved_at is None)
    return InstanceStatus.INCIDENT if stuck else InstanceStatus.RUNNING


def settle(step: Step, resolution: str, *, user_id: int | None = None) -> None:
    """Close the incidents of tasks that have gone on or were cancelled."""
    for incident in [one for one in step.incidents if one.resolved_at is None]:
        task = step.task(incident.engine_task)
        if task is None or task.state & TaskState.FINISHED_MASK:
            incident.status, incident.resolved_at = IncidentStatus.RESOLVED, clock.now()
            incident.resolved_by_id, incident.resolution = user_id, resolution
            incident.retry_at = None


def rerun(step: Step, incident: Incident) -> None:
    """Make the failed task run again with the step."""
    step.parked.discard(incident.engine_task)
    task = step.task(incident.engine_task)
    if task is None or task.state == TaskState.READY:
        return
    for sibling in task.parent.children if task.parent is not None else [task]:
        if not sibling.state & TaskState.FINISHED_MASK and sibling.state != TaskState.STARTED:
            try:
                sibling.task_spec._update(sibling)
            except Exception as error:  # the same edge as in run_task
                handle(step, sibling, engine.cause(error))
