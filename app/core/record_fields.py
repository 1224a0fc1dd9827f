"""The fields of an act on record in the reader's words: what was changed, from what to what.

Labels come from the form a task was completed with where there is one, else
from the words here; ids are shown as the documents and things they stand for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import g
from flask_babel import gettext as _

from app.core.documents import document_label
from app.core.i18n import format_date, format_quantity, localized
from app.core.lists import moment_text
from app.core.permissions import ROLES
from app.core.record_words import FIELDS
from app.core.words import STATUS, labelled, listed, status_label

REFERENCES = {
    "deputy_id": "user",
    "for": "user",
    "item": "item",
    "item_id": "item",
    "order": "customer_order",
    "replacement": "requisition",
    "supplier": "partner",
    "supplier_id": "partner",
}
"""What a whole number in such a field is the id of."""

CHOICES = {"disposition", "kind", "rule", "status", "verdict"}
"""Fields whose values are words of the program."""

AT_ONCE = 1000
ROW = "· "
HIDDEN = {"sha256"}
_KEY = re.compile(r"[a-z_]+\.[a-z_0-9]+\Z")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,9})?\Z")
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)\Z")

Labels = Mapping[str, str]
"""A form's labels: ``lines``, ``lines.quantity`` for a column, ``decision=approve`` for a choice."""

_forms: list[Callable[[set[int]], Mapping[int, Labels]]] = []
_decisions: list[Callable[[str], Labels]] = []


def form_labels(function: Callable[[set[int]], Mapping[int, Labels]]) -> Callable:
    """Let the owner of tasks give the labels of the forms they were completed with, by task id."""
    _forms.append(function)
    return function


def decision_labels(function: Callable[[str], Labels]) -> Callable:
    """Let the owner of decisions give the labels of what a decision looked at, by its key."""
    _decisions.append(function)
    return function


def remember_labels(tasks: set[int]) -> None:
    """Look up the labels of many tasks' forms at once, for ``labels_of``."""
    known = g.setdefault("form_labels", {})
    missing = sorted(tasks - known.keys())
    for start in range(0, len(missing), AT_ONCE):
        some = set(missing[start : start + AT_ONCE])
        known.update({task: {} for task in some})
        for one in _forms:
            known.update(one(some))


def labels_of(task: int | None, decision: str = "") -> Labels:
    """The labels of the form of a task, or of a decision."""
    if decision:
        return {key: label for one in _decisions for key, label in one(decision).items()}
    if task is None:
        return {}
    remember_labels({task})
    return g.form_labels[task]


def field_values(
    values: Mapping[str, Any] | None, labels: Labels, *, rows: int | None = None
) -> dict[str, tuple[str, str]]:
    """Label and value of each field by its key; of a form only what its reader saw, of a table so many rows."""
    found = {}
    for key, value in (values or {}).items():
        label = _label(key, labels)
        if label is not None:
            found[key] = (
                label,
                _table(value, labels, key, rows) if _is_table(value) else _value(key, value, labels),
            )
    return found


def field_text(values: Mapping[str, Any] | None, labels: Labels, *, rows: int | None = None) -> str:
    """The fields as lines of text."""
    return "\n".join(
        labelled(label, f"\n{value}" if value.startswith(ROW) else value)
        for label, value in field_values(values, labels, rows=rows).values()
    )


def changed(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both without what is alike in both: fields, and rows of tables that are equally long."""
    old, new = dict(before or {}), dict(after or {})
    for key in old.keys() & new.keys():
        one, other = old[key], new[key]
        if one == other:
            del old[key], new[key]
        elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            different = [place for place in range(len(one)) if one[place] != other[place]]
            old[key], new[key] = [one[place] for place in different], [other[place] for place in different]
    return old, new


def _label(key: str, labels: Labels, table: str = "") -> str | None:
    """A field's label; None where the form hides it."""
    path = f"{table}.{key}" if table else key
    if path in labels:
        return labels[path]
    if key in HIDDEN or (table and table in labels):
        return None
    return str(FIELDS[key]) if key in FIELDS else key.replace("_", " ")


def _value(key: str, value: Any, labels: Labels, path: str = "") -> str:
    """A value as people read it."""
    path = path or key
    if isinstance(value, list):
        return listed(_value(key, one, labels, path) for one in value) or "–"
    if isinstance(value, dict):
        return localized(value) if "en" in value else _row(value, labels, path)
    if (chosen := f"{path}={value}") in labels:
        return labels[chosen]
    if key in REFERENCES and str(value).isdecimal() and (key.endswith("_id") or path not in labels):
        name = f"{REFERENCES[key]}:{value}"
        return document_label(name).removeprefix(f"{REFERENCES[key]}:")
    return _plain(key, value)


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _table(rows: list[dict[str, Any]], labels: Labels, path: str, most: int | None) -> str:
    """Rows, each on a line of its own; so many of them and how many there are beyond."""
    lines = [f"{ROW}{_row(row, labels, path)}" for row in rows[:most]]
    if most is not None and len(rows) > most:
        lines.append(_("and %(count)s more", count=len(rows) - most))
    return "\n".join(lines)


def _row(row: Mapping[str, Any], labels: Labels, table: str) -> str:
    """One row of a table: what is filled in, with its labels."""
    cells = []
    for key, value in row.items():
        label = _label(key, labels, table)
        if key == "number" and isinstance(value, int) and f"{table}.number" not in labels:
            label = str(FIELDS["line"])  # a line's own, not a document's
        if label is not None and value not in (None, "", False):
            text = _value(key, value, labels, f"{table}.{key}")
            cells.append(labelled(label, text))
    return _("; ").join(cells) or "–"


def _plain(key: str, value: Any) -> str:
    """One value: yes or no, a word of the program, a role, a date, a number, else text."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    text = str(value)
    if key == "process":
        return document_label(f"bpmn:{text}")
    if key == "decision" and _KEY.match(text):
        return document_label(f"dmn:{text}")
    if key in CHOICES and text in STATUS:
        return status_label(text)
    if key in {"role", "roles"} and text in ROLES:
        return localized(ROLES[text])
    if _MOMENT.match(text):
        return moment_text(datetime.fromisoformat(text))
    if _DATE.match(text):
        return format_date(date.fromisoformat(text))
    if key not in {"number", "reference", "name"} and _NUMBER.match(text):
        return format_quantity(Decimal(text))
    return text
