"""What the order pages send, checked: exact numbers and dates, errors by line and field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate
from werkzeug.datastructures import MultiDict

from app.core.errors import DomainError
from app.core.inputs import date_input, decimal_input

REQUIRED = {"required": _l("Please fill in this field."), "null": _l("Please fill in this field.")}
TOO_LONG = validate.Length(max=500, error=_l("At most {max} characters."))
MAX_LINES = 200


class Exact(fields.Field):
    """A number as people type it, kept exact."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return _asked(decimal_input, value, attr)


class Day(fields.Field):
    """A date, YYYY-MM-DD."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return _asked(date_input, value, attr)


def _asked(read: Any, value: Any, attr: str | None) -> Any:
    try:
        return read(value, field=attr or "")
    except DomainError as error:
        raise ValidationError(str(error.message)) from error


class _Blank(Schema):
    """Empty boxes count as not filled in."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def drop_blank(self, data: Mapping[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Leave out what holds nothing but spaces."""
        return {key: value for key, value in data.items() if not isinstance(value, str) or value.strip()}


class OrderLineSchema(_Blank):
    """One line of an order."""

    number = fields.Integer(load_default=None)
    item_id = fields.Integer(load_default=None, error_messages={"invalid": _l("Please choose an item.")})
    quantity = Exact(required=True, error_messages=REQUIRED)
    due_date = Day(required=True, error_messages=REQUIRED)
    price = Exact(load_default=None)
    customer_part = fields.String(load_default=None, validate=TOO_LONG)
    drawing_revision = fields.String(load_default=None, validate=TOO_LONG)


class OrderSchema(_Blank):
    """A whole order as entered."""

    site = fields.String(required=True, error_messages=REQUIRED)
    customer_id = fields.Integer(required=True, error_messages=REQUIRED)
    customer_reference = fields.String(load_default=None, validate=TOO_LONG)
    currency = fields.String(
        load_default=None,
        validate=validate.Regexp(r"[A-Z]{3}\Z", error=_l("Three capital letters, such as TWD.")),
    )
    note = fields.String(
        load_default=None, validate=validate.Length(max=2000, error=_l("At most {max} characters."))
    )
    lines = fields.List(
        fields.Nested(OrderLineSchema),
        required=True,
        validate=validate.Length(min=1, max=MAX_LINES, error=_l("An order needs at least one line.")),
    )


class RevisionSchema(_Blank):
    """An agreed change of an order."""

    reason = fields.String(required=True, error_messages=REQUIRED, validate=TOO_LONG)
    lines = fields.List(
        fields.Nested(OrderLineSchema),
        required=True,
        validate=validate.Length(min=1, max=MAX_LINES, error=_l("An order needs at least one line.")),
    )


def form_data(form: MultiDict[str, str]) -> dict[str, Any]:
    """Return a page's form with its boxes ``lines-0-quantity`` gathered into ``lines``; rows left empty are dropped."""
    plain: dict[str, Any] = {}
    rows: dict[int, dict[str, str]] = {}
    for name, value in form.items():
        parts = name.split("-", 2)
        if parts[0] == "lines" and len(parts) == 3 and parts[1].isascii() and parts[1].isdigit():
            rows.setdefault(int(parts[1]), {})[parts[2]] = value
        else:
            plain[name] = value
    filled = [
        row
        for _place, row in sorted(rows.items())
        if row.get("item_id") or row.get("number") or row.get("quantity")
    ]
    return plain | {"lines": filled}


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
