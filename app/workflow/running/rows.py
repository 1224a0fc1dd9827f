"""The rows that follow from an instance's state: tasks, waits, timers, long work, history."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from sqlalchemy import delete, select

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.expressions import ExpressionError, evaluate
from app.core.i18n import NAME_KEYS, in_language
from app.core.web import STEPS
from app.workflow.drawing.diagram import SIGNAL
from app.workflow.drawing.rewriting import BODY
from app.workflow.models import (
    BackgroundWork,
    HumanTask,
    MessageWait,
    StepHistory,
    TaskStatus,
    TimerDue,
)
from app.workflow.people.separation import excluded
from app.workflow.running import deadlines, failures
from app.workflow.spiff import engine
from app.workflow.spiff.engine import Task, TaskState, Workflow
from app.workflow.spiff.values import amount, literal

if TYPE_CHECKING:
    from app.workflow.running.steps import Step

MARGIN = timedelta(seconds=5)
"""How far clocks of several machines may differ."""

STATES = {
    TaskState.WAITING: "waiting",
    TaskState.READY: "ready",
    TaskState.STARTED: "waiting",
    TaskState.COMPLETED: "completed",
    TaskState.CANCELLED: "cancelled",
    TaskState.ERROR: "error",
}
CATCHING = {"intermediateCatchEvent", "receiveTask", "boundaryEvent", "startEvent"}
PLACES = 100_000
"""More than the elements that can be left in one step."""
GONE_ON = TaskState.READY | TaskState.COMPLETED
HIDDEN = {"textAnnotation", "association", "group"}


def sync(step: Step) -> None:
    """Write what changed in this step."""
    _human_tasks(step)
    _waits(step)
    _timers(step)
    _background(step)
    failures.settle(step, "went on", user_id=current_actor().user_id)
    _history(step)


def data_of(workflow: Workflow) -> dict[str, Any]:
    """The process data as it stands: that of the last task that was completed."""
    last = workflow.last_task
    for body in workflow.get_active_subprocesses():
        if body.spec.name == workflow.spec.name + BODY and body.last_task is not None:
            last = body.last_task
    return literal(dict(last.data if last is not None else workflow.data))


def _own_tasks(step: Step, states: int) -> list[tuple[Task, dict]]:
    """The tasks in one of the states that stand for an element of a diagram, not for its repetition."""
    found = []
    for task in engine.all_tasks(step.workflow, states):
        meta = step.meta(task)
        if meta is not None and not hasattr(task.task_spec, "task_spec") and meta["kind"] not in HIDDEN:
            found.append((task, meta))
    return found


def _human_tasks(step: Step) -> None:
    """Open a row for each ready task of a person; close those that are no longer ready."""
    ready = {str(t.id): (t, m) for t, m in _own_tasks(step, TaskState.READY) if t.task_spec.manual}
    query = select(HumanTask).where(
        HumanTask.instance_id == step.instance.id, HumanTask.status == TaskStatus.OPEN
    )
    for row in db.session.scalars(query):
        if ready.pop(row.engine_task, None) is None:
            row.status, row.completed_at = TaskStatus.CANCELLED, max(clock.now(), row.created_at)
            deadlines.forget(row.id)
    for task, meta in ready.values():
        _open(step, task, meta)


def _open(step: Step, task: Task, meta: dict) -> None:
    """Put a task into the inbox, and note what happens to it by itself."""
    own, document = meta["properties"], _text(meta["properties"].get("document"), task.data)
    order = step.instance.customer_order_id
    near = (document, step.instance.business_key, f"customer_order:{order}" if order else None)
    calendar = deadlines.calendar(own, near)
    row = _human_task(step, task, meta)
    row.document = document
    row.due_at = deadlines.due_at(own, _text(own.get("due_on"), task.data), calendar, row.created_at)
    db.session.add(row)
    deadlines.plan(row, own, calendar)


def _human_task(step: Step, task: Task, meta: dict) -> HumanTask:
    own = meta["properties"]
    separate = [part.strip() for part in own.get("separate_from", "").split(",") if part.strip()]
    candidate = _value(own.get("candidate"), task.data)
    return HumanTask(
        instance_id=step.instance.id,
        engine_task=str(task.id),
        element=engine.element_id(task),
        process=meta["process"],
        names=meta["names"],
        role=meta["role"] or "",
        candidate_id=int(candidate) if str(candidate or "").isdecimal() else None,
        form=own.get("form"),
        form_version_id=step.spec.forms.get(own.get("form", "")),
        result=own.get("result") or engine.element_id(task),
        summaries=_texts(own.get("summary"), task.data),
        step=_number(own) or _number_around(step, task) or _number_of_area(meta["process"]),
        separate_from=separate,
        excluded=excluded(step.instance.id, meta["process"], separate),
        about_money="amount" in own,
        amount=amount(_value(own.get("amount"), task.data)),
        created_at=clock.now(),
    )


def _number(own: dict[str, str]) -> int | None:
    return int(own["step"]) if own.get("step") else None


def _number_around(step: Step, task: Task) -> int | None:
    """The production step of the call activity or subprocess a task lies in."""
    while (holder := failures._holder(task)) is not None:
        if (meta := step.meta(holder)) and (number := _number(meta["properties"])):
            return number
        task = holder
    return None


def _number_of_area(process: str) -> int | None:
    """The production step whose area a process lies in."""
    area = process.partition(".")[0]
    return next((one.number for one in STEPS if one.area == area), None)


def _value(expression: str | None, data: dict[str, Any]) -> Any:
    """An expression's value; None where the data does not have it."""
    try:
        return evaluate(expression, data) if expression else None
    except ExpressionError:
        return None


def _text(expression: str | None, data: dict[str, Any]) -> str | None:
    value = literal(_value(expression, data))
    return None if value is None else str(value)[:500]


def _texts(expression: str | None, data: dict[str, Any]) -> dict[str, str] | None:
    """A text in each language; names in the data are in that language."""
    found = {key: _text(expression, in_language(data, key)) for key in sorted(NAME_KEYS)}
    return {key: value for key, value in found.items() if value} or None


def _waits(step: Step) -> None:
    """Note every place that waits for a message, with the key that is meant."""
    waiting = {
        str(t.id): (t, m)
        for t, m in _own_tasks(step, TaskState.WAITING)
        if (m["message"] or m.get("signal")) and m["kind"] in CATCHING
    }
    for row in db.session.scalars(select(MessageWait).where(MessageWait.instance_id == step.instance.id)):
        if waiting.pop(row.engine_task, None) is None:
            db.session.delete(row)
    for identifier, (task, meta) in waiting.items():
        if identifier in step.parked:
            continue
        try:
            signal = meta.get("signal")
            key = "" if signal else literal(evaluate(meta["properties"]["correlation"], task.data))
        except (ExpressionError, KeyError) as error:
            failures.record(step, task, error)
            continue
        db.session.add(
            MessageWait(
                instance_id=step.instance.id,
                engine_task=identifier,
                event=SIGNAL + signal if signal else meta["message"],
                key=str(key),
                since=step.began - MARGIN,
            )
        )


def _timers(step: Step) -> None:
    """Note every timer that runs and when it is due."""
    waiting = {}
    for task, _meta in _own_tasks(step, TaskState.WAITING):
        definition = getattr(task.task_spec, "event_definition", None)
        if isinstance(definition, TimerEventDefinition) and task.internal_data.get("event_value"):
            waiting[str(task.id)] = engine.moment(str(task.internal_data["event_value"]))
    for row in db.session.scalars(select(TimerDue).where(TimerDue.instance_id == step.instance.id)):
        if waiting.pop(row.engine_task, None) is None:
            db.session.delete(row)
    for identifier, due_at in waiting.items():
        db.session.add(TimerDue(instance_id=step.instance.id, engine_task=identifier, due_at=due_at))


def _background(step: Step) -> None:
    """Hand long computations to the runner, and forget those that are done or cancelled."""
    kept = set()
    for row in db.session.scalars(
        select(BackgroundWork).where(BackgroundWork.instance_id == step.instance.id)
    ):
        task = step.task(row.engine_task)
        if task is None or task.state != TaskState.READY or row.engine_task in step.parked:
            db.session.execute(delete(BackgroundWork).where(BackgroundWork.id == row.id))
        else:
            kept.add(row.engine_task)
    for identifier, (task, operator, parameters) in step.background.items():
        if identifier not in kept and task.state == TaskState.READY:
            db.session.add(
                BackgroundWork(
                    instance_id=step.instance.id,
                    engine_task=identifier,
                    operator=operator,
                    parameters=literal(parameters),
                )
            )


def _history(step: Step) -> None:
    """Note each element that was entered or left in this step, and by whom."""
    passed = TaskState.WAITING | TaskState.READY | TaskState.STARTED | TaskState.FINISHED_MASK
    changed = {
        str(t.id): (t, m) for t, m in _own_tasks(step, passed) if t.last_state_change >= step.started - 0.001
    }
    query = select(StepHistory).where(
        StepHistory.instance_id == step.instance.id, StepHistory.engine_task.in_(list(changed))
    )
    known = {row.engine_task: row for row in db.session.scalars(query)} if changed else {}
    in_order = sorted(changed.items(), key=lambda one: _moment(*one[1]))
    for place, (identifier, (task, meta)) in enumerate(in_order):
        row = known.get(identifier)
        if row is None:
            if task.state == TaskState.CANCELLED and meta["kind"] != "eventBasedGateway":
                continue
            row = StepHistory(
                instance_id=step.instance.id,
                engine_task=identifier,
                process=meta["process"],
                element=engine.element_id(task),
                kind=meta["kind"],
                names=meta["names"],
                role=meta["role"],
                step=_number(meta["properties"]) or _number_around(step, task),
                entered_at=clock.now(),
            )
            db.session.add(row)
        _note_state(step, task, row, step.instance.version * PLACES + place)


def _moment(task: Task, meta: dict) -> tuple[float, int]:
    """When a task changed; an event-based gateway is left just before the event that decided it."""
    if meta["kind"] == "eventBasedGateway" and (decided := _decided_by(task)):
        return min(event.last_state_change for event in decided), 0
    return task.last_state_change, 1


def _decided_by(gateway: Task) -> list[Task]:
    """The event behind an event-based gateway that has happened."""
    return [s for s in gateway.parent.children if s != gateway and s.state & GONE_ON]


def _note_state(step: Step, task: Task, row: StepHistory, place: int) -> None:
    row.state = "error" if str(task.id) in step.parked else STATES.get(task.state, "waiting")
    if row.kind == "eventBasedGateway" and _decided_by(task):
        row.state = "completed"
    if task.state & TaskState.FINISHED_MASK and row.left_at is None:
        row.left_at, row.left_place = max(clock.now(), row.entered_at), place  # the clock may be put back
        row.decision = task.internal_data.get("decision")
        actor = step.actors.get(str(task.id))
        row.user_id, row.user_name = (actor.user_id, actor.name or actor.login) if actor else (None, None)
