"""Diagrams by chance run as a token game of its own says, which knows only the specification."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from app.core import clock as time
from app.core import events
from app.core.actors import acting
from app.core.db import db
from app.workflow import definitions
from app.workflow.models import InstanceStatus, MessageWait, ProcessInstance, StepHistory
from app.workflow.running import instances, messages, timers
from tests.conformance.chance import drawn
from tests.conformance.game import Game
from tests.workflow.diagrams import files

MOST = 25
"""So many things happen in one case."""


class Table:
    """A case in the product and the same case in the game, side by side."""

    def __init__(self, world, clock, source: bytes, seed: int) -> None:
        self.world, self.clock, self.chance, self.told = world, clock, Random(seed), []
        clock((datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(hours=MOST**2 * (seed % 1_000))).isoformat())
        self.began = time.now()
        self.person = world.person("wang", "planner")
        world.deploy(source)
        self.case = instances.start("test.one", {}, f"thing:{seed}", own=False)
        db.session.commit()
        messages.drain()
        self.game = Game(source)

    def play(self) -> str:
        """Let things happen; returns what differs, with all that happened, or nothing."""
        for _turn in range(MOST):
            if found := self.differs():
                return f"after {self.told}: {found}"
            moves = [("do", name) for name in self.game.told_apart()]
            moves += [("event", name) for name in self.game.awaited()]
            hour, due = self.game.soonest()
            moves += [("time", str(hour))] * (len(due) == 1)
            if not moves or self.game.stuck:
                return ""
            getattr(self, f"_{(move := self.chance.choice(sorted(moves)))[0]}")(move[1])
            messages.drain()
        return ""

    def differs(self) -> str:
        """What the product says otherwise than the game."""
        rows = db.session.query(StepHistory).filter_by(instance_id=self.case.id, state="completed")
        passed = Counter(row.element for row in rows)
        if passed != self.game.passed:
            return f"passed {passed - self.game.passed} too often, {self.game.passed - passed} not at all"
        there = sorted(task.element for task in self.world.tasks() if task.instance_id == self.case.id)
        if there != self.game.open():
            return f"open are {there}, not {self.game.open()}"
        case = db.session.get(ProcessInstance, self.case.id, populate_existing=True)
        expected = "incident" if self.game.stuck else "completed" if self.game.ended() else "running"
        return "" if case.status == InstanceStatus(expected) else f"it is {case.status}, not {expected}"

    def _do(self, name: str) -> None:
        answer = self.chance.random() < 0.5
        self.told.append(f"{name} {answer}")
        same = [task for task in self.world.tasks(name) if task.instance_id == self.case.id]
        with acting(self.person):
            instances.complete(same[0].id, {"ok": answer})
        db.session.commit()
        self.game.do(name, answer)

    def _event(self, name: str) -> None:
        self.told.append(name)
        if name in self._signals():
            events.emit(events.Event(f"signal.{name}", "a signal"), key="")
        else:
            events.emit(events.EVENTS["test.arrived"], key=name)
        db.session.commit()
        self.game.happen(name)

    def _signals(self) -> set[str]:
        waits = db.session.query(MessageWait).filter_by(instance_id=self.case.id)
        return {wait.event.removeprefix("signal.") for wait in waits if wait.event.startswith("signal.")}

    def _time(self, hour: str) -> None:
        self.told.append(f"{hour} hours")
        self.clock((self.began + timedelta(hours=int(hour))).isoformat())
        timers.fire_due()
        self.game.wait(int(hour))


def rounds(world, clock, seeds: range) -> tuple[int, list[str]]:
    """How many of these diagrams may be deployed, and which of them run otherwise than the game."""
    accepted, wrong = 0, []
    for seed in seeds:
        source = drawn(seed)
        if definitions.check_files(files(source)).problems:
            continue
        accepted += 1
        if found := Table(world, clock, source, seed).play():
            wrong.append(f"{seed}: {found}")
    return accepted, wrong


def test_what_may_be_deployed_runs_as_the_game_says(world, clock):
    accepted, wrong = rounds(world, clock, range(60))

    assert wrong == []
    assert accepted > 40


@pytest.mark.soak
def test_many_more_run_as_the_game_says(world, clock):
    accepted, wrong = rounds(world, clock, range(1_000, 2_000))

    print(f"{accepted} of 1000 diagrams may be deployed, {len(wrong)} of them run wrong")
    assert wrong == []
