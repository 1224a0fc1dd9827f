"""What people typed, as the trade needs it: exact numbers and dates, or a clear refusal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext as _

from app.core.errors import DomainError

F = TypeVar("F", bound=Callable[..., Any])

LARGEST = Decimal(10) ** 9
LARGEST_ID = 2**31 - 1
"""The largest number of a row that a database can hold."""
LONGEST = 10_000
LONGEST_SOURCE = 2_000_000
_NUMBER = re.compile(r"[-+]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?(e[-+]?\d{1,2})?\Z", re.ASCII | re.IGNORECASE)
ADDRESS = re.compile(r"[^@\s,;<>\"()\[\]\x00-\x1f\x7f]{1,64}@[A-Za-z0-9.-]{1,253}\Z")
UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of writing: a text would not be what it looks like."""


def takes(*names: str, sources: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Declare the fields a route reads; a request with others, or with text that hides something, is refused.

    ``lines-*-quantity`` stands for one field per row. Names that begin with ``_`` are buttons. ``sources`` are
    fields that hold whole files.
    """
    known = re.compile(
        "|".join(re.escape(name).replace(r"\*", r"\d{1,5}") for name in (*names, *sources)) or "(?!)"
    )

    def decorate(view: F) -> F:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            for name in (*request.form, *request.files):
                if name != "csrf_token" and not name.startswith("_") and not known.fullmatch(name):
                    raise DomainError(
                        "unknown_field",
                        _("This page has no field {name}.").format(name=name[:60]),
                        field=name,
                    )
            for name, value in request.form.items(multi=True):
                _refuse_unsafe(name, value, LONGEST_SOURCE if name in sources else LONGEST)
            return view(*args, **kwargs)

        checked.sources = sources  # type: ignore[attr-defined]
        checked.fields = (*names, *sources)  # type: ignore[attr-defined]
        return checked  # type: ignore[return-value]

    return decorate


def _refuse_unsafe(name: str, value: str, longest: int) -> None:
    if len(value) > longest:
        raise DomainError("text_too_long", _("At most {max} characters.").format(max=longest), field=name)
    if UNSAFE.search(value):
        raise DomainError("control_characters", _("Control characters are not allowed here."), field=name)


def identifier(text: str) -> int:
    """The number of a row, for ``form.get(…, type=identifier)``: what no row can have counts as not given.

    Raises:
        ValueError: it is no such number.
    """
    number = int(text)
    if not 0 <= number <= LARGEST_ID:
        raise ValueError(f"{text[:40]} is the number of no row")
    return number


def chosen(text: str) -> int:
    """The number of the row that was chosen in a list; 0 where none was."""
    try:
        return identifier(text)
    except ValueError:
        return 0


def typed_number(text: str) -> Decimal | None:
    """Return the number a person typed, or None: full-width digits and thousands commas are understood."""
    plain = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip()
    if len(plain) > 40 or not _NUMBER.match(plain) or not any(mark.isdigit() for mark in plain):
        return None
    try:
        return Decimal(plain.replace(",", ""))
    except InvalidOperation:
        return None


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
    number = typed_number(text)
    if number is None:
        raise DomainError("number", _("{text} is not a number.").format(text=text[:60]), field=field)
    if not minimum <= number <= LARGEST:
        sentence = _("{number} is not between {minimum} and {largest}.")
        raise DomainError(
            "number_range", sentence.format(number=text, minimum=minimum, largest=LARGEST), field=field
        )
    if number != round(number, places):
        sentence = _("{number} has more than {places} decimal places.")
        raise DomainError("number_places", sentence.format(number=text, places=places), field=field)
    return number


def date_input(value: Any, *, field: str, default: date | None = None) -> date:
    """Read a date (YYYY-MM-DD, full-width digits and slashes too) from a form or from process data.

    Raises:
        DomainError: missing without a default, or not a date between 1990 and 2199.
    """
    if isinstance(value, date):
        return value
    text = "" if value is None else str(value).strip()
    if not text:
        if default is None:
            raise DomainError("date_missing", _("A date is needed."), field=field)
        return default
    try:
        day = date.fromisoformat(unicodedata.normalize("NFKC", text).replace("/", "-"))
    except ValueError:
        day = None
    if day is None or not 1990 <= day.year <= 2199:
        raise DomainError("date", _("{text} is not a date.").format(text=text[:60]), field=field)
    return day


def email_address(text: str, field: str | None = None) -> str:
    """One e-mail address, which cannot bring along another receiver or a header.

    Raises:
        DomainError: it is none.
    """
    address = text.strip()
    if not ADDRESS.match(address):
        raise DomainError("email", _("{address} is no e-mail address.").format(address=address), field=field)
    return address
