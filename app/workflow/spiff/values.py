"""Values of process data: what JSON can hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def literal(value: Any) -> Any:
    """A value of our language as JSON keeps it: exact numbers as text, dates as ISO text."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(k): literal(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [literal(v) for v in value]
    return value
