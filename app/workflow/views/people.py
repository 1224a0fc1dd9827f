"""Whom a task can be given to."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts.models import User
from app.core.db import db


def people() -> list[tuple[int, str]]:
    """The active people as (id, name), by name."""
    users = db.session.scalars(select(User).where(User.active.is_(True)).order_by(User.login).limit(500))
    return [(user.id, user.name) for user in users]
