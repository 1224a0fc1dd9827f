"""Adding people, signing in and out."""

from __future__ import annotations

import secrets
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _
from sqlalchemy import func, or_, select, update

from app.accounts.models import LoginAttempt, ServerSession, Substitute, User, UserRole
from app.accounts.sessions import digest
from app.core import audit, clock
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.i18n import LANGUAGES
from app.core.permissions import ROLES

SESSION_DAYS = 14
WINDOW = timedelta(minutes=15)
TRIES_PER_ACCOUNT, TRIES_PER_ADDRESS = 10, 30
SHORTEST_PASSWORD = 10

hasher = PasswordHasher()
_NOBODY = hasher.hash(secrets.token_hex(16))


def create_user(
    login: str,
    names: dict[str, str],
    roles: set[str],
    password: str,
    *,
    title: dict[str, str] | None = None,
    language: str | None = None,
    badge: str | None = None,
    skills: list[str] | None = None,
) -> User:
    """Add a person.

    Raises:
        DomainError: a role does not exist, or the login is empty.
        Conflict: the login is taken.
    """
    login = login.strip().lower()
    if not login or not login.replace("_", "").replace(".", "").isalnum():
        raise DomainError(
            "login", _("A sign-in name has letters, digits, dots and underscores."), field="login"
        )
    if db.session.scalar(select(User.id).where(User.login == login)):
        raise Conflict("login_taken", _("There already is a %(login)s.", login=login), field="login")
    user = User(
        login=login,
        names=names,
        title=title,
        password_hash=hasher.hash(password),
        language=language,
        badge=badge,
        skills=skills or [],
        created_at=clock.now(),
        role_rows=[UserRole(role=role) for role in sorted(_known(roles))],
    )
    db.session.add(user)
    db.session.flush()
    audit.record("user.created", f"user:{user.id}", after={"login": login, "roles": sorted(roles)})
    return user


def set_roles(user_id: int, roles: set[str]) -> None:
    """Give a person exactly these roles."""
    user = db.session.get_one(User, user_id)
    before = sorted(user.roles)
    user.role_rows = [row for row in user.role_rows if row.role in roles] + [
        UserRole(role=role) for role in sorted(_known(roles) - user.roles)
    ]
    db.session.flush()
    audit.record(
        "user.roles_changed", f"user:{user_id}", before={"roles": before}, after={"roles": sorted(roles)}
    )


def set_active(user_id: int, active: bool) -> None:
    """Let a person sign in, or end all their sessions and keep them out."""
    user = db.session.get_one(User, user_id)
    user.active = active
    if not active:
        end_sessions(user_id)
    audit.record("user.activated" if active else "user.deactivated", f"user:{user_id}")


def add_substitute(user_id: int, deputy_id: int) -> None:
    """Name a deputy, for all processes and without an end."""
    db.session.add(Substitute(user_id=user_id, deputy_id=deputy_id))


def check_password(login: str, password: str, address: str | None) -> User | None:
    """Return the person if the password is right; count the try either way.

    Raises:
        DomainError: too many wrong tries lately, status 429.
    """
    login = login.strip().lower()[:100]
    since = clock.now() - WINDOW
    failed = select(func.count()).where(LoginAttempt.at > since, ~LoginAttempt.succeeded)
    if (
        db.session.scalar(failed.where(LoginAttempt.login == login)) >= TRIES_PER_ACCOUNT
        or db.session.scalar(failed.where(LoginAttempt.address == address)) >= TRIES_PER_ADDRESS
    ):
        raise DomainError(
            "too_many_tries", _("Too many tries. Please wait a quarter of an hour."), status=429
        )
    user = db.session.scalar(select(User).where(User.login == login))
    try:
        right = hasher.verify(user.password_hash if user else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        right = False
    right = bool(right and user is not None and user.active)
    db.session.add(LoginAttempt(login=login, address=address, at=clock.now(), succeeded=right))
    db.session.flush()
    return user if right else None


def open_session(user: User, address: str | None, agent: str | None) -> str:
    """Return the token of a new session."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        ServerSession(
            token_hash=digest(token),
            user_id=user.id,
            address=address,
            agent=(agent or "")[:200],
            created_at=clock.now(),
            expires_at=clock.now() + timedelta(days=SESSION_DAYS),
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


def change_settings(user: User, *, language: str | None, theme: str) -> None:
    """Choose the language (None: as the browser asks) and the theme."""
    if language is not None and language not in LANGUAGES:
        raise DomainError("language", _("This language is not available."), field="language")
    if theme not in {"light", "dark", "auto"}:
        raise DomainError("theme", _("Choose light, dark or automatic."), field="theme")
    user.language, user.theme = language, theme


def change_password(user: User, old: str, new: str) -> None:
    """Set a new password; all other sessions end.

    Raises:
        DomainError: the old one is wrong or the new one too short.
    """
    try:
        hasher.verify(user.password_hash, old)
    except VerificationError:
        raise DomainError("password", _("The present password is not right."), field="old") from None
    if len(new) < SHORTEST_PASSWORD:
        raise DomainError(
            "password",
            _("A password has at least %(count)s characters.", count=SHORTEST_PASSWORD),
            field="new",
        )
    user.password_hash = hasher.hash(new)
    end_sessions(user.id)
    audit.record("user.password_changed", f"user:{user.id}")


def people(search: str = "") -> list[User]:
    """Return the people whose name or login holds ``search``."""
    query = select(User).order_by(User.login)
    if search:
        pattern = f"%{search}%"
        query = query.where(or_(User.login.ilike(pattern), User.names["en"].as_string().ilike(pattern)))
    return list(db.session.scalars(query))


def _known(roles: set[str]) -> set[str]:
    if unknown := roles - ROLES.keys():
        raise DomainError(
            "role", _("There is no role %(role)s.", role=", ".join(sorted(unknown))), field="roles"
        )
    return roles
