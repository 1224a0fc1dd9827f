"""Who stands in for whom: until when, in which processes, up to which amount."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.models import Substitute, User
from app.accounts.queries import valid_mandates
from app.accounts.sessions import actor_for
from app.core import audit, clock
from app.core.actors import Actor, Mandate, current_actor
from app.core.db import db
from app.core.errors import DomainError, Forbidden, NotFound


def add_substitute(
    user_id: int,
    deputy_id: int,
    valid_from: date | None = None,
    valid_to: date | None = None,
    *,
    processes: Iterable[str] = (),
    amount_limit: Decimal | None = None,
) -> Substitute:
    """Name a deputy, from one day to another, both included, in some processes, up to an amount.

    None, or no process: without that limit.

    Raises:
        DomainError: one's own deputy, nobody, or an end before the beginning or in the past.
    """
    deputy, person = db.session.get(User, deputy_id), db.session.get(User, user_id)
    if person is None or deputy is None or not deputy.active or deputy_id == user_id:
        raise DomainError("deputy", _("Choose another person as deputy."), field="deputy_id")
    if valid_from and valid_to and valid_to < valid_from:
        raise DomainError("period", _("The last day is before the first."), field="valid_to")
    if valid_to and valid_to < clock.today():
        raise DomainError("period", _("The last day is over already."), field="valid_to")
    row = Substitute(
        user_id=user_id,
        deputy_id=deputy_id,
        valid_from=valid_from,
        valid_to=valid_to,
        processes=sorted(set(processes)),
        amount_limit=amount_limit,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("substitute.added", f"user:{user_id}", after=_facts(row))
    return row


def name_for(user_id: int, deputy_id: int) -> None:
    """Refuse an administrator who names themself as somebody else's deputy: another one must.

    Raises:
        DomainError: that is what they are about to do.
    """
    actor = current_actor()
    if user_id not in actor.persons and deputy_id in actor.persons:
        message = _("Nobody makes themself somebody else's deputy; they or another administrator name you.")
        raise DomainError("own_deputy", message, field="deputy_id")


def remove_substitute(user_id: int | None, substitute_id: int) -> Substitute:
    """Take back one of a person's deputies; None: anybody's.

    Raises:
        NotFound: it is not theirs.
    """
    row = db.session.get(Substitute, substitute_id)
    if row is None or user_id not in (None, row.user_id):
        raise NotFound("deputy", _("There is no such deputy."))
    facts = _facts(row)
    audit.record("substitute.removed", f"user:{row.user_id}", before=facts)
    db.session.delete(row)
    return row


def _facts(row: Substitute) -> dict[str, object]:
    """A deputy as the record keeps them."""
    return {
        "deputy_id": row.deputy_id,
        "from": row.valid_from,
        "to": row.valid_to,
        "processes": row.processes,
        "amount_limit": row.amount_limit,
    }


def principals(deputy_id: int) -> list[User]:
    """The people a deputy may stand in for today, with or without limits."""
    wanted = {row.user_id for row in db.session.scalars(valid_mandates(deputy_id))}
    return list(db.session.scalars(select(User).where(User.id.in_(wanted), User.active).order_by(User.login)))


def may_act_for(deputy_id: int, user_id: int) -> User | None:
    """Return the person a deputy wants to stand in for, if they may today."""
    return next((person for person in principals(deputy_id) if person.id == user_id), None)


def actor_in_place_of(
    deputy: User, user_id: int, address: str | None = None, *, hold: bool = False
) -> Actor | None:
    """The actor a deputy is for somebody today, with the limits of what they were given; None: no deputy.

    ``hold``: whoever takes the deputy back meanwhile waits until this transaction ends.
    """
    query = valid_mandates(deputy.id).where(Substitute.user_id == user_id)
    rows = list(db.session.scalars(query.with_for_update(read=True) if hold else query))
    person = db.session.get(User, user_id)
    if not rows or person is None or not person.active:
        return None
    given = [Mandate(frozenset(row.processes), row.amount_limit) for row in rows]
    limited = () if Mandate() in given else tuple(given)
    return actor_for(deputy, address, person, limited)


def renewed(actor: Actor) -> Actor:
    """The acting deputy as they stand now, in this transaction; whoever acts as themself is unchanged.

    Raises:
        Forbidden: they are no deputy of that person any more.
    """
    if actor.on_behalf_of is None or actor.user_id is None:
        return actor
    deputy = db.session.get(User, actor.user_id)
    if deputy is not None and deputy.active:
        found = actor_in_place_of(deputy, actor.on_behalf_of, actor.address, hold=True)
        if found is not None:
            return found
    raise Forbidden("not_a_deputy", _("You are not this person's deputy today."))
