"""Who stands in for whom, and until when."""

from __future__ import annotations

from datetime import date

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import or_, select

from app.accounts.models import Substitute, User
from app.core import audit, clock
from app.core.db import db
from app.core.errors import DomainError, NotFound


def add_substitute(
    user_id: int, deputy_id: int, valid_from: date | None = None, valid_to: date | None = None
) -> Substitute:
    """Name a deputy, from one day to another, both included; None: without that limit.

    Raises:
        DomainError: one's own deputy, nobody, or an end before the beginning.
    """
    deputy = db.session.get(User, deputy_id)
    if deputy is None or not deputy.active or deputy_id == user_id:
        raise DomainError("deputy", _("Choose another person as deputy."), field="deputy_id")
    if valid_from and valid_to and valid_to < valid_from:
        raise DomainError("period", _("The last day is before the first."), field="valid_to")
    row = Substitute(
        user_id=user_id, deputy_id=deputy_id, valid_from=valid_from, valid_to=valid_to, processes=[]
    )
    db.session.add(row)
    db.session.flush()
    after = {"deputy": deputy.login, "from": valid_from, "to": valid_to}
    audit.record("substitute.added", f"user:{user_id}", after=after)
    return row


def remove_substitute(user_id: int, substitute_id: int) -> None:
    """Take back one of a person's deputies.

    Raises:
        NotFound: it is not theirs.
    """
    row = db.session.get(Substitute, substitute_id)
    if row is None or row.user_id != user_id:
        raise NotFound("deputy", _("There is no such deputy."))
    audit.record("substitute.removed", f"user:{user_id}", before={"deputy_id": row.deputy_id})
    db.session.delete(row)


def principals(deputy_id: int) -> list[User]:
    """The people a deputy may stand in for today, in everything.

    A deputy of some processes or up to an amount only is not among them: those limits
    are checked task by task.
    """
    today = clock.today(current_app.config["TIMEZONE"])
    rows = select(Substitute).where(
        Substitute.deputy_id == deputy_id,
        or_(Substitute.valid_from.is_(None), Substitute.valid_from <= today),
        or_(Substitute.valid_to.is_(None), Substitute.valid_to >= today),
        Substitute.amount_limit.is_(None),
    )
    wanted = {row.user_id for row in db.session.scalars(rows) if not row.processes}
    return list(db.session.scalars(select(User).where(User.id.in_(wanted), User.active).order_by(User.login)))


def may_act_for(deputy_id: int, user_id: int) -> User | None:
    """Return the person a deputy wants to stand in for, if they may today."""
    return next((person for person in principals(deputy_id) if person.id == user_id), None)
