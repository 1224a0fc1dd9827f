"""The migrations make the tables the models describe."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import upgrade

from app.core.db import db

MIGRATIONS = Path(__file__).resolve().parents[1] / "app" / "migrations"


def test_migrations_and_models_agree(database: Flask) -> None:
    db.drop_all()
    db.session.remove()
    db.engine.dispose()

    upgrade(directory=str(MIGRATIONS))

    with db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), db.metadata) == []
