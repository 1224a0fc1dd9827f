"""spiff-arena: the same namespace as ours, with Python in scripts and forms as JSON Schema. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from app.studio.dialects import forms, speech
from app.studio.dialects.draft import TASKS, Draft
from app.workflow.drawing.diagram import BPMN, SPIFF, properties, tag_of

KEPT = {"properties", "property", "serviceTaskOperator", "parameters", "parameter", "calledDecisionId"}
TOLD = {"instructionsForEndUser", "preScript", "postScript", "unitTests", "unitTest"}
NEEDLESS = {
    "unitTests",
    "unitTest",
    "inputJson",
    "expectedOutputJson",
    "taskMetadataValue",
    "taskMetadataValues",
}
SCHEMA, LOOKS = "formJsonSchemaFilename", "formUiSchemaFilename"


def take_over(draft: Draft, schemas: Mapping[str, bytes]) -> None:
    """Map what has a counterpart; name the rest."""
    for node in draft.nodes(*TASKS):
        _form(draft, node, schemas)
    for node in draft.nodes("serviceTask"):
        call = node.find(f".//{SPIFF}serviceTaskOperator")
        if call is not None:
            given = {p.get("id", ""): p.get("value", "") for p in call.iter(f"{SPIFF}parameter")}
            theirs, result = call.get("id", ""), call.get("resultVariable")
            call.getparent().remove(call)
            draft.set_operator(node, theirs, result, {k: _value(draft, node, v) for k, v in given.items()})
    for node in draft.nodes("scriptTask"):
        lines = list(_lines(node.findtext(f"{BPMN}script") or ""))
        if lines and all(name for name, _text in lines):
            draft.set_script(node, lines, speech.python)
        else:
            draft.note(node, "to_do", "script", value="Python")
    draft.conditions(speech.python)
    _rest(draft)


def _form(draft: Draft, node: etree._Element, schemas: Mapping[str, bytes]) -> None:
    """A task's JSON Schema as a form, with its instructions as help."""
    own = properties(node)
    about = (node.findtext(f".//{SPIFF}instructionsForEndUser") or "").strip()
    named = own.get(SCHEMA, "").rpartition("/")[2]
    for one in list(node.iter(f"{SPIFF}property")):
        if one.get("name") in (SCHEMA, LOOKS):
            one.getparent().remove(one)
    if own.get("form") or tag_of(node) != "userTask":
        return
    if named in schemas:
        draft.set_form(node, list(forms.of_schema(forms.json_of(schemas[named]))), about)
    elif named:
        draft.note(node, "to_do", "form_elsewhere", value=named)
    elif about:
        draft.set_form(node, [], about)


def _value(draft: Draft, node: etree._Element, text: str) -> str:
    return draft.say(node, text, speech.python) if text.strip() else '""'


def _lines(script: str) -> Iterator[tuple[str, str]]:
    """Assignments; the name is empty where a line is something else."""
    for line in filter(None, (one.strip() for one in script.splitlines())):
        name, equals, text = line.partition("=")
        yield (
            (name.strip() if equals and name.strip().isidentifier() and not text.startswith("=") else ""),
            text.strip(),
        )


def _rest(draft: Draft) -> None:
    """Scripts before and after a task, tests, and everything else that has no counterpart."""
    for one in [one for block in list(draft.root.iter(f"{BPMN}extensionElements")) for one in block]:
        word = tag_of(one)
        if not word or not one.tag.startswith(SPIFF) or word in KEPT:
            continue
        if word in NEEDLESS:
            draft.note(draft.owner(one), "left_out", "technical", value=word)
        elif word != "instructionsForEndUser":
            draft.note(draft.owner(one), "to_do", "unknown", value=word)
        one.getparent().remove(one)
