"""The history of a case: each element it entered and left, when, and by whose hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from app.core import clock
from app.core.db import db
from app.workflow.models import StepHistory
from app.workflow.running import failures
from app.workflow.running.journal import note
from app.workflow.spiff import engine
from app.workflow.spiff.engine import Task, TaskState

if TYPE_CHECKING:
    from app.workflow.running.steps import Step

Found = list[tuple[Task, dict]]

STATES = {
    TaskState.WAITING: "waiting",
    TaskState.READY: "ready",
    TaskState.STARTED: "waiting",
    TaskState.COMPLETED: "completed",
    TaskState.CANCELLED: "cancelled",
    TaskState.ERROR: "error",
}
PLACES = 100_000
"""More than the elements that can be left in one step."""
GONE_ON = TaskState.READY | TaskState.COMPLETED


NOTED = select(StepHistory).where(
    StepHistory.instance_id == bindparam("instance"),
    StepHistory.engine_task.in_(bindparam("tasks", expanding=True)),
)


def write(step: Step, own: Found) -> None:
    """Note each element that was entered or left in this step, and by whom."""
    changed = {str(t.id): (t, m) for t, m in own if t.last_state_change >= step.started - 0.001}
    noted = [one for one in changed if step.before is None or one in step.before.tasks]
    asked = {"instance": step.instance.id, "tasks": noted}
    with db.session.no_autoflush:  # what this step writes goes out at once, in the end
        known = {row.engine_task: row for row in db.session.scalars(NOTED, asked)} if noted else {}
    in_order = sorted(changed.items(), key=lambda one: _moment(*one[1]))
    for place, (identifier, (task, meta)) in enumerate(in_order):
        row = known.get(identifier)
        if row is None:
            if task.state == TaskState.CANCELLED and meta["kind"] != "eventBasedGateway":
                continue
            row = StepHistory(
                instance_id=step.instance.id,
                engine_task=identifier,
                holder=str(inner) if (inner := getattr(task.workflow, "parent_task_id", None)) else None,
                process=meta["process"],
                element=engine.element_id(task),
                kind=meta["kind"],
                names=meta["names"],
                role=meta["role"],
                step=number(step, task, meta),
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
        if row.decision is not None:
            note("decision.made", step.instance, after=_told(row.decision))
        actor = step.actors.get(str(task.id))
        row.user_id, row.user_name = (actor.user_id, actor.name or actor.login) if actor else (None, None)


def number(step: Step, task: Task, meta: dict | None) -> int | None:
    """The production step of an element, else of the call activity or subprocess it lies in."""
    while True:
        if meta is not None and meta["properties"].get("step"):
            return int(meta["properties"]["step"])
        if (holder := failures.holder(task)) is None:
            return None
        task, meta = holder, step.meta(holder)


def _told(record: dict) -> dict:
    """A decision as it goes on record: which rows fired for which inputs, and so for what it required."""
    told = {key: record[key] for key in ("decision", "inputs", "rows", "value") if key in record}
    return {**told, "requires": [_told(one) for one in record["requires"]]} if "requires" in record else told
