"""Separation of duties is a rule of the company: a shop of five may name an owner whom it does not bind."""

from __future__ import annotations

from flask_babel import gettext as _

from app.accounts.models import OwnerOverride, User
from app.core import audit, clock
from app.core.actors import Actor, current_actor
from app.core.db import db
from app.core.errors import DomainError


def owner() -> User | None:
    """Return who may do what the separation of duties forbids, if anybody."""
    found = db.session.get(OwnerOverride, 1)
    person = db.session.get(User, found.user_id) if found is not None and found.user_id else None
    return person if person is not None and person.active else None


def name_owner(user_id: int | None, reason: str) -> None:
    """Name the owner whom the separation of duties does not bind, or nobody.

    Raises:
        DomainError: no reason, or no such active person.
    """
    if not reason.strip():
        raise DomainError("reason_missing", _("Say why."), field="reason")
    person = db.session.get(User, user_id) if user_id else None
    if user_id and (person is None or not person.active):
        raise DomainError("unknown_person", _("There is no such person."), field="user_id")
    found = db.session.get(OwnerOverride, 1)
    if found is None:
        found = OwnerOverride(id=1)
        db.session.add(found)
    before = db.session.get(User, found.user_id) if found.user_id else None
    found.user_id, found.since = (person.id if person else None), clock.now()
    audit.record(
        "duty.set",
        "company:1",
        before={"owner": before.login if before else None},
        after={"owner": person.login if person else None},
        reason=reason.strip(),
    )
    db.session.flush()


def may_override(actor: Actor) -> bool:
    """Whether the acting person is the named owner, as themselves and not for somebody else."""
    if actor.user_id is None or actor.on_behalf_of is not None:
        return False
    named = owner()
    return named is not None and named.id == actor.user_id


def excused(rule: str, document: str) -> bool:
    """Let the owner do what a rule of duty forbids; it goes on record under their name."""
    if not may_override(current_actor()):
        return False
    audit.record("duty.overridden", document, after={"rule": rule})
    return True
