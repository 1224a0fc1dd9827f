"""Decision tables: read from DMN, checked, and evaluated in our expression language.

A cell is ``-`` (anything), a value, ``< 1000``, a range ``[1..10)``, ``"A", "B"``
(one of them) or ``not("A")``. Numbers compare as numbers, also against text from
process data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from lxml import etree

from app.core import expressions
from app.core.errors import DomainError
from app.core.expressions import ExpressionError
from app.workflow.diagram import DefinitionError, read_xml, tag_of
from app.workflow.forms_check import Problem
from app.workflow.language import is_name
from app.workflow.values import literal

_COMPARISON = re.compile(r"(<=|>=|!=|<|>|=)\s*(.+)\Z", re.S)
_RANGE = re.compile(r"([\[(\]])\s*(.+?)\s*\.\.\s*(.+?)\s*([\])\[])\Z", re.S)
_NOT = re.compile(r"not\s*\((.*)\)\Z", re.S)
POLICIES = ("UNIQUE", "FIRST", "COLLECT")


def read(source: bytes, file: str) -> dict[str, Any]:
    """A DMN file's one decision table as plain data.

    Raises:
        DefinitionError: the file holds something else, or a cell cannot be read.
    """
    root = read_xml(source, file)
    decisions = [e for e in root if tag_of(e) == "decision"]
    if tag_of(root) != "definitions" or len(decisions) != 1:
        raise DefinitionError([Problem(file, "", _("A file holds exactly one decision."))])
    decision = decisions[0]
    table = next((e for e in decision if tag_of(e) == "decisionTable"), None)
    if table is None:
        raise DefinitionError([Problem(file, decision.get("id", ""), _("A decision is a decision table."))])
    content = {
        "key": decision.get("id", ""),
        "name": decision.get("name", ""),
        "hit_policy": table.get("hitPolicy", "UNIQUE"),
        "inputs": [_input(e) for e in table if tag_of(e) == "input"],
        "outputs": [{"name": e.get("name", "")} for e in table if tag_of(e) == "output"],
        "rules": [_rule(e) for e in table if tag_of(e) == "rule"],
    }
    if found := [Problem(file, element, str(message)) for element, message in problems(content)]:
        raise DefinitionError(found)
    return content


def problems(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Everything that keeps a decision table from being deployed."""
    key = table["key"]
    if table["hit_policy"] not in POLICIES:
        yield (
            key,
            _("The hit policy {name} is not run; use unique, first or collect.").format(
                name=table["hit_policy"]
            ),
        )
    if not table["inputs"] or not table["outputs"] or not table["rules"]:
        yield key, _("A decision table needs inputs, outputs and rules.")
    for column in table["inputs"]:
        yield from _readable(column["id"], column["expression"])
    for column in table["outputs"]:
        if not is_name(column["name"]):
            yield key, _("{name} cannot be the name of a variable.").format(name=column["name"] or "''")
    for rule in table["rules"]:
        for cell in rule["tests"]:
            for part in _parts(cell):
                yield from _readable(rule["id"], part)
        for cell in rule["outputs"]:
            yield from _readable(rule["id"], cell)
        if (len(rule["tests"]), len(rule["outputs"])) != (len(table["inputs"]), len(table["outputs"])):
            yield rule["id"], _("The rule has not one cell for each column.")


def decide(table: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The outputs for the data, and a record of the inputs and the rows that fired.

    Raises:
        DomainError: no row fires, or more than one under the policy unique.
    """
    values = [expressions.evaluate(column["expression"], data) for column in table["inputs"]]
    fired = []
    for number, rule in enumerate(table["rules"], 1):
        if all(_meets(cell, value, data) for cell, value in zip(rule["tests"], values, strict=True)):
            fired.append((number, rule))
            if table["hit_policy"] == "FIRST":
                break
    if not fired and table["hit_policy"] != "COLLECT":
        message = _("No row of the decision {name} fits.").format(name=table["name"] or table["key"])
        raise DomainError("no_decision", message)
    if len(fired) > 1 and table["hit_policy"] == "UNIQUE":
        message = _("Several rows of the decision {name} fit.").format(name=table["name"] or table["key"])
        raise DomainError("ambiguous_decision", message)
    record = {
        "decision": table["key"],
        "inputs": {c["label"]: literal(v) for c, v in zip(table["inputs"], values, strict=True)},
        "rows": [number for number, _rule in fired],
        "rules": [rule["id"] for _number, rule in fired],
    }
    results = [_outputs(table, rule, data) for _number, rule in fired]
    if table["hit_policy"] == "COLLECT":
        return {c["name"]: [r[c["name"]] for r in results] for c in table["outputs"]}, record
    return results[0], record


def _outputs(table: Mapping[str, Any], rule: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    pairs = zip(table["outputs"], rule["outputs"], strict=True)
    return {column["name"]: literal(expressions.evaluate(cell, data)) for column, cell in pairs}


def _input(element: etree._Element) -> dict[str, str]:
    expression = next((e for e in element.iter() if tag_of(e) == "inputExpression"), None)
    text = _cell(expression) if expression is not None else ""
    return {"id": element.get("id", ""), "label": element.get("label") or text, "expression": text}


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


def _parts(cell: str) -> Iterator[str]:
    """The expressions inside a cell."""
    for test in split(cell):
        if match := _NOT.match(test):
            yield from _parts(match[1])
        elif match := _RANGE.match(test):
            yield from (match[2], match[3])
        elif match := _COMPARISON.match(test):
            yield match[2]
        elif test not in ("", "-"):
            yield test


def split(cell: str) -> list[str]:
    """The alternatives of a cell: its parts between commas outside quotes and brackets."""
    parts, depth, quote, current = [], 0, "", ""
    for character in cell:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([" and (depth or current.strip()):
            depth += 1
        elif character in ")]" and depth:
            depth -= 1
        elif character == "," and not depth:
            parts.append(current.strip())
            current = ""
            continue
        current += character
    return [*parts, current.strip()]


def _meets(cell: str, value: Any, data: Mapping[str, Any]) -> bool:
    return any(_test(part, value, data) for part in split(cell))


def _test(test: str, value: Any, data: Mapping[str, Any]) -> bool:
    """Whether the value satisfies one alternative of a cell."""
    if test in ("", "-"):
        return True
    if match := _NOT.match(test):
        return not _meets(match[1], value, data)
    if match := _RANGE.match(test):
        low, high = (expressions.evaluate(part, data) for part in (match[2], match[3]))
        lower = _compare(value, low, ">=" if match[1] == "[" else ">")
        return lower and _compare(value, high, "<=" if match[4] == "]" else "<")
    operation, text = match.groups() if (match := _COMPARISON.match(test)) else ("=", test)
    return _compare(value, expressions.evaluate(text, data), operation)


def _compare(left: Any, right: Any, operation: str) -> bool:
    if _is_number(right) and isinstance(left, str):
        left = expressions.FUNCTIONS["number"](left)
    elif _is_number(left) and isinstance(right, str):
        right = expressions.FUNCTIONS["number"](right)
    try:
        return {
            "=": lambda: left == right,
            "!=": lambda: left != right,
            "<": lambda: left < right,
            "<=": lambda: left <= right,
            ">": lambda: left > right,
            ">=": lambda: left >= right,
        }[operation]()
    except TypeError as error:
        raise ExpressionError(str(error)) from error


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)
