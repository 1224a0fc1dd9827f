"""What a mining tool's own reading of BPMN leaves out of a diagram, so that a net has to say it."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from app.workflow.drawing.diagram import Diagram, definitions_of, is_event_subprocess, tag_of
from app.workflow.mining.events import ACTIVITIES, HAPPENINGS
from app.workflow.mining.labels import labels
from app.workflow.mining.net import INSIDE, is_repeated


def exceptions(diagram: Diagram) -> dict[str, list[str]]:
    """Kinds of construct, each with its elements."""
    found: dict[str, list[str]] = {}
    for node in diagram.process.iter(etree.Element):
        for kind in _beyond(node):
            found.setdefault(kind, []).append(node.get("id", ""))
    if twice := [one for one, label in labels(diagram).items() if label.endswith(f" ({one})")]:
        found["name used twice"] = twice
    return found


def _beyond(node: etree._Element) -> Iterator[str]:
    kind = tag_of(node)
    if is_event_subprocess(node):
        yield "event subprocess"
    elif kind in INSIDE:
        yield "subprocess"
    elif kind == "boundaryEvent":
        yield "boundary event"
    elif kind == "eventBasedGateway":
        yield "event-based gateway"
    elif kind in HAPPENINGS:
        yield "intermediate event"
    elif kind == "endEvent" and any(tag_of(one).startswith("terminate") for one in definitions_of(node)):
        yield "terminate end event"
    if kind in (*ACTIVITIES, *INSIDE) and is_repeated(node):
        yield "repeated activity"
