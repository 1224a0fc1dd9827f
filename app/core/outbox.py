"""Messages to the outside: written in the act's own transaction, sent by the runner afterwards.

What is rolled back is never sent, and what is committed is sent at least once: a runner takes a message with a
lease, sends it, and notes that it is sent. One that dies in between leaves the message to the next, which sends
it again under the same key, so that the receiver can tell. What cannot be sent stays as a dead letter until a
person sends it again or drops it.
"""

from __future__ import annotations

import logging
import random
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import Index, func, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core import audit, clock
from app.core.db import db
from app.core.errors import Conflict, DomainError, NotFound
from app.core.queues import Depth, queue

LEASE = timedelta(minutes=10)
"""Longer than a sending takes whose every step, a dozen with e-mail, waits as long as it may."""
MAX_ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=2)

log = logging.getLogger(__name__)


class Refused(Exception):
    """The other side will not take this message, however often it is sent."""


class Letter(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    DROPPED = "dropped"


class OutboxMessage(db.Model):
    """One message to the outside; ``key`` goes with it, so that the receiver knows it again."""

    __table_args__ = (Index("ix_outbox_message_status_next", "status", "next_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[str]
    to: Mapped[str] = mapped_column(comment="address, or name of the endpoint")
    subject: Mapped[str]
    payload: Mapped[dict[str, Any]]
    status: Mapped[Letter] = mapped_column(default=Letter.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    lease: Mapped[str | None] = mapped_column(comment="who is sending it")
    leased_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None]


Sender = Callable[[OutboxMessage], None]
SENDERS: dict[str, Sender] = {}
"""How each channel sends; raises ``Refused`` for good, anything else to be tried again."""


def sender(channel: str) -> Callable[[Sender], Sender]:
    """Declare how a channel sends."""

    def declare(function: Sender) -> Sender:
        SENDERS[channel] = function
        return function

    return declare


def put(channel: str, to: str, subject: str, payload: dict[str, Any]) -> OutboxMessage:
    """Have a message sent once this transaction is committed."""
    now = clock.now()
    message = OutboxMessage(
        key=str(uuid.uuid4()),
        channel=channel,
        to=to,
        subject=subject[:500],
        payload=payload,
        created_at=now,
        next_at=now,
    )
    db.session.add(message)
    return message


def work() -> int:
    """Send what is due, each message in its own transactions; returns how many were tried. A job of the runner."""
    count = 0
    while (message := _take()) is not None:
        _send(message)
        count += 1
    return count


def _take() -> OutboxMessage | None:
    """Take the oldest message that is due under a lease; None where none is."""
    now, token = clock.now(), uuid.uuid4().hex
    free = or_(OutboxMessage.leased_until.is_(None), OutboxMessage.leased_until < now)
    due = (OutboxMessage.status == Letter.WAITING, OutboxMessage.next_at <= now, free)
    found = db.session.scalar(
        select(OutboxMessage.id).where(*due).order_by(OutboxMessage.next_at, OutboxMessage.id).limit(1)
    )
    taken = (
        update(OutboxMessage)
        .where(OutboxMessage.id == found, *due)
        .values(lease=token, leased_until=now + LEASE, attempts=OutboxMessage.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    won = found is not None and db.session.execute(taken).rowcount == 1  # type: ignore[attr-defined]
    db.session.commit()
    if found is None:
        return None
    if not won:  # another runner was first
        return _take()
    message = db.session.get_one(OutboxMessage, found, populate_existing=True)
    db.session.expunge(message)
    db.session.rollback()
    return message


def _send(message: OutboxMessage) -> None:
    """Send a taken message, outside any transaction, and note what came of it."""
    done: dict[str, Any]
    try:
        SENDERS[message.channel](message)
        done = {"status": Letter.SENT, "sent_at": clock.now(), "error": None}
    except Exception as error:  # the runner's edge: whatever the other side does may fail
        done = _failed(message, error)
    kept = update(OutboxMessage).where(OutboxMessage.id == message.id, OutboxMessage.lease == message.lease)
    db.session.execute(
        kept.values(lease=None, leased_until=None, **done), execution_options={"synchronize_session": False}
    )
    db.session.commit()


def _failed(message: OutboxMessage, error: Exception) -> dict[str, Any]:
    """When to try again, or that nobody tries any more."""
    told = str(error) or type(error).__name__
    log.warning("message %s to %s, try %s: %s", message.id, message.to, message.attempts, told)
    if isinstance(error, Refused) or message.attempts >= MAX_ATTEMPTS:
        return {"status": Letter.DEAD, "error": told[:1_000]}
    return {"next_at": clock.now() + pause(message.attempts), "error": told[:1_000]}


def pause(attempts: int) -> timedelta:
    """How long to wait after so many tries: twice as long each time, spread by a fifth so that not all come at once."""
    spread = random.uniform(0.8, 1.2)  # noqa: S311  (spreads load, hides nothing)
    return min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE) * spread


def get(message_id: int) -> OutboxMessage:
    """A message.

    Raises:
        NotFound: there is none.
    """
    message = db.session.get(OutboxMessage, message_id)
    if message is None:
        raise NotFound("message", _("There is no such message."))
    return message


def again(message_id: int) -> OutboxMessage:
    """Send a dead letter again, under its key.

    Raises:
        Conflict: it is no dead letter.
    """
    message = _dead(message_id)
    message.status, message.attempts, message.next_at = Letter.WAITING, 0, clock.now()
    audit.record("message.sent_again", f"message:{message.id}", after={"to": message.to})
    return message


def drop(message_id: int, reason: str) -> OutboxMessage:
    """Give up a dead letter, with a reason.

    Raises:
        DomainError: there is no reason.
        Conflict: it is no dead letter.
    """
    if not reason.strip():
        raise DomainError("reason_needed", _("Please give a reason."), field="reason")
    message = _dead(message_id)
    message.status = Letter.DROPPED
    audit.record("message.dropped", f"message:{message.id}", after={"to": message.to}, reason=reason.strip())
    return message


def _dead(message_id: int) -> OutboxMessage:
    message = get(message_id)
    db.session.refresh(message, with_for_update=True)
    if message.status != Letter.DEAD:
        raise Conflict("not_dead", _("This message is no dead letter any more."))
    return message


@queue(lazy_gettext("E-mails and webhooks to send"))
def waiting() -> Depth:
    """Messages to the outside that are not sent yet."""
    ours = OutboxMessage.status == Letter.WAITING
    now = clock.now()
    total = db.session.scalar(select(func.count()).where(ours)) or 0
    due = db.session.scalar(select(func.count()).where(ours, OutboxMessage.next_at <= now)) or 0
    oldest = db.session.scalar(
        select(func.min(OutboxMessage.next_at)).where(ours, OutboxMessage.next_at <= now)
    )
    return Depth(total, due, oldest)
