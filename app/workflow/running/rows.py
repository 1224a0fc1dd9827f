"""The rows that follow from an instance's state: tasks, waits, timers, long work, history."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from sqlalchemy import delete, select

from app.accounts.models import User
from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.documents import document_numbers
from app.core.expressions import ExpressionError, evaluate
from app.core.i18n import NAME_KEYS, in_language
from app.core.web import STEPS
from app.workflow.drawing.diagram import SIGNAL
from app.workflow.drawing.rewriting import BODY
from app.workflow.models import (
    BackgroundWork,
    HumanTask,
    MessageWait,
    TaskStatus,
    TimerDue,
)
from app.workflow.people.separation import excluded
from app.workflow.running import deadlines, failures, history
from app.workflow.spiff import engine
from app.workflow.spiff.engine import Task, TaskState, Workflow
from app.workflow.spiff.values import amount, literal

if TYPE_CHECKING:
    from app.workflow.running.steps import Step

log = logging.getLogger(__name__)

MARGIN = timedelta(seconds=5)
"""How far clocks of several machines may differ."""

CATCHING = {"intermediateCatchEvent", "receiveTask", "boundaryEvent", "startEvent"}
HIDDEN = {"textAnnotation", "association", "group"}
PASSED = TaskState.WAITING | TaskState.READY | TaskState.STARTED | TaskState.FINISHED_MASK
Found = list[tuple[Task, dict]]


@dataclass(frozen=True)
class Standing:
    """Where a case stands, by the engine's ids.

    What people have to do, what is waited for, which timers run, what is ready and was left to the runner or
    failed, and every task there is.
    """

    people: frozenset[str]
    waits: frozenset[str]
    timers: frozenset[str]
    left: frozenset[str]
    tasks: frozenset[str]


def standing(step: Step) -> Standing:
    """Where a case stands now."""
    own = _own_tasks(step, PASSED)
    return Standing(
        frozenset(_people(own)),
        frozenset(_awaited(own)),
        frozenset(_running_timers(own)),
        frozenset(str(t.id) for t, _meta in own if t.state == TaskState.READY and not t.task_spec.manual),
        frozenset(str(t.id) for t in engine.all_tasks(step.workflow)),
    )


def sync(step: Step) -> None:
    """Write what changed in this step."""
    own = _own_tasks(step, PASSED)
    _human_tasks(step, own)
    _waits(step, own)
    _timers(step, own)
    _background(step)
    failures.settle(step, "went on", user_id=current_actor().user_id)
    history.write(step, own)


def data_of(workflow: Workflow) -> dict[str, Any]:
    """The process data as it stands: that of the last task that was completed."""
    last = workflow.last_task
    for body in workflow.get_active_subprocesses():
        if body.spec.name == workflow.spec.name + BODY and body.last_task is not None:
            last = body.last_task
    return literal(dict(last.data if last is not None else workflow.data))


def _own_tasks(step: Step, states: int) -> Found:
    """The tasks in one of the states that stand for an element of a diagram, not for its repetition."""
    found = []
    for task in engine.all_tasks(step.workflow, states):
        meta = step.meta(task)
        if meta is not None and not hasattr(task.task_spec, "task_spec") and meta["kind"] not in HIDDEN:
            found.append((task, meta))
    return found


def _people(own: Found) -> dict[str, tuple[Task, dict]]:
    """What people have to do."""
    return {str(t.id): (t, m) for t, m in own if t.state == TaskState.READY and t.task_spec.manual}


def _human_tasks(step: Step, own: Found) -> None:
    """Open a row for each ready task of a person; close those that are no longer ready."""
    ready, before = _people(own), step.before
    if before is not None and before.people - set(step.actors) <= ready.keys():
        new = [one for identifier, one in ready.items() if identifier not in before.people]
    else:
        query = select(HumanTask).where(
            HumanTask.instance_id == step.instance.id, HumanTask.status == TaskStatus.OPEN
        )
        for row in db.session.scalars(query):
            if ready.pop(row.engine_task, None) is None:
                row.status, row.completed_at = TaskStatus.CANCELLED, max(clock.now(), row.created_at)
                deadlines.forget(row)
        new = list(ready.values())
    for task, meta in new:
        _open(step, task, meta)


def _open(step: Step, task: Task, meta: dict) -> None:
    """Put a task into the inbox, and note what happens to it by itself."""
    own, document = meta["properties"], _text(meta["properties"].get("document"), task.data)
    order = step.instance.customer_order_id
    near = (document, step.instance.business_key, f"customer_order:{order}" if order else None)
    calendar = deadlines.calendar(own, near)
    row = _human_task(step, task, meta)
    row.document = document
    row.numbers = " ".join(document_numbers((document, step.instance.business_key)))
    row.due_at = deadlines.due_at(own, _text(own.get("due_on"), task.data), calendar, row.created_at)
    db.session.add(row)
    deadlines.plan(row, own, calendar)


def _human_task(step: Step, task: Task, meta: dict) -> HumanTask:
    own = meta["properties"]
    separate = [part.strip() for part in own.get("separate_from", "").split(",") if part.strip()]
    return HumanTask(
        instance_id=step.instance.id,
        engine_task=str(task.id),
        element=engine.element_id(task),
        process=meta["process"],
        names=meta["names"],
        role=meta["role"] or "",
        candidate_id=_person(_value(own.get("candidate"), task.data)),
        form=own.get("form"),
        form_version_id=step.spec.forms.get(own.get("form", "")),
        result=own.get("result") or engine.element_id(task),
        summaries=_texts(own.get("summary"), task.data),
        step=history.number(step, task, meta) or _number_of_area(meta["process"]),
        separate_from=separate,
        excluded=excluded(step.instance.id, meta["process"], separate),
        about_money="amount" in own,
        amount=amount(_value(own.get("amount"), task.data)),
        created_at=clock.now(),
    )


def _person(candidate: Any) -> int | None:
    """Who a task is meant for; nobody where the data names none there is: the role then takes it."""
    identifier = literal(candidate)
    if identifier is None or isinstance(identifier, bool):
        return None
    if re.fullmatch(r"\d{1,9}", str(identifier), re.ASCII):
        found = db.session.scalar(select(User.id).where(User.id == int(identifier)))
        if found is not None:
            return found
    log.warning("a task is meant for %.60r, who is not known here", candidate)
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


def _awaited(own: Found) -> dict[str, tuple[Task, dict]]:
    """The places that wait for a message or a signal."""
    return {
        str(t.id): (t, m)
        for t, m in own
        if t.state == TaskState.WAITING and (m["message"] or m.get("signal")) and m["kind"] in CATCHING
    }


def _waits(step: Step, own: Found) -> None:
    """Note every place that waits for a message, with the key that is meant."""
    waiting = _awaited(own)
    if not waiting and step.before is not None and not step.before.waits:
        return
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


def _running_timers(own: Found) -> dict[str, str]:
    """The timers that run, and the library's word for when they are due."""
    return {
        str(task.id): str(task.internal_data["event_value"])
        for task, _meta in own
        if task.state == TaskState.WAITING
        and isinstance(getattr(task.task_spec, "event_definition", None), TimerEventDefinition)
        and task.internal_data.get("event_value")
    }


def _timers(step: Step, own: Found) -> None:
    """Note every timer that runs and when it is due."""
    waiting = {identifier: engine.moment(due) for identifier, due in _running_timers(own).items()}
    if not waiting and step.before is not None and not step.before.timers:
        return
    for row in db.session.scalars(select(TimerDue).where(TimerDue.instance_id == step.instance.id)):
        if waiting.pop(row.engine_task, None) is None:
            db.session.delete(row)
    for identifier, due_at in waiting.items():
        db.session.add(TimerDue(instance_id=step.instance.id, engine_task=identifier, due_at=due_at))


def _background(step: Step) -> None:
    """Hand long computations to the runner, and forget those that are done or cancelled."""
    if not step.background and step.before is not None and not step.before.left:
        return
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
