"""The things a plant's documents stand for and how they belong together, for logs that follow things, not cases.

A thing is named as everywhere (``purchase_order:42``). Who owns the tables declares a kind with what reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Thing:
    """One thing: since when it is there, what is known of it, and which others it belongs to, each with how."""

    key: str
    at: datetime
    attributes: dict[str, str]
    related: dict[tuple[str, str], None] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What kind of thing it is."""
        return self.key.partition(":")[0]


READERS: list[Callable[[], Iterator[Thing]]] = []


def things(reader: Callable[[], Iterator[Thing]]) -> Callable[[], Iterator[Thing]]:
    """Declare what reads things of the plant."""
    READERS.append(reader)
    return reader


def all_things() -> dict[str, Thing]:
    """Every thing that is declared, by its key."""
    return {one.key: one for reader in READERS for one in reader()}
