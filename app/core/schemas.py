"""What pages send, checked: exact numbers and dates, errors by line and field."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate
from werkzeug.datastructures import MultiDict

from app.core.errors import DomainError
from app.core.inputs import date_input, decimal_input

REQUIRED = {"required": _l("Please fill in this field."), "null": _l("Please fill in this field.")}
TOO_LONG = validate.Length(max=500, error=_l("At most {max} characters."))


class Exact(fields.Field):
    """A number as people type it, kept exact; not below ``minimum``."""

    def __init__(self, *, minimum: Decimal = Decimal(0), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum = minimum

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return _asked(decimal_input, value, attr, minimum=self.minimum)


class Day(fields.Field):
    """A date, YYYY-MM-DD."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return _asked(date_input, value, attr)


def _asked(read: Any, value: Any, attr: str | None, **rules: Any) -> Any:
    try:
        return read(value, field=attr or "", **rules)
    except DomainError as error:
        raise ValidationError(str(error.message)) from error


class Blank(Schema):
    """Empty boxes count as not filled in."""

    class Meta:
        """Buttons and the page's token are no fields."""

        unknown = EXCLUDE

    @pre_load
    def drop_blank(self, data: Mapping[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Leave out what holds nothing but spaces."""
        return {key: value for key, value in data.items() if not isinstance(value, str) or value.strip()}


def gathered(form: MultiDict[str, str]) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Return a page's plain boxes, and the rows of its boxes ``lines-0-quantity`` in their order."""
    plain: dict[str, str] = {}
    rows: dict[int, dict[str, str]] = {}
    for name, value in form.items():
        parts = name.split("-", 2)
        if parts[0] == "lines" and len(parts) == 3 and parts[1].isascii() and parts[1].isdigit():
            rows.setdefault(int(parts[1]), {})[parts[2]] = value
        else:
            plain[name] = value
    return plain, [row for _place, row in sorted(rows.items())]


def flat_errors(error: ValidationError | DomainError) -> dict[str, str]:
    """Return the first message of each field by its dotted path; '' for the form as a whole."""
    if isinstance(error, DomainError):
        return {error.field or "": str(error.message)}
    return dict(_flat(error.messages, ""))


def _flat(messages: Any, path: str) -> list[tuple[str, str]]:
    if isinstance(messages, Mapping):
        return [
            pair
            for key, value in messages.items()
            for pair in _flat(value, f"{path}.{key}" if path else str(key))
        ]
    return [(path, str(messages[0] if isinstance(messages, list) else messages))]
