"""What a cell may hold: text, numbers, dates, choices, codes of other rows. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from app.imports.told import Told, told

LARGEST = Decimal(10) ** 11
KNOWN = {
    "item": told("the number of a known item"),
    "partner": told("the code of a known partner"),
    "site": told("the code of a known site"),
    "work centre": told("the code of a known work centre"),
}


class Bad(Told):
    """A cell or row that can't be taken."""


@dataclass(frozen=True)
class Column:
    """A column: its name, how a cell is read, and what an empty one means."""

    name: str
    parse: Callable[[str], Any]
    required: bool = False
    default: Any = None
    meaning: str = ""


def text(limit: int = 200) -> Callable[[str], str]:
    """Read text of at most ``limit`` characters without control characters."""

    def parse(cell: str) -> str:
        if len(cell) > limit:
            raise Bad("at most {count} characters", count=limit)
        if any(unicodedata.category(mark) in {"Cc", "Cf"} for mark in cell):
            raise Bad("text without control characters")
        return cell

    return parse


def number(
    minimum: Decimal | int | None = None, *, above: int | None = None, places: int = 6
) -> Callable[[str], Decimal]:
    """Read a decimal number; full-width digits and thousands commas are understood."""

    def parse(cell: str) -> Decimal:
        try:
            value = Decimal(unicodedata.normalize("NFKC", cell).replace(",", ""))
        except InvalidOperation:
            raise Bad("a number") from None
        if not value.is_finite() or abs(value) > LARGEST:
            raise Bad("a number up to {limit}", limit=f"{LARGEST:f}")
        if minimum is not None and value < minimum:
            raise Bad("a number of at least {limit}", limit=minimum)
        if above is not None and value <= above:
            raise Bad("a number above {limit}", limit=above)
        if value != round(value, places):
            raise Bad("a number with at most {count} decimal places", count=places)
        return value

    return parse


def whole(minimum: int = 0, maximum: int | None = None) -> Callable[[str], int]:
    """Read a whole number."""
    inner = number(minimum, places=0)

    def parse(cell: str) -> int:
        value = int(inner(cell))
        if maximum is not None and value > maximum:
            raise Bad("a whole number up to {limit}", limit=maximum)
        return value

    return parse


def currency(cell: str) -> str:
    """Read the code of a currency."""
    if not (len(cell) == 3 and cell.isascii() and cell.isalpha() and cell.isupper()):
        raise Bad("three capital letters, e.g. TWD")
    return cell


def day(cell: str) -> date:
    """Read a date, ``YYYY-MM-DD`` or ``YYYY/MM/DD``."""
    try:
        found = date.fromisoformat(unicodedata.normalize("NFKC", cell).replace("/", "-"))
    except ValueError:
        raise Bad("a date as YYYY-MM-DD") from None
    if found.year < 1900:
        raise Bad("a date from 1900 on")
    return found


def time_zone(cell: str) -> str:
    """Read the IANA name of a time zone."""
    try:
        return ZoneInfo(cell).key
    except (KeyError, ValueError, OSError):
        raise Bad("a time zone by its IANA name, e.g. Asia/Taipei") from None


def weekdays(cell: str) -> list[int]:
    """Read days of the week, Monday 0, separated by semicolons."""
    days = [unicodedata.normalize("NFKC", word) for word in words(cell)]
    if not set(days) <= set("0123456"):
        raise Bad("days from 0, Monday, to 6, separated by ;")
    return [int(day) for day in days]


def time_of_day(cell: str) -> str:
    """Read a time ``HH:MM``."""
    found = unicodedata.normalize("NFKC", cell)
    if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", found, re.ASCII):
        raise Bad("a time as HH:MM")
    return found.rjust(5, "0")


def pauses(cell: str) -> list[list[str]]:
    """Read breaks ``HH:MM-HH:MM`` separated by semicolons."""
    found = [word.split("-") for word in words(cell)]
    if any(len(pause) != 2 for pause in found):
        raise Bad("breaks as HH:MM-HH:MM, separated by ;")
    return [[time_of_day(begin.strip()), time_of_day(end.strip())] for begin, end in found]


def yes_no(cell: str) -> bool:
    """Read ``1 0 yes no true false 是 否``."""
    known = {
        "1": True,
        "yes": True,
        "true": True,
        "是": True,
        "0": False,
        "no": False,
        "false": False,
        "否": False,
    }
    if cell.lower() not in known:
        raise Bad("yes or no")
    return known[cell.lower()]


def choice(kind: type[StrEnum]) -> Callable[[str], StrEnum]:
    """Read one of a fixed set of words."""

    def parse(cell: str) -> StrEnum:
        try:
            return kind(cell)
        except ValueError:
            raise Bad("one of {words}", words=", ".join(kind)) from None

    return parse


def one_of(words: Iterable[str]) -> Callable[[str], str]:
    """Read one of some words."""
    allowed = tuple(words)

    def parse(cell: str) -> str:
        if cell not in allowed:
            raise Bad("one of {words}", words=", ".join(allowed))
        return cell

    return parse


def code_of(what: str, known: Mapping[str, int]) -> Callable[[str], int]:
    """Read the code of another row and return its id."""

    def parse(cell: str) -> int:
        if cell not in known:
            raise Bad(KNOWN[what])
        return known[cell]

    return parse


def words(cell: str) -> list[str]:
    """Read words separated by semicolons."""
    return [word.strip() for word in cell.split(";") if word.strip()]


def parse_row(
    columns: Iterable[Column], cells: Mapping[str, str]
) -> tuple[dict[str, Any], list[tuple[str, Bad, str]]]:
    """Return the row's values and its problems as ``(column, expected, found)``."""
    values: dict[str, Any] = {}
    problems = []
    for column in columns:
        cell = cells.get(column.name, "")
        if not cell:
            if column.required:
                problems.append((column.name, Bad("a value"), ""))
            values[column.name] = column.default
            continue
        try:
            values[column.name] = column.parse(cell)
        except Bad as error:
            problems.append((column.name, error, cell[:60]))
    return values, problems
