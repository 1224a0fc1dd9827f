"""The kinds of field a form has: what a person may type and what is kept of it."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import lazy_gettext
from marshmallow import ValidationError, fields

LIMIT = Decimal(10) ** 12
MAX_DECIMALS = 6
REQUIRED = lazy_gettext("Please fill in this field.")
_NUMBER = re.compile(r"[-+]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?\Z", re.ASCII)
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
NUMBER_MESSAGES: dict[str, Any] = {
    "required": REQUIRED,
    "null": REQUIRED,
    "invalid": lazy_gettext("This is not a number."),
    "huge": lazy_gettext("This number is too large."),
    "decimals": lazy_gettext("At most {decimals} decimal places."),
    "whole": lazy_gettext("Only whole numbers."),
    "min": lazy_gettext("At least {min}."),
    "max": lazy_gettext("At most {max}."),
}
CHOICE_MESSAGES: dict[str, Any] = {
    "required": REQUIRED,
    "null": REQUIRED,
    "unknown": lazy_gettext("Please choose one of the options."),
}
DATE_MESSAGES: dict[str, Any] = {
    "required": REQUIRED,
    "null": REQUIRED,
    "invalid": lazy_gettext("This is not a date. Please write it as 2026-03-31."),
    "min": lazy_gettext("Not before {min}."),
    "max": lazy_gettext("Not after {max}."),
}
TEXT_MESSAGES: dict[str, Any] = {
    "required": REQUIRED,
    "null": REQUIRED,
    "invalid": lazy_gettext("This is not text."),
}


class NumberText(fields.Field):
    """A number as people type it, full-width digits and thousands separators included; kept as text."""

    default_error_messages = NUMBER_MESSAGES

    def __init__(
        self,
        *,
        minimum: Any = None,
        maximum: Any = None,
        decimals: int = MAX_DECIMALS,
        **rest: Any,
    ) -> None:
        super().__init__(**rest)
        self.minimum, self.maximum, self.decimals = minimum, maximum, decimals

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_rest: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise self.make_error("invalid")
        number = parse_number(str(value))
        if number is None:
            raise self.make_error("invalid")
        if abs(number) >= LIMIT:
            raise self.make_error("huge")
        places = max(0, -int(number.normalize().as_tuple().exponent))
        if places > self.decimals:
            raise self.make_error("decimals" if self.decimals else "whole", decimals=self.decimals)
        if self.minimum is not None and number < self.minimum:
            raise self.make_error("min", min=as_text(self.minimum))
        if self.maximum is not None and number > self.maximum:
            raise self.make_error("max", max=as_text(self.maximum))
        return as_text(number)

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        """The message with its figures, translated when it is shown."""
        return ValidationError(str(self.error_messages[key]).format(**kwargs))


class ChoiceOf(fields.Field):
    """One of the options; returned as the option's own value, so that an id stays a number."""

    default_error_messages = CHOICE_MESSAGES

    def __init__(self, options: list[dict], **rest: Any) -> None:
        super().__init__(**rest)
        self.options = {str(one["value"]): one["value"] for one in options}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_rest: Any) -> Any:
        if str(value) not in self.options:
            raise self.make_error("unknown")
        return self.options[str(value)]


class DateText(fields.Field):
    """A day, kept in ISO."""

    default_error_messages = DATE_MESSAGES

    def __init__(self, *, minimum: Any = None, maximum: Any = None, **rest: Any) -> None:
        super().__init__(**rest)
        self.minimum, self.maximum = minimum, maximum

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_rest: Any) -> str:
        try:
            day = date.fromisoformat(unicodedata.normalize("NFKC", str(value)).strip().replace("/", "-"))
        except ValueError:
            raise self.make_error("invalid") from None
        if not 1990 <= day.year <= 2199:
            raise self.make_error("invalid")
        for name, limit in (("min", self.minimum), ("max", self.maximum)):
            if limit and (day < _day(limit) if name == "min" else day > _day(limit)):
                raise ValidationError(
                    str(self.error_messages[name]).format(**{name: _day(limit).isoformat()})
                )
        return day.isoformat()


class CleanText(fields.String):
    """Text without control and direction-changing characters."""

    default_error_messages = TEXT_MESSAGES

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> str:
        text = super()._deserialize(value, attr, data, **rest)
        if _UNSAFE.search(text):
            raise ValidationError(str(lazy_gettext("Control characters are not allowed here.")))
        return text.strip()


class EmptyIsMissing(fields.Field):
    """Treats an empty input as not given, so that optional fields may stay empty."""

    def __init__(self, inner: fields.Field) -> None:
        super().__init__(
            required=inner.required,
            allow_none=True,
            error_messages={"required": REQUIRED},
        )
        self.inner = inner

    def _bind_to_schema(self, field_name: str, parent: Any) -> None:
        super()._bind_to_schema(field_name, parent)
        self.inner._bind_to_schema(field_name, parent)

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **rest: Any) -> Any:
        """The inner field's value; None where nothing was typed."""
        empty = value is None or (isinstance(value, str) and not value.strip())
        if empty and not self.required:
            return None
        if empty:
            raise ValidationError(str(REQUIRED))
        return self.inner.deserialize(value, attr, data, **rest)


def _day(value: Any) -> date:
    """A day from a day or from ISO text."""
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def parse_number(text: str) -> Decimal | None:
    """The number a person typed, or None; never NaN or infinity."""
    text = unicodedata.normalize("NFKC", text).replace("\u2212", "-").replace("\u3000", "").strip()
    if len(text) > 40 or not _NUMBER.match(text) or not any(one.isdigit() for one in text):
        return None
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def as_text(number: Decimal | int) -> str:
    """A number as process data keeps it: plain digits, no trailing zeros."""
    plain = format(Decimal(number), "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in ("-0", "") else plain
