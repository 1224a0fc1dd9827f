"""What the form macros call: labels, facts and cells in the reader's language."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app.core.i18n import format_date, format_quantity
from app.core.lists import moment_text
from app.core.words import listed
from app.workflow.form.forms import FormState, text
from app.workflow.form.forms_request import browser_condition

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?\Z")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")


def form_value(value: Any) -> str:
    """A fact or a cell as a person reads it; numbers kept as text get their separators."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return format_date(value)
    if isinstance(value, int | Decimal):
        return format_quantity(Decimal(value))
    if isinstance(value, str) and _ISO_DATE.match(value):
        return format_date(date.fromisoformat(value))
    if isinstance(value, str) and is_number(value):
        return format_quantity(Decimal(value))
    if isinstance(value, dict):
        return text(value) if value.keys() & {"en", "zh_Hant"} else str(value.get("name", ""))
    if isinstance(value, list | tuple):
        return listed(form_value(one) for one in value)
    return str(value)


def is_number(value: Any) -> bool:
    """Whether a cell is a number; text with a leading zero, such as a part number, is not."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int | Decimal):
        return True
    plain = value.lstrip("-") if isinstance(value, str) else ""
    return bool(plain and _NUMBER.match(value)) and (
        plain == "0" or plain.startswith("0.") or plain[0] != "0"
    )


def form_facts(state: FormState, component: dict) -> list[tuple[str, str]]:
    """The labels and values of a fact list; what cannot be known yet is left out."""
    found = []
    for item in component.get("items", []):
        value = state.evaluate(item.get("value"))
        if value is not None and value != "":
            found.append((text(item.get("label")), f"{form_value(value)} {state.unit(item)}".rstrip()))
    return found


def form_rows(state: FormState, component: dict) -> list[dict]:
    """The rows of a read-only table."""
    rows = component.get("rows")
    found = state.source.get(rows) if rows in state.source else state.evaluate(rows, [])
    return list(found or [])


def shown_columns(state: FormState, component: dict) -> list[dict]:
    """The columns of a line table that are shown now."""
    return [one for one in component["columns"] if not one.get("hidden") and state.visible(one)]


HELPERS = {
    "browser_condition": browser_condition,
    "form_facts": form_facts,
    "form_rows": form_rows,
    "form_text": text,
    "form_value": form_value,
    "is_number": is_number,
    "shown_columns": shown_columns,
}
