"""Sign in and out, my settings, users and roles, the audit trail."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from app.accounts import AUDIT_READ, USER_ADMIN, services
from app.accounts.models import User
from app.accounts.sessions import KEY
from app.core import audit as trail
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.i18n import LANGUAGES
from app.core.lists import Column, listing
from app.core.permissions import ROLES, login_required_only, public, requires

blueprint = Blueprint("accounts", __name__, url_prefix="/account")

DEMO_PASSWORD = "demo-of-octad"  # noqa: S105  shown on the demo's start page


@blueprint.get("/login")
@public
def login() -> Any:
    """Show the sign-in page; in the demo also its people, one per role."""
    return _login_page()


@blueprint.post("/login")
@public
def sign_in() -> Any:
    """Sign in with name and password."""
    name, password = request.form.get("login", ""), request.form.get("password", "")
    user = services.check_password(name, password, request.remote_addr)
    if user is None:
        db.session.commit()  # the failed try counts
        return _login_page(_("Name or password is not right."), name), 422
    target = _own_address(request.form.get("next"))
    session.clear()
    session[KEY] = services.open_session(user, request.remote_addr, request.headers.get("User-Agent"))
    return redirect(target)


@blueprint.post("/logout")
@login_required_only
def logout() -> Any:
    """End this session."""
    services.end_session(session.pop(KEY, ""))
    session.clear()
    return redirect(url_for("accounts.login"))


@blueprint.get("/settings")
@login_required_only
def settings() -> Any:
    """Show my language, theme and password."""
    return render_template("accounts/settings.html", user=current_user, languages=LANGUAGES)


@blueprint.post("/settings")
@login_required_only
def save_settings() -> Any:
    """Keep my language and theme."""
    user = db.session.get_one(User, current_user.id)
    services.change_settings(
        user, language=request.form.get("language") or None, theme=request.form.get("theme", "")
    )
    session.pop("language", None)
    session.pop("theme", None)
    flash(_("Saved."))
    return redirect(url_for("accounts.settings"))


@blueprint.post("/password")
@login_required_only
def save_password() -> Any:
    """Change my password; every session ends and a new one begins."""
    user = db.session.get_one(User, current_user.id)
    services.change_password(user, request.form.get("old", ""), request.form.get("new", ""))
    session[KEY] = services.open_session(user, request.remote_addr, request.headers.get("User-Agent"))
    flash(_("Your password is changed."))
    return redirect(url_for("accounts.settings"))


@blueprint.get("/users")
@requires(USER_ADMIN)
def users() -> Any:
    """List the people with their roles."""
    search = request.args.get("q", "")[:100]
    return render_template("accounts/users.html", people=services.people(search), roles=ROLES, search=search)


@blueprint.post("/users")
@requires(USER_ADMIN)
def add_user() -> Any:
    """Add a person."""
    form = request.form
    names = {"en": form.get("name_en", "").strip(), "zh_Hant": form.get("name_zh_Hant", "").strip()}
    names = {language: name for language, name in names.items() if name} or {"en": form.get("login", "")}
    services.create_user(form.get("login", ""), names, set(form.getlist("roles")), form.get("password", ""))
    flash(_("Added."))
    return redirect(url_for("accounts.users"))


@blueprint.post("/users/<int:user_id>")
@requires(USER_ADMIN)
def save_user(user_id: int) -> Any:
    """Give a person their roles; let them in or keep them out."""
    db.get_or_404(User, user_id)
    services.set_roles(user_id, set(request.form.getlist("roles")))
    services.set_active(user_id, active=request.form.get("active") == "1")
    flash(_("Saved."))
    return redirect(url_for("accounts.users"))


@blueprint.get("/audit")
@requires(AUDIT_READ)
def audit() -> Any:
    """Show who did what, newest first, and whether the chain holds."""
    query = select(AuditEntry)
    columns = [
        Column("id", _("No."), sort=AuditEntry.id),
        Column("at", _("When"), sort=AuditEntry.at),
        Column("login", _("Who"), sort=AuditEntry.login),
        Column("action", _("What"), sort=AuditEntry.action),
        Column("object", _("Object"), sort=AuditEntry.object),
        Column("before", _("Before")),
        Column("after", _("After")),
        Column("reason", _("Reason")),
        Column("address", _("From where")),
    ]
    page = listing(
        query,
        columns,
        title=_("Audit"),
        search=[AuditEntry.login, AuditEntry.action, AuditEntry.object],
        sort="-id",
    )
    if page.export:
        return page.export
    return render_template("accounts/audit.html", page=page, broken=trail.verify(), columns=columns)


def _login_page(error: str | None = None, name: str = "") -> str:
    people = services.people() if current_app.config["DEMO"] else []
    return render_template(
        "accounts/login.html",
        error=error,
        name=name,
        people=people,
        roles=ROLES,
        demo_password=DEMO_PASSWORD,
        target=request.values.get("next", ""),
    )


def _own_address(target: str | None) -> str:
    """Return an address on this site, never another one."""
    parts = urlsplit(target or "/")
    own = not parts.scheme and not parts.netloc and parts.path.startswith("/") and "\\" not in (target or "")
    return target if target and own and not target.startswith("//") else "/"
