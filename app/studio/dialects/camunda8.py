"""Camunda 8: job types, io mappings, assignments, embedded forms, FEEL. Pure."""

from __future__ import annotations

from lxml import etree

from app.studio.dialects import forms, speech
from app.studio.dialects.draft import TASKS, Draft
from app.workflow.drawing.diagram import BPMN, DURATION

OWN = "{http://camunda.org/schema/zeebe/1.0}"
NEEDLESS = {"userTask", "versionTag", "taskHeaders", "header", "properties", "property", "priorityDefinition"}
READ = {
    "taskDefinition",
    "ioMapping",
    "input",
    "output",
    "assignmentDefinition",
    "formDefinition",
    "taskSchedule",
}
READ |= {"calledElement", "calledDecision", "loopCharacteristics", "script", "subscription", "userTaskForm"}


def take_over(draft: Draft) -> None:
    """Map what has a counterpart; name the rest."""
    embedded = {
        one.get("id", ""): forms.json_of(one.text or "") for one in draft.process.iter(f"{OWN}userTaskForm")
    }
    for node in draft.nodes(*TASKS):
        _person(draft, node, embedded)
    for node in draft.nodes("serviceTask", "sendTask", "businessRuleTask", "scriptTask"):
        _doing(draft, node)
    for node in draft.nodes("callActivity"):
        if (called := node.find(f".//{OWN}calledElement")) is not None:
            node.set("calledElement", called.get("processId", ""))
            draft.note(node, "mapped", "called", value=called.get("processId", ""))
    for loop in draft.nodes("multiInstanceLoopCharacteristics"):
        told = loop.find(f".//{OWN}loopCharacteristics")
        over, item = (
            (told.get("inputCollection"), told.get("inputElement")) if told is not None else (None, None)
        )
        draft.repeat(loop.getparent(), over, item, speech.feel)
    _messages(draft)
    draft.conditions(speech.feel)
    draft.times(speech.feel)
    for one in draft.root.iter(etree.Element):
        word = one.tag.removeprefix(OWN)
        if one.tag.startswith(OWN) and word not in READ:
            outer = draft.owner(one)
            known = word in NEEDLESS
            draft.note(
                outer, "left_out" if known else "to_do", "technical" if known else "unknown", value=word
            )


def _person(draft: Draft, node: etree._Element, embedded: dict[str, dict]) -> None:
    """Who does it, by when, with which fields."""
    assigned, timed = node.find(f".//{OWN}assignmentDefinition"), node.find(f".//{OWN}taskSchedule")
    form = node.find(f".//{OWN}formDefinition")
    if form is not None:
        key = form.get("formKey") or form.get("formId") or ""
        content = embedded.get(key.rpartition(":")[2], {})
        if content:
            draft.set_form(node, list(forms.of_form_js(content)))
        else:
            draft.note(node, "to_do", "form_elsewhere", value=key)
    if assigned is not None:
        groups = [one.strip(' []"') for one in assigned.get("candidateGroups", "").lstrip("=").split(",")]
        groups = [one for one in groups if one]
        if groups:
            draft.set_role(node, groups[0])
        for other in groups[1:]:
            draft.note(node, "to_do", "second_role", value=other)
        person = assigned.get("assignee", "")
        if person.startswith("="):
            draft.set_property(node, "candidate", draft.say(node, person, speech.feel))
        elif person:
            draft.note(node, "to_do", "fixed_person", value=person)
    due = timed.get("dueDate", "") if timed is not None else ""
    if DURATION.match(due):
        draft.set_property(node, "due", due)
    elif due:
        draft.set_property(node, "due_on", draft.say(node, due, speech.feel))


def _doing(draft: Draft, node: etree._Element) -> None:
    """A job, a decision or an expression."""
    script, decision = node.find(f".//{OWN}script"), node.find(f".//{OWN}calledDecision")
    if script is not None:
        line = (script.get("resultVariable", ""), script.get("expression", ""))
        draft.set_script(node, [line], speech.feel)
        return
    if decision is not None:
        draft.set_decision(node, decision.get("decisionId", ""))
        if result := decision.get("resultVariable"):
            draft.set_property(node, "result", result)
        return
    job = node.find(f".//{OWN}taskDefinition")
    given = {}
    for one in node.iter(f"{OWN}input"):
        said = speech.value(one.get("source", ""), speech.feel, draft.names)
        if said is None:
            draft.note(node, "to_do", "expression", value=f"{one.get('target')}: {one.get('source')}")
        else:
            given[one.get("target", "")] = said
    for one in node.iter(f"{OWN}output"):
        draft.note(node, "to_do", "output", value=one.get("target", ""))
    if node.tag == f"{BPMN}serviceTask" or job is not None:
        draft.set_operator(node, job.get("type", "") if job is not None else node.get("id", ""), None, given)


def _messages(draft: Draft) -> None:
    """A message's correlation key belongs to the element that waits for it."""
    keys = {}
    for message in draft.root.findall(f"{BPMN}message"):
        told = message.find(f".//{OWN}subscription")
        if told is not None:
            keys[message.get("id", "")] = told.get("correlationKey", "")
    for one in draft.nodes("messageEventDefinition", "receiveTask"):
        node = one if one.get("id") and one.tag == f"{BPMN}receiveTask" else one.getparent()
        if key := keys.get(one.get("messageRef", "")):
            draft.set_property(node, "correlation", draft.say(node, key, speech.feel))
