"""The audit trail: who did what, for whom, to what, when and why, in the act's own transaction.

Acts are put on record by the commit of what they did, so that nobody waits for the end of the chain
while another's act is under way.

Rows are chained: each carries the SHA-256 of the one before and of its own
content, so an edited, removed or inserted row is found by ``checkpoints.verify``.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, event, insert, select, update
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db, insert_missing

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
WAITING = "acts on record"
"""Where a session keeps the acts of its transaction until the commit: the transaction, and each act's savepoints."""
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
) -> None:
    """Add one act of the current actor to the chain, with the commit of its transaction.

    Args:
        action: ``resource.verb`` in past tense, e.g. ``task.completed``.
        object: what it was done to, e.g. ``purchase_order:42``.
        before: the fields that changed, as they were; ``after`` as they are now.
    """
    actor = current_actor()
    content = {
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
    session = db.session()
    begun = session.get_transaction() or session.begin()
    of, waiting = session.info.get(WAITING, (None, []))
    if of is not begun:  # what an abandoned transaction left is not of this one
        waiting = []
    waiting.append((_savepoints(session), content))
    session.info[WAITING] = begun, waiting


def _savepoints(session: Session) -> frozenset[SessionTransaction]:
    """The savepoints that are open: with any of them an act recorded now is rolled back."""
    found, transaction = set(), session.get_nested_transaction()
    while transaction is not None and transaction.nested:
        found.add(transaction)
        transaction = transaction.parent
    return frozenset(found)


def _chain(session: Session) -> None:
    """Put the acts of a transaction at the end of the chain, as the last thing before its commit.

    The end is locked no longer than this takes, however long the transaction was under way.
    """
    if session.in_nested_transaction():
        return
    begun, waiting = session.info.pop(WAITING, (None, []))
    if begun is None or begun is not session.get_transaction():
        return
    session.flush()  # what may wait or fail comes before the end of the chain is locked
    connection = session.connection()
    if (head := connection.execute(HEAD).one_or_none()) is None:
        insert_missing(AuditHead, id=1, last=0, hash=START)
        head = connection.execute(HEAD).one()
    last, previous = head.last, head.hash
    entries = []
    for number, (_inside, content) in enumerate(waiting, start=last + 1):
        previous = _digest(previous, {"id": number, **content})
        entries.append({"id": number, **content, "hash": previous})
    connection.execute(insert(ENTRIES), entries)
    connection.execute(ADVANCED, {"entry": last + len(entries), "chained": previous})


def _forget(session: Session, over: SessionTransaction) -> None:
    """Drop the acts of what was rolled back: a savepoint, or the whole transaction."""
    begun, waiting = session.info.pop(WAITING, (None, []))
    if begun is not None and over.nested and (left := [one for one in waiting if over not in one[0]]):
        session.info[WAITING] = begun, left


event.listen(db.session, "before_commit", _chain)
event.listen(db.session, "after_soft_rollback", _forget)


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
