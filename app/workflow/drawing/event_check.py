"""What an event of a diagram must satisfy: which kinds work at which position, and what they refer to."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _
from lxml import etree

from app.workflow.catalogue import Catalogue
from app.workflow.drawing.diagram import (
    BPMN,
    Diagram,
    definitions_of,
    is_event_subprocess,
    properties,
    tag_of,
    timer_expression,
)
from app.workflow.language import expression_problem

TASKS = {"userTask", "manualTask", "serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask"}
TASKS |= {"callActivity"}
SUBPROCESSES = {"subProcess", "transaction"}
POSITIONS = {
    "startEvent": {"message", "signal"},
    "endEvent": {"terminate", "error", "message", "signal", "escalation", "cancel"},
    "intermediateCatchEvent": {"message", "timer", "signal", "link"},
    "intermediateThrowEvent": {"message", "signal", "escalation", "link"},
    "boundaryEvent": {"message", "timer", "error", "signal", "escalation", "cancel"},
}
EVENTS = set(POSITIONS)
HANDLED = {"message", "timer", "error", "signal", "escalation"}
"""What may begin an event subprocess."""


def check_event(diagram: Diagram, node: etree._Element, catalogue: Catalogue) -> Iterator[str]:
    """Events: only the kinds that work at this position, and what they name is there."""
    tag, scope = tag_of(node), node.getparent()
    kinds = [tag_of(d).removesuffix("EventDefinition") for d in definitions_of(node)]
    if len(kinds) > 1:
        yield _("An event waits for one thing only.")
    allowed = POSITIONS[tag]
    if tag == "startEvent" and is_event_subprocess(scope):
        allowed = HANDLED
    elif tag == "startEvent" and scope is not diagram.process:
        allowed = set()
    for kind in kinds:
        if kind not in allowed:
            yield _("A {kind} event is not run at this position.").format(kind=kind)
    if not kinds and (tag in ("intermediateCatchEvent", "boundaryEvent") or allowed is HANDLED):
        yield _("This event waits for nothing.")
    if tag == "boundaryEvent":
        yield from _boundary(node, kinds)
    interrupting = node.get("cancelActivity") != "false" and node.get("isInterrupting") != "false"
    if kinds == ["error"] and not interrupting:
        yield _("An error always interrupts; the event must be interrupting.")
    judges = {
        "message": _message,
        "timer": _timer,
        "error": _error,
        "signal": _signal,
        "escalation": _escalation,
        "link": _link,
        "cancel": _cancel,
    }
    judge = judges.get(kinds[0]) if len(kinds) == 1 else None
    if judge:
        yield from judge(diagram, node, catalogue)


def _boundary(node: etree._Element, kinds: list[str]) -> Iterator[str]:
    host = node.get("attachedToRef")
    hosts = {n.get("id"): n for n in node.getparent() if tag_of(n) in TASKS | SUBPROCESSES}
    if host not in hosts:
        yield _("A boundary event sits on a task, call activity or subprocess.")
    elif is_event_subprocess(hosts[host]):
        yield _("An event subprocess has no boundary events.")
    elif kinds == ["escalation"] and tag_of(hosts[host]) not in SUBPROCESSES | {"callActivity"}:
        yield _("Only a subprocess or call activity can escalate.")


def _timer(_diagram: Diagram, node: etree._Element, _catalogue: Catalogue) -> Iterator[str]:
    kind, text = timer_expression(definitions_of(node)[0])
    if kind == "timeCycle":
        yield _("A repeating timer replays what it missed; use the task's due time.")
    elif not kind:
        yield _("The timer has no time.")
    elif problem := expression_problem(text):
        yield problem


def _message(diagram: Diagram, node: etree._Element, catalogue: Catalogue) -> Iterator[str]:
    begins = tag_of(node) == "startEvent" and node.getparent() is diagram.process
    yield from check_message(diagram, node, catalogue, correlated=not begins)


def check_message(
    diagram: Diagram, node: etree._Element, catalogue: Catalogue, *, correlated: bool
) -> Iterator[str]:
    """A message is a declared event; telling it or waiting for it needs the key that is meant."""
    name = diagram.message_of(node)
    if not name:
        yield _("The message it names does not exist.")
    elif name not in catalogue.events:
        yield _("There is no event {name}.").format(name=name)
    if correlated and not properties(node).get("correlation"):
        yield _("The property correlation must say whose message is meant.")


def _error(diagram: Diagram, node: etree._Element, _catalogue: Catalogue) -> Iterator[str]:
    reference = definitions_of(node)[0].get("errorRef")
    if reference not in (None, *diagram.errors):
        yield _("The error it names does not exist.")
    elif tag_of(node) == "endEvent" and not diagram.errors.get(reference or ""):
        yield _("An error end event needs an error with a code.")


def _escalation(diagram: Diagram, node: etree._Element, _catalogue: Catalogue) -> Iterator[str]:
    reference = definitions_of(node)[0].get("escalationRef")
    if reference not in (None, *diagram.escalations):
        yield _("The escalation it names does not exist.")
    elif tag_of(node) in ("endEvent", "intermediateThrowEvent") and not diagram.escalations.get(
        reference or ""
    ):
        yield _("To escalate needs an escalation with a code.")


def _signal(diagram: Diagram, node: etree._Element, _catalogue: Catalogue) -> Iterator[str]:
    if not diagram.signal_of(node):
        yield _("The signal it names does not exist.")


def _link(_diagram: Diagram, node: etree._Element, _catalogue: Catalogue) -> Iterator[str]:
    """A name, caught exactly once in the scope and thrown at least once there."""
    name = definitions_of(node)[0].get("name")
    if not name:
        yield _("A link needs a name.")
        return
    ends = [
        tag_of(other)
        for other in node.getparent()
        for definition in definitions_of(other)
        if tag_of(definition) == "linkEventDefinition" and definition.get("name") == name
    ]
    if ends.count("intermediateCatchEvent") != 1:
        yield _("The link {name} must be caught exactly once here.").format(name=name)
    if "intermediateThrowEvent" not in ends:
        yield _("Nothing throws the link {name} here.").format(name=name)


def _cancel(_diagram: Diagram, node: etree._Element, _catalogue: Catalogue) -> Iterator[str]:
    """Inside a transaction whose border says what follows, or on that border."""
    scope = node.getparent()
    if tag_of(node) == "boundaryEvent":
        host = next((n for n in scope if n.get("id") == node.get("attachedToRef")), None)
        if host is None or tag_of(host) != "transaction":
            yield _("Only a transaction can be cancelled.")
        if node.get("cancelActivity") == "false":
            yield _("Cancelling always interrupts; the event must be interrupting.")
        return
    if tag_of(scope) != "transaction":
        yield _("Only a transaction can be cancelled.")
        return
    around = scope.getparent().iter(f"{BPMN}boundaryEvent")
    caught = (n for n in around if n.get("attachedToRef") == scope.get("id"))
    if not any(n.find(f"{BPMN}cancelEventDefinition") is not None for n in caught):
        yield _("The transaction needs a cancel event on its border that says what follows.")
