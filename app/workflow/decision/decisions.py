"""Decisions: tables and expressions read from DMN and checked; ``deciding`` takes them.

A file holds the decision its place names and those it requires. Cells are read by ``unary``; rows that are
missing or in each other's way are found by ``coverage``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext as _
from lxml import etree

from app.core import expressions
from app.core.expressions import ExpressionError
from app.workflow.decision import coverage, unary
from app.workflow.decision.deciding import SINGLE
from app.workflow.drawing.diagram import DefinitionError, read_xml, tag_of
from app.workflow.form.forms_check import Problem
from app.workflow.language import is_name

POLICIES = (*SINGLE, "OUTPUT ORDER", "RULE ORDER", "COLLECT")
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")
KNOWN = {
    "decision",
    "inputData",
    "knowledgeSource",
    "DMNDI",
    "extensionElements",
    "description",
    "association",
}
KNOWN |= {"textAnnotation", "itemDefinition"}


def read(source: bytes, file: str, key: str) -> dict[str, Any]:
    """A decision with all it requires, as plain data.

    Raises:
        DefinitionError: the file holds something else, or a cell cannot be read.
    """
    root = read_xml(source, file)
    found = [Problem(file, e.get("id", ""), _refused(tag_of(e))) for e in root if tag_of(e) not in KNOWN]
    decisions = {e.get("id", ""): e for e in root if tag_of(e) == "decision"}
    if tag_of(root) != "definitions" or key not in decisions:
        message = _("The decision's id must be {key}, as the file's place says.").format(key=key)
        raise DefinitionError([Problem(file, next(iter(decisions), ""), message)])
    try:
        order = _order(decisions, key)
    except _Circle as circle:
        message = _("The decision requires itself.")
        raise DefinitionError([Problem(file, circle.args[0], message)]) from None
    except KeyError as missing:
        message = _("The required decision {name} is not in this file.").format(name=missing.args[0])
        raise DefinitionError([Problem(file, key, message)]) from None
    for unused in sorted(decisions.keys() - set(order)):
        found.append(Problem(file, unused, _("No decision requires this one.")))
    contents = [_content(decisions[identifier]) for identifier in order]
    for content in contents:
        found += [Problem(file, element, str(message)) for element, message in problems(content)]
    if found:
        raise DefinitionError(found)
    return {**contents[-1], "requires": contents[:-1]}


class _Circle(Exception):
    """A decision that requires itself, directly or through others."""


def _order(decisions: Mapping[str, etree._Element], key: str) -> list[str]:
    """The decision and what it requires, each behind what it requires itself."""
    order: list[str] = []
    under_way: set[str] = set()

    def visit(identifier: str) -> None:
        if identifier in order:
            return
        if identifier in under_way:
            raise _Circle(identifier)
        under_way.add(identifier)
        for element in decisions[identifier].iter():
            if tag_of(element) == "requiredDecision":
                visit(element.get("href", "").removeprefix("#"))
        order.append(identifier)

    visit(key)
    return order


def _refused(tag: str) -> str:
    return _("{element} is not among the elements that can be run.").format(element=tag)


def _content(decision: etree._Element) -> dict[str, Any]:
    """One decision as plain data: a table, or an expression."""
    variable = next((e for e in decision if tag_of(e) == "variable"), None)
    content: dict[str, Any] = {
        "key": decision.get("id", ""),
        "name": decision.get("name", ""),
        "names": _names(decision, decision.get("name") or decision.get("id", "")),
        "variable": variable.get("name", "") if variable is not None else decision.get("id", ""),
    }
    table = next((e for e in decision if tag_of(e) == "decisionTable"), None)
    if table is None:
        written = next((e for e in decision if tag_of(e) == "literalExpression"), None)
        return {**content, "expression": _cell(written) if written is not None else ""}
    return {
        **content,
        "hit_policy": table.get("hitPolicy", "UNIQUE"),
        "aggregation": table.get("aggregation"),
        "inputs": [_input(e) for e in table if tag_of(e) == "input"],
        "outputs": [_output(e) for e in table if tag_of(e) == "output"],
        "rules": [_rule(e) for e in table if tag_of(e) == "rule"],
    }


def problems(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Everything that keeps a decision from being deployed."""
    key = content["key"]
    if "expression" in content:
        if not content["expression"]:
            yield key, _("A decision is a decision table or an expression.")
        else:
            yield from _readable(key, content["expression"])
        if not is_name(content["variable"]):
            yield key, _("{name} cannot be the name of a variable.").format(name=content["variable"] or "''")
        return
    found = [*_shape(content), *_cells(content)]
    yield from found
    if not found:
        yield from coverage.conflicts(content)


def _shape(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Policy, columns and outputs."""
    key, policy = table["key"], table["hit_policy"]
    if policy not in POLICIES:
        yield key, _("There is no hit policy {name}.").format(name=policy)
    if table["aggregation"] and (
        policy != "COLLECT" or table["aggregation"] not in AGGREGATIONS or len(table["outputs"]) != 1
    ):
        yield key, _("Only a table that collects one output adds up, counts or takes the least or most.")
    if policy in ("PRIORITY", "OUTPUT ORDER") and not all(column["values"] for column in table["outputs"]):
        yield key, _("Each output needs its values, the most important first.")
    if not table["inputs"] or not table["outputs"] or not table["rules"]:
        yield key, _("A decision table needs inputs, outputs and rules.")
    defaults = [column["default"] for column in table["outputs"]]
    if any(defaults) and not all(defaults):
        yield key, _("Either each output has a default or none.")
    for column in table["outputs"]:
        if not is_name(column["name"]):
            yield key, _("{name} cannot be the name of a variable.").format(name=column["name"] or "''")


def _cells(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Everything written is in the expression language; one cell for each column."""
    for column in table["inputs"]:
        yield from _readable(column["id"], column["expression"])
        for part in unary.parts(column["values"]):
            yield from _readable(column["id"], part)
    for column in table["outputs"]:
        for text in filter(None, (*column["values"], column["default"])):
            yield from _readable(table["key"], text)
    for rule in table["rules"]:
        for cell in rule["tests"]:
            for part in unary.parts(cell):
                yield from _readable(rule["id"], part)
        for cell in rule["outputs"]:
            yield from _readable(rule["id"], cell)
        if (len(rule["tests"]), len(rule["outputs"])) != (len(table["inputs"]), len(table["outputs"])):
            yield rule["id"], _("The rule has not one cell for each column.")


def hints(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What does not keep a decision from being deployed and still deserves a look: gaps, rows without effect."""
    for table in (*content["requires"], content):
        if "rules" in table:
            yield from coverage.gaps(table)


def _names(named: etree._Element, name: str) -> dict[str, str]:
    """The label of a decision or an input per language: its name, and its own properties ``label.<language>``."""
    found = {"en": name}
    for element in (one for own in named if tag_of(own) == "extensionElements" for one in own.iter()):
        if tag_of(element) == "property" and (name := element.get("name", "")).startswith("label."):
            found[name.removeprefix("label.")] = element.get("value", "")
    return found


def _input(element: etree._Element) -> dict[str, Any]:
    expression = next((e for e in element.iter() if tag_of(e) == "inputExpression"), None)
    text = _cell(expression) if expression is not None else ""
    return {
        "id": element.get("id", ""),
        "label": element.get("label") or text,
        "names": _names(element, element.get("label") or text),
        "expression": text,
        "type": expression.get("typeRef", "") if expression is not None else "",
        "values": next((_cell(e) for e in element if tag_of(e) == "inputValues"), ""),
    }


def _output(element: etree._Element) -> dict[str, Any]:
    values = next((_cell(e) for e in element if tag_of(e) == "outputValues"), "")
    return {
        "name": element.get("name", ""),
        "values": unary.split(values) if values else [],
        "default": next((_cell(e) for e in element if tag_of(e) == "defaultOutputEntry"), ""),
    }


def _rule(element: etree._Element) -> dict[str, Any]:
    return {
        "id": element.get("id", ""),
        "tests": [_cell(e) for e in element if tag_of(e) == "inputEntry"],
        "outputs": [_cell(e) for e in element if tag_of(e) == "outputEntry"],
    }


def _cell(element: etree._Element) -> str:
    text = next((e for e in element if tag_of(e) == "text"), None)
    return (text.text or "").strip() if text is not None else ""


def _readable(identifier: str, text: str) -> Iterator[tuple[str, str]]:
    try:
        expressions.check(text)
    except ExpressionError as error:
        yield identifier, _("The expression cannot be used: {reason}").format(reason=error)
