"""An instance's state as bytes: what the engine knows about its tasks, without the spec they follow.

The library writes each task as an object of ten named fields, with all ids spelled out. Here a task is one
row of numbers that refer to its parent and to its place in the spec, and of its data only what differs from
its parent's. The rows stand in the order in which the tasks were made: parents before their children.

    {"n": [names of specs], "w": workflow, "s": [[holder's workflow, holder's row, workflow] ...]}
    workflow: {"t": rows, "d": data, "l": row of the last task, "x": children in another order}
    row: [id, parent, spec, state, changed, triggered, internal data, changed keys, missing keys]
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app.workflow.spiff.engine import SERIALIZER, ScriptEngine, Spec

Row = list[Any]
REGISTRY = SERIALIZER.registry


class StateError(Exception):
    """The bytes are no state of this definition."""


def encode(workflow: BpmnWorkflow) -> bytes:
    """The workflow's state, compressed.

    Raises:
        TypeError: the process data holds something else than text, numbers, truth values, lists and
            dictionaries with text as keys.
    """
    names: dict[str, int] = {}
    places: dict[UUID, tuple[int, int]] = {}
    content: dict[str, Any] = {"w": _workflow(workflow, 0, names, places), "s": []}
    for number, (holder, subprocess) in enumerate(workflow.subprocesses.items(), start=1):
        content["s"].append([*places[holder], _workflow(subprocess, number, names, places)])
    if workflow.bpmn_events:
        content["e"] = REGISTRY.convert(workflow.bpmn_events)
    if workflow.correlations:
        content["c"] = workflow.correlations
    content["n"] = list(names)
    return zlib.compress(json.dumps(content, separators=(",", ":"), allow_nan=False).encode(), 1)


def _workflow(
    workflow: BpmnWorkflow | BpmnSubWorkflow,
    number: int,
    names: dict[str, int],
    places: dict[UUID, tuple[int, int]],
) -> dict[str, Any]:
    """One workflow's rows and what is not a task's; notes where each task stands."""
    tasks = workflow.tasks
    index: dict[UUID, int] = {}
    order: dict[int, list[UUID]] = {}
    rows: list[Row] = []
    for task in tasks.values():
        place = index[task.id] = len(rows)
        places[task.id] = number, place
        parent = tasks[task._parent] if task._parent is not None else None
        if parent is not None:
            order.setdefault(index[parent.id], []).append(task.id)
        rows.append(_row(task, parent, index, names))
    content: dict[str, Any] = {"t": rows, "l": index[workflow.last_task.id] if workflow.last_task else None}
    others = {
        str(place): [index[child] for child in task._children]
        for place, task in enumerate(tasks.values())
        if task._children != order.get(place, [])
    }
    if others:
        content["x"] = others
    if workflow.data:
        content["d"] = workflow.data
    if not workflow.success:
        content["f"] = 1
    if workflow.completed:
        content["c"] = 1
    return content


def _row(task: Task, parent: Task | None, index: dict[UUID, int], names: dict[str, int]) -> Row:
    name = task.task_spec.name
    changed, missing = _difference(task.data, parent.data if parent is not None else {})
    row = [
        task.id.hex,
        index[parent.id] if parent is not None else -1,
        names.setdefault(name, len(names)),
        task._state,
        task.last_state_change,
        1 if task.triggered else 0,
        REGISTRY.convert(task.internal_data) if task.internal_data else 0,
        changed or 0,
        missing or 0,
    ]
    while row[-1] == 0:
        row.pop()
    return row


def _difference(data: dict[str, Any], inherited: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The keys a task has anew or otherwise than its parent, and those it lacks."""
    changed = {
        key: value for key, value in data.items() if key not in inherited or not same(value, inherited[key])
    }
    return changed, [key for key in inherited if key not in data]


def same(one: Any, other: Any) -> bool:
    """Whether two values are written alike: equal and of one type, so that 1 is not True."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def decode(state: bytes, spec: Spec, engine: ScriptEngine) -> BpmnWorkflow:
    """The workflow from its state and the spec of its definition.

    Tasks that are over share values with their parents; those that may still change have their own.

    Raises:
        StateError: the bytes are no state, or name tasks that the spec does not have.
    """
    try:
        content = json.loads(zlib.decompress(state))
        workflow = BpmnWorkflow(spec.spec, dict(spec.called), script_engine=engine, deserializing=True)
        workflow.correlations = content.get("c", {})
        tasks = [_restore(workflow, content["w"], content["n"])]
        workflows: list[BpmnWorkflow | BpmnSubWorkflow] = [workflow]
        for number, row, part in content["s"]:
            holder = tasks[number][row]
            called = workflow.subprocess_specs[holder.task_spec.spec]
            subprocess = BpmnSubWorkflow(called, holder.id, workflow, deserializing=True)
            tasks.append(_restore(subprocess, part, content["n"]))
            workflows.append(subprocess)
            workflow.subprocesses[holder.id] = subprocess
            subprocess.completed_event.connect(holder.task_spec._on_subworkflow_completed, holder)
        workflow.bpmn_events = REGISTRY.restore(content["e"]) if "e" in content else []
    except (zlib.error, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise StateError(f"{spec.spec.name}: {error!r}") from error
    return workflow


def _restore(workflow: BpmnWorkflow | BpmnSubWorkflow, content: dict, names: list[str]) -> list[Task]:
    """Give a workflow its tasks back, in their order."""
    specs, manager = workflow.spec.task_specs, workflow.top_workflow.event_manager
    tasks: list[Task] = []
    for row in content["t"]:
        identifier, parent, name, state, changed_at, triggered, internal, changed, missing = _full(row)
        task = Task(workflow, specs[names[name]], state=state, id=UUID(identifier))
        task.last_state_change, task.triggered = changed_at, bool(triggered)
        if internal:
            task.internal_data = REGISTRY.restore(internal)
        inherited: dict[str, Any] = {}
        if parent >= 0:
            task._parent = tasks[parent].id
            tasks[parent]._children.append(task.id)
            inherited = tasks[parent].data
        over = state & TaskState.FINISHED_MASK
        task.data = dict(inherited) if over else {key: _copy(value) for key, value in inherited.items()}
        task.data.update(changed or {})
        for key in missing or ():
            task.data.pop(key, None)
        if state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
            manager.add_task(task)
        tasks.append(task)
    workflow.task_tree = tasks[0]
    for place, children in content.get("x", {}).items():
        tasks[int(place)]._children = [tasks[child].id for child in children]
    workflow.last_task = tasks[content["l"]] if content["l"] is not None else None
    workflow.data, workflow.success = content.get("d", {}), "f" not in content
    workflow.completed = "c" in content
    return tasks


def _full(row: Row) -> Iterable[Any]:
    """A row with its dropped ends."""
    return row + [0] * (9 - len(row))


def _copy(value: Any) -> Any:
    """A value of process data that shares nothing with the given one."""
    if isinstance(value, dict):
        return {key: _copy(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_copy(one) for one in value]
    return value
