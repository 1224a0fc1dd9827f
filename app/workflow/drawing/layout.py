"""Coordinates for diagrams that hold none: roles as bands, longest paths as columns, flows at right angles.

Columns follow the longest path from the start; loops are found first and left
out. Each lane is a band of rows; a node takes the free row nearest to the
nodes before it. Flows are drawn by ``layout_routes``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from app.workflow.drawing.diagram import BPMN, Diagram, tag_of
from app.workflow.drawing.diagram_check import NODES
from app.workflow.drawing.layout_draw import drawing

SIZES = {"Event": (36, 36), "Gateway": (50, 50)}
TASK = (110, 80)
GUTTER, GAP, MARGIN, LABEL = 70, 62, 50, 30


@dataclass
class Box:
    """A node: where it stands in columns and rows, and in pixels."""

    id: str
    tag: str
    name: str
    lane: str
    width: float
    height: float
    host: str | None = None
    column: int = 0
    row: int = 0
    x: float = 0.0
    y: float = 0.0
    inner: Plan | None = None

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass
class Plan:
    """A process or subprocess laid out."""

    boxes: dict[str, Box]
    flows: list[tuple[str, str, str, str]]
    lanes: list[tuple[str, str]] = field(default_factory=list)
    back: set[str] = field(default_factory=set)
    bands: dict[str, tuple[int, int]] = field(default_factory=dict)
    lefts: list[float] = field(default_factory=list)
    rights: list[float] = field(default_factory=list)
    tops: list[float] = field(default_factory=list)
    bottoms: list[float] = field(default_factory=list)

    @property
    def right(self) -> float:
        """How far the columns reach."""
        return (self.rights[-1] if self.rights else 0.0) + GUTTER

    @property
    def bottom(self) -> float:
        """How far the rows reach."""
        return (self.bottoms[-1] if self.bottoms else 0.0) + GAP / 2


def arrange_file(path: Path, *, again: bool = False) -> bool:
    """Draw a BPMN file that holds no drawing; everything else stays byte for byte. False: nothing to do."""
    source = path.read_bytes()
    arranged = arrange(source, path.name, again=again)
    if arranged == source:
        return False
    path.write_bytes(arranged)
    return True


def arrange(source: bytes, file: str = "", *, again: bool = False) -> bytes:
    """Return the diagram with a drawing; with its own where it has one and ``again`` is not asked."""
    text = source.decode()
    if "BPMNDiagram" in text:
        if not again:
            return source
        text = re.sub(r"\s*<(\w+:)?BPMNDiagram\b.*</(\w+:)?BPMNDiagram>", "", text, flags=re.S)
    diagram = Diagram(text.encode(), file)
    plan = plan_scope(diagram, diagram.process, _lanes(diagram))
    end = re.search(r"</(\w+:)?definitions>\s*\Z", text)
    if end is None:
        return source
    return (text[: end.start()].rstrip() + "\n" + drawing(plan, diagram.key) + text[end.start() :]).encode()


def _lanes(diagram: Diagram) -> list[tuple[str, str]]:
    """The lanes' ids and names in their order."""
    return [(lane.get("id", ""), lane.get("name", "")) for lane in diagram.process.iter(f"{BPMN}lane")]


def plan_scope(diagram: Diagram, scope: etree._Element, lanes: list[tuple[str, str]]) -> Plan:
    """Lay out the nodes of a process or subprocess."""
    boxes = {}
    for node in scope:
        if tag_of(node) in NODES:
            boxes[node.get("id", "")] = _box(diagram, node, lanes)
    flows = [
        (f.get("id", ""), f.get("sourceRef", ""), f.get("targetRef", ""), f.get("name", ""))
        for f in scope
        if tag_of(f) == "sequenceFlow" and f.get("sourceRef") in boxes and f.get("targetRef") in boxes
    ]
    plan = Plan(boxes, flows, lanes)
    _columns(plan)
    _rows(plan)
    _pixels(plan)
    return plan


def _box(diagram: Diagram, node: etree._Element, lanes: list[tuple[str, str]]) -> Box:
    tag = tag_of(node)
    width: float
    height: float
    width, height = next((size for kind, size in SIZES.items() if tag.endswith(kind)), TASK)
    inner = plan_scope(diagram, node, []) if tag in ("subProcess", "transaction") else None
    if inner is not None:
        width, height = max(inner.right, 140.0), max(inner.bottom, 110.0)
    lane = diagram.lane_of(node) or "" if lanes else ""
    host = node.get("attachedToRef")
    return Box(node.get("id", ""), tag, node.get("name", ""), lane, width, height, host, inner=inner)


def _anchor(plan: Plan, identifier: str) -> str:
    """The node itself, or what a boundary event sits on."""
    return plan.boxes[identifier].host or identifier


def _columns(plan: Plan) -> None:
    """Longest paths, without the flows that lead back."""
    following: dict[str, list[tuple[str, str]]] = {b: [] for b in plan.boxes}
    for flow, source, target, _name in plan.flows:
        following[_anchor(plan, source)].append((flow, target))
    state: dict[str, int] = {}

    def visit(identifier: str) -> list[str]:
        """Depth first; returns the nodes in reverse order of leaving."""
        order, stack = [], [(identifier, iter(following[identifier]))]
        state[identifier] = 1
        while stack:
            current, remaining = stack[-1]
            for flow, target in remaining:
                if state.get(target) == 1:
                    plan.back.add(flow)
                elif target not in state:
                    state[target] = 1
                    stack.append((target, iter(following[target])))
                    break
            else:
                state[current] = 2
                order.append(current)
                stack.pop()
        return order

    starts = [b.id for b in plan.boxes.values() if b.tag == "startEvent"]
    order: list[str] = []
    for identifier in [*starts, *plan.boxes]:
        if identifier not in state and plan.boxes[identifier].host is None:
            order = (
                visit(identifier)[::-1] + order
                if identifier not in starts
                else order + visit(identifier)[::-1]
            )
    for current in order:
        for flow, target in following[current]:
            if flow not in plan.back:
                plan.boxes[target].column = max(plan.boxes[target].column, plan.boxes[current].column + 1)
    for box in plan.boxes.values():
        if box.host:
            box.column = plan.boxes[box.host].column


def _rows(plan: Plan) -> None:
    """In each lane, the free row nearest to the nodes before; then rows counted through all lanes."""
    before: dict[str, list[tuple[str, bool]]] = {b: [] for b in plan.boxes}
    for flow, source, target, _name in plan.flows:
        if flow not in plan.back:
            before[target].append((_anchor(plan, source), plan.boxes[source].host is not None))
    names = [name for _id, name in plan.lanes] or [""]
    names += sorted({b.lane for b in plan.boxes.values()} - set(names))
    taken: set[tuple[str, int, int]] = set()
    for box in sorted(plan.boxes.values(), key=lambda b: b.column):
        if box.host:
            continue
        wanted = [
            plan.boxes[s].row + (1 if hosted else 0)
            for s, hosted in before[box.id]
            if plan.boxes[s].lane == box.lane
        ]
        first = min(wanted) if wanted else 0
        box.row = next(r for r in _outward(first) if r >= 0 and (box.lane, box.column, r) not in taken)
        taken.add((box.lane, box.column, box.row))
    start = 0
    for name in names:
        inside = [b for b in plan.boxes.values() if b.lane == name and not b.host]
        height = max((b.row for b in inside), default=0) + 1
        plan.bands[name] = (start, start + height - 1)
        for box in inside:
            box.row += start
        start += height
    for box in plan.boxes.values():
        if box.host:
            box.row = plan.boxes[box.host].row


def _outward(first: int) -> list[int]:
    """Rows from the wanted one downward, then upward."""
    return [first, *[r for step in range(1, 60) for r in (first + step, first - step)]]


def _pixels(plan: Plan) -> None:
    """Widths of columns, heights of rows, then each box in the middle of its cell."""
    boxes = [b for b in plan.boxes.values() if not b.host]
    x: float = MARGIN + (LABEL if plan.lanes else 0)
    for column in range(max((b.column for b in boxes), default=0) + 1):
        plan.lefts.append(x)
        plan.rights.append(x + max((b.width for b in boxes if b.column == column), default=TASK[0]))
        x = plan.rights[-1] + GUTTER
    y = float(MARGIN)
    for row in range(max((last for _first, last in plan.bands.values()), default=0) + 1):
        plan.tops.append(y)
        plan.bottoms.append(y + max((b.height for b in boxes if b.row == row), default=TASK[1]))
        y = plan.bottoms[-1] + GAP
    for box in boxes:
        box.x = (plan.lefts[box.column] + plan.rights[box.column] - box.width) / 2
        box.y = (plan.tops[box.row] + plan.bottoms[box.row] - box.height) / 2
    attached: dict[str, int] = {}
    for box in plan.boxes.values():
        if box.host:
            host = plan.boxes[box.host]
            number = attached[box.host] = attached.get(box.host, 0) + 1
            box.x = host.x + host.width - number * (box.width + 8) + 4
            box.y = host.y + host.height - box.height / 2
