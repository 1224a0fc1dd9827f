"""Events: what happened, told to the processes that wait for it.

``emit`` adds a row in the act's own transaction. After the commit the workflow
delivers it once to every waiting place with the same name and key, and starts
the processes that begin with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import db


@dataclass(frozen=True)
class Event:
    """A kind of event, past tense, ``<area>.<what_happened>``; ``meaning`` tells its key and payload."""

    name: str
    meaning: str


EVENTS: dict[str, Event] = {}
_order: ContextVar[int | None] = ContextVar("customer_order", default=None)


class EventRecord(db.Model):
    """One event that happened; ``delivered_at`` is set once the workflow has told everybody."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_name_key", "name", "key"),
        Index("ix_event_delivered_at", "delivered_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    key: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]


def event(name: str, meaning: str) -> Event:
    """Declare a kind of event."""
    return EVENTS.setdefault(name, Event(name, meaning))


@contextmanager
def belonging_to(customer_order_id: int | None) -> Iterator[None]:
    """Let every event told inside say for which customer order it happened, unless it says so itself.

    A process that begins with such an event belongs to that order too.
    """
    token = _order.set(customer_order_id)
    try:
        yield
    finally:
        _order.reset(token)


def emit(kind: Event, *, key: str, **payload: Any) -> EventRecord:
    """Tell in this transaction that something happened to ``key``, e.g. ``purchase_order:42``."""
    if (order := _order.get()) is not None:
        payload.setdefault("customer_order_id", order)
    record = EventRecord(name=kind.name, key=key, payload=payload, created_at=clock.now(), delivered_at=None)
    db.session.add(record)
    return record
