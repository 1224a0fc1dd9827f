"""Values of process data: what JSON can hold."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

LARGEST = Decimal(10) ** 12
"""No amount is as large as that."""


ATOMS = frozenset({str, int, bool, float, type(None)})
"""What JSON keeps as it is: most of all values, and told at once."""


def literal(value: Any) -> Any:
    """A value of our language as JSON keeps it: exact numbers as text, dates as ISO text."""
    if type(value) in ATOMS:
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(k): v if type(v) in ATOMS else literal(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [v if type(v) in ATOMS else literal(v) for v in value]
    return value


def amount(value: Any) -> Decimal | None:
    """An amount as process data hold it, to the cent of a cent; None where it is none."""
    try:
        found = Decimal(str(value)) if value is not None and not isinstance(value, bool) else None
    except InvalidOperation:
        return None
    return round(found, 4) if found is not None and found.is_finite() and abs(found) < LARGEST else None
