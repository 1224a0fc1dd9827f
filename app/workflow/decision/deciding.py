"""Taking a decision: the rows that fire for the data, and what they give under the table's hit policy.

What a decision requires is taken first; the result of each is there under its variable's name. The record says
which rows fired, and is kept with the step.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app.core import expressions
from app.core.errors import DomainError
from app.core.expressions import ExpressionError
from app.workflow.decision import unary
from app.workflow.spiff.values import literal

SINGLE = ("UNIQUE", "ANY", "PRIORITY", "FIRST")
"""Hit policies that give the outputs of one row; the others give a list of each output."""


def decide(content: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The outputs for the data, and a record of the inputs and the rows that fired.

    Raises:
        DomainError: no row fires, or several that do not agree where the hit policy wants one.
    """
    known, records = dict(data), []
    for required in content["requires"]:
        outputs, record = _take(required, known)
        known[required["variable"]] = next(iter(outputs.values())) if len(outputs) == 1 else outputs
        records.append(record)
    outputs, record = _take(content, known)
    return literal(outputs), {**record, "requires": records} if records else record


def _take(content: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """One decision, with all it requires in the data."""
    if "expression" in content:
        value = expressions.evaluate(content["expression"], data)
        return {content["variable"]: value}, {"decision": content["key"], "value": literal(value)}
    values = [expressions.evaluate(column["expression"], data) for column in content["inputs"]]
    fired = []
    for number, rule in enumerate(content["rules"], 1):
        if all(unary.meets(cell, value, data) for cell, value in zip(rule["tests"], values, strict=True)):
            fired.append((number, rule, _outputs(content, rule["outputs"], data)))
            if content["hit_policy"] == "FIRST":
                break
    record = {
        "decision": content["key"],
        "inputs": {c["label"]: literal(v) for c, v in zip(content["inputs"], values, strict=True)},
        "rows": [number for number, _rule, _out in fired],
        "rules": [rule["id"] for _number, rule, _out in fired],
    }
    return _result(content, [outputs for _number, _rule, outputs in fired], data), record


def _result(table: Mapping[str, Any], rows: list[dict[str, Any]], data: Mapping[str, Any]) -> dict[str, Any]:
    """What the rows that fired give under the table's hit policy."""
    name, policy = table["name"] or table["key"], table["hit_policy"]
    defaults = [column["default"] for column in table["outputs"]]
    if not rows and all(defaults):
        rows = [_outputs(table, defaults, data)]
    if policy in ("PRIORITY", "OUTPUT ORDER"):
        rows = sorted(rows, key=lambda row: _rank(table, row, data))
    if policy not in SINGLE:
        lists = {column["name"]: [row[column["name"]] for row in rows] for column in table["outputs"]}
        if not table["aggregation"]:
            return lists
        return {output: _aggregate(table["aggregation"], found) for output, found in lists.items()}
    if not rows:
        raise DomainError("no_decision", _("No row of the decision {name} fits.").format(name=name))
    if (len(rows) > 1 and policy == "UNIQUE") or (policy == "ANY" and any(r != rows[0] for r in rows)):
        raise DomainError(
            "ambiguous_decision", _("Several rows of the decision {name} fit.").format(name=name)
        )
    return rows[0]


def _rank(table: Mapping[str, Any], row: Mapping[str, Any], data: Mapping[str, Any]) -> list[int]:
    """Where the outputs of a row stand among their values, the most important first."""
    ranks = []
    for column in table["outputs"]:
        values = [expressions.evaluate(text, data) for text in column["values"]]
        value = row[column["name"]]
        if value not in values:
            raise ExpressionError(
                "{value} is not among the values of the output {name}.", value=value, name=column["name"]
            )
        ranks.append(values.index(value))
    return ranks


def _aggregate(kind: str, values: list[Any]) -> Any:
    """One number from what was collected; none from nothing, as the standard says, but a count of 0."""
    if kind == "COUNT":
        return len(values)
    numbers = [expressions.FUNCTIONS["number"](value) for value in values]
    if not numbers:
        return None
    found = {"SUM": sum(numbers, Decimal(0)), "MIN": min(numbers), "MAX": max(numbers)}[kind]
    return int(found) if found == found.to_integral_value() else found


def _outputs(table: Mapping[str, Any], cells: list[str], data: Mapping[str, Any]) -> dict[str, Any]:
    pairs = zip(table["outputs"], cells, strict=True)
    return {column["name"]: expressions.evaluate(cell, data) for column, cell in pairs}
