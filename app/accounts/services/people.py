"""People: their names, roles, passwords and settings."""

from __future__ import annotations

import re

from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from app.accounts.models import MailNotices, User, UserRole
from app.accounts.services.entrance import end_sessions, hashed, right_password
from app.core import audit, clock
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.i18n import LANGUAGES
from app.core.inputs import email_address
from app.core.permissions import ROLES

SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
THEMES = ("light", "dark", "auto")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._]{0,49}\Z")


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
        DomainError: a role does not exist, the login cannot be one, or the password is too short.
        Conflict: the login is taken.
    """
    login = login.strip().lower()
    if not _LOGIN.match(login):
        raise DomainError(
            "login", _("A sign-in name has letters, digits, dots and underscores."), field="login"
        )
    if db.session.scalar(select(User.id).where(User.login == login)):
        raise Conflict("login_taken", _("There already is a %(login)s.", login=login), field="login")
    user = User(
        login=login,
        names=names,
        title=title,
        password_hash=hashed(_good_password(password, "password")),
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
    """Give a person exactly these roles.

    Raises:
        DomainError: a role does not exist, or the last administrator would be gone.
    """
    user = db.session.get_one(User, user_id)
    before = user.roles
    if before == _known(roles):
        return
    if "admin" in before - roles:
        _keep_an_admin(user)
    user.role_rows = [row for row in user.role_rows if row.role in roles] + [
        UserRole(role=role) for role in sorted(roles - before)
    ]
    db.session.flush()
    audit.record(
        "user.roles_changed",
        f"user:{user_id}",
        before={"roles": sorted(before)},
        after={"roles": sorted(roles)},
    )


def set_active(user_id: int, active: bool) -> None:
    """Let a person sign in, or end all their sessions and keep them out.

    Raises:
        DomainError: they are the last administrator.
    """
    user = db.session.get_one(User, user_id)
    if user.active == active:
        return
    if not active:
        _keep_an_admin(user)
        end_sessions(user_id)
    user.active = active
    audit.record("user.activated" if active else "user.deactivated", f"user:{user_id}")


def change_settings(user: User, *, language: str | None, theme: str) -> None:
    """Choose the language (None: as the browser asks) and the theme.

    Raises:
        DomainError: there is no such language or theme.
    """
    if language is not None and language not in LANGUAGES:
        raise DomainError("language", _("This language is not available."), field="language")
    if theme not in THEMES:
        raise DomainError("theme", _("Choose light, dark or automatic."), field="theme")
    user.language, user.theme = language, theme


def change_mail(user: User, *, email: str, notices: str) -> None:
    """Say where a person's e-mails go (empty: nowhere), and when they are told what waits for them.

    Raises:
        DomainError: the address is none, or there is no such time.
    """
    address = email_address(email, "email") if email.strip() else None
    if notices not in set(MailNotices):
        raise DomainError("mail_notices", _("Choose one of the times offered."), field="mail_notices")
    before = {"email": user.email, "mail_notices": user.mail_notices}
    after = {"email": address, "mail_notices": MailNotices(notices)}
    changed = [name for name in before if before[name] != after[name]]
    if changed:
        audit.record(
            "user.changed",
            f"user:{user.id}",
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    user.email, user.mail_notices = address, MailNotices(notices)


def change_password(user: User, old: str, new: str) -> None:
    """Set a new password; all sessions end.

    Raises:
        DomainError: the old one is wrong or the new one too short.
    """
    if not right_password(user, old):
        raise DomainError("password", _("The present password is not right."), field="old")
    user.password_hash = hashed(_good_password(new, "new"))
    end_sessions(user.id)
    audit.record("user.password_changed", f"user:{user.id}")


def people(search: str = "") -> list[User]:
    """Return the people whose name or login holds ``search``."""
    query = select(User).order_by(User.login)
    if search:
        fields = (User.login, User.names["en"].as_string(), User.names["zh_Hant"].as_string())
        query = query.where(or_(*(field.icontains(search, autoescape=True) for field in fields)))
    return list(db.session.scalars(query))


def _known(roles: set[str]) -> set[str]:
    if unknown := roles - ROLES.keys():
        raise DomainError(
            "role", _("There is no role %(role)s.", role=", ".join(sorted(unknown))), field="roles"
        )
    return roles


def _good_password(password: str, field: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise DomainError(
            "password",
            _("A password has at least %(count)s characters.", count=SHORTEST_PASSWORD),
            field=field,
        )
    return password


def _keep_an_admin(user: User) -> None:
    """Refuse when nobody else could give roles any more; of two who leave at once, the second waits for the first."""
    if "admin" not in user.roles or not user.active:
        return
    held = select(UserRole.user_id).where(UserRole.role == "admin").order_by(UserRole.user_id)
    db.session.execute(held.with_for_update())
    others = (
        select(func.count())
        .select_from(User)
        .join(UserRole)
        .where(UserRole.role == "admin", User.active, User.id != user.id)
    )
    if not db.session.scalar(others):
        raise DomainError(
            "last_admin",
            _("Somebody must be able to give roles: name another administrator first."),
            field="roles",
        )
