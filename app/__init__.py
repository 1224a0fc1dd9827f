"""Octad: BPMN diagrams run a factory's eight production steps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask

MIGRATIONS = Path(__file__).with_name("migrations")


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return the application: configuration, extensions, areas."""
    from app import cli, modules, operations
    from app.config import configure
    from app.core import web
    from app.core.db import db, migrate
    from app.core.i18n import babel, select_locale, select_timezone

    app = Flask(__name__)
    configure(app, config or {})
    operations.init_app(app)  # first, so that its clock stops last
    db.init_app(app)
    migrate.init_app(app, db, directory=str(MIGRATIONS))
    babel.init_app(app, locale_selector=select_locale, timezone_selector=select_timezone)
    web.init_app(app)
    modules.load(app)
    cli.init_app(app)
    return app
