"""Sign-in as Flask sees it: who the request's cookie or token stands for."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, abort, g, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from sqlalchemy import select

from app.accounts.models import ApiToken, ServerSession, User
from app.core import clock
from app.core.actors import SYSTEM, Actor, _current
from app.core.db import db

login_manager = LoginManager()
csrf = CSRFProtect()
limiter = Limiter(get_remote_address, default_limits=[])

KEY = "token"


def init_sessions(app: Flask) -> None:
    """Find out for every request who acts, and refuse forged ones."""
    login_manager.init_app(app)
    login_manager.request_loader(load_user)
    csrf.init_app(app)
    limiter.init_app(app)
    app.before_request(_check_origin)
    app.before_request(_act)
    app.teardown_request(_stop_acting)


def digest(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def load_user(_request: Any) -> User | None:
    """Return the person a live session or API token belongs to."""
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


def actor_for(user: User, address: str | None = None) -> Actor:
    """Return the actor a person is."""
    return Actor(user_id=user.id, login=user.login, name=user.name, roles=user.roles, address=address)


def _bearer() -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme == "Bearer" and request.path.startswith("/api/") else None


def _check_origin() -> None:
    """Refuse an unsafe request that another site's page sent."""
    origin = request.headers.get("Origin")
    unsafe = request.method not in {"GET", "HEAD", "OPTIONS"}
    if unsafe and origin and origin != "null" and urlsplit(origin).netloc != request.host:
        abort(400, "origin")


def _act() -> None:
    if request.endpoint == "static":
        return
    user = load_user(request)
    g.actor_token = _current.set(actor_for(user, request.remote_addr) if user else SYSTEM)


def _stop_acting(_error: BaseException | None) -> None:
    token = g.pop("actor_token", None)
    if token is not None:
        _current.reset(token)
