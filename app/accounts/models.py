"""People, their roles and substitutes, their sessions and their tries to sign in."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Names, db
from app.core.i18n import localized


class MailNotices(StrEnum):
    """When a person is sent by e-mail what waits for them; what happens at once is in the morning's e-mail, too."""

    DIGEST = "digest"
    AT_ONCE = "at_once"
    NEVER = "never"


class User(db.Model):
    """A person who may sign in."""

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    names: Mapped[Names]
    title: Mapped[Names | None]
    password_hash: Mapped[str]
    language: Mapped[str | None] = mapped_column(comment="None: as the browser asks")
    theme: Mapped[str] = mapped_column(default="auto", comment="light, dark or auto")
    email: Mapped[str | None]
    mail_notices: Mapped[MailNotices] = mapped_column(default=MailNotices.DIGEST)
    digest_at: Mapped[datetime | None] = mapped_column(comment="until when the morning's e-mails have told")
    badge: Mapped[str | None] = mapped_column(unique=True, comment="what the shop-floor scanner reads")
    skills: Mapped[list[str]] = mapped_column(default=list, comment="codes of work centres")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    role_rows: Mapped[list[UserRole]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def roles(self) -> frozenset[str]:
        """The keys of the roles the person holds."""
        return frozenset(row.role for row in self.role_rows)

    @property
    def name(self) -> str:
        """The person's name in the reader's language."""
        return localized(self.names)


class UserRole(db.Model):
    """A role a person holds."""

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class OwnerOverride(db.Model):
    """The owner whom the separation of duties does not bind; one row, without a person: everybody is bound."""

    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    since: Mapped[datetime]


class Substitute(db.Model):
    """A deputy who may act for somebody between two days, in some processes, up to an amount."""

    __table_args__ = (CheckConstraint("user_id <> deputy_id", name="not_oneself"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    deputy_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    processes: Mapped[list[str]] = mapped_column(default=list, comment="process keys; empty: all")
    amount_limit: Mapped[Decimal | None]


class ServerSession(db.Model):
    """One sign-in; the cookie carries a random token, the database its hash."""

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    address: Mapped[str | None]
    agent: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class LoginAttempt(db.Model):
    """One try to sign in, counted per account and per address."""

    __table_args__ = (
        Index("ix_login_attempt_login_at", "login", "at"),
        Index("ix_login_attempt_address_at", "address", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str]
    address: Mapped[str | None]
    at: Mapped[datetime]
    succeeded: Mapped[bool]


class ApiToken(db.Model):
    """A key a program signs in with as a person; only its hash is kept."""

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
