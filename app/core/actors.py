"""Who is acting, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Mandate:
    """What a deputy may do for somebody: in which processes (none named: in all), up to which amount."""

    processes: frozenset[str] = frozenset()
    limit: Decimal | None = None

    def covers(self, process: str, *, about_money: bool, amount: Decimal | None) -> bool:
        """Say whether a task of a process is within it; an amount that nobody knows is above every limit."""
        if self.processes and process not in self.processes:
            return False
        return self.limit is None or not about_money or (amount is not None and amount <= self.limit)


@dataclass(frozen=True)
class Actor:
    """A person, or the system, doing something; ``on_behalf_of`` names whom a deputy stands in for.

    A deputy with limits has ``mandates``, sees the tasks of the other's ``roles`` within them, and keeps
    their own ``rights`` for everything else.
    """

    user_id: int | None
    login: str
    name: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)
    on_behalf_of: int | None = None
    address: str | None = None
    on_behalf_of_name: str = ""
    mandates: tuple[Mandate, ...] = ()
    rights: frozenset[str] | None = None

    @property
    def persons(self) -> frozenset[int]:
        """Who acts, and for whom."""
        return frozenset({self.user_id, self.on_behalf_of} - {None})  # type: ignore[arg-type]

    @property
    def holder_id(self) -> int | None:
        """Whose a task becomes that is claimed: a deputy claims for whom they stand in for."""
        return self.user_id if self.on_behalf_of is None else self.on_behalf_of

    @property
    def holder_name(self) -> str:
        """The name of who claims."""
        return (self.name or self.login) if self.on_behalf_of is None else self.on_behalf_of_name

    def covers(self, process: str, *, about_money: bool, amount: Decimal | None) -> bool:
        """Say whether a task is within what a deputy may do; whoever acts without limits may do all."""
        if not self.mandates:
            return True
        return any(one.covers(process, about_money=about_money, amount=amount) for one in self.mandates)


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
