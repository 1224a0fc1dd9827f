"""The kinds of component and what a designer may say of each: what the deploy check knows, in a table. Pure.

An entry stands in the component itself, a rule in its ``validate``. Each has a way of being written: ``text``
(an expression or a word), ``flag`` (a box), ``whole`` (a count), ``limit`` (a number, a day or an expression),
``width`` (a choice).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

WAYS = {
    "required": "flag",
    "readonly": "flag",
    "hidden": "flag",
    "fixed": "flag",
    "min": "limit",
    "max": "limit",
    "decimals": "whole",
    "minLength": "whole",
    "maxLength": "whole",
    "min_rows": "whole",
    "max_rows": "whole",
    "pattern": "text",
    "unit": "text",
    "default": "text",
    "prefill": "text",
    "rows": "text",
    "visible": "text",
    "width": "width",
}
"""How each entry and rule is written, in the order they are asked for."""
RULES = frozenset({"required", "min", "max", "decimals", "minLength", "maxLength", "pattern"})
_TEXT = ("required", "minLength", "maxLength", "pattern", "default", "visible", "readonly", "width")
USUAL = {
    "text": (*_TEXT, "unit"),
    "textarea": _TEXT,
    "number": ("required", "min", "max", "decimals", "unit", "default", "visible", "readonly", "width"),
    "date": ("required", "min", "max", "default", "visible", "readonly", "width"),
    "choice": ("required", "default", "visible", "readonly", "width"),
    "checkbox": ("required", "default", "visible", "readonly", "width"),
    "file": ("required", "visible"),
    "scan": _TEXT,
    "lines": ("required", "min_rows", "max_rows", "fixed", "prefill", "visible"),
    "facts": ("visible",),
    "table": ("rows", "visible"),
}
"""What is asked of each kind; the kinds in the order they are offered."""
COLUMNS = ("text", "textarea", "number", "date", "choice", "checkbox", "scan")
"""The kinds a line table's column may be of."""
TABLE_COLUMNS = ("text", "number")


@dataclass(frozen=True)
class Entry:
    """One entry of a component: its name, how it is written, what stands there."""

    name: str
    way: str
    value: object = None


def entries(component: dict, *, column: bool = False) -> Iterator[Entry]:
    """What is asked of a component: the usual entries of its kind, and others it holds already."""
    rules = component.get("validate") or {}
    usual = set(USUAL.get(str(component.get("type")), ()))
    if column:
        usual = (usual | {"hidden"}) - {"width"}
    for name, way in WAYS.items():
        holder = rules if name in RULES else component
        if name in usual or name in holder:
            yield Entry(name, way, holder.get(name))


def blank(kind: str, labels: dict[str, str], option: dict[str, str]) -> dict:
    """A new component of a kind, with what it cannot do without; ``option`` labels what stands inside."""
    made: dict = {"type": kind, "label": dict(labels)}
    if kind not in ("facts", "table"):
        made = {"key": kind, **made}
    if kind == "choice":
        made["values"] = [{"value": "1", "label": dict(option)}]
    elif kind == "lines":
        made["columns"] = [{"key": "text", "type": "text", "label": dict(option)}]
    elif kind == "facts":
        made["items"] = [part("facts", option)]
    elif kind == "table":
        made |= {"rows": "source.rows", "columns": [part("table", option)]}
    return made


def part(kind: str, labels: dict[str, str]) -> dict:
    """A new option, fact or column of a read-only table."""
    if kind == "choice":
        return {"value": "1", "label": dict(labels)}
    if kind == "facts":
        return {"label": dict(labels), "value": "''"}
    return {"key": "column", "label": dict(labels)}
