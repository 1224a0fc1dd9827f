"""The database goes away, is held or is full: people are told to try again, and nothing is lost or doubled."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text

from app.core import edge
from app.core.db import db
from app.workflow.running import answers
from tests.faults.plant import WELL, Plant


@pytest.fixture
def plant(tmp_path) -> Iterator[Plant]:
    """A plant on SQLite."""
    made = Plant(f"sqlite:///{tmp_path}/t.db", tmp_path)
    yield made
    made.close()


@pytest.fixture
def served(postgres_database, tmp_path) -> Iterator[Plant]:
    """A plant on PostgreSQL."""
    made = Plant(postgres_database, tmp_path)
    yield made
    made.close()


class Cutter:
    """Ends the connection of the application just before its n-th statement or commit from now."""

    def __init__(self, plant: Plant, server: str) -> None:
        self.left, self.cuts = 0, 0
        self.admin = create_engine(server, isolation_level="AUTOCOMMIT")
        with plant.app.app_context():
            event.listen(db.engine, "before_cursor_execute", lambda connection, *_: self.pass_by(connection))
            event.listen(db.engine, "commit", self.pass_by)

    def pass_by(self, connection) -> None:
        self.left -= 1
        if self.left == 0:
            self.cuts += 1
            self.end(connection.connection.dbapi_connection.info.backend_pid)

    def end(self, process: int) -> None:
        with self.admin.connect() as server:
            server.execute(text("SELECT pg_terminate_backend(:process, 5000)"), {"process": process})

    def end_all(self, url: str) -> None:
        """End every connection to the database, as a restart of the server does."""
        with self.admin.connect() as server:
            query = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"
            server.execute(text(query), {"name": url.rpartition("/")[2].partition("?")[0]})


@pytest.fixture
def cutter(served, postgres_server) -> Iterator[Cutter]:
    """Somebody who cuts the plant's connections."""
    made = Cutter(served, postgres_server)
    yield made
    made.admin.dispose()


def cut_at_every(plant: Plant, cutter: Cutter, every: int) -> int:
    """Complete a task for each point and have the connection cut there; how many points there were."""
    point, cut = 1, True
    while cut:
        if not plant.open_tasks():
            plant.start()
        [(task, element), *_rest] = plant.open_tasks()
        before, cutter.left = cutter.cuts, point
        plant.send(task, element)
        cutter.left, cut = 0, cutter.cuts > before
        if cut:
            plant.send(task, element)
        point += every
    return cutter.cuts


@pytest.mark.postgres
@pytest.mark.parametrize("every", [6, pytest.param(1, marks=pytest.mark.soak)])
def test_a_connection_cut_at_any_statement_is_told_and_the_repetition_done(served, cutter, every):
    cuts = cut_at_every(served, cutter, every)
    served.finish()

    assert cuts * every > 30
    assert served.answers[503] > cuts // 2
    assert served.verdict() == WELL


@pytest.mark.postgres
def test_without_the_sentence_a_cut_connection_is_a_failure(served, cutter, monkeypatch):
    """The red control of what is told."""
    monkeypatch.setattr(edge, "is_outage", lambda _error: False)
    cut_at_every(served, cutter, 20)
    served.finish()

    assert served.verdict()["failed"] > 0


@pytest.mark.postgres
@pytest.mark.parametrize("keyed", [True, False], ids=["with key", "without key"])
def test_all_connections_cut_between_commit_and_answer(served, cutter, monkeypatch, keyed):
    """The act is done and its person does not know: the repetition is answered as done, by its key alone."""
    monkeypatch.setattr(edge, "_after_commit", [lambda: cutter.end_all(served.url), *edge._after_commit])
    if not keyed:
        monkeypatch.setattr(answers, "given", lambda _key: False)
    served.start(3)
    told = [(served.send(*task), served.send(*task)) for task in served.open_tasks()]
    served.finish()

    assert {first for first, _second in told} <= {302, 503}
    assert all(second == 302 for _first, second in told) is keyed
    if keyed:
        assert served.verdict() == WELL


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Somebody else's program writes and does not end."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.rollback()
    other.close()


def impatient(plant: Plant, **settings: int) -> dict[str, int]:
    """Give the application new connections, with these settings each."""
    with plant.app.app_context():

        def configure(connection, _record) -> None:
            for name, value in settings.items():
                connection.execute(f"PRAGMA {name}={value}")

        event.listen(db.engine, "connect", configure)
        db.engine.dispose()
    return settings


def database(plant: Plant) -> Path:
    return Path(plant.url.removeprefix("sqlite:///"))


@pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
def test_a_file_that_somebody_else_holds_can_be_read_and_is_written_later(plant, monkeypatch, told):
    if not told:
        monkeypatch.setattr(edge, "is_outage", lambda _error: False)
    impatient(plant, busy_timeout=100)
    plant.start(2)
    with held(database(plant)):
        for task, element in plant.open_tasks():
            plant.send(task, element)
        read = plant.browsers["wang"].get("/inbox").status_code
    during = dict(plant.answers)
    plant.finish()

    assert (during, read) == ({503 if told else 500: 2}, 200)
    assert plant.verdict() == WELL | ({} if told else {"failed": 2})


def test_a_refusal_is_told_while_somebody_else_holds_the_file(plant):
    impatient(plant, busy_timeout=100)
    plant.start(1)
    browser = plant.browsers["wang"]
    with held(database(plant)):
        read = [browser.get(path).status_code for path in ("/nowhere", "/processes/99999")]
        denied = browser.post("/processes/99999/cancel", data={"reason": "no"}).status_code
    plant.finish()

    assert (read, denied) == ([404, 403], 503)
    assert plant.verdict() == WELL


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """No file of this process may grow beyond a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
@pytest.mark.parametrize("way", ["pages", "file size"])
def test_a_full_disk_is_told_and_work_goes_on_when_there_is_room(plant, monkeypatch, way, told):
    if not told:
        monkeypatch.setattr(edge, "is_outage", lambda _error: False)
    plant.start(12)
    settings = impatient(plant, max_page_count=1 << 30)
    tasks = plant.open_tasks()
    if way == "pages":
        settings["max_page_count"] = 1  # SQLite takes the present size then
        with plant.app.app_context():
            db.engine.dispose()
        statuses = [plant.send(*task) for task in tasks]
        settings["max_page_count"] = 1 << 30
        with plant.app.app_context():
            db.engine.dispose()
    else:
        log = database(plant).with_suffix(".db-wal")
        with no_file_beyond((log.stat().st_size if log.exists() else 0) + 40_000):
            statuses = [plant.send(*task) for task in tasks]
    plant.finish()

    assert (503 if told else 500) in statuses
    assert set(statuses) <= {302, 503 if told else 500}
    well = plant.verdict()
    assert well == WELL if told else well["failed"] > 0
    with plant.sql.connect() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
