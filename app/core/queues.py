"""What waits for the runner: each area tells how much, how much of it is due, and since when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask_babel.speaklater import LazyString


@dataclass(frozen=True)
class Depth:
    """How much waits, how much of it the runner could do now, and since when the oldest of that is due."""

    total: int
    due: int
    oldest: datetime | None


QUEUES: list[tuple[LazyString, Callable[[], Depth]]] = []
"""Named queues in the order of their areas."""


def queue(label: LazyString) -> Callable[[Callable[[], Depth]], Callable[[], Depth]]:
    """Declare a queue of the runner; the function is asked whenever the page is opened."""

    def declare(function: Callable[[], Depth]) -> Callable[[], Depth]:
        QUEUES.append((label, function))
        return function

    return declare
