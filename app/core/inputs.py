"""What people typed, as the trade needs it: exact numbers and dates, or a clear refusal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _

from app.core.errors import DomainError

LARGEST = Decimal(10) ** 9


def decimal_input(
    value: Any, *, field: str, default: Decimal | None = None, minimum: Decimal = Decimal(0), places: int = 6
) -> Decimal:
    """Read a number from a form or from process data.

    Raises:
        DomainError: missing without a default, not a number, out of range, or too many places.
    """
    text = "" if value is None else str(value).strip()
    if not text:
        if default is None:
            raise DomainError("number_missing", _("A number is needed."), field=field)
        return default
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise DomainError("number", _("{text} is not a number.").format(text=text), field=field) from None
    if not number.is_finite() or not minimum <= number <= LARGEST:
        sentence = _("{number} is not between {minimum} and {largest}.")
        raise DomainError(
            "number_range", sentence.format(number=text, minimum=minimum, largest=LARGEST), field=field
        )
    if number != round(number, places):
        sentence = _("{number} has more than {places} decimal places.")
        raise DomainError("number_places", sentence.format(number=text, places=places), field=field)
    return number


def date_input(value: Any, *, field: str, default: date | None = None) -> date:
    """Read a date (YYYY-MM-DD) from a form or from process data.

    Raises:
        DomainError: missing without a default, or not a date.
    """
    if isinstance(value, date):
        return value
    text = "" if value is None else str(value).strip()
    if not text:
        if default is None:
            raise DomainError("date_missing", _("A date is needed."), field=field)
        return default
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise DomainError("date", _("{text} is not a date.").format(text=text), field=field) from None
