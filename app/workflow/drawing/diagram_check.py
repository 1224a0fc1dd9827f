"""What may be deployed: a whitelist of elements and positions our tests run; all else is refused by name."""

from __future__ import annotations

import keyword
from collections import Counter
from collections.abc import Iterator

from flask_babel import gettext as _
from lxml import etree

from app.workflow.catalogue import Catalogue
from app.workflow.drawing.diagram import BPMN, Diagram, definitions_of, is_event_subprocess, tag_of
from app.workflow.drawing.event_check import EVENTS, SUBPROCESSES, TASKS
from app.workflow.drawing.node_check import check_node
from app.workflow.form.forms_check import Problem
from app.workflow.language import expression_problem

MAX_NODES = 300
GATEWAYS = {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"}
NODES = TASKS | EVENTS | SUBPROCESSES | GATEWAYS
PASSIVE = {"sequenceFlow", "laneSet", "extensionElements", "documentation", "textAnnotation", "association"}
PASSIVE |= {"group", "incoming", "outgoing"}
CHOICES = {"exclusiveGateway", "inclusiveGateway"}
TOP = {
    "process",
    "message",
    "error",
    "signal",
    "escalation",
    "collaboration",
    "BPMNDiagram",
    "extensionElements",
    "documentation",
    "category",
}


def check_diagram(diagram: Diagram, catalogue: Catalogue, expected_key: str | None = None) -> list[Problem]:
    """Everything that keeps a diagram from being deployed, each with its element's id and a sentence."""
    found = list(_file(diagram, expected_key))
    for scope in diagram.scopes():
        found += _scope(diagram, scope)
        for node in scope:
            if tag_of(node) in NODES:
                found += check_node(diagram, node, catalogue)
    found += _lanes(diagram, catalogue)
    return [Problem(diagram.file, element, str(message)) for element, message in found]


def refused(tag: str) -> str:
    """Why a kind of element is not run."""
    reasons = {
        "complexGateway": _(
            "A complex gateway has no defined behaviour; use exclusive, parallel or inclusive."
        ),
        "adHocSubProcess": _("An ad-hoc subprocess has no defined order; draw the flow."),
        "task": _("A task without a kind does nothing; choose user, manual, service or script task."),
        "dataObject": _("Data objects are not stored; use a result variable."),
    }
    return reasons.get(tag) or _("{element} is not among the elements that can be run.").format(element=tag)


def _file(diagram: Diagram, expected_key: str | None) -> Iterator[tuple[str, str]]:
    """The file as a whole: its key, unique ids, nothing unknown beside the process."""
    process = diagram.process
    if expected_key and diagram.key != expected_key:
        yield (
            diagram.key,
            _("The process's id must be {key}, as the file's place says.").format(key=expected_key),
        )
    if process.get("isExecutable") != "true":
        yield diagram.key, _("The process is not marked as executable.")
    for element in diagram.root:
        if tag_of(element) and tag_of(element) not in TOP:
            yield element.get("id", ""), refused(tag_of(element))
    named = (e for e in diagram.root.iter(etree.Element) if e.get("id") and e.tag.startswith(BPMN))
    ids = Counter(e.get("id") for e in named if tag_of(e) not in ("inputDataItem", "outputDataItem"))
    for identifier, count in ids.items():
        if count > 1:
            yield identifier, _("The id is used {count} times.").format(count=count)
    nodes = sum(1 for scope in diagram.scopes() for node in scope if tag_of(node) in NODES)
    if nodes > MAX_NODES:
        yield (
            diagram.key,
            _("The process has more than {count} elements; use call activities.").format(count=MAX_NODES),
        )


def _scope(diagram: Diagram, scope: etree._Element) -> Iterator[tuple[str, str]]:
    """A process or subprocess: known elements, one start, flows that fit."""
    nodes = {n.get("id", ""): n for n in scope if tag_of(n) in NODES}
    for element in scope:
        if tag_of(element) and tag_of(element) not in NODES | PASSIVE and not _is_loop(element):
            yield element.get("id", ""), refused(tag_of(element))
    for identifier, node in nodes.items():
        if not identifier.isidentifier() or keyword.iskeyword(identifier):
            yield identifier, _("An id starts with a letter and holds only letters, digits and underscores.")
        if is_event_subprocess(node):
            yield from _handler(node, nodes)
    starts = [n for n in nodes.values() if tag_of(n) == "startEvent"]
    if len(starts) != 1:
        yield (
            scope.get("id", ""),
            _("There must be exactly one start event, here are {count}.").format(count=len(starts)),
        )
    flows = [f for f in scope if tag_of(f) == "sequenceFlow"]
    yield from _flows(flows, nodes)
    yield from _reach(starts, flows, nodes)


def _is_loop(element: etree._Element) -> bool:
    """Loop characteristics of a subprocess are judged with the node."""
    return tag_of(element) in (
        "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics",
        "ioSpecification",
    )


def _handler(node: etree._Element, nodes: dict[str, etree._Element]) -> Iterator[tuple[str, str]]:
    """An event subprocess: begun by its event, ended with its scope."""
    identifier = node.get("id", "")
    if node.find(f"{BPMN}multiInstanceLoopCharacteristics") is not None:
        yield identifier, _("An event subprocess cannot be repeated.")
    start = node.find(f"{BPMN}startEvent")
    if start is None or start.get("isInterrupting") != "false":
        return
    for other in nodes.values():
        if other.find(f"{BPMN}terminateEventDefinition") is not None:
            message = _(
                "Beside an event subprocess that does not interrupt, terminating would leave it running."
            )
            yield other.get("id", ""), message


def _flows(flows: list[etree._Element], nodes: dict[str, etree._Element]) -> Iterator[tuple[str, str]]:
    """Flows: both ends here, conditions only behind choices, one way out of everything else."""
    outgoing: dict[str, list[etree._Element]] = {identifier: [] for identifier in nodes}
    incoming: Counter[str] = Counter()
    for flow in flows:
        source, target = flow.get("sourceRef", ""), flow.get("targetRef", "")
        if source not in nodes or target not in nodes:
            yield flow.get("id", ""), _("The flow's ends must both lie in this process.")
            continue
        outgoing[source].append(flow)
        incoming[target] += 1
        condition = flow.find(f"{BPMN}conditionExpression")
        if condition is not None and tag_of(nodes[source]) not in CHOICES:
            yield flow.get("id", ""), _("A condition counts only behind an exclusive or inclusive gateway.")
    for identifier, node in nodes.items():
        if is_event_subprocess(node):
            if outgoing[identifier] or incoming[identifier]:
                yield identifier, _("No flow may lead to or from an event subprocess.")
            continue
        yield from _ends(node, outgoing[identifier], incoming[identifier])
        if tag_of(node) == "eventBasedGateway":
            targets = [f.get("targetRef", "") for f in outgoing[identifier]]
            yield from _events_behind(node, [nodes[t] for t in targets], incoming)


def _ends(node: etree._Element, leaving: list[etree._Element], entering: int) -> Iterator[tuple[str, str]]:
    """A node's ways in and out."""
    tag, identifier = tag_of(node), node.get("id", "")
    link = node.find(f"{BPMN}linkEventDefinition") is not None
    begins = tag in ("startEvent", "boundaryEvent") or (link and tag == "intermediateCatchEvent")
    if begins and entering:
        yield identifier, _("No flow may lead into this event.")
    if not begins and not entering:
        yield identifier, _("No flow leads here.")
    if tag == "endEvent" or (link and tag == "intermediateThrowEvent"):
        if leaving:
            yield identifier, _("No flow may leave this event.")
    elif not leaving:
        yield identifier, _("No flow leads on from here.")
    elif len(leaving) > 1 and not tag.endswith("Gateway"):
        yield identifier, _("Only one flow may leave here; put a gateway behind it.")
    elif tag in CHOICES and len(leaving) > 1:
        yield from _conditions(node, leaving)


def _events_behind(
    node: etree._Element, targets: list[etree._Element], incoming: Counter[str]
) -> Iterator[tuple[str, str]]:
    """An event-based gateway: at least two events, each reached from here only."""
    identifier = node.get("id", "")
    if node.get("eventGatewayType", "Exclusive") != "Exclusive":
        yield identifier, _("An event-based gateway goes the way of the first event only.")
    if len(targets) < 2:
        yield identifier, _("An event-based gateway needs at least two events behind it.")
    for target in targets:
        waits = tag_of(target) == "intermediateCatchEvent" and not any(
            tag_of(d) == "linkEventDefinition" for d in definitions_of(target)
        )
        if not waits and tag_of(target) != "receiveTask":
            yield identifier, _("Behind an event-based gateway stand only events and receive tasks.")
        elif incoming[target.get("id", "")] > 1:
            yield target.get("id", ""), _("Only the event-based gateway may lead here.")
        elif target.getparent().find(f"{BPMN}boundaryEvent[@attachedToRef='{target.get('id')}']") is not None:
            yield target.get("id", ""), _("Behind an event-based gateway a task has no boundary events.")
        elif target.find(f"{BPMN}multiInstanceLoopCharacteristics") is not None:
            yield target.get("id", ""), _("Behind an event-based gateway a task is not repeated.")


def _conditions(node: etree._Element, leaving: list[etree._Element]) -> Iterator[tuple[str, str]]:
    """A choice: a default, and a readable condition on every other flow."""
    default = node.get("default")
    if default not in {flow.get("id") for flow in leaving}:
        yield node.get("id", ""), _("The gateway needs a default flow for when no condition holds.")
    for flow in leaving:
        condition = flow.find(f"{BPMN}conditionExpression")
        if flow.get("id") == default:
            if condition is not None:
                yield flow.get("id", ""), _("The default flow has no condition.")
        elif condition is None:
            yield flow.get("id", ""), _("This flow needs a condition.")
        elif problem := expression_problem((condition.text or "").strip()):
            yield flow.get("id", ""), problem


def _reach(
    starts: list[etree._Element], flows: list[etree._Element], nodes: dict[str, etree._Element]
) -> Iterator[tuple[str, str]]:
    """Every node can be reached from the start, directly or by a boundary event."""
    next_nodes: dict[str, list[str]] = {}
    for flow in flows:
        next_nodes.setdefault(flow.get("sourceRef", ""), []).append(flow.get("targetRef", ""))
    for identifier, node in nodes.items():
        if tag_of(node) == "boundaryEvent":
            next_nodes.setdefault(node.get("attachedToRef", ""), []).append(identifier)
        for link in node.findall(f"{BPMN}linkEventDefinition"):
            way = (f"link {link.get('name')}", identifier)
            source, target = way if tag_of(node) == "intermediateCatchEvent" else way[::-1]
            next_nodes.setdefault(source, []).append(target)
    waiting, seen = [s.get("id", "") for s in starts], set()
    waiting += [identifier for identifier, node in nodes.items() if is_event_subprocess(node)]
    while waiting:
        identifier = waiting.pop()
        if identifier not in seen:
            seen.add(identifier)
            waiting += next_nodes.get(identifier, [])
    for identifier in nodes.keys() - seen if starts else ():
        yield identifier, _("This element can never be reached.")


def _lanes(diagram: Diagram, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Lanes are roles."""
    for lane in diagram.process.iter(f"{BPMN}lane"):
        name = lane.get("name", "")
        if name != "system" and name not in catalogue.roles:
            yield (
                lane.get("id", ""),
                _("There is no role {role}; a lane is named by a role's key.").format(role=name),
            )
