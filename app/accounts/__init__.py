"""Accounts: people, their roles, substitutes and sessions.

A role is also a lane of the diagrams and carries permissions; a person may
hold several. Sessions live in the database, so that an administrator can end
them and every process knows at once.
"""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext

from app.core.i18n import localized
from app.core.permissions import permission
from app.core.web import NavItem

USER_ADMIN = permission("user:admin", "Add people, give roles, end sessions.", roles=("admin",))
AUDIT_READ = permission(
    "audit:read",
    "Read the audit trail.",
    roles=("admin", "general_manager", "plant_manager", "quality_manager"),
)

NAVIGATION = [
    NavItem("accounts.users", lazy_gettext("Users and roles"), USER_ADMIN),
    NavItem("accounts.audit", lazy_gettext("Audit"), AUDIT_READ),
]


def init_app(app: Flask) -> None:
    """Set up sign-in, CSRF protection and rate limits."""
    from app.accounts.sessions import init_sessions

    app.jinja_env.filters["localized"] = localized
    init_sessions(app)
