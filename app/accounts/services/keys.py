"""Keys that programs sign in with."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask_babel import gettext as _

from app.accounts.models import ApiToken, User
from app.accounts.sessions import digest
from app.core import audit, clock
from app.core.db import db
from app.core.errors import DomainError, NotFound

LONGEST_DAYS = 366


def create_token(user: User, name: str, days: int = 90) -> str:
    """Return a new key with which a program acts as the person; it cannot be read again.

    Raises:
        DomainError: no name, or more than a year.
    """
    name = name.strip()[:100]
    if not name:
        raise DomainError("key_name", _("Say what the key is for."), field="name")
    if not 1 <= days <= LONGEST_DAYS:
        raise DomainError(
            "key_days", _("A key is valid for 1 to %(days)s days.", days=LONGEST_DAYS), field="days"
        )
    token = secrets.token_urlsafe(32)
    row = ApiToken(
        user_id=user.id,
        name=name,
        token_hash=digest(token),
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(days=days),
    )
    db.session.add(row)
    db.session.flush()
    audit.record("key.created", f"user:{user.id}", after={"key": row.id, "name": name, "days": days})
    return token


def revoke_token(user: User, token_id: int) -> None:
    """End one of a person's keys.

    Raises:
        NotFound: it is not theirs.
    """
    row = db.session.get(ApiToken, token_id)
    if row is None or row.user_id != user.id:
        raise NotFound("key", _("There is no such key."))
    row.revoked_at = row.revoked_at or clock.now()
    audit.record("key.revoked", f"user:{user.id}", before={"key": row.id, "name": row.name})
