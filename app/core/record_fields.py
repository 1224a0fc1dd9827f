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
from flask_babel import lazy_gettext

from app.core.documents import document_label
from app.core.i18n import format_date, format_quantity, localized
from app.core.lists import moment_text
from app.core.permissions import ROLES
from app.core.words import STATUS, labelled, listed, status_label

FIELDS = {
    "accept_number": lazy_gettext("Defective pieces accepted"),
    "accepted": lazy_gettext("Accepted"),
    "action": lazy_gettext("Action"),
    "also_did": lazy_gettext("Steps done by the same person"),
    "amount": lazy_gettext("Amount"),
    "answer": lazy_gettext("Answer"),
    "approved": lazy_gettext("Approved"),
    "aql": lazy_gettext("AQL"),
    "attempts": lazy_gettext("Attempts"),
    "bought_on": lazy_gettext("Bought on"),
    "capacity": lazy_gettext("Capacity and due date"),
    "cause": lazy_gettext("Cause"),
    "certificates": lazy_gettext("Certificates and packing"),
    "check_on": lazy_gettext("Check the effect on"),
    "comment": lazy_gettext("Comment"),
    "cost": lazy_gettext("Cost"),
    "costed": lazy_gettext("Moves costed"),
    "credit_quantity": lazy_gettext("Quantity to credit"),
    "date": lazy_gettext("Date"),
    "days": lazy_gettext("Days"),
    "days_late": lazy_gettext("Days late"),
    "decimals": lazy_gettext("Decimal places"),
    "defective": lazy_gettext("Defective pieces"),
    "deputy": lazy_gettext("Deputy"),
    "deputy_id": lazy_gettext("Deputy"),
    "differences": lazy_gettext("Differences"),
    "disposition": lazy_gettext("Disposition"),
    "done": lazy_gettext("What was done"),
    "drawing": lazy_gettext("Drawing and revision"),
    "due": lazy_gettext("Due"),
    "due_at": lazy_gettext("Due"),
    "due_date": lazy_gettext("Due"),
    "effect_days": lazy_gettext("From a corrective action to the check of its effect"),
    "effective": lazy_gettext("Effective"),
    "element": lazy_gettext("Step"),
    "event": lazy_gettext("Message"),
    "file": lazy_gettext("File"),
    "follow_up": lazy_gettext("Follow-up on"),
    "for": lazy_gettext("For whom"),
    "from": lazy_gettext("Valid from"),
    "frozen": lazy_gettext("Frozen"),
    "good": lazy_gettext("Good pieces"),
    "granted": lazy_gettext("Granted"),
    "incident": lazy_gettext("Incident"),
    "into": lazy_gettext("New work order"),
    "item": lazy_gettext("Item"),
    "item_group": lazy_gettext("Item group"),
    "item_id": lazy_gettext("Item"),
    "items": lazy_gettext("Items"),
    "key": lazy_gettext("Document"),
    "kind": lazy_gettext("Kind"),
    "line": lazy_gettext("Line"),
    "lines": lazy_gettext("Lines"),
    "location": lazy_gettext("Location"),
    "login": lazy_gettext("Sign-in name"),
    "lot_size": lazy_gettext("Lot size"),
    "lots": lazy_gettext("Lots"),
    "machine": lazy_gettext("Machine"),
    "mentions": lazy_gettext("Mentions"),
    "message": lazy_gettext("Message"),
    "moves": lazy_gettext("Moves"),
    "name": lazy_gettext("Name"),
    "net": lazy_gettext("Net amount"),
    "number": lazy_gettext("Number"),
    "on": lazy_gettext("Date"),
    "operation": lazy_gettext("Operation"),
    "operator": lazy_gettext("Calculation"),
    "order": lazy_gettext("Customer order"),
    "orders": lazy_gettext("Orders"),
    "override": lazy_gettext("Forecast by hand"),
    "owner": lazy_gettext("Owner"),
    "per_hour": lazy_gettext("Per hour"),
    "price": lazy_gettext("Price"),
    "prices": lazy_gettext("Prices approved"),
    "process": lazy_gettext("Process"),
    "profit": lazy_gettext("Profit"),
    "promised": lazy_gettext("Promised"),
    "quantity": lazy_gettext("Quantity"),
    "question": lazy_gettext("Question"),
    "received": lazy_gettext("Received"),
    "received_by": lazy_gettext("Received by"),
    "recorded_late": lazy_gettext("Recorded late"),
    "reference": lazy_gettext("Reference"),
    "rejected": lazy_gettext("Rejected"),
    "release_date": lazy_gettext("Release"),
    "replacement": lazy_gettext("Replacement"),
    "returns_to": lazy_gettext("Returns to"),
    "role": lazy_gettext("Role"),
    "roles": lazy_gettext("Roles"),
    "round": lazy_gettext("Round"),
    "rows": lazy_gettext("Rows"),
    "rule": lazy_gettext("Rule"),
    "sample_size": lazy_gettext("Sample"),
    "scrap": lazy_gettext("Scrap"),
    "size": lazy_gettext("Size"),
    "start": lazy_gettext("Start"),
    "status": lazy_gettext("Status"),
    "supplier": lazy_gettext("Supplier"),
    "tax": lazy_gettext("Tax"),
    "to": lazy_gettext("Valid until"),
    "tooling": lazy_gettext("Tooling"),
    "until": lazy_gettext("Valid until"),
    "valid_from": lazy_gettext("In force from"),
    "value": lazy_gettext("Value"),
    "variance": lazy_gettext("Variance"),
    "version": lazy_gettext("Version"),
    "waiting_for": lazy_gettext("Waiting for"),
}

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
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,9})?\Z")
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)\Z")

Labels = Mapping[str, str]
"""A form's labels: ``lines``, ``lines.quantity`` for a column, ``decision=approve`` for a choice."""

_forms: list[Callable[[set[int]], Mapping[int, Labels]]] = []


def form_labels(function: Callable[[set[int]], Mapping[int, Labels]]) -> Callable:
    """Let the owner of tasks give the labels of the forms they were completed with, by task id."""
    _forms.append(function)
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


def labels_of(task: int | None) -> Labels:
    """The labels of the form of a task."""
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
