"""Answers already given for a key a client sent: sent again, nothing is done twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict


class IdempotencyKey(db.Model):
    """A request that was carried out, and what was answered."""

    key: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int | None]
    answer: Mapped[dict[str, Any]]
    at: Mapped[datetime]


def keep(key: str, answer: dict[str, Any]) -> None:
    """Remember a request with the transaction that carries it out."""
    db.session.add(IdempotencyKey(key=key, user_id=current_actor().user_id, answer=answer, at=clock.now()))


def given(key: str) -> bool:
    """Whether a request was carried out already, by the same person.

    Raises:
        Conflict: the key is somebody else's.
    """
    row = db.session.get(IdempotencyKey, key)
    if row is not None and row.user_id != current_actor().user_id:
        raise Conflict("key_used", _("This key was used by somebody else."))
    return row is not None
