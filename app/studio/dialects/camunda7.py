"""Camunda 7: candidate groups, forms, delegates, decisions and Java expressions. Pure."""

from __future__ import annotations

import re

from lxml import etree

from app.studio.dialects import forms, speech
from app.studio.dialects.draft import TASKS, Draft
from app.workflow.drawing.diagram import BPMN, DURATION, tag_of

OWN = "{http://camunda.org/schema/1.0/bpmn}"
NEEDLESS = {
    "asyncBefore",
    "asyncAfter",
    "async",
    "exclusive",
    "jobPriority",
    "taskPriority",
    "historyTimeToLive",
}
NEEDLESS |= {"versionTag", "isStartableInTasklist", "failedJobRetryTimeCycle", "mapDecisionResult"}
NEEDLESS |= {
    "formRefBinding",
    "decisionRefBinding",
    "calledElementBinding",
    "initiator",
    "type",
    "diagramRelationId",
}
READ = {
    "candidateGroups",
    "assignee",
    "dueDate",
    "formKey",
    "formRef",
    "formData",
    "class",
    "delegateExpression",
}
READ |= {
    "expression",
    "topic",
    "resultVariable",
    "inputOutput",
    "decisionRef",
    "collection",
    "elementVariable",
}
READ |= {"formField", "value", "inputParameter", "outputParameter", "validation", "constraint"}
DOING = ("serviceTask", "sendTask", "businessRuleTask")


def take_over(draft: Draft) -> None:
    """Map what has a counterpart; name the rest."""
    for node in draft.nodes(*TASKS):
        _person(draft, node)
    for node in draft.nodes(*DOING):
        _doing(draft, node)
    for node in draft.nodes("scriptTask"):
        _script(draft, node)
    for loop in draft.nodes("multiInstanceLoopCharacteristics"):
        draft.repeat(
            loop.getparent(), loop.get(f"{OWN}collection"), loop.get(f"{OWN}elementVariable"), speech.juel
        )
    draft.conditions(speech.juel)
    draft.times(speech.juel)
    _rest(draft)


def _person(draft: Draft, node: etree._Element) -> None:
    """Who does it, by when, with which fields."""
    groups = [one.strip() for one in node.get(f"{OWN}candidateGroups", "").split(",") if one.strip()]
    if groups:
        draft.set_role(node, groups[0])
        for other in groups[1:]:
            draft.note(node, "to_do", "second_role", value=other)
    due = node.get(f"{OWN}dueDate", "")
    if DURATION.match(due):
        draft.set_property(node, "due", due)
        draft.note(node, "mapped", "due", value=due)
    elif due:
        draft.set_property(node, "due_on", draft.say(node, due, speech.juel))
    fields = [(one.get("id", ""), _field(one)) for one in node.iter(f"{OWN}formField")]
    if fields and tag_of(node) == "userTask":
        draft.set_form(node, fields)
    elif key := node.get(f"{OWN}formKey") or node.get(f"{OWN}formRef"):
        draft.note(node, "to_do", "form_elsewhere", value=key)
    assignee = node.get(f"{OWN}assignee", "")
    if assignee.startswith("${"):
        draft.set_property(node, "candidate", draft.say(node, assignee, speech.juel))
    elif assignee:
        draft.note(node, "to_do", "fixed_person", value=assignee)


def _field(told: etree._Element) -> dict | None:
    name = told.get("id", "")
    kind = forms.CAMUNDA.get(told.get("type", ""))
    made: dict = {"key": forms.key_of(name), "label": forms.both(told.get("label") or name)}
    if told.get("type") == "enum":
        values = [forms.choice(one.get("id"), one.get("name")) for one in told.findall(f"{OWN}value")]
        return made | {"type": "choice", "values": values}
    if kind is None:
        return None
    rules: dict = {"decimals": 0} if told.get("type") == "long" else {}
    for one in told.iter(f"{OWN}constraint"):
        name, config = one.get("name", ""), one.get("config", "")
        if name == "required" and kind != "checkbox":
            rules["required"] = True
        elif name in ("min", "max") and re.fullmatch(r"-?\d+", config) and kind == "number":
            rules[name] = int(config)
    return made | {"type": kind} | ({"validate": rules} if rules else {})


def _doing(draft: Draft, node: etree._Element) -> None:
    """An operator or a decision with its parameters."""
    decision = node.get(f"{OWN}decisionRef")
    if decision:
        draft.set_decision(node, decision)
        if result := node.get(f"{OWN}resultVariable"):
            draft.set_property(node, "result", result)
        return
    if tag_of(node) == "sendTask" and node.get("messageRef"):
        return
    given = {}
    for one in node.iter(f"{OWN}inputParameter"):
        said = speech.value((one.text or "").strip(), speech.juel, draft.names) if not len(one) else None
        if said is None:
            draft.note(node, "to_do", "expression", value=f"{one.get('name')}: {(one.text or '').strip()}")
        else:
            given[one.get("name", "")] = said
    for one in node.iter(f"{OWN}outputParameter"):
        draft.note(node, "to_do", "output", value=one.get("name", ""))
    called = ("topic", "class", "delegateExpression", "expression")
    theirs = next((node.get(OWN + one) for one in called if node.get(OWN + one)), "")
    plain = re.sub(r"[${}]|\(.*\)", "", theirs) or node.get("id", "")
    draft.set_operator(node, plain, node.get(f"{OWN}resultVariable"), given)


def _script(draft: Draft, node: etree._Element) -> None:
    """A script in the expression language becomes one assignment; others stay and are named."""
    text, result = (node.findtext(f"{BPMN}script") or "").strip(), node.get(f"{OWN}resultVariable")
    if node.get("scriptFormat", "").lower() in ("juel", "feel") and result:
        draft.set_script(node, [(result, text)], speech.juel)
    else:
        draft.note(node, "to_do", "script", value=node.get("scriptFormat", "") or "?")
    node.attrib.pop("scriptFormat", None)


def _rest(draft: Draft) -> None:
    """What is left of the other engine: how it runs things, which we need not know, and what we cannot do."""
    for one in draft.process.iter(etree.Element):
        for name in one.attrib:
            word = name.removeprefix(OWN)
            if name.startswith(OWN) and word in NEEDLESS:
                draft.note(one, "left_out", "technical", value=word)
            elif name.startswith(OWN) and word not in READ:
                draft.note(one, "to_do", "unknown", value=word)
        word = one.tag.removeprefix(OWN)
        if one.tag.startswith(OWN) and word not in READ:
            outer = draft.owner(one)
            known = "left_out" if word in NEEDLESS else "to_do"
            draft.note(outer, known, "technical" if word in NEEDLESS else "unknown", value=word)
