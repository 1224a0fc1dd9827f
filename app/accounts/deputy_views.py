"""The page of deputies: one's own, those one stands in for, and an administrator's for everybody."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.accounts import USER_ADMIN, queries, services
from app.accounts.models import User
from app.accounts.sessions import ACTING_FOR
from app.accounts.views import blueprint
from app.core import audit as trail
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError, Forbidden, NotFound
from app.core.inputs import date_input, decimal_input, identifier, takes
from app.core.permissions import allowed, authorize, login_required_only

CENT = Decimal("0.01")


@blueprint.get("/deputies")
@login_required_only
def deputies() -> str:
    """My deputies and those I stand in for; for an administrator anybody's."""
    return _page()


def _page(error: DomainError | None = None) -> str:
    """The page, with what was typed where a rule said no."""
    admin = allowed(current_actor(), USER_ADMIN)
    person = _person(request.values.get("person", type=identifier))
    return render_template(
        "accounts/deputies.html",
        person=person,
        own=person.id == current_user.id,
        deputies=queries.deputies([person.id]),
        others=queries.others(person.id),
        principals=queries.mandates(current_user.id),
        acting_for=current_actor().on_behalf_of,
        processes=queries.processes(),
        people=queries.active() if admin else [],
        everybody=queries.deputies() if admin else [],
        typed=request.form,
        error=error,
    )


def _person(user_id: int | None) -> User:
    """Whose deputies the page is about; somebody else's are an administrator's business.

    Raises:
        NotFound: there is no such person.
    """
    if user_id is None or user_id == current_user.id:
        return db.session.get_one(User, current_user.id)
    authorize(current_actor(), USER_ADMIN)
    found = db.session.get(User, user_id)
    if found is None or not found.active:
        raise NotFound("person", _("There is no such person."))
    return found


@blueprint.post("/deputies")
@login_required_only
@takes("person", "deputy_id", "valid_from", "valid_to", "processes", "amount_limit")
def add_deputy() -> Any:
    """Name a deputy of mine; an administrator, of anybody."""
    form, person = request.form, _person(request.form.get("person", type=identifier))
    try:
        deputy_id = form.get("deputy_id", 0, type=identifier)
        services.name_for(person.id, deputy_id)
        services.add_substitute(
            person.id,
            deputy_id,
            _day("valid_from"),
            _day("valid_to"),
            processes=_processes(),
            amount_limit=_limit(),
        )
    except DomainError as error:
        db.session.rollback()
        return _page(error), error.status
    flash(_("Saved."), "success")
    return redirect(_back(person))


@blueprint.post("/deputies/<int:substitute_id>/remove")
@login_required_only
@takes("person")
def remove_deputy(substitute_id: int) -> Response:
    """Take back a deputy of mine; an administrator, of anybody."""
    person = _person(request.form.get("person", type=identifier))
    services.remove_substitute(person.id, substitute_id)
    flash(_("Removed."), "success")
    return redirect(_back(person))


@blueprint.post("/acting")
@login_required_only
@takes("user_id")
def act_for() -> Response:
    """Stand in for somebody who named me, or be myself again."""
    wanted = request.form.get("user_id", 0, type=identifier)
    session.pop(ACTING_FOR, None)
    if wanted:
        principal = services.may_act_for(current_user.id, wanted)
        if principal is None:
            raise Forbidden("not_a_deputy", _("You are not this person's deputy today."))
        session[ACTING_FOR] = principal.id
    trail.record("user.stands_in", f"user:{current_user.id}", after={"for": wanted or None})
    return redirect("/")


def _back(person: User) -> str:
    return url_for("accounts.deputies", person=None if person.id == current_user.id else person.id)


def _day(field: str) -> date | None:
    typed = request.form.get(field, "").strip()
    return date_input(typed, field=field) if typed else None


def _limit() -> Decimal | None:
    """The amount typed, above zero, to the cent."""
    typed = request.form.get("amount_limit", "").strip()
    return decimal_input(typed, field="amount_limit", minimum=CENT, places=2) if typed else None


def _processes() -> list[str]:
    """The processes chosen, which must be there."""
    known = {one["value"] for one in queries.processes()}
    chosen = request.form.getlist("processes")
    if unknown := [one for one in chosen if one not in known]:
        sentence = _("There is no process {name}.").format(name=unknown[0][:60] or "''")
        raise DomainError("process", sentence, field="processes")
    return chosen
