"""Signing in and out: counted tries, passwords, sessions."""

from __future__ import annotations

import secrets
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _
from sqlalchemy import delete, func, select, text, update

from app.accounts.models import LoginAttempt, ServerSession, User
from app.accounts.sessions import SESSION_DAYS, digest
from app.core import audit, clock
from app.core.db import db, lock_clause_supported
from app.core.errors import DomainError

WINDOW = timedelta(minutes=15)
KEPT = timedelta(days=1)
TRIES_PER_ACCOUNT, TRIES_PER_ADDRESS = 10, 30

hasher = PasswordHasher()
_NOBODY = hasher.hash(secrets.token_hex(16))


def find(login: str) -> User | None:
    """Return the person of a sign-in name."""
    return db.session.scalar(select(User).where(User.login == login.strip().lower()[:100]))


def count_try(login: str, address: str | None) -> LoginAttempt:
    """Count a try to sign in before its password is looked at, so that tries at once count too.

    The caller commits, then sets ``succeeded`` when the password was right.

    Raises:
        DomainError: too many wrong tries lately for this account or from this address, status 429.
    """
    login = login.strip().lower()[:100]
    now = clock.now()
    _one_after_the_other(login, address or "")
    failed = select(func.count()).where(LoginAttempt.at > now - WINDOW, ~LoginAttempt.succeeded)
    if (db.session.scalar(failed.where(LoginAttempt.login == login)) or 0) >= TRIES_PER_ACCOUNT or (
        db.session.scalar(failed.where(LoginAttempt.address == address)) or 0
    ) >= TRIES_PER_ADDRESS:
        raise DomainError(
            "too_many_tries", _("Too many tries. Please wait a quarter of an hour."), status=429
        )
    db.session.execute(delete(LoginAttempt).where(LoginAttempt.at < now - KEPT))
    attempt = LoginAttempt(login=login, address=address, at=now, succeeded=False)
    db.session.add(attempt)
    db.session.flush()
    return attempt


def right_password(user: User | None, password: str) -> bool:
    """Say whether an active person's password is right; takes as long for nobody."""
    try:
        right = hasher.verify(user.password_hash if user else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(right and user is not None and user.active)


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    return hasher.hash(password)


def open_session(user: User, address: str | None, agent: str | None) -> str:
    """Return the token of a new session."""
    token, now = secrets.token_urlsafe(32), clock.now()
    db.session.execute(delete(ServerSession).where(ServerSession.expires_at < now))
    db.session.add(
        ServerSession(
            token_hash=digest(token),
            user_id=user.id,
            address=address,
            agent=(agent or "")[:200],
            created_at=now,
            expires_at=now + timedelta(days=SESSION_DAYS),
        )
    )
    audit.record("user.signed_in", f"user:{user.id}")
    return token


def end_session(token: str) -> None:
    """End one session."""
    db.session.execute(
        update(ServerSession).where(ServerSession.token_hash == digest(token)).values(ended_at=clock.now())
    )


def end_sessions(user_id: int) -> None:
    """End all sessions of a person."""
    open_ones = (ServerSession.user_id == user_id) & ServerSession.ended_at.is_(None)
    db.session.execute(update(ServerSession).where(open_ones).values(ended_at=clock.now()))


def _one_after_the_other(*names: str) -> None:
    """Let no two tries of one account or address be counted at once; SQLite's write lock sees to it itself."""
    if lock_clause_supported():
        for name in sorted(names):
            db.session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})
