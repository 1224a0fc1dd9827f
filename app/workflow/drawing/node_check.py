"""What a single node of a diagram must satisfy to be deployed."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _
from lxml import etree

from app.core.expressions import ExpressionError
from app.workflow.catalogue import Catalogue
from app.workflow.drawing.deadline_check import DEADLINES, check_deadlines
from app.workflow.drawing.diagram import (
    BPMN,
    SPIFF,
    Diagram,
    extension,
    properties,
    tag_of,
    text_of,
)
from app.workflow.drawing.event_check import EVENTS, TASKS, check_event, check_message
from app.workflow.language import assignments, expression_problem, is_name

EXTENSIONS = {"properties", "serviceTaskOperator", "calledDecisionId"}
DIALECTS = {
    "http://camunda.org/schema/1.0/bpmn",
    "http://camunda.org/schema/zeebe/1.0",
    "http://flowable.org/bpmn",
    "http://activiti.org/bpmn",
}
"""Other engines' extensions would be ignored; those of drawing tools may be, and stay in the file."""
PROPERTIES = {
    "form",
    "amount",
    "summary",
    "document",
    "separate_from",
    "result",
    "step",
    "correlation",
    "candidate",
}
PROPERTIES |= {"payload"} | DEADLINES
CHILDREN = {
    "incoming",
    "outgoing",
    "extensionElements",
    "documentation",
    "multiInstanceLoopCharacteristics",
    "script",
}

Found = Iterator[tuple[str, str]]


def check_node(diagram: Diagram, node: etree._Element, catalogue: Catalogue) -> Found:
    """Each reason to refuse a node, as (its id, a sentence)."""
    identifier, tag = node.get("id", ""), tag_of(node)
    found: list[str] = [*_common(node), *_loop(node), *_properties(node)]
    found += check_deadlines(diagram, node, catalogue)
    if tag in EVENTS:
        found += check_event(diagram, node, catalogue)
    judge = {
        "userTask": _user_task,
        "manualTask": _manual_task,
        "serviceTask": _service_task,
        "scriptTask": _script_task,
        "businessRuleTask": _decision_task,
        "sendTask": _message_task,
        "receiveTask": _message_task,
        "callActivity": _call,
    }.get(tag)
    if judge:
        found += judge(diagram, node, catalogue)
    for message in found:
        yield identifier, message


def _common(node: etree._Element) -> Iterator[str]:
    """Attributes and children that the engine would drop."""
    for attribute in ("startQuantity", "completionQuantity"):
        if node.get(attribute, "1") != "1":
            yield _("{attribute} other than 1 is not counted.").format(attribute=attribute)
    if node.get("default") is not None and tag_of(node) not in ("exclusiveGateway", "inclusiveGateway"):
        yield _("A default flow counts only behind an exclusive or inclusive gateway.")
    if node.get("instantiate") == "true":
        yield _("A process begins with its start event; this element cannot begin one.")
    if node.get("isForCompensation") == "true":
        yield _("Compensation would not run.")
    if tag_of(node) in ("subProcess", "transaction"):
        return
    for child in node:
        tag = tag_of(child)
        if tag and tag not in CHILDREN and not tag.endswith("EventDefinition"):
            yield _("{element} is not among the elements that can be run.").format(element=tag)


def _loop(node: etree._Element) -> Iterator[str]:
    """Repetition: parallel or sequential over a list or a number, on tasks and call activities."""
    if node.find(f"{BPMN}standardLoopCharacteristics") is not None:
        yield _("A loop marker is not run; draw the loop with a gateway.")
    loop = node.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if loop is None:
        return
    if tag_of(node) not in TASKS:
        yield _("Only tasks and call activities may be repeated.")
    if loop.get("behavior", "All") != "All":
        yield _("The multi-instance behaviour {kind} is not run.").format(kind=loop.get("behavior"))
    cardinality, over = text_of(loop, "loopCardinality"), text_of(loop, "loopDataInputRef")
    if (cardinality is None) == (over is None):
        yield _("Give either a list to repeat over or a number of repetitions.")
    if cardinality is not None and (problem := expression_problem(cardinality)):
        yield problem
    condition = text_of(loop, "completionCondition")
    if condition is not None and (problem := expression_problem(condition)):
        yield problem
    item, output = loop.find(f"{BPMN}inputDataItem"), loop.find(f"{BPMN}outputDataItem")
    chosen = [over, text_of(loop, "loopDataOutputRef")]
    chosen += [None if e is None else e.get("id", "") for e in (item, output)]
    for name in chosen:
        if name is not None and not is_name(name):
            yield _("{name} cannot be the name of a variable.").format(name=name or "''")


def _properties(node: etree._Element) -> Iterator[str]:
    """Extension elements and properties we know, with expressions that can be read."""
    block = node.find(f"{BPMN}extensionElements")
    for child in block if block is not None else ():
        if not tag_of(child):
            continue
        told = etree.QName(child).namespace or ""
        if told in DIALECTS or (child.tag.startswith(SPIFF) and tag_of(child) not in EXTENSIONS):
            yield _("The extension {name} is not allowed.").format(name=tag_of(child))
    for name in node.attrib:
        if (etree.QName(name).namespace or "") in DIALECTS:
            yield _("The extension {name} is not allowed.").format(name=etree.QName(name).localname)
    own = properties(node)
    for name in own:
        if name not in PROPERTIES and not name.startswith("label."):
            yield _("There is no property {name}.").format(name=name)
    for name in ("summary", "document", "due_on", "amount", "correlation", "candidate"):
        if name in own and (problem := expression_problem(own[name])):
            yield f"{name}: {problem}"
    for name in filter(None, (part.strip() for part in own.get("payload", "").split(","))):
        if not is_name(name):
            yield _("{name} cannot be the name of a variable.").format(name=name)
    if "result" in own and not is_name(own["result"]):
        yield _("{name} cannot be the name of a variable.").format(name=own["result"])
    if "step" in own and own["step"] not in {str(n) for n in range(1, 9)}:
        yield _("The step is a number from 1 to 8.")


def _user_task(diagram: Diagram, node: etree._Element, catalogue: Catalogue) -> Iterator[str]:
    own = properties(node)
    form = own.get("form")
    if not form:
        yield _("A user task needs a form: choose one, or make one for it.")
    elif form not in catalogue.forms:
        yield _("There is no form {name}.").format(name=form)
    for other in filter(None, (part.strip() for part in own.get("separate_from", "").split(","))):
        if other not in {t.get("id") for t in diagram.process.iter(f"{BPMN}userTask", f"{BPMN}manualTask")}:
            yield _("separate_from names {name}, which is no task of a person here.").format(name=other)
    yield from _manual_task(diagram, node, catalogue)


def _manual_task(diagram: Diagram, node: etree._Element, _catalogue: Catalogue) -> Iterator[str]:
    if diagram.lane_of(node) in (None, "system"):
        yield _("Choose the role that does it: a person's task lies in the lane of a role.")


def _service_task(_diagram: Diagram, node: etree._Element, catalogue: Catalogue) -> Iterator[str]:
    call = extension(node, "serviceTaskOperator")
    if call is None:
        yield _("A service task needs an operator.")
        return
    if not is_name(call.get("resultVariable")):
        yield _("A service task needs the name of a result variable.")
    operator = catalogue.operators.get(call.get("id", ""))
    given = {p.get("id", ""): p.get("value", "") for p in call.iter(f"{SPIFF}parameter")}
    for name, text in given.items():
        if problem := expression_problem(text):
            yield f"{name}: {problem}"
    if operator is None:
        yield _("There is no operator {name}.").format(name=call.get("id"))
        return
    for name in sorted(given.keys() - operator.parameters.keys()):
        yield _("{operator} has no parameter {name}.").format(operator=operator.name, name=name)
    for name in sorted(operator.required - given.keys()):
        yield _("{operator} needs the parameter {name}.").format(operator=operator.name, name=name)


def _script_task(_diagram: Diagram, node: etree._Element, _catalogue: Catalogue) -> Iterator[str]:
    text = text_of(node, "script") or ""
    try:
        lines = list(assignments(text))
    except ExpressionError as error:
        yield str(error)
        return
    if not lines:
        yield _("A script task needs at least one assignment.")


def _decision_task(_diagram: Diagram, node: etree._Element, catalogue: Catalogue) -> Iterator[str]:
    found = extension(node, "calledDecisionId")
    key = (found.text or "").strip() if found is not None else ""
    if not key:
        yield _("Choose the decision that is taken here, or make one.")
    elif key not in catalogue.decisions:
        yield _("There is no decision {name}.").format(name=key)


def _message_task(diagram: Diagram, node: etree._Element, catalogue: Catalogue) -> Iterator[str]:
    yield from check_message(diagram, node, catalogue, correlated=True)


def _call(_diagram: Diagram, node: etree._Element, catalogue: Catalogue) -> Iterator[str]:
    key = node.get("calledElement", "")
    if key not in catalogue.processes:
        yield _("There is no process {name}.").format(name=key or "''")
