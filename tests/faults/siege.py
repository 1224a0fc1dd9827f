"""Diagrams without end are started while other people work: how soon each is an incident, how long others wait."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from benchmarks.table import milliseconds, p95
from tests.faults.bombs import BOMBS
from tests.faults.plant import Plant
from tests.workflow.diagrams import files

ROOT = Path(__file__).parents[2]
SECONDS, OTHERS = 5.0, 0.3
"""An incident within, and the p95 of other people's requests meanwhile."""
CASES = 400


def attack(url: str) -> None:
    """In a process of its own, as the runner is: start one after the other, and tell when each is what."""
    from app import create_app
    from app.core.db import db
    from app.workflow import definitions
    from app.workflow.models import Incident
    from app.workflow.running import instances

    logging.disable(logging.WARNING)  # each incident is told of below
    app = create_app({"TESTING": True, "DATABASE_URL": url})
    with app.app_context():
        for name, sources in BOMBS.items():
            definitions.deploy(files(*sources))
            db.session.commit()
            print(f"begins\t{name}", flush=True)
            began = time.monotonic()
            case = instances.start("test.one", {}, f"thing:{name}")
            db.session.commit()
            seconds = time.monotonic() - began
            count = db.session.query(Incident).filter_by(instance_id=case.id).count()
            db.session.rollback()
            print(f"ends\t{name}\t{seconds}\t{count}\t{case.status}", flush=True)


class Siege:
    """What the attacker tells, and what others meet meanwhile."""

    def __init__(self, plant: Plant) -> None:
        self.plant, self.under = plant, ""
        self.ended: dict[str, tuple[float, int, str]] = {}
        self.times: dict[str, list[float]] = defaultdict(list)

    def listen(self, child: subprocess.Popen[str]) -> None:
        """Follow what the attacker tells to its end."""
        for line in child.stdout or ():
            word, _tab, rest = line.rstrip("\n").partition("\t")
            if word == "begins":
                self.under = rest
            elif word == "ends":
                name, seconds, count, status = rest.split("\t")
                self.ended[name], self.under = (float(seconds), int(count), status), ""

    def work(self) -> None:
        """People read their inbox and complete tasks until the attacker is done; each answer is timed."""
        command = [sys.executable, "-m", "tests.faults.siege", self.plant.url]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
            listener = threading.Thread(target=self.listen, args=(child,))
            listener.start()
            while child.poll() is None:
                for task in self.plant.open_tasks()[:10]:
                    self.timed(lambda: self.plant.browsers["wang"].get("/inbox").status_code)
                    self.timed(lambda task=task: self.plant.send(*task))
            listener.join()
            assert child.returncode == 0

    def timed(self, act: Callable[[], int]) -> None:
        """Time an act under the attack that it began in."""
        under, began = self.under, time.monotonic()
        act()
        if under:
            self.times[under].append(time.monotonic() - began)

    def rows(self) -> list[str]:
        """A line for each diagram, and one for others' requests under all of them."""
        lines = []
        for name, (seconds, count, status) in self.ended.items():
            well = seconds <= SECONDS and (count, status) == (1, "incident")
            lines.append(f"| {name} | {seconds:.1f} s | {count} | {'ok' if well else 'MISSED'} |")
        assert self.ended.keys() == BOMBS.keys(), "not every attack came to its end"
        every = tuple(one for times in self.times.values() for one in times)
        kept = "ok" if every and p95(every) <= OTHERS else "MISSED"
        told = f"p95 {milliseconds(p95(every))}" if every else "none"
        return [*lines, f"| {len(every)} requests of others meanwhile | {told} | - | {kept} |"]


def besieged(plant: Plant) -> Siege:
    """Let a plant be attacked by each diagram in turn while its people work."""
    plant.start(CASES)
    siege = Siege(plant)
    siege.work()
    return siege


if __name__ == "__main__":
    attack(sys.argv[1])
