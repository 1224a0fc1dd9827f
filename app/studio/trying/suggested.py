"""What a simulation could begin with and what operators and messages could say: so that nobody has to know it.

Test cases of the process come first: what they begin with and what their operators answer is known to fit. Else
values are made up from what the process, its calls, decisions and forms read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from app.core.i18n import in_language, language
from app.studio.builder import sample
from app.studio.trying.ground import Ground
from app.workflow.bundle import closure
from app.workflow.drawing.diagram import BPMN, DURATION, MOMENT, extension, properties, tag_of
from app.workflow.trial.scratch import BEGINNING
from app.workflow.trial.standing import Wait

TOLD = {
    "conditionExpression": "flag",
    "timeDuration": "P2D",
    "timeDate": "date",
    "loopCardinality": "number",
    "completionCondition": "flag",
    "loopDataInputRef": None,
}
"""Elements whose text reads data, and what they read."""
READING = {
    "summary": None,
    "document": None,
    "correlation": "item:1",
    "candidate": "number",
    "due_on": "date",
    "amount": "number",
}
"""Properties that read data, and what they read."""
WAITING = (
    "userTask",
    "manualTask",
    "receiveTask",
    "businessRuleTask",
    "intermediateCatchEvent",
    "boundaryEvent",
)
"""Elements that store what they get under their own name, unless they say another."""


@dataclass(frozen=True)
class Suggestion:
    """Values to begin with; ``known``: a test case has them, else they are made up."""

    values: dict[str, Any]
    known: bool = False


def start(ground: Ground) -> Suggestion:
    """What a case could begin with: its document and its first data."""
    for case in ground.cases:
        if case.get("start", {}).get("data"):
            return Suggestion({"key": "trial:1", **case["start"]}, known=True)
    made = set(_made(ground))
    read = {name: value for name, value in _read(ground).items() if name not in made}
    return Suggestion({"key": "trial:1", "data": in_language(read, language())})


def answer(ground: Ground, wait: Wait, so_far: Mapping[str, Any]) -> Suggestion:
    """What an operator could answer, or a message could say: as before, else every name that is read of it."""
    before = {"steps": so_far.get("steps", [])[::-1]}
    if (known := _known([before, *ground.cases], wait)) is not None:
        return Suggestion(known, known=True)
    return Suggestion(_made_up(ground, wait))


def _made_up(ground: Ground, wait: Wait) -> dict[str, Any]:
    node = _node(ground, wait)
    if node is None:
        return {}
    call = extension(node, "serviceTaskOperator")
    name = (
        call.get("resultVariable", "") if call is not None else properties(node).get("result") or wait.element
    )
    found = _read(ground).get(name)
    return in_language(found, language()) if isinstance(found, dict) else {}


def _known(cases: Iterable[Mapping[str, Any]], wait: Wait) -> dict[str, Any] | None:
    """What a case tells at this element."""
    for case in cases:
        given = case.get("operators", {}).get(wait.element)
        for one in given if isinstance(given, list) else [given]:
            if isinstance(one, dict) and not one.get("error"):
                return dict(one.get("result", {})) if one.keys() <= {"result", "error"} else one
        for step in case.get("steps", []):
            if step.get("element") == wait.element and step["do"] in ("operator", "message"):
                told = step.get("result", step.get("payload"))
                if isinstance(told, dict):
                    return told
    return None


def _node(ground: Ground, wait: Wait) -> etree._Element | None:
    diagram = ground.bundle.diagrams.get(wait.process)
    nodes = diagram.process.iter(etree.Element) if diagram is not None else ()
    return next((one for one in nodes if one.get("id") == wait.element), None)


def _processes(ground: Ground) -> list[etree._Element]:
    return [ground.bundle.diagrams[one].process for one in sorted(closure(ground.bundle, ground.key)[0])]


def _read(ground: Ground) -> dict[str, Any]:
    """Made-up values for every variable that the process reads, its calls, decisions and forms included."""
    told: list[tuple[str, Any]] = []
    processes, tables = closure(ground.bundle, ground.key)
    for process in _processes(ground):
        told += _expressions(process)
    for table in sorted(tables):
        told += _inputs(ground.bundle.tables[table])
    for form in sorted({form for one in processes for form in ground.bundle.diagrams[one].forms()}):
        given = ground.bundle.forms.get(form, {}).get("source_parameters") or {}
        told += [(expression, None) for expression in given.values()]
    return _numbered(sample.values_of(told, BEGINNING.date()))


def _numbered(value: Any) -> Any:
    """Rows of tables are known by numbers: ``order_id`` is 1."""
    if isinstance(value, list):
        return [_numbered(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: 1 if name.endswith("_id") and isinstance(inner, str) else _numbered(inner)
        for name, inner in value.items()
    }


def _inputs(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a decision reads, each with what its first row with a condition takes."""
    for number, column in enumerate(table.get("inputs", [])):
        tests = [rule["tests"][number].strip() for rule in table["rules"]]
        first = next((one for one in tests if one not in ("", "-")), "")
        word = re.match(r'"([^"]*)"', first)
        yield column["expression"], word[1] if word else "number" if re.search(r"\d", first) else None


def _expressions(process: etree._Element) -> Iterator[tuple[str, Any]]:
    """Everything in a diagram that reads data, with what it has to be."""
    for element in process.iter(etree.Element):
        tag = tag_of(element)
        if tag in TOLD:
            text = (element.text or "").strip()
            if not DURATION.match(text) and not MOMENT.match(text):
                yield text, TOLD[tag]
        elif tag == "parameter":
            yield element.get("value", ""), "number" if element.get("type") in ("int", "float") else None
        elif tag == "script":
            yield from ((line.partition("=")[2].strip(), None) for line in (element.text or "").splitlines())
        elif tag == "property" and element.get("name") in READING:
            yield element.get("value", ""), READING[element.get("name", "")]


def _made(ground: Ground) -> Iterator[str]:
    """Variables that something in the process writes."""
    for process in _processes(ground):
        for element in process.iter(etree.Element):
            tag = tag_of(element)
            if tag in WAITING:
                yield properties(element).get("result") or element.get("id", "")
            elif tag == "serviceTaskOperator":
                yield element.get("resultVariable", "")
            elif element.tag == f"{BPMN}script":
                yield from (line.partition("=")[0].strip() for line in (element.text or "").splitlines())
            elif tag in ("inputDataItem", "outputDataItem"):
                yield element.get("id", "")
    for table in closure(ground.bundle, ground.key)[1]:
        yield from (one["name"] for one in ground.bundle.tables[table].get("outputs", []))
