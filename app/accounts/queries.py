"""Reads for the pages of people and of the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import Select, select

from app.accounts.models import ApiToken, Substitute, User
from app.core import audit, clock
from app.core.audit import AuditEntry, AuditHead
from app.core.db import db
from app.core.lists import Column, Filter
from app.core.record_words import action_label

CHECKED_AT_ONCE = 20_000


@dataclass(frozen=True)
class Deputy:
    """A deputy as a page shows them."""

    id: int
    name: str
    valid_from: object
    valid_to: object


@dataclass(frozen=True)
class Chain:
    """What is known of the audit chain: how many entries, whether looked at, and the first bad one."""

    entries: int
    checked: bool
    broken: int | None = None


def deputies(user_id: int) -> list[Deputy]:
    """The deputies a person has named."""
    rows = db.session.scalars(select(Substitute).where(Substitute.user_id == user_id).order_by(Substitute.id))
    named = names()
    return [Deputy(row.id, named.get(row.deputy_id, ""), row.valid_from, row.valid_to) for row in rows]


def keys(user_id: int) -> list[ApiToken]:
    """The keys of a person's programs that can still be used."""
    rows = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    return list(db.session.scalars(rows.where(ApiToken.expires_at > clock.now()).order_by(ApiToken.id)))


def names() -> dict[int, str]:
    """The name of everybody by id."""
    return {person.id: person.name for person in db.session.scalars(select(User).order_by(User.login))}


def active() -> list[User]:
    """Everybody who may sign in."""
    return list(db.session.scalars(select(User).where(User.active).order_by(User.login)))


def others(user_id: int) -> list[User]:
    """Everybody else who may sign in."""
    return list(db.session.scalars(select(User).where(User.active, User.id != user_id).order_by(User.login)))


def chain(*, check: bool) -> Chain:
    """The state of the audit chain; a long one is checked only when asked."""
    head = db.session.get(AuditHead, 1)
    entries = head.last if head is not None else 0
    if not check and entries > CHECKED_AT_ONCE:
        return Chain(entries, checked=False)
    return Chain(entries, checked=True, broken=audit.verify())


def audit_entries() -> Select[tuple[AuditEntry]]:
    """All acts."""
    return select(AuditEntry)


def audit_columns() -> list[Column]:
    """The columns of the audit page."""
    named = names()
    return [
        Column("id", _("No."), "number", sort=AuditEntry.id),
        Column("at", _("When"), "datetime", sort=AuditEntry.at),
        Column(
            "login",
            _("Who"),
            "code",
            display=lambda row: (
                named.get(row.user_id) or (_("System") if row.login == "system" else row.login)
            ),
            sort=AuditEntry.login,
        ),
        Column("on_behalf_of", _("For whom"), value=lambda row: named.get(row.on_behalf_of, "")),
        Column(
            "action", _("What"), "code", display=lambda row: action_label(row.action), sort=AuditEntry.action
        ),
        Column("object", _("Object"), "document", sort=AuditEntry.object),
        Column("before", _("Before"), value=lambda row: _fields(row.before), sortable=False),
        Column("after", _("After"), value=lambda row: _fields(row.after), sortable=False),
        Column("reason", _("Reason"), sortable=False),
        Column("address", _("From where"), sort=AuditEntry.address),
    ]


def audit_filters() -> list[Filter]:
    """Who, what and how long ago."""
    who = db.session.scalars(select(AuditEntry.login).group_by(AuditEntry.login).order_by(AuditEntry.login))
    what = db.session.scalars(
        select(AuditEntry.action).group_by(AuditEntry.action).order_by(AuditEntry.action)
    )
    periods = [("1", _("last 24 hours")), ("7", _("last 7 days")), ("31", _("last 31 days"))]
    return [
        Filter("who", _("Who"), [(one, one) for one in who], lambda value: AuditEntry.login == value),
        Filter(
            "what",
            _("What"),
            [(one, action_label(one)) for one in what],
            lambda value: AuditEntry.action == value,
        ),
        Filter(
            "period",
            _("When"),
            periods,
            lambda value: AuditEntry.at >= clock.now() - timedelta(days=int(value)),
        ),
    ]


def _fields(values: dict[str, object] | None) -> str:
    """Fields as one line of text."""
    return "; ".join(f"{key}: {_text(value)}" for key, value in (values or {}).items())


def _text(value: object) -> str:
    if isinstance(value, dict):
        return "(" + _fields(value) + ")"
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    return "–" if value is None else str(value)
