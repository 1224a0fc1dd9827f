"""A state moved to another version of its process: judged, given the new spec's tasks, proven readable.

What lies behind stays: each task that was begun keeps its row, its data and its state. What lies ahead was only
predicted and is predicted anew. A case may go where three things hold: the new version has everything that
the case has seen, what was done would be done alike, and the new version can itself stand where the case stands.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.inclusive_gateway import InclusiveGateway
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.util.task import TaskState

from app.core.operators import OPERATORS
from app.workflow.drawing.deadline_check import DEADLINES
from app.workflow.drawing.rewriting import BODY
from app.workflow.moving import marking
from app.workflow.moving.futures import AHEAD, CHILD, CannotMove, is_token, take_over
from app.workflow.spiff import codec, engine, proof
from app.workflow.spiff.engine import SERIALIZER, Spec, Task, Workflow
from app.workflow.spiff.joining import arrivals

DONE = TaskState.COMPLETED | TaskState.STARTED | TaskState.ERROR
OF_TASKS = {"role", "summary", "document", "step", "candidate", "separate_from", "amount"} | DEADLINES
"""Properties that a task takes over when it is made."""
LOOKS = {"inputs", "outputs", "bpmn_name", "lane", "documentation", "extensions", "description"}


@dataclass
class Moved:
    """A case's state under the new version, and the open tasks that keep what the old one gave them."""

    workflow: Workflow
    state: bytes
    kept: list[dict[str, str]] = field(default_factory=list)


def moved(state: bytes, old: Spec, new: Spec, passed: Collection[tuple[str, str]]) -> Moved:
    """Move a copy of a state to another version of its process.

    Args:
        passed: the elements on record as done, each with its process; the state itself may have forgotten them.

    Raises:
        CannotMove: it may not go, or what came out of it was not read back alike.
    """
    workflow = codec.decode(state, old, engine.ScriptEngine())
    kept = []
    for scope in (workflow, *workflow.subprocesses.values()):
        kept += Scope(scope, old, new).judge()
    _judge_passed(passed, old, new)
    for scope in (workflow, *workflow.subprocesses.values()):
        scope.spec = _spec_of(scope.spec.name, new)
        take_over(scope)
    workflow.subprocess_specs = dict(new.called)
    encoded = codec.encode(workflow)
    if proof.differences(workflow, encoded, new):
        raise CannotMove("unreadable")
    return Moved(codec.decode(encoded, new, engine.ScriptEngine()), encoded, kept)


def _judge_passed(passed: Collection[tuple[str, str]], old: Spec, new: Spec) -> None:
    """What was done must be there in the new version, and be done alike."""
    for scope, elements in old.elements.items():
        before, after = _spec_of(scope, old), _spec_of(scope, new)
        for element, meta in elements.items():
            if (meta["process"], element) not in passed or element not in before.task_specs:
                continue
            if after is None or element not in after.task_specs:
                raise CannotMove("removed", meta["names"])
            there = new.elements[scope][element]
            if there["kind"] != meta["kind"]:
                raise CannotMove("kind", meta["names"])
            if not _alike(before.task_specs[element], meta, after.task_specs[element], there):
                raise CannotMove("changed", meta["names"])


def _alike(old: Any, meta: dict[str, Any] | None, new: Any, after: dict[str, Any] | None) -> bool:
    """Whether a task does the same in both versions."""
    return _does(old) == _does(new) and _given(meta) == _given(after)


def _spec_of(name: str, spec: Spec) -> Any:
    """The process or subprocess of a name; None where the version has none."""
    return spec.spec if spec.spec.name == name else spec.called.get(name)


class Scope:
    """One process or subprocess of a case, held against the new version."""

    def __init__(self, workflow: Any, old: Spec, new: Spec) -> None:
        self.workflow, self.old, self.new = workflow, old, new
        self.name = workflow.spec.name
        self.target = _spec_of(self.name, new)

    def judge(self) -> list[dict[str, str]]:
        """Refuse what cannot go; returns the open tasks whose form or duty is another in the new version.

        Raises:
            CannotMove: the case cannot go.
        """
        if self.target is None:
            raise CannotMove("wrapped")
        if (self.name + BODY in self.old.elements) != (self.name + BODY in self.new.elements):
            raise CannotMove("wrapped")
        seen = [t for t in self.workflow.tasks.values() if not t.state & AHEAD or is_token(t)]
        for task in sorted(seen, key=lambda one: self._meta(one) is None):
            if task.task_spec.name not in self.target.task_specs:
                raise CannotMove("removed", self._names(task))
        for task in seen:
            self._same_kind(task)
            if task.state & DONE:
                self._done_alike(task)
        tokens = [t for t in seen if is_token(t)]
        self.reachable(tokens)
        return [self._names(task) for task in tokens if self._open(task)]

    def _meta(self, task: Task, spec: Spec | None = None) -> dict[str, Any] | None:
        """What the diagram says of a task's element."""
        return (spec or self.old).elements.get(self.name, {}).get(engine.element_id(task))

    def _names(self, task: Task) -> dict[str, str]:
        """The element's names; those of the task an engine's own task belongs to."""
        element = engine.element_id(task).partition(".Boundary")[0]
        meta = self.old.elements.get(self.name, {}).get(element)
        return (meta or {}).get("names") or {"en": element}

    def _same_kind(self, task: Task) -> None:
        old, new = task.task_spec, self.target.task_specs[task.task_spec.name]
        before, after = self._meta(task), self._meta(task, self.new)
        kind = before and after and before["kind"] == after["kind"]
        if type(old) is not type(new) or (before is not None and not kind):
            raise CannotMove("kind", self._names(task))

    def _done_alike(self, task: Task) -> None:
        """What was done, or is being repeated, must be what the new version does."""
        new = self.target.task_specs[task.task_spec.name]
        if _alike(task.task_spec, self._meta(task), new, self._meta(task, self.new)):
            return
        repeats = isinstance(task.task_spec, LoopTask) or task.task_spec.name.endswith(CHILD)
        running = repeats and any(is_token(one) for one in self._same_element(task))
        raise CannotMove("repeats" if running else "changed", self._names(task))

    def _same_element(self, task: Task) -> list[Task]:
        element = engine.element_id(task)
        return [one for one in self.workflow.tasks.values() if engine.element_id(one) == element]

    def _open(self, task: Task) -> bool:
        """Judge where a token lies; returns whether a person's task keeps what the new version has otherwise."""
        before, after = self._meta(task), self._meta(task, self.new)
        new = self.target.task_specs[task.task_spec.name]
        if before is None or after is None:
            return False
        repeats = isinstance(task.task_spec, LoopTask) or task.task_spec.name.endswith(CHILD)
        if repeats and (_does(task.task_spec), _given(before)) != (_does(new), _given(after)):
            raise CannotMove("repeats", self._names(task))
        if isinstance(task.task_spec, CatchingEvent):
            awaited = [_awaited(one, spec) for one, spec in ((before, task.task_spec), (after, new))]
            if awaited[0] != awaited[1]:
                raise CannotMove("waits", self._names(task))
        operator = OPERATORS.get(getattr(task.task_spec, "operation_name", ""))
        if operator is not None and operator.background and _does(task.task_spec) != _does(new):
            raise CannotMove("background", self._names(task))
        if not task.task_spec.manual:
            return False
        if before["properties"].get("result") != after["properties"].get("result"):
            raise CannotMove("result", self._names(task))
        form = before["properties"].get("form", "")
        return (before["properties"], before["role"], self.old.forms.get(form)) != (
            after["properties"],
            after["role"],
            self.new.forms.get(form),
        )

    def reachable(self, tokens: list[Task]) -> None:
        """The new version must be able to stand where the case stands."""
        standing: set[marking.Token] = set()
        named: list[Task] = []
        for task in tokens:
            spec = task.task_spec
            passive = isinstance(spec, marking.ENDS) or spec.name in ("Start", "Root", "End")
            waits_aside = isinstance(spec, BoundaryEvent) and task.state == TaskState.WAITING
            if passive or waits_aside or spec.name.endswith(CHILD):
                continue
            named.append(task)
            arrived = _arrived(task)
            after = self.target.task_specs[spec.name]
            if arrived is not None and not arrived <= {one.name for one in after.inputs}:
                raise CannotMove("arrived", self._names(task))
            if arrived is not None and marking.is_join(after):
                standing |= {(spec.name, name) for name in arrived}
            else:
                standing.add(spec.name)
        try:
            reached = not standing or marking.can_stand(self.target.task_specs, frozenset(standing))
        except marking.TooManyWays:
            raise CannotMove("many_ways") from None
        if not reached:
            raise CannotMove("place", *[self._names(task) for task in named])


def _does(spec: Any) -> Any:
    """What a task does, without its place in the diagram and its looks."""
    content = {key: value for key, value in SERIALIZER.registry.convert(spec).items() if key not in LOOKS}
    if "cond_task_specs" in content:
        ways = content.pop("cond_task_specs")
        content.pop("default_task_spec", None)
        content["conditions"] = sorted(way["condition"] or "" for way in ways)  # their order is the drawing's
    return content


def _given(meta: dict[str, Any] | None) -> Any:
    """What the diagram says of an element that was done, without what only its task takes over."""
    if meta is None:
        return None
    own = {key: value for key, value in meta["properties"].items() if key not in OF_TASKS}
    return own, _awaits(meta)


def _awaits(meta: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(meta.get(key) for key in ("message", "signal", "error", "escalation"))


def _awaited(meta: dict[str, Any], spec: Any) -> tuple[Any, ...]:
    """What a waiting place waits for; a timer's due time stays, so that its length does not count."""
    return type(spec.event_definition), meta["properties"].get("correlation"), *_awaits(meta)


def _arrived(task: Task) -> set[str] | None:
    """From which tasks tokens have come to a join that waits; None for other tasks."""
    spec = task.task_spec
    if not (marking.is_join(spec) or (isinstance(spec, InclusiveGateway) and len(spec.inputs) > 1)):
        return None
    return {one.parent.task_spec.name for one in arrivals(spec, task.workflow.tasks.values())}
