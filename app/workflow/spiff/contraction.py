"""A case's state without what lies behind it for good.

The library keeps every task that ever was, so that each step of a long case reads, walks and writes its whole
past. What the engine still asks of the past is little: the parent of each task under way, where ways that are
still open parted, and what has come to a join that waits. Everything else is on record in the history, and is
taken out of the tree: a task that stays becomes the child of the nearest task before it that stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app.workflow.spiff.joining import TAKEN, arrivals

OPEN = TaskState.NOT_FINISHED_MASK | TaskState.ERROR


def contract(workflow: BpmnWorkflow) -> None:
    """Take out of a workflow and its subprocesses what no later step can ask for."""
    _contract(workflow)
    for subprocess in list(workflow.subprocesses.values()):
        _contract(subprocess)
    _forget_subprocesses(workflow)


def _contract(scope: Any) -> None:
    """Take one scope's passed tasks out of its tree."""
    stays = _meeting(scope, _needed(scope))
    if len(stays) == len(scope.tasks):
        return
    order = [task for task in scope.tasks.values() if task.id in stays]
    children: dict[UUID, list[UUID]] = {task.id: [] for task in order}
    for task in order:
        if task.parent is not None:
            task._parent = _nearest(task.parent, stays).id
            if task._parent in children:
                children[task._parent].append(task.id)
    for task in order:
        before = [one for one in task._children if one in stays]
        task._children = before + [one for one in children[task.id] if one not in before]
    scope.tasks = {task.id: task for task in order}


def _needed(scope: Any) -> list[Task]:
    """The tasks under way and those that a step may ask for by name."""
    tasks = list(scope.tasks.values())
    opened = [task for task in tasks if task.state & OPEN]
    joins = {task.task_spec for task in tasks if isinstance(task.task_spec, UnstructuredJoin)}
    needed = [scope.task_tree, *opened, *(task for join in joins for task in arrivals(join, tasks))]
    going_on = {str(task.id) for task in opened}
    needed += [task for task in tasks if task.internal_data.get(TAKEN) in going_on]
    if scope.last_task is not None:
        needed.append(scope.last_task)
    for task in list(needed):
        needed += _before(task)
    for task in opened:
        if isinstance(task.task_spec, LoopTask):
            needed += task.children
    return needed


def _before(task: Task) -> Iterable[Task]:
    """What a task under way, or one that came to a join, asks for behind it."""
    split = getattr(task.task_spec, "split_task", None)
    found = task.find_ancestor(split) if split else None
    if found is not None:
        yield found
    if (parent := task.parent) is not None:
        yield parent
        if isinstance(parent.task_spec, BoundaryEventSplit) and parent.parent is not None:
            yield parent.parent


def _meeting(scope: Any, needed: list[Task]) -> set[UUID]:
    """The tasks that are needed, and those behind them at which the ways to several of them parted."""
    wanted = {task.id for task in needed}
    below: dict[UUID, set[UUID]] = {}
    for task in needed:
        before, behind = task, task.parent
        while behind is not None:
            ways = below.setdefault(behind.id, set())
            known = bool(ways)
            ways.add(before.id)
            if known:
                break
            before, behind = behind, behind.parent
    return wanted | {identifier for identifier, ways in below.items() if len(ways) > 1}


def _nearest(task: Task, stays: set[UUID]) -> Task:
    """The task itself, or the nearest before it that stays."""
    while task.id not in stays:
        task = task.parent  # type: ignore[assignment]  # the first task of a scope always stays
    return task


def _forget_subprocesses(workflow: BpmnWorkflow) -> None:
    """Forget the subprocesses whose task has gone, and those inside them."""
    while True:
        scopes = (workflow, *workflow.subprocesses.values())
        there = {identifier for scope in scopes for identifier in scope.tasks}
        gone = [identifier for identifier in workflow.subprocesses if identifier not in there]
        if not gone:
            return
        for identifier in gone:
            del workflow.subprocesses[identifier]
