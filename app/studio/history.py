"""The last acts on a file of a change, so that they can be undone and done again.

Each entry of the past holds the source as it was before an act, what the act was and what it was done to.
"""

from __future__ import annotations

from typing import Any

from app.studio.models import ChangeFile

MOST_ACTS = 50
MOST_TEXT = 1_000_000
"""Characters of earlier sources that are kept with a file."""


def keep(row: ChangeFile, act: str, what: str) -> None:
    """Note the source before an act; what was undone before cannot be done again after it."""
    row.past = _fitting([*row.past, {"source": row.source, "act": act, "what": what[:200]}])
    row.future = []


def undo(row: ChangeFile) -> bool:
    """Bring back the source before the last act; whether there was one."""
    return _step(row, "past", "future")


def redo(row: ChangeFile) -> bool:
    """Do again what was undone last; whether there was something."""
    return _step(row, "future", "past")


def _step(row: ChangeFile, origin: str, target: str) -> bool:
    entries = list(getattr(row, origin))
    if not entries:
        return False
    taken = entries.pop()
    setattr(row, target, _fitting([*getattr(row, target), {**taken, "source": row.source}]))
    setattr(row, origin, entries)
    row.source = taken["source"]
    return True


def _fitting(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest entries that are neither too many nor too long."""
    kept: list[dict[str, Any]] = []
    room = MOST_TEXT
    for one in reversed(entries[-MOST_ACTS:]):
        room -= len(one["source"])
        if room < 0:
            break
        kept.insert(0, one)
    return kept
