"""Where ways meet: when a join goes on, and what the case knows afterwards.

The library counts whatever ever came to a join. In a loop the arrivals of an earlier round stand for tokens that
are still under way, so that the join goes on too early; an inclusive join in a loop never waits at all. Here
each arrival is used once: a join that may go on takes one token of each way at once, and marks them.

Every branch carries a copy of the data it began with. The library lays these copies over each other, the branch
that came last on top: what an earlier branch changed is undone by the later one's old copy, lists are mixed
element by element. Here only what a branch changed counts, held against the data where the branches parted;
where several changed one thing, the one that came last is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from typing import Any

from SpiffWorkflow.bpmn.specs.control import _EndJoin
from SpiffWorkflow.bpmn.specs.mixins.inclusive_gateway import InclusiveGateway
from SpiffWorkflow.bpmn.specs.mixins.parallel_gateway import ParallelGateway
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

TAKEN = "taken"
"""What an arrival's internal data holds once a join went on with it."""
UNDER_WAY = TaskState.READY | TaskState.WAITING | TaskState.STARTED


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


def arrivals(join: UnstructuredJoin, tasks: Iterable[Task]) -> list[Task]:
    """The tokens that have come to a join and lie there, in the order they came.

    Only the last one waits; those before it are cancelled, and count until they are taken.
    """
    found = [
        task
        for task in tasks
        if task.task_spec is join
        and task.state & (TaskState.WAITING | TaskState.CANCELLED)
        and task.parent is not None
        and task.parent.state == TaskState.COMPLETED
        and TAKEN not in task.internal_data
    ]
    return sorted(found, key=lambda one: one.parent.last_state_change)


def _there(join: UnstructuredJoin, my_task: Task) -> list[Task]:
    """The tokens at a join, one of each way, this one before others of its way."""
    came = [one for one in arrivals(join, my_task.workflow.tasks.values()) if one is not my_task]
    return list({one.parent.task_spec: one for one in [*reversed(came), my_task]}.values())


def _take(tokens: list[Task], by: Task) -> bool:
    """Take tokens at once: before the join runs another token may come, which must not find them."""
    for task in tokens:
        task.internal_data[TAKEN] = str(by.id)
    return True


def _all_came(self: ParallelGateway, my_task: Task) -> bool:
    """Whether a token has come on every way; takes them then."""
    tokens = _there(self, my_task)
    came = {one.parent.task_spec for one in tokens if one.parent.state == TaskState.COMPLETED}
    return set(self.inputs) <= came and _take(tokens, my_task)


def _no_more_comes(self: InclusiveGateway, my_task: Task) -> bool:
    """Whether no token elsewhere can come to a way that is empty, unless it can also come to one that is not."""
    tokens = _there(self, my_task)
    came = {one.parent.task_spec for one in tokens if one.parent.state == TaskState.COMPLETED}
    empty = [one for one in self.inputs if one not in came]
    elsewhere = {
        task.task_spec
        for task in my_task.workflow.tasks.values()
        if task.task_spec is not self and task.state & UNDER_WAY
    }
    if elsewhere & (_leading_to(empty, self) - _leading_to(came, self)):
        return False
    return _take(tokens, my_task)


def _leading_to(specs: Collection[Any], join: UnstructuredJoin) -> set[Any]:
    """The tasks of a spec from which one of these is reached without passing the join."""
    found, left = set(), list(specs)
    while left:
        spec = left.pop()
        if spec is not join and spec not in found:
            found.add(spec)
            left.extend(spec.inputs)
    return found


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
    """Go on with the tokens that were taken, at an end with all there are; the data is what they know together."""
    tasks = my_task.workflow.tasks.values()
    if isinstance(self, _EndJoin):
        _take(arrivals(self, tasks), my_task)
    taken = [one for one in tasks if one.internal_data.get(TAKEN) == str(my_task.id) and one is not my_task]
    _keep_waiting(self, my_task)
    came = sorted((one.parent for one in taken), key=lambda one: one.last_state_change)
    branches = [*came, my_task.parent]
    base = _parted(branches).data if len(branches) > 1 else {}
    my_task.data = deepcopy(merged(base, [one.data for one in branches]))
    return True


def _keep_waiting(join: UnstructuredJoin, my_task: Task) -> None:
    """A second token of one way goes on lying there: the case is not over, and the next ones go on with it."""
    others = [task for task in arrivals(join, my_task.workflow.tasks.values()) if task is not my_task]
    if others and all(task.state != TaskState.WAITING for task in others):
        others[-1]._set_state(TaskState.WAITING)


UnstructuredJoin._run_hook = _run_hook
ParallelGateway._check_threshold_unstructured = _all_came
InclusiveGateway._check_threshold_unstructured = _no_more_comes
