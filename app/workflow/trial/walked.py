"""Which nodes and flows of the diagrams a case has walked, and which nobody ever has."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from app.workflow.drawing.diagram import BPMN, Diagram
from app.workflow.spiff import engine
from app.workflow.spiff.engine import Spec, Task, TaskState, Workflow

REACHED = TaskState.READY | TaskState.WAITING | TaskState.STARTED | TaskState.FINISHED_MASK
JOINS = ("parallelGateway", "inclusiveGateway")
"""Where several tokens become one, the engine cancels the others."""
Place = tuple[str, str]
"""The key of a process, and an element's id in it."""


def walked(
    spec: Spec, workflow: Workflow, entered: Collection[str]
) -> tuple[set[Place], set[tuple[str, str, str]]]:
    """The nodes reached, and each pair of nodes between which a token went: process, from, to.

    ``entered`` are the tasks on record: one that was cancelled counts if it stood there before.
    """
    nodes, pairs = set[Place](), set[tuple[str, str, str]]()
    for task in engine.all_tasks(workflow, REACHED):
        meta = spec.element(task)
        if meta is None or not _counts(task, meta["kind"], entered):
            continue
        here = engine.element_id(task)
        nodes.add((meta["process"], here))
        pairs |= {(meta["process"], before, here) for before in _before(spec, task, here)}
    return nodes, pairs


def _counts(task: Task, kind: str, entered: Collection[str]) -> bool:
    """Whether a token was there; an event that might have interrupted and did not, does not count."""
    if kind == "boundaryEvent":
        return bool(task.state & (TaskState.COMPLETED | TaskState.READY))
    return task.state != TaskState.CANCELLED or str(task.id) in entered or kind in JOINS


def _before(spec: Spec, task: Task, here: str) -> Iterable[str]:
    """The element a token came from."""
    parent = task.parent
    while parent is not None:
        if spec.element(parent) is not None and (found := engine.element_id(parent)) != here:
            return [found]
        parent = parent.parent
    return []


@dataclass
class Ground:
    """What there is to walk in one diagram."""

    diagram: Diagram
    flows: dict[str, tuple[str, str]] = field(default_factory=dict)
    names: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        own = self.diagram.elements()
        nodes = {key: meta["names"] for scope in own.values() for key, meta in scope.items()}
        for flow in self.diagram.process.iter(f"{BPMN}sequenceFlow"):
            pair = flow.get("sourceRef", ""), flow.get("targetRef", "")
            self.flows[flow.get("id", "")] = pair
        linked = {node for pair in self.flows.values() for node in pair}
        self.names = {key: nodes[key] for key in nodes if key in linked}


@dataclass(frozen=True)
class Coverage:
    """How much of one diagram was walked."""

    process: str
    nodes: frozenset[str]
    flows: frozenset[str]
    nodes_left: tuple[str, ...]
    flows_left: tuple[tuple[str, str, str], ...]
    percent: int
    rows_left: tuple[tuple[str, int], ...] = ()


def coverage(
    diagram: Diagram,
    nodes: Iterable[Any],
    pairs: Iterable[Any],
    fired: Iterable[Any] = (),
    tables: dict[str, dict[str, Any]] | None = None,
) -> Coverage:
    """How much of a diagram was walked, and which rows of its decisions never fired."""
    ground, key = Ground(diagram), diagram.key
    reached = {element for process, element in nodes if process == key}
    went = {(one, other) for process, one, other in pairs if process == key}
    flows = {flow for flow, pair in ground.flows.items() if pair in went}
    left = tuple((flow, *pair) for flow, pair in ground.flows.items() if flow not in flows)
    percent = 100 * len(flows) // len(ground.flows) if ground.flows else 100
    hit = {(decision, row) for decision, row in fired}
    rows = [
        (name, number)
        for name in sorted(diagram.decisions())
        for number in range(1, len((tables or {}).get(name, {}).get("rules", ())) + 1)
        if (name, number) not in hit
    ]
    return Coverage(
        key,
        frozenset(reached & ground.names.keys()),
        frozenset(flows),
        tuple(one for one in ground.names if one not in reached),
        left,
        percent,
        tuple(rows),
    )
