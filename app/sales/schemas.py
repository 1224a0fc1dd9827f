"""What the order pages send, checked: exact numbers and dates, errors by line and field."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate
from werkzeug.datastructures import MultiDict

from app.core.schemas import REQUIRED, TOO_LONG, Blank, Day, Exact, flat_errors, gathered

__all__ = ["OrderSchema", "RevisionSchema", "flat_errors", "form_data"]
MAX_LINES = 200


class OrderLineSchema(Blank):
    """One line of an order."""

    number = fields.Integer(load_default=None)
    item_id = fields.Integer(load_default=None, error_messages={"invalid": _l("Please choose an item.")})
    quantity = Exact(required=True, error_messages=REQUIRED)
    due_date = Day(required=True, error_messages=REQUIRED)
    price = Exact(load_default=None)
    customer_part = fields.String(load_default=None, validate=TOO_LONG)
    drawing_revision = fields.String(load_default=None, validate=TOO_LONG)


class OrderSchema(Blank):
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


class RevisionSchema(Blank):
    """An agreed change of an order."""

    reason = fields.String(required=True, error_messages=REQUIRED, validate=TOO_LONG)
    lines = fields.List(
        fields.Nested(OrderLineSchema),
        required=True,
        validate=validate.Length(min=1, max=MAX_LINES, error=_l("An order needs at least one line.")),
    )


def form_data(form: MultiDict[str, str]) -> dict[str, Any]:
    """Return a page's form with its boxes ``lines-0-quantity`` gathered into ``lines``; rows left empty are dropped."""
    plain, rows = gathered(form)
    filled = [row for row in rows if row.get("item_id") or row.get("number") or row.get("quantity")]
    return plain | {"lines": filled}
