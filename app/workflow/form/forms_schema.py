"""The marshmallow schema a form file means. Messages are in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from app.workflow.form import patterns
from app.workflow.form.form_fields import (
    MAX_DECIMALS,
    REQUIRED,
    ChoiceOf,
    CleanText,
    DateText,
    EmptyIsMissing,
    NumberText,
    as_text,
    parse_number,
)

MAX_TEXT = 10_000
MAX_ROWS = 500


class FormSchema(Schema):
    """Refuses what the form does not ask for."""

    error_messages = {
        "unknown": lazy_gettext("The form has no such field."),
        "type": lazy_gettext("The form could not be read."),
    }

    class Meta:
        """Unknown fields are an error."""

        unknown = RAISE


def build_schema(state: Any, components: list[dict]) -> type[Schema]:
    """The schema of the components that are visible now."""
    made = {}
    for component in components:
        made[component["key"]] = _field(state, component)
    return FormSchema.from_dict(made, name="TaskForm")


def _field(state: Any, component: dict) -> fields.Field:
    """The field one component means."""
    kind, rules = component["type"], component.get("validate") or {}
    required = bool(rules.get("required"))
    common: dict[str, Any] = {"required": required, "allow_none": not required}
    if kind == "lines":
        return _lines(state, component, required)
    if kind == "checkbox":
        must = [validate.Equal(True, error=lazy_gettext("Please confirm this."))] if required else []
        return fields.Boolean(
            load_default=False,
            validate=must,
            error_messages={"invalid": lazy_gettext("Yes or no.")},
        )
    if kind == "choice":
        field: fields.Field = ChoiceOf(state.choices(component), **common)
    elif kind == "number":
        limits = {
            "minimum": _limit(state, rules.get("min")),
            "maximum": _limit(state, rules.get("max")),
        }
        field = NumberText(decimals=int(rules.get("decimals", MAX_DECIMALS)), **limits, **common)
    elif kind == "date":
        limits = {
            "minimum": _date_limit(state, rules.get("min")),
            "maximum": _date_limit(state, rules.get("max")),
        }
        field = DateText(**limits, **common)
    elif kind == "file":
        field = fields.Dict(
            error_messages={
                "required": REQUIRED,
                "null": REQUIRED,
                "invalid": REQUIRED,
            },
            **common,
        )
    else:
        field = CleanText(validate=_text_rules(rules), **common)
    return EmptyIsMissing(field)


def _lines(state: Any, component: dict, required: bool) -> fields.Field:
    """A list of rows, each judged by the columns."""
    row = FormSchema.from_dict({one["key"]: _field(state, one) for one in component["columns"]}, name="Row")
    least = max(int(component.get("min_rows", 0)), 1 if required else 0)
    most = int(component.get("max_rows", MAX_ROWS))
    rules = [
        validate.Length(min=least, error=lazy_gettext("At least {min} rows.")),
        validate.Length(max=most, error=lazy_gettext("At most {max} rows.")),
    ]
    fixed = [one["key"] for one in component["columns"] if one.get("readonly") or one.get("hidden")]
    if fixed or component.get("fixed"):
        rules.append(_same_rows(state, component, fixed))
    return fields.List(
        fields.Nested(row),
        validate=rules,
        load_default=list,
        error_messages={"invalid": REQUIRED},
    )


def _same_rows(state: Any, component: dict, keys: list[str]) -> Any:
    """A rule: read-only cells are what the form showed, and fixed rows are all there."""
    shown = state.prefilled.get(component["key"]) or []
    allowed = [tuple(_comparable(one.get(key)) for key in keys) for one in shown]

    def rule(rows: list[dict]) -> None:
        given = [tuple(_comparable(row.get(key)) for key in keys) for row in rows]
        new_allowed = not component.get("fixed") and not any(
            one.get("hidden") for one in component["columns"]
        )
        for one in given:
            if one not in allowed and not (new_allowed and not any(one)):
                raise ValidationError(
                    str(lazy_gettext("The list has changed meanwhile. Please reload the page."))
                )
        if component.get("fixed") and len(given) != len(shown):
            raise ValidationError(
                str(lazy_gettext("The list has changed meanwhile. Please reload the page."))
            )

    return rule


def _comparable(value: Any) -> str:
    """A cell in a form that ignores how a number was written."""
    text = "" if value is None else str(value)
    number = parse_number(text)
    return as_text(number) if number is not None else text.strip()


def _text_rules(rules: Mapping[str, Any]) -> list:
    """Length and pattern."""
    made: list[Any] = [
        validate.Length(min=rules.get("minLength"), error=lazy_gettext("At least {min} characters.")),
        validate.Length(
            max=rules.get("maxLength", MAX_TEXT), error=lazy_gettext("At most {max} characters.")
        ),
    ]
    if rules.get("pattern"):
        made.append(_pattern_rule(str(rules["pattern"])))
    return made


def _pattern_rule(pattern: str) -> Callable[[str], None]:
    """A rule: the text is written as the pattern says."""

    def rule(text: str) -> None:
        if not patterns.fits(pattern, text):
            raise ValidationError(str(lazy_gettext("This is not written as expected.")))

    return rule


def _limit(state: Any, value: Any) -> Decimal | None:
    """A limit given as a number or as an expression."""
    value = state.evaluate(value)
    return None if value is None else parse_number(str(value))


def _date_limit(state: Any, value: Any) -> Any:
    """A day given in ISO or as an expression such as ``today()``."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return value
    return state.evaluate(value)


def plain_value(component: Mapping[str, Any], value: Any) -> Any:
    """A typed value as expressions see it while the form is being filled."""
    kind = component["type"]
    if kind == "checkbox":
        return value is True or str(value).lower() in ("true", "on", "1")
    if kind == "lines":
        columns = {one["key"]: one for one in component.get("columns", [])}
        rows = value if isinstance(value, list) else []
        return [{key: plain_value(one, row.get(key)) for key, one in columns.items()} for row in rows]
    if kind == "number":
        return parse_number(str(value)) if value not in (None, "") else None
    return value
