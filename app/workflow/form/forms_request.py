"""What a browser sends, back into the shape of the form; rows are added and removed without JavaScript."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.core.errors import DomainError
from app.core.expressions import FUNCTIONS
from app.workflow.form.forms import Form, FormState

MAX_FIELDS = 20_000
LONGEST_NUMBER = 5
"""Digits of a row's number."""


def submitted_values(form: Form, sent: MultiDict) -> dict[str, Any]:
    """The typed values by component key; unknown names are kept so that the schema can refuse them."""
    if len(sent) > MAX_FIELDS:
        raise DomainError("too_many_fields", _("Too many fields."), status=413)
    values: dict[str, Any] = {}
    lines = {one["key"]: one for one in form.components if one["type"] == "lines"}
    known = {one["key"]: one for one in form.components if "key" in one and one["type"] != "lines"}
    for name in sent:
        if name == "csrf_token" or name.startswith("_"):
            continue
        if name.split("-", 1)[0] not in lines:
            values[name] = sent[name]
    for key, component in known.items():
        if component["type"] == "checkbox":
            values[key] = sent.get(key, "") in ("true", "on", "1")
    for key, component in lines.items():
        values[key] = _rows(component, sent)
    return values


def _rows(component: Mapping, sent: MultiDict) -> list[dict]:
    """The rows of a line table in the order they were shown, without rows nobody filled."""
    key, columns = component["key"], component["columns"]
    removed = sent.get("_remove", "")
    names = {one["key"] for one in columns}
    rows = []
    for index, row in sorted(_typed_rows(key, sent).items()):
        if removed == f"{key}:{index}":
            continue
        for column in columns:
            if column["type"] == "checkbox":
                row[column["key"]] = row.get(column["key"], "") in ("true", "on", "1")
        if component.get("fixed") or row.keys() - names or _filled(row, columns):
            rows.append(row)
    if sent.get("_add") == key:
        rows.append({})
    return rows


def _typed_rows(key: str, sent: MultiDict) -> dict[int, dict[str, Any]]:
    """What was typed into each row of one line table, by its number: each name is looked at once."""
    rows: dict[int, dict[str, Any]] = {}
    for name in sent:
        table, _dash, rest = name.partition("-")
        number, dash, column = rest.partition("-")
        if table != key or not dash or not number.isdecimal() or len(number) > LONGEST_NUMBER:
            continue
        row = rows.setdefault(int(number), {})
        if not column.startswith("_"):
            row[column] = sent[name]
    return rows


def _filled(row: Mapping, columns: list[dict]) -> bool:
    """Whether anybody typed something into the row."""
    return any(
        row.get(one["key"]) not in (None, "", False) for one in columns if one["type"] != "checkbox"
    ) or any(row.get(one["key"]) is True for one in columns if one["type"] == "checkbox")


_OPERATORS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.And: "and",
    ast.Or: "or",
}


def browser_condition(state: FormState, expression: str) -> list | None:
    """A visibility expression for the browser: nested lists, with everything but the form's own fields put in.

    None where the browser cannot follow; the server decides again at the next request anyway.
    """
    fields = {one["key"] for one in state.form.components if "key" in one}
    try:
        return _compiled(ast.parse(expression.strip(), mode="eval").body, state, fields)
    except (ValueError, SyntaxError, TypeError):
        return None


def _compiled(node: ast.AST, state: FormState, fields: set[str]) -> list:
    """One node as [operation, arguments…]; a part without form fields becomes its value."""
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} - FUNCTIONS.keys()
    if not names & fields:
        value = state.evaluate(ast.unparse(node))
        if isinstance(value, str | bool | int | type(None)):
            return ["value", value]
        if isinstance(value, list | tuple):
            return ["value", [str(one) for one in value]]
        return ["value", str(value)]
    match node:
        case ast.Name(id=name):
            return ["field", name]
        case ast.BoolOp(op=operation, values=values):
            return [
                _OPERATORS[type(operation)],
                *(_compiled(one, state, fields) for one in values),
            ]
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return ["not", _compiled(inner, state, fields)]
        case ast.Compare(left=left, ops=[operation], comparators=[right]):
            return [
                _OPERATORS[type(operation)],
                _compiled(left, state, fields),
                _compiled(right, state, fields),
            ]
        case ast.BinOp(left=left, op=operation, right=right):
            return [
                _OPERATORS[type(operation)],
                _compiled(left, state, fields),
                _compiled(right, state, fields),
            ]
        case ast.Call(func=ast.Name(id=name), args=[inner]) if name in (
            "number",
            "text",
            "len",
        ):
            return [name, _compiled(inner, state, fields)]
    raise ValueError(type(node).__name__)
