"""How much a value of the small language holds: lists within lists double with each step of a loop."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

MAX_PARTS, TEXT_PER_PART = 20_000, 50
"""How many values a list may hold, and how many characters of a text count as one."""

NUMBERS = frozenset({int, float, bool, Decimal, type(None)})


def parts_of(value: Any) -> int:
    """How many values are in a value, those that appear several times counted each time.

    The counting ends where the limit is passed: what is larger is not measured.
    """
    count, waiting = 0, [value]
    while waiting and count <= MAX_PARTS:
        one = waiting.pop()
        count += 1
        if isinstance(one, str):
            count += len(one) // TEXT_PER_PART
        elif isinstance(one, (list, tuple)):
            waiting.extend(one)
        elif type(one) not in NUMBERS and isinstance(one, Mapping):
            waiting.extend(one.values())
    return count
