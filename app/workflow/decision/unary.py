"""Cells of decision tables: what they allow, read and held against a value. Pure.

A cell is ``-`` or nothing (anything), a value, ``< 1000``, a range ``[1..10)``, ``"A", "B"`` (one of them) or
``not("A")``. Numbers compare as numbers, also against text from process data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from app.core import expressions
from app.core.expressions import ExpressionError

_COMPARISON = re.compile(r"(<=|>=|!=|<|>|=)\s*(.+)\Z", re.S)
_RANGE = re.compile(r"([\[(\]])\s*(.+?)\s*\.\.\s*(.+?)\s*([\])\[])\Z", re.S)
_NOT = re.compile(r"not\s*\((.*)\)\Z", re.S)


def parts(cell: str) -> Iterator[str]:
    """The expressions inside a cell."""
    for test in split(cell):
        if match := _NOT.match(test):
            yield from parts(match[1])
        elif match := _RANGE.match(test):
            yield from (match[2], match[3])
        elif match := _COMPARISON.match(test):
            yield match[2]
        elif test not in ("", "-"):
            yield test


def split(cell: str) -> list[str]:
    """The alternatives of a cell: its parts between commas outside quotes and brackets."""
    found, depth, quote, current = [], 0, "", ""
    for character in cell:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([" and (depth or current.strip()):
            depth += 1
        elif character in ")]" and depth:
            depth -= 1
        elif character == "," and not depth:
            found.append(current.strip())
            current = ""
            continue
        current += character
    return [*found, current.strip()]


def meets(cell: str, value: Any, data: Mapping[str, Any]) -> bool:
    """Whether a value satisfies a cell."""
    return any(_test(part, value, data) for part in split(cell))


def _test(test: str, value: Any, data: Mapping[str, Any]) -> bool:
    """Whether the value satisfies one alternative of a cell."""
    if test in ("", "-"):
        return True
    if match := _NOT.match(test):
        return not meets(match[1], value, data)
    if match := _RANGE.match(test):
        low, high = (expressions.evaluate(part, data) for part in (match[2], match[3]))
        lower = _compare(value, low, ">=" if match[1] == "[" else ">")
        return lower and _compare(value, high, "<=" if match[4] == "]" else "<")
    operation, text = match.groups() if (match := _COMPARISON.match(test)) else ("=", test)
    return _compare(value, expressions.evaluate(text, data), operation)


def _compare(left: Any, right: Any, operation: str) -> bool:
    if _is_number(right) and isinstance(left, str):
        left = expressions.FUNCTIONS["number"](left)
    elif _is_number(left) and isinstance(right, str):
        right = expressions.FUNCTIONS["number"](right)
    try:
        return {
            "=": lambda: left == right,
            "!=": lambda: left != right,
            "<": lambda: left < right,
            "<=": lambda: left <= right,
            ">": lambda: left > right,
            ">=": lambda: left >= right,
        }[operation]()
    except TypeError as error:
        raise ExpressionError("{left} cannot be compared with {right}", left=left, right=right) from error


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)
