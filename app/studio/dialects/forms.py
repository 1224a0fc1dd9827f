"""Task forms from what other engines say of them: form fields, form-js components, JSON Schema. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

CAMUNDA = {"string": "text", "long": "number", "double": "number", "boolean": "checkbox", "date": "date"}
FORM_JS = {
    "textfield": "text",
    "textarea": "textarea",
    "number": "number",
    "checkbox": "checkbox",
    "datetime": "date",
    "select": "choice",
    "radio": "choice",
}
SCHEMA = {"string": "text", "integer": "number", "number": "number", "boolean": "checkbox"}


def form(title: str, fields: list[dict[str, Any]], about: str = "") -> dict[str, Any]:
    """A form of these fields; one that only has to be confirmed where there are none."""
    done = {"key": "done", "type": "checkbox", "label": both("Done", "完成"), "validate": {"required": True}}
    made: dict[str, Any] = {"title": both(title), "components": fields or [done]}
    return made | ({"help": both(about)} if about else {})


def both(text: str, chinese: str | None = None) -> dict[str, str]:
    """A label in both languages; the author translates the second one."""
    return {"en": text, "zh_Hant": chinese or text}


def key_of(name: str) -> str:
    """A variable's name as a field's key: ``invoiceAmount`` is ``invoice_amount``."""
    plain = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).strip("_").lower()
    return plain if plain[:1].isalpha() else f"field_{plain}"


def of_schema(schema: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Fields of a JSON Schema by property; None where there is no counterpart."""
    needed = schema.get("required", [])
    for name, told in schema.get("properties", {}).items():
        kind = SCHEMA.get(told.get("type", "")) if isinstance(told, dict) else None
        if kind is None:
            yield name, None
            continue
        made: dict[str, Any] = {
            "key": key_of(name),
            "type": kind,
            "label": both(str(told.get("title") or name)),
        }
        rules: dict[str, Any] = {"required": True} if name in needed and kind != "checkbox" else {}
        if told.get("format") in ("date", "date-time"):
            made["type"] = "date"
        elif isinstance(told.get("enum"), list):
            made |= {"type": "choice", "values": [choice(one) for one in told["enum"]]}
        elif told.get("type") == "integer":
            rules["decimals"] = 0
        for theirs, ours in (("minimum", "min"), ("maximum", "max")):
            if isinstance(told.get(theirs), int | float) and made["type"] == "number":
                rules[ours] = told[theirs]
        yield name, made | ({"validate": rules} if rules else {})


def of_form_js(content: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Fields of a form-js form by key; None where there is no counterpart."""
    for told in content.get("components", []):
        kind, name = FORM_JS.get(told.get("type", "")), str(told.get("key") or told.get("id") or "")
        if kind is None or not told.get("key"):
            yield str(told.get("type", "")), None
            continue
        made: dict[str, Any] = {
            "key": key_of(name),
            "type": kind,
            "label": both(str(told.get("label") or name)),
        }
        if kind == "choice":
            made["values"] = [choice(one.get("value"), one.get("label")) for one in told.get("values", [])]
        given = told.get("validate", {})
        rules = {rule: given[rule] for rule in ("min", "max", "minLength", "maxLength") if rule in given}
        if given.get("required") and kind != "checkbox":
            rules["required"] = True
        if kind == "number":
            rules["decimals"] = int(told.get("decimalDigits", 6))
        yield name, made | ({"validate": rules} if rules else {})


def choice(value: Any, label: Any = None) -> dict[str, Any]:
    """One value to choose, with its label."""
    return {"value": str(value), "label": both(str(label or value))}


def json_of(text: str | bytes) -> dict[str, Any]:
    """A JSON object; an empty one where the text is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
