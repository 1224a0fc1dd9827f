"""The audit trail: who did what, for whom, to what, when and why, in the act's own transaction.

Rows are chained: each carries the SHA-256 of the one before and of its own
content, so an edited, removed or inserted row is found by ``checkpoints.verify``.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db

START = "0" * 64


class AuditEntry(db.Model):
    """One act, never changed or removed."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    user_id: Mapped[int | None] = mapped_column(index=True)
    login: Mapped[str] = mapped_column(index=True)
    on_behalf_of: Mapped[int | None]
    address: Mapped[str | None]
    action: Mapped[str] = mapped_column(index=True)
    object: Mapped[str] = mapped_column(index=True)
    instance_id: Mapped[int | None] = mapped_column(index=True)
    task_id: Mapped[int | None]
    definition: Mapped[str | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    reason: Mapped[str | None]
    hash: Mapped[str]


class AuditHead(db.Model):
    """The end of the chain; its lock puts the acts in one order."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
    hash: Mapped[str]


ENTRIES, HEADS = AuditEntry.__table__, AuditHead.__table__
HEAD = select(HEADS.c.last, HEADS.c.hash).where(HEADS.c.id == 1).with_for_update()
ADVANCED = update(HEADS).where(HEADS.c.id == 1).values(last=bindparam("entry"), hash=bindparam("chained"))


def record(
    action: str,
    object: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
    instance_id: int | None = None,
    task_id: int | None = None,
    definition: str | None = None,
) -> AuditEntry:
    """Add one act of the current actor to the chain.

    Args:
        action: ``resource.verb`` in past tense, e.g. ``task.completed``.
        object: what it was done to, e.g. ``purchase_order:42``.
        before: the fields that changed, as they were; ``after`` as they are now.
    """
    actor, connection = current_actor(), db.session.connection()
    head = connection.execute(HEAD).one_or_none()
    if head is None:
        connection.execute(insert(HEADS), {"id": 1, "last": 0, "hash": START})
    last, previous = (head.last, head.hash) if head is not None else (0, START)
    content = {
        "id": last + 1,
        "at": clock.now(),
        "user_id": actor.user_id,
        "login": actor.login,
        "on_behalf_of": actor.on_behalf_of,
        "address": actor.address,
        "action": action,
        "object": object,
        "instance_id": instance_id,
        "task_id": task_id,
        "definition": definition,
        "before": _plain(before),
        "after": _plain(after),
        "reason": reason,
    }
    entry = AuditEntry(**content, hash=_digest(previous, content))
    connection.execute(insert(ENTRIES), {**content, "hash": entry.hash})
    connection.execute(ADVANCED, {"entry": entry.id, "chained": entry.hash})
    return entry


def _plain(values: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the values as JSON can hold them."""
    return None if values is None else json.loads(json.dumps(values, default=_text, ensure_ascii=False))


def _text(value: Any) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def digest(previous: str, entry: AuditEntry) -> str:
    """Return the hash of an entry's content after the hash of the one before it."""
    names = (column.key for column in ENTRIES.columns if column.key != "hash")
    return _digest(previous, {name: getattr(entry, name) for name in names})


def _digest(previous: str, content: dict[str, Any]) -> str:
    told = {**content, "at": content["at"].isoformat()}
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous}{text}".encode()).hexdigest()
