"""The one clock. Instants are UTC; plan dates are days at a site."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import current_app

_frozen: list[datetime] = []
_supposed: ContextVar[datetime | None] = ContextVar("supposed", default=None)


def now() -> datetime:
    """Return the present instant in UTC."""
    if (supposed := _supposed.get()) is not None:
        return supposed
    return _frozen[-1] if _frozen else datetime.now(UTC)


def today(timezone: str | None = None) -> date:
    """Return the present date where the clock shows ``timezone`` (IANA name); without one, the company's."""
    return now().astimezone(ZoneInfo(timezone or current_app.config["TIMEZONE"])).date()


@contextmanager
def freeze(instant: datetime) -> Iterator[None]:
    """Stop the clock at an aware instant, for tests and for replaying history, in every thread."""
    if instant.tzinfo is None:
        raise ValueError(f"naive datetime {instant!r}")
    _frozen.append(instant.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.pop()


def suppose(instant: datetime) -> None:
    """Let it be this instant from now on for what this thread does, and for nobody else."""
    if instant.tzinfo is None:
        raise ValueError(f"naive datetime {instant!r}")
    _supposed.set(instant.astimezone(UTC))
