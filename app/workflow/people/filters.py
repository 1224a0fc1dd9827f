"""Filters of the inbox that people keep under a name, for themselves or shared with a role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from app.core import audit, clock
from app.core.actors import Actor, current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.paging import count_text
from app.workflow.people import inbox, pages
from app.workflow.people.talk import SavedFilter

MAX_OWN, MAX_SHOWN = 20, 20


def keep(name: str, wanted: inbox.Wanted, role: str | None) -> SavedFilter:
    """Keep a filter; shared with a role one holds, or one's own.

    Raises:
        DomainError: no name, a role one does not hold, or too many filters.
    """
    actor, words = current_actor(), name.strip()[:60]
    if not words:
        raise DomainError("name_needed", _("Please give the filter a name."), field="name")
    if role is not None and role not in actor.roles:
        raise DomainError("role", _("You share filters with your own roles only."), field="role")
    own = select(func.count()).select_from(SavedFilter).where(SavedFilter.owner_id == actor.user_id)
    if (db.session.scalar(own) or 0) >= MAX_OWN:
        raise DomainError("too_many", _("You keep {count} filters already.").format(count=MAX_OWN))
    saved = SavedFilter(
        owner_id=actor.user_id,
        owner_name=actor.name or actor.login,
        name=words,
        wanted=wanted.parameters,
        role=role,
        created_at=clock.now(),
    )
    db.session.add(saved)
    db.session.flush()
    audit.record("filter.kept", f"filter:{saved.id}", after={"name": words, "role": role, **saved.wanted})
    return saved


def remove(filter_id: int) -> bool:
    """Take back one's own filter; False where it is not one's own."""
    saved = db.session.get(SavedFilter, filter_id)
    if saved is None or saved.owner_id != current_actor().user_id:
        return False
    audit.record("filter.removed", f"filter:{saved.id}", before={"name": saved.name, "role": saved.role})
    db.session.delete(saved)
    return True


def shown(actor: Actor) -> list[dict[str, Any]]:
    """A person's own filters and those shared with their roles, each with its count."""
    query = select(SavedFilter).where(
        or_(SavedFilter.owner_id == actor.user_id, SavedFilter.role.in_(sorted(actor.roles)))
    )
    found = db.session.scalars(query.order_by(SavedFilter.owner_id != actor.user_id, SavedFilter.name))
    return [_shown(one, actor) for one in found.fetchmany(MAX_SHOWN)]


def inbox_url(given: Mapping[str, str]) -> str:
    """The inbox as a filter shows it."""
    values: dict[str, Any] = dict(given)
    return url_for("workflow.inbox", **values)


def _shown(saved: SavedFilter, actor: Actor) -> dict[str, Any]:
    given = saved.wanted
    step = given.get("step", "")
    wanted = inbox.wanted(
        given.get("view"), given.get("q"), given.get("sort"), int(step) if step.isdecimal() else None
    )
    return {
        "id": saved.id,
        "name": saved.name,
        "count": count_text(inbox.count(actor, wanted)),
        "url": inbox_url(saved.wanted),
        "wanted": wanted,
        "own": saved.owner_id == actor.user_id,
        "shared": _("shared with %(role)s", role=pages.role_name(saved.role)) if saved.role else "",
        "owner": saved.owner_name,
    }
