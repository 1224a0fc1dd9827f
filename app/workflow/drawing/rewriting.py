"""A checked diagram as the library has to see it.

The library misreads some of BPMN. What can be said with elements it runs right is said so here, in a copy
that nobody sees; the elements keep their ids, so that history and pictures speak of the diagram as drawn.

- An **event-based gateway** is a wait with one interrupting boundary event for each event behind it.
- An **event subprocess** is a boundary event on the rest of its scope, which becomes a subprocess of its own.
- **Link events** are joined by a flow.
- A **transaction** is a subprocess that a cancel event leaves as an error does.
- What is thrown (message, signal, escalation, error, cancel) is thrown by us: the library sees a plain event.
"""

from __future__ import annotations

from copy import deepcopy
from itertools import count
from typing import Any

from lxml import etree

from app.workflow.drawing.diagram import (
    BPMN,
    CANCEL,
    Diagram,
    definitions_of,
    is_event_subprocess,
    tag_of,
    timer_expression,
)

REPEATS = "#repeats "
OWN = "octad_own"
"""The id of the message and the error that only we know."""
BODY = "__body"
THROWING = ("sendTask", "intermediateThrowEvent", "endEvent")
THROWN = {"message", "signal", "escalation", "error", "cancel"}
AROUND = {"laneSet", "extensionElements", "documentation", "incoming", "outgoing"}
AROUND |= {"multiInstanceLoopCharacteristics"}

Elements = dict[str, dict[str, dict[str, Any]]]


def rewritten(diagram: Diagram) -> tuple[etree._Element, Elements]:
    """The diagram's root for the library's parser, and what the diagram says of each node, by scope and id."""
    root, elements = deepcopy(diagram.root), diagram.elements()
    process = root.find(f"{BPMN}process")
    numbers = count(1)
    for transaction in list(process.iter(f"{BPMN}transaction")):
        transaction.tag = f"{BPMN}subProcess"
    _quote(root)
    _throw(root)
    _links(process, numbers)
    _cancels(root)
    for scope in [process, *process.iter(f"{BPMN}subProcess")]:
        _gateways(root, scope)
    for scope in [process, *process.iter(f"{BPMN}subProcess")]:
        _event_subprocesses(scope, elements, numbers)
    return root, elements


def _quote(root: etree._Element) -> None:
    """Times as expressions, repetitions marked, conditions without spaces around them."""
    for definition in root.iter(f"{BPMN}timerEventDefinition"):
        kind, text = timer_expression(definition)
        definition.find(BPMN + kind).text = text
    for number in root.iter(f"{BPMN}loopCardinality"):
        number.text = REPEATS + (number.text or "").strip()
    for text in root.iter(f"{BPMN}conditionExpression", f"{BPMN}completionCondition"):
        text.text = (text.text or "").strip()


def _throw(root: etree._Element) -> None:
    """Leave plain events where something is thrown."""
    for node in root.iter(*(BPMN + tag for tag in THROWING)):
        node.attrib.pop("messageRef", None)
        for definition in definitions_of(node):
            if tag_of(definition).removesuffix("EventDefinition") in THROWN:
                node.remove(definition)


def _links(process: etree._Element, numbers: Any) -> None:
    """Join the throwing link events of a scope with the one that catches their name."""
    catching = {}
    for node in process.iter(f"{BPMN}intermediateCatchEvent"):
        for definition in node.findall(f"{BPMN}linkEventDefinition"):
            catching[node.getparent(), definition.get("name")] = node
            node.remove(definition)
            node.tag = f"{BPMN}intermediateThrowEvent"
    for node in list(process.iter(f"{BPMN}intermediateThrowEvent")):
        for definition in node.findall(f"{BPMN}linkEventDefinition"):
            target = catching[node.getparent(), definition.get("name")]
            node.remove(definition)
            _flow(node.getparent(), node.get("id", ""), target.get("id", ""), numbers)


def _cancels(root: etree._Element) -> None:
    """A cancel boundary event is an error boundary event; only a cancel end event reaches it."""
    for definition in list(root.iter(f"{BPMN}cancelEventDefinition")):
        if root.find(f"{BPMN}error[@id='{OWN}']") is None:
            root.insert(0, etree.Element(f"{BPMN}error", id=OWN, name=CANCEL, errorCode=CANCEL))
        definition.tag = f"{BPMN}errorEventDefinition"
        definition.set("errorRef", OWN)


def _gateways(root: etree._Element, scope: etree._Element) -> None:
    """Event-based gateways: a wait that never ends, left by the first of its boundary events."""
    nodes = {n.get("id"): n for n in scope if n.get("id")}
    for gateway in scope.findall(f"{BPMN}eventBasedGateway"):
        if root.find(f"{BPMN}message[@id='{OWN}']") is None:
            root.insert(0, etree.Element(f"{BPMN}message", id=OWN, name=OWN))
        identifier = gateway.get("id", "")
        for flow in [f for f in scope.findall(f"{BPMN}sequenceFlow") if f.get("sourceRef") == identifier]:
            event = nodes[flow.get("targetRef")]
            scope.remove(flow)
            if tag_of(event) == "receiveTask":
                reference = event.attrib.pop("messageRef")
                etree.SubElement(event, f"{BPMN}messageEventDefinition", messageRef=reference)
            event.tag = f"{BPMN}boundaryEvent"
            event.set("attachedToRef", identifier)
            event.set("cancelActivity", "true")
        gateway.tag = f"{BPMN}receiveTask"
        gateway.set("messageRef", OWN)


def _event_subprocesses(scope: etree._Element, elements: Elements, numbers: Any) -> None:
    """Event subprocesses: their events sit on a subprocess that holds everything else of the scope."""
    handlers = [n for n in scope.findall(f"{BPMN}subProcess") if is_event_subprocess(n)]
    if not handlers:
        return
    identifier = scope.get("id", "")
    body = etree.Element(f"{BPMN}subProcess", id=identifier + BODY)
    for child in list(scope):
        if tag_of(child) not in AROUND and child not in handlers:
            body.append(child)
    elements[identifier + BODY] = elements[identifier]
    elements[identifier] = {h.get("id", ""): elements[identifier][h.get("id", "")] for h in handlers}
    begin, end = (
        _plain(scope, "startEvent", identifier + "__begin"),
        _plain(scope, "endEvent", identifier + "__end"),
    )
    scope.append(body)
    _flow(scope, begin, identifier + BODY, numbers)
    _flow(scope, identifier + BODY, end, numbers)
    for handler in handlers:
        start = handler.find(f"{BPMN}startEvent")
        start_id = start.get("id", "")
        event = etree.SubElement(scope, f"{BPMN}boundaryEvent", id=start_id, attachedToRef=identifier + BODY)
        event.set("cancelActivity", start.get("isInterrupting", "true"))
        for child in list(start):
            event.append(child)
        handler.remove(start)
        inside = _plain(handler, "startEvent", start_id + "__inside")
        for flow in handler.findall(f"{BPMN}sequenceFlow"):
            if flow.get("sourceRef") == start_id:
                flow.set("sourceRef", inside)
        del handler.attrib["triggeredByEvent"]
        elements[identifier][start_id] = elements[handler.get("id", "")].pop(start_id)
        _flow(scope, start_id, handler.get("id", ""), numbers)
        after = _plain(scope, "endEvent", start_id + "__after")
        _flow(scope, handler.get("id", ""), after, numbers)


def _plain(scope: etree._Element, tag: str, identifier: str) -> str:
    """Add an event of our own that waits for nothing; its id stays whatever else the diagram holds."""
    etree.SubElement(scope, BPMN + tag, id=identifier)
    return identifier


def _flow(scope: etree._Element, source: str, target: str, numbers: Any) -> None:
    """Add a flow of our own."""
    flow = etree.SubElement(scope, f"{BPMN}sequenceFlow", id=f"octad_{next(numbers)}")
    flow.set("sourceRef", source)
    flow.set("targetRef", target)
