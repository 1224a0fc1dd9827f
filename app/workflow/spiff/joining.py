"""What a case knows after its branches have met.

Every branch carries a copy of the data it began with. The library lays these copies over each other, the branch
that came last on top: what an earlier branch changed is undone by the later one's old copy, lists are mixed
element by element, and in a loop the copies of earlier rounds are laid in as well. Here only what a branch changed counts, held against the data where the branches parted; where
several changed one thing, the one that came last is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState


def merged(base: Mapping[str, Any], branches: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The data of branches that meet: the base with every branch's own changes, in the order they came. Pure."""
    made = dict(base)
    for branch in branches:
        for key in base.keys() - branch.keys():
            made.pop(key, None)
        for key, value in branch.items():
            if key not in base:
                before = made.get(key)
                both = isinstance(before, dict) and isinstance(value, dict)
                made[key] = merged({}, [before, value]) if both else value  # type: ignore[list-item]
            elif value != base[key]:
                inside = base[key], made.get(key), value
                alike = all(isinstance(one, dict) for one in inside)
                made[key] = merged(inside[0], [inside[1], value]) if alike else value  # type: ignore[list-item]
    return made


def _parted(tasks: list[Task]) -> Task:
    """The last task that lies behind all of these."""
    ways = [[task.id for task in _path(one)] for one in tasks]
    common = [identifier for identifier in ways[0] if all(identifier in way for way in ways[1:])]
    return next(task for task in _path(tasks[0]) if task.id == common[0])


def _path(task: Task | None) -> list[Task]:
    """A task and all before it, the nearest first."""
    found = []
    while task is not None:
        found.append(task)
        task = task.parent
    return found


def _run_hook(self: UnstructuredJoin, my_task: Task) -> bool:
    """Take together what came in; as in the library, what an earlier arrival left ahead is dropped."""
    earlier = [one for one in _path(my_task.parent) if one.task_spec is self]
    arrived = [
        task
        for task in my_task.workflow.tasks.values()
        if task.task_spec is self
        and task is not my_task
        and task.has_state(TaskState.FINISHED_MASK)
        and not my_task.is_descendant_of(task)
        and (not earlier or task.is_descendant_of(earlier[0]))  # of this round, where they meet in a loop
    ]
    arrived.sort(key=lambda one: one.last_state_change)
    for task in arrived:
        if task.has_state(TaskState.COMPLETED):
            task._drop_children(force=True)
    branches = [task.parent for task in arrived] + [my_task.parent]
    base = _parted(branches).data if len(branches) > 1 else {}
    my_task.data = deepcopy(merged(base, [one.data for one in branches]))
    return True


UnstructuredJoin._run_hook = _run_hook
