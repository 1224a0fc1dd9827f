"""A laid out diagram as BPMN's drawing part: shapes, edges, labels."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from app.workflow.drawing.layout_routes import Point, Router

if TYPE_CHECKING:
    from app.workflow.drawing.layout import Box, Plan

NAMESPACES = (
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI"'
)
LINE = 14


def drawing(plan: Plan, key: str) -> str:
    """The BPMNDiagram element of a process."""
    lines = [
        f'  <bpmndi:BPMNDiagram {NAMESPACES} id="drawing">',
        f'    <bpmndi:BPMNPlane id="plane" bpmnElement={quoteattr(key)}>',
        *_lanes(plan),
        *_contents(plan, 0.0, 0.0),
        "    </bpmndi:BPMNPlane>",
        "  </bpmndi:BPMNDiagram>",
    ]
    return "\n".join(lines) + "\n"


def _lanes(plan: Plan) -> list[str]:
    """Bands from the first to the last row of each lane, without gaps."""
    lines, left = [], 20.0
    edges = {}
    top = plan.tops[0] - 30 if plan.tops else 0.0
    for _identifier, name in plan.lanes:
        last = plan.bands[name][1]
        low = plan.bottoms[last] + 31 if last < len(plan.bottoms) - 1 else plan.bottoms[last] + 50
        edges[name], top = (top, low), low
    for identifier, name in plan.lanes:
        high, low = edges[name]
        lines.append(
            f"      <bpmndi:BPMNShape id={quoteattr(identifier + '_shape')} bpmnElement={quoteattr(identifier)} "
            f'isHorizontal="true">{_bounds(left, high, plan.right - left, low - high)}</bpmndi:BPMNShape>'
        )
    return lines


def _contents(plan: Plan, dx: float, dy: float) -> list[str]:
    """Shapes and edges of a process or subprocess, moved to its place."""
    lines = []
    for box in plan.boxes.values():
        expanded = ' isExpanded="true"' if box.inner else ""
        marker = ' isMarkerVisible="true"' if box.tag == "exclusiveGateway" else ""
        lines.append(
            f"      <bpmndi:BPMNShape id={quoteattr(box.id + '_shape')} bpmnElement={quoteattr(box.id)}"
            f"{expanded}{marker}>{_bounds(box.x + dx, box.y + dy, box.width, box.height)}"
            f"{_label(box, dx, dy)}</bpmndi:BPMNShape>"
        )
        if box.inner:
            lines += _contents(box.inner, dx + box.x, dy + box.y)
    router = Router(plan)
    for flow, source, target, name in plan.flows:
        points = router.route(flow, plan.boxes[source], plan.boxes[target])
        ways = "".join(f'<di:waypoint x="{x + dx:.0f}" y="{y + dy:.0f}"/>' for x, y in points)
        lines.append(
            f"      <bpmndi:BPMNEdge id={quoteattr(flow + '_edge')} bpmnElement={quoteattr(flow)}>"
            f"{ways}{_flow_label(points, name, dx, dy)}</bpmndi:BPMNEdge>"
        )
    return lines


def _label(box: Box, dx: float, dy: float) -> str:
    """Names of events and gateways: below, above where flows leave downward."""
    if not box.name or not box.tag.endswith(("Event", "Gateway")):
        return ""
    width, height = _text_size(box.name, 100)
    x = box.x + box.width / 2 - width / 2
    above = box.tag.endswith("Gateway") or box.host
    y = box.y - height - 4 if above else box.y + box.height + 4
    if box.host:
        x, y = box.x - width - 2, box.y + box.height / 2 + 4
    return f"<bpmndi:BPMNLabel>{_bounds(x + dx, y + dy, width, height)}</bpmndi:BPMNLabel>"


def _flow_label(points: list[Point], name: str, dx: float, dy: float) -> str:
    """A flow's name beside its beginning."""
    if not name:
        return ""
    width, height = _text_size(name, 80)
    (x, y), (x2, y2) = points[0], points[1]
    if abs(x - x2) < 1:
        x, y = x + 6, (y + 8 if y2 > y else y - height - 8)
    else:
        x, y = x + 4, y - height - 3
    return f"<bpmndi:BPMNLabel>{_bounds(x + dx, y + dy, width, height)}</bpmndi:BPMNLabel>"


def _text_size(text: str, limit: int) -> tuple[float, float]:
    """How much room a label needs; wide characters count twice."""
    wide = sum(11.5 if ord(character) > 0x2E80 else 6.2 for character in text)
    lines = max(1, -int(-wide // limit))
    return min(wide + 4, limit), lines * LINE


def _bounds(x: float, y: float, width: float, height: float) -> str:
    return f'<dc:Bounds x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}"/>'
