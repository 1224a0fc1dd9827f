"""Run migrations on the application's database."""

from __future__ import annotations

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app

from app.core.commands import telling

database = current_app.extensions["migrate"].db


def render(kind: str, thing: object, autogen: AutogenContext) -> str | bool:
    """Write our own column types by name."""
    if kind == "type" and type(thing).__module__ == "app.core.db":
        autogen.imports.add("import app.core.db")
        return f"app.core.db.{type(thing).__name__}()"
    return False


with telling(), database.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        render_item=render,
        render_as_batch=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
