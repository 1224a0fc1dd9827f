"""Who is acting, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Actor:
    """A person, or the system, doing something; ``on_behalf_of`` names whom a deputy stands in for."""

    user_id: int | None
    login: str
    name: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)
    on_behalf_of: int | None = None
    address: str | None = None
    on_behalf_of_name: str = ""


SYSTEM = Actor(user_id=None, login="system", name="Octad")

_current: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)


def current_actor() -> Actor:
    """Return who is acting; the system itself when nobody else is."""
    return _current.get()


@contextmanager
def acting(actor: Actor) -> Iterator[Actor]:
    """Let ``actor`` be the current one inside the block."""
    token = _current.set(actor)
    try:
        yield actor
    finally:
        _current.reset(token)
