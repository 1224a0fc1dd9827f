"""Sign-in as Flask sees it: who the request's cookie or key stands for, and whether it was forged."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from sqlalchemy import select

from app.accounts.models import ApiToken, ServerSession, User
from app.core import clock
from app.core.actors import SYSTEM, Actor, Mandate, _current
from app.core.db import db
from app.core.edge import SAFE, WITHOUT_DATABASE

login_manager = LoginManager()
csrf = CSRFProtect()
limiter = Limiter(get_remote_address, default_limits=[])

KEY = "token"
ACTING_FOR = "acting_for"
SESSION_DAYS = 14


def init_sessions(app: Flask) -> None:
    """Find out for every request who acts, and refuse forged ones."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # _refuse_forged decides
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)  # a form may stay open for a shift
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=SESSION_DAYS)
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    login_manager.init_app(app)
    login_manager.request_loader(load_user)
    csrf.init_app(app)
    limiter.init_app(app)
    app.before_request(_refuse_forged)
    app.before_request(_act)
    app.teardown_request(_stop_acting)


def digest(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def load_user(_request: Any) -> User | None:
    """Return the person a live session or key belongs to."""
    if token := session.get(KEY):
        found = db.session.get(ServerSession, digest(token))
        if found is None or found.ended_at is not None or found.expires_at < clock.now():
            return None
        user = db.session.get(User, found.user_id)
    elif header := _bearer():
        key = db.session.scalar(select(ApiToken).where(ApiToken.token_hash == digest(header)))
        if key is None or key.revoked_at is not None or (key.expires_at and key.expires_at < clock.now()):
            return None
        user = db.session.get(User, key.user_id)
    else:
        return None
    return user if user is not None and user.active else None


def actor_for(
    user: User,
    address: str | None = None,
    principal: User | None = None,
    mandates: tuple[Mandate, ...] = (),
) -> Actor:
    """Return the actor a person is: themselves, or a deputy with the rights of whom they stand in for.

    Nobody inherits the administration; a deputy with limits inherits only the tasks.
    """
    if principal is None:
        return Actor(user_id=user.id, login=user.login, name=user.name, roles=user.roles, address=address)
    return Actor(
        user_id=user.id,
        login=user.login,
        name=user.name,
        roles=principal.roles - {"admin"},
        on_behalf_of=principal.id,
        on_behalf_of_name=principal.name,
        address=address,
        mandates=mandates,
        rights=user.roles if mandates else None,
    )


def _bearer() -> str | None:
    """The key of a program's request; a browser's session comes first."""
    if session.get(KEY) or not request.path.startswith("/api/"):
        return None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme == "Bearer" else None


def _refuse_forged() -> None:
    """Refuse an unsafe request that another site's page sent, or that lacks the token of our own."""
    if request.method in SAFE:
        return
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.host:
        abort(400, "origin")
    if current_app.config["WTF_CSRF_ENABLED"] and not _bearer():
        csrf.protect()


def _act() -> None:
    if request.endpoint in WITHOUT_DATABASE:
        return
    g.pop("_login_user", None)  # an application context may outlive a request: commands, tests
    user = load_user(request)
    g.actor_token = _current.set(_actor(user) if user else SYSTEM)


def _actor(user: User) -> Actor:
    """The person, or the deputy of whom they stand in for in this session, while they still may."""
    if ACTING_FOR in session and not _bearer():
        from app.accounts.services.deputies import actor_in_place_of

        found = actor_in_place_of(user, session[ACTING_FOR], request.remote_addr)
        if found is not None:
            return found
    return actor_for(user, request.remote_addr)


def _stop_acting(_error: BaseException | None) -> None:
    token = g.pop("actor_token", None)
    if token is not None:
        _current.reset(token)
