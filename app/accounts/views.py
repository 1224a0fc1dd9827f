"""Sign in and out, my settings, users and roles, the audit trail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts import AUDIT_READ, USER_ADMIN, queries, services
from app.accounts.models import MailNotices, User
from app.accounts.sessions import KEY, actor_for, limiter
from app.core import audit as trail
from app.core import audit_check, checkpoints
from app.core.actors import SYSTEM, acting
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.downloads import file_answer
from app.core.i18n import LANGUAGES
from app.core.inputs import takes
from app.core.lists import listing
from app.core.permissions import ROLES, login_required_only, public, requires
from app.core.web import own_address
from app.core.words import status_label

blueprint = Blueprint("accounts", __name__, url_prefix="/account")

DEMO_PASSWORD = "demo-of-octad"  # noqa: S105  shown on the demo's start page


@blueprint.get("/login")
@public
def login() -> Any:
    """Show the sign-in page; in the demo also its people, one per role."""
    return _login_page()


@blueprint.post("/login")
@public
@limiter.limit("60 per minute")
@takes("login", "password", "next")
def sign_in() -> Any:
    """Sign in with name and password."""
    name, password = request.form.get("login", "")[:100], request.form.get("password", "")[:1000]
    attempt, user = services.count_try(name, request.remote_addr), services.find(name)
    db.session.commit()  # the try counts whatever comes; the slow look at the password locks nothing
    right = services.right_password(user, password)
    if user is None or not right:
        with acting(replace(SYSTEM, address=request.remote_addr)):
            trail.record("user.sign_in_failed", f"user:{user.id}" if user else f"login:{name}")
        db.session.commit()
        return _login_page(_("Name or password is not right."), name), 422
    attempt.succeeded = True
    target = own_address(request.form.get("next"))
    session.clear()
    _new_session(user)
    return redirect(target)


@blueprint.post("/logout")
@login_required_only
@takes()
def logout() -> Any:
    """End this session."""
    services.end_session(session.pop(KEY, ""))
    session.clear()
    return redirect(url_for("accounts.login"))


@blueprint.get("/settings")
@login_required_only
def settings() -> Any:
    """Show my language, theme and password."""
    return _settings_page()


def _settings_page(new_key: str | None = None) -> str:
    """My settings, and the key just made: the answer to its making is the only page that shows it."""
    user = db.session.get_one(User, current_user.id)
    return render_template(
        "accounts/settings.html",
        user=user,
        languages=LANGUAGES,
        mail_notices=_mail_notices(),
        keys=queries.keys(user.id),
        new_key=new_key,
    )


@blueprint.post("/settings")
@login_required_only
@takes("language", "theme", "email", "mail_notices")
def save_settings() -> Any:
    """Keep my language, my theme, my e-mail address and when I am written to."""
    user, form = db.session.get_one(User, current_user.id), request.form
    services.change_settings(
        user,
        language=form.get("language") or None,
        theme=form.get("theme", ""),
    )
    services.change_mail(
        user,
        email=form.get("email", user.email or ""),
        notices=form.get("mail_notices", user.mail_notices),
    )
    session.pop("language", None)
    session.pop("theme", None)
    flash(_("Saved."))
    return redirect(url_for("accounts.settings"))


@blueprint.post("/password")
@login_required_only
@takes("old", "new")
def save_password() -> Any:
    """Change my password; every session ends and a new one begins."""
    user = db.session.get_one(User, current_user.id)
    services.change_password(user, request.form.get("old", ""), request.form.get("new", ""))
    _new_session(user)
    flash(_("Your password is changed."))
    return redirect(url_for("accounts.settings"))


@blueprint.post("/keys")
@login_required_only
@takes("name", "days")
def add_key() -> Any:
    """Make a key for a program of mine; it is shown once."""
    user = db.session.get_one(User, current_user.id)
    days = request.form.get("days", 0, type=int)
    return _settings_page(services.create_token(user, request.form.get("name", ""), days))


@blueprint.post("/keys/<int:token_id>/revoke")
@login_required_only
@takes()
def revoke_key(token_id: int) -> Any:
    """End a key of mine."""
    services.revoke_token(db.session.get_one(User, current_user.id), token_id)
    flash(_("Removed."))
    return redirect(url_for("accounts.settings", _anchor="keys"))


@blueprint.get("/users")
@requires(USER_ADMIN)
def users() -> Any:
    """List the people with their roles."""
    search = request.args.get("q", "")[:100]
    return render_template(
        "accounts/users.html",
        people=services.people(search),
        roles=ROLES,
        search=search,
        mail_notices=_mail_notices(),
    )


@blueprint.post("/users")
@requires(USER_ADMIN)
@takes("login", "name_en", "name_zh_Hant", "roles", "password")
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
@takes("roles", "active", "email", "mail_notices")
def save_user(user_id: int) -> Any:
    """Give a person their roles and their e-mail address; let them in or keep them out."""
    user, form = db.get_or_404(User, user_id), request.form
    services.set_roles(user_id, set(form.getlist("roles")))
    services.set_active(user_id, active=form.get("active") == "1")
    services.change_mail(
        user,
        email=form.get("email", user.email or ""),
        notices=form.get("mail_notices", user.mail_notices),
    )
    flash(_("Saved."))
    return redirect(url_for("accounts.users"))


@blueprint.get("/audit")
@requires(AUDIT_READ)
def audit() -> Any:
    """Show who did what, newest first, and whether the chain holds."""
    page = listing(
        queries.audit_entries(),
        queries.audit_columns(),
        title=_("Audit"),
        search=[AuditEntry.login, AuditEntry.action, AuditEntry.object, AuditEntry.reason],
        filters=queries.audit_filters(),
        sort="-id",
    )
    if page.export:
        return page.export
    verdict = queries.trail(check=request.args.get("check") == "1")
    return render_template("accounts/audit.html", page=page, trail=verdict, check=audit_check)


@blueprint.get("/audit/checkpoints")
@requires(AUDIT_READ)
def audit_checkpoints() -> Any:
    """Hand out every signed checkpoint, for a check with a copy of one's own."""
    return file_answer("".join(checkpoints.all_lines()), "application/jsonl", "audit-checkpoints.jsonl")


@blueprint.get("/audit/key")
@requires(AUDIT_READ)
def audit_public_key() -> Any:
    """Hand out the public key that the checkpoints are signed with; without one the page says what to do."""
    key = checkpoints.own_key()
    if key is None:
        return redirect(url_for("accounts.audit"))
    return file_answer(checkpoints.pem(key.public_key()), "application/x-pem-file", "audit-key.pem")


def _mail_notices() -> dict[str, str]:
    """When people may be told by e-mail what waits for them."""
    return {kind.value: status_label(kind) for kind in MailNotices}


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


def _new_session(user: User) -> None:
    with acting(actor_for(user, request.remote_addr)):
        token = services.open_session(user, request.remote_addr, request.headers.get("User-Agent"))
    session[KEY] = token
    session.permanent = True


from app.accounts import deputy_views  # noqa: E402, F401  (it adds its routes to the blueprint)
