"""One step of an instance: lock, run the engine to the next wait, write the rows, save; one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from SpiffWorkflow.bpmn.specs.event_definitions.simple import TerminateEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.start_event import StartEvent
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import lazyload, undefer

from app.core import clock, events
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.events import Event
from app.core.expressions import ExpressionError, evaluate
from app.core.operators import OPERATORS
from app.workflow import definitions
from app.workflow.drawing.diagram import SIGNAL
from app.workflow.drawing.rewriting import THROWING
from app.workflow.models import Incident, InstanceStatus, ProcessInstance
from app.workflow.running import failures, limits, rows
from app.workflow.spiff import codec, engine
from app.workflow.spiff.contraction import contract
from app.workflow.spiff.engine import Task, TaskState, Workflow

MANUAL = ("userTask", "manualTask")


@dataclass
class Step:
    """An instance under way.

    ``own``: what fails now is the person's own doing and is told to them. ``incidents``: those not resolved.
    ``before``: where it stood when it was read; None where its rows may not fit its state.
    """

    instance: ProcessInstance
    spec: engine.Spec
    workflow: Workflow
    own: bool = False
    began: datetime = field(default_factory=clock.now)
    started: float = field(default_factory=time.time)
    ticked: float = field(default_factory=time.thread_time)
    parked: set[str] = field(default_factory=set)
    results: dict[str, Any] = field(default_factory=dict)
    background: dict[str, tuple[Task, str, dict[str, Any]]] = field(default_factory=dict)
    actors: dict[str, Any] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)
    before: rows.Standing | None = None
    interrupted: bool = False

    def meta(self, task: Task) -> dict | None:
        """What the diagram says about the task's element."""
        return self.spec.element(task)

    def task(self, engine_task: str) -> Task | None:
        """A task by its id, in the process or one of its subprocesses."""
        from uuid import UUID

        return self.workflow.get_task_from_id(UUID(engine_task))


LOCKED = (
    select(ProcessInstance)
    .where(ProcessInstance.id == bindparam("instance"))
    .with_for_update(of=ProcessInstance)
    # joined, a definition that changes while we wait for the lock would hide the row on PostgreSQL
    .options(lazyload(ProcessInstance.definition), undefer(ProcessInstance.state))
    .execution_options(populate_existing=True)
)


def lock(instance_id: int) -> ProcessInstance:
    """The instance, locked until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    if (instance := db.session.scalar(LOCKED, {"instance": instance_id})) is None:
        raise NotFound("instance", _("There is no such process."))
    return instance


def resume(instance: ProcessInstance, *, own: bool = False) -> Step:
    """The step of a locked instance, with its workflow loaded.

    Raises:
        Conflict: the instance has ended.
    """
    if instance.status in (InstanceStatus.COMPLETED, InstanceStatus.CANCELLED):
        raise Conflict("ended", _("This process has ended already."))
    spec = definitions.spec_of(instance.definition)
    step = Step(instance, spec, None, own=own)  # type: ignore[arg-type]
    step.workflow = codec.decode(instance.state or b"", spec, engine.ScriptEngine(caller(step)))
    step.before = rows.standing(step)
    failures.restore(step)
    return step


def caller(step: Step) -> Callable[[Task, str, dict[str, Any]], Any]:
    """What a service task does: its operator, inside a savepoint of its own."""

    def call(task: Task, name: str, parameters: dict[str, Any]) -> Any:
        if str(task.id) in step.results:
            result = step.results.pop(str(task.id))
            return result() if callable(result) else result
        if name not in OPERATORS:
            raise ExpressionError("There is no operator {name}.", name=name)
        if on_trial():
            raise ExpressionError("{name} cannot be called here", name=name)
        before = time.thread_time()
        with db.session.begin_nested():
            result = OPERATORS[name].function(**parameters)
            db.session.flush()
        step.ticked += time.thread_time() - before
        step.own = False
        return result

    return call


def advance(step: Step) -> None:
    """Run everything automatic until people, messages, timers or the runner have to act; then save."""
    with events.belonging_to(step.instance.customer_order_id):
        try:
            _run(step)
        except limits.LimitReached as error:
            failures.limit(step, error)
    save(step)


def _run(step: Step) -> None:
    count = 0
    while not failures.halted(step):
        _open_called(step)
        step.workflow.refresh_timers()
        ready = [t for t in engine.all_tasks(step.workflow, TaskState.READY) if _automatic(step, t)]
        if not ready:
            return
        for task in ready:
            if task.state == TaskState.READY and task.id in task.workflow.tasks:
                count += 1
                limits.check(step, task, count)
                run_task(step, task)
            if step.interrupted:  # what was left runs no more: look anew at what is ready
                step.interrupted = False
                break


def _automatic(step: Step, task: Task) -> bool:
    """Whether the engine itself may run a ready task now."""
    if task.task_spec.manual or str(task.id) in step.parked:
        return False
    meta = step.meta(task)
    if meta and meta["kind"] == "serviceTask" and str(task.id) not in step.results and _is_work(task):
        operator = OPERATORS.get(getattr(task.task_spec, "operation_name", ""))
        if operator is not None and (operator.background or on_trial()):
            return _hand_over(step, task, operator.name)
    return True


def on_trial() -> bool:
    """Whether the process is only tried: each operator then waits for an answer instead of doing anything."""
    return bool(current_app.config.get("ON_TRIAL"))


def _is_work(task: Task) -> bool:
    """Whether the task calls an operator itself, not through its repetitions."""
    return hasattr(task.task_spec, "operation_name")


def _hand_over(step: Step, task: Task, operator: str) -> bool:
    """Leave a long computation to the runner; the token stays on the task."""
    if str(task.id) not in step.background:
        try:
            given = task.task_spec.evaluate_params(task)
        except Exception as error:  # the same edge as in run_task
            failures.handle(step, task, engine.cause(error))
            return False
        step.background[str(task.id)] = (task, operator, {n: v["value"] for n, v in given.items()})
    return False


def _open_called(step: Step) -> None:
    """Update the tasks that hold subprocesses; a called process begins whatever message would start it."""
    workflow = step.workflow
    for sub in sorted(workflow.get_active_subprocesses(), key=lambda s: s.depth, reverse=True):
        for task in list(sub.tasks.values()):
            if task.state == TaskState.WAITING and isinstance(task.task_spec, StartEvent):
                task.internal_data["event_fired"] = True
                task.task_spec._update(task)
        parent = workflow.get_task_from_id(sub.parent_task_id)
        if parent is not None and parent.state == TaskState.STARTED:
            parent.task_spec._update(parent)


def run_task(step: Step, task: Task) -> None:
    """Run one ready task; what it raises goes to a boundary event, the person, or an incident."""
    meta = step.meta(task) or {}
    try:
        if meta.get("kind") in THROWING and hasattr(task.task_spec, "event_definition"):
            if meta.get("error"):
                failures.throw(step, task, meta["error"])
                return
            _throw(step, task, meta)
        if task.state == TaskState.READY:
            task.run()
    except Exception as error:  # one of the three edges: whatever the diagram calls may fail
        failures.handle(step, task, engine.cause(error))


def _throw(step: Step, task: Task, meta: dict) -> None:
    """Tell what an event or a send task throws: a message leaves with this transaction, a signal for all."""
    if meta.get("escalation") is not None:
        failures.escalate(step, task, meta["escalation"])
    elif meta.get("signal"):
        events.emit(Event(SIGNAL + meta["signal"], "a signal"), key="", **_payload(task, meta))
    elif meta["message"]:
        kind = events.EVENTS.get(meta["message"])
        if kind is None:
            raise ExpressionError("There is no event {name}.", name=meta["message"])
        record = events.emit(kind, key=str(evaluate(meta["properties"]["correlation"], task.data)))
        record.payload = {**record.payload, **_payload(task, meta)}


def _payload(task: Task, meta: dict) -> dict[str, Any]:
    """What is told along: the variables the property names."""
    names = [name.strip() for name in meta["properties"].get("payload", "").split(",") if name.strip()]
    return {name: task.data[name] for name in names if name in task.data}


def receive(step: Step, task: Task, payload: dict[str, Any]) -> None:
    """Let one waiting place have its message; the payload lands under the element's id or ``result``."""
    meta = step.meta(task) or {"properties": {}}
    variable = meta["properties"].get("result") or engine.element_id(task)
    failures.happen(step, task)
    task.data[variable] = dict(payload)
    task.task_spec._update(task)


INSTANCES = ProcessInstance.__table__
SAVED = (
    update(INSTANCES)  # type: ignore[arg-type]
    .where(INSTANCES.c.id == bindparam("instance"), INSTANCES.c.version == bindparam("read"))
    .values(state=bindparam("new_state"), data=bindparam("new_data"), version=INSTANCES.c.version + 1)
)


def save(step: Step, state: bytes | None = None) -> None:
    """Write the state where the version still fits, and every row that depends on it.

    ``state`` is the workflow's, where it is known in bytes already.
    """
    instance = step.instance
    rows.sync(step)
    if state is None:
        if not on_trial():  # there, coverage is read off everything that was passed
            contract(step.workflow)
        state = codec.encode(step.workflow)
    ended = step.workflow.is_completed()
    if len(state) > limits.MAX_STATE and (
        step.own or not ended
    ):  # what has ended, or is cancelled, grows no more
        failures.too_large(step, limits.MAX_STATE)
    if ended:
        instance.status = InstanceStatus.COMPLETED
        instance.ended_at = max(clock.now(), instance.started_at)  # the clock may be put back
    elif instance.status != InstanceStatus.CANCELLED:
        instance.status = failures.status(step)
    db.session.flush()
    new = {"new_state": state, "new_data": rows.data_of(step.workflow)}
    known = {"instance": instance.id, "read": instance.version}
    if db.session.connection().execute(SAVED, known | new).rowcount != 1:
        raise Conflict("stale", _("Somebody else has just changed this process. Please reload the page."))
    db.session.expire(instance, ["version", "state", "data"])


def is_terminate(task: Task) -> bool:
    """Whether the task ends everything around it."""
    return isinstance(getattr(task.task_spec, "event_definition", None), TerminateEventDefinition)
