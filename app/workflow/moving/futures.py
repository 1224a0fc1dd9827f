"""What lies ahead of a case, predicted anew under another spec; boundary events that come with it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.util.task import TaskState

from app.core.expressions import ExpressionError
from app.workflow.spiff.engine import Task

CHILD = " [child]"
OPEN = TaskState.WAITING | TaskState.READY | TaskState.STARTED
AHEAD = TaskState.FUTURE | TaskState.PREDICTED_MASK


class CannotMove(Exception):
    """A case cannot go to the new version; ``code`` says why, ``names`` at which element, per language."""

    def __init__(self, code: str, *names: dict[str, str]) -> None:
        super().__init__(code)
        self.code, self.names = code, list(names)


def is_token(task: Task) -> bool:
    """Whether a case stands here: a task under way, or one that could not begin behind one that is over."""
    if task.state & OPEN:
        return True
    return bool(
        task.state & AHEAD and task.parent is not None and task.parent.state & TaskState.FINISHED_MASK
    )


def take_over(workflow: Any) -> None:
    """Give a scope's tasks the new spec, and predict anew what lies ahead of its tokens."""
    specs = workflow.spec.task_specs
    tokens = [task for task in workflow.tasks.values() if is_token(task)]
    for task in tokens:
        for child in task.children:
            if child.state & AHEAD:
                workflow._remove_task(child.id)
    for task in workflow.tasks.values():
        task.task_spec = specs[task.task_spec.name]
    for task in tokens:
        _predict(task)
    for task in tokens:
        if task.state & OPEN:
            _watch(task)


def _predict(task: Task) -> None:
    """Predict what follows a token, as the library does when it comes there."""
    begun = list(task._children)
    if begun:
        for output in task.task_spec.outputs:
            task._add_child(output, TaskState.FUTURE)
        task._children = [one for one in task._children if one not in begun] + begun
    elif isinstance(task.task_spec, BoundaryEvent):
        task._sync_children(task.task_spec.outputs, TaskState.MAYBE)
    else:
        task.task_spec._predict_hook(task)
    for child in task.children:
        if child.state & AHEAD:
            child.task_spec._predict(child, mask=AHEAD)


def _watch(task: Task) -> None:
    """Let boundary events that the new version adds to an open task wait from now on."""
    workflow = task.workflow
    split_spec = workflow.spec.task_specs.get(f"{task.task_spec.name}.BoundaryEventSplit")
    if split_spec is None or isinstance(task.task_spec, BoundaryEvent):
        return
    if not isinstance(task.parent.task_spec, BoundaryEventSplit):
        _put_before(task, split_spec)
    split = task.parent
    waiting = {child.task_spec.name for child in split.children}
    for event in split_spec.outputs:
        if event.name not in waiting:
            child = split._add_child(event, TaskState.MAYBE)
            _predict(child)
            child._set_state(TaskState.WAITING)
            try:
                event._update(child)
            except ExpressionError:
                raise CannotMove("event", {"en": event.bpmn_name or event.name}) from None


def _put_before(task: Task, spec: Any) -> None:
    """Put the engine's own task that starts boundary events between a task and its parent."""
    workflow, parent = task.workflow, task.parent
    split = Task(workflow, spec, state=TaskState.COMPLETED)
    split.last_state_change, split.data = task.last_state_change, deepcopy(parent.data)
    split._parent, split._children = parent.id, [task.id]
    parent._children[parent._children.index(task.id)] = split.id
    task._parent = split.id
    order = [one for one in workflow.tasks.values() if one is not split]
    order.insert(order.index(task), split)
    workflow.tasks.clear()
    workflow.tasks.update({one.id: one for one in order})
