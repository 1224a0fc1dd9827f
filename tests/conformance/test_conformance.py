"""Everything of BPMN runs as the specification says, or is refused at deploy by its element."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from app.core import clock as time
from app.core import events
from app.core.db import db
from app.workflow import definitions
from app.workflow.models import ProcessInstance, StepHistory
from app.workflow.running import instances, messages, timers
from tests.conformance.cases import CASES, Case, Trace
from tests.conformance.catalogue import CONSTRUCTS
from tests.conformance.table import page
from tests.workflow.diagrams import files

NAMES = [f"{case.construct} ({'refused' if case.trace is None else n})" for n, case in enumerate(CASES)]
RUN = [case for case in CASES if case.trace is not None]
REFUSED = [case for case in CASES if case.trace is None]


def trace() -> list[str]:
    """What was completed, in order: in the process under test, then in the others."""
    query = db.session.query(StepHistory).join(ProcessInstance, StepHistory.instance_id == ProcessInstance.id)
    rows = query.filter(StepHistory.state == "completed").populate_existing()
    order = (ProcessInstance.process, StepHistory.instance_id, StepHistory.left_place)
    return [row.element for row in rows.order_by(*order)]


def follows(found: list[str], expected: Trace) -> bool:
    """Whether a trace is one of those that are expected."""
    rest = list(found)
    for part in expected:
        wanted = {part} if isinstance(part, str) else part
        head, rest = rest[: len(wanted)], rest[len(wanted) :]
        if set(head) != wanted:
            return False
    return not rest


class Player:
    """Lets happen what a case says."""

    def __init__(self, world, clock) -> None:
        self.world, self.clock, self.now = world, clock, "2026-03-02T08:00:00"
        clock(self.now)
        self.person = world.person("wang", "planner")

    def begin(self, case: Case) -> None:
        """Deploy, and start what no event starts."""
        self.world.deploy(case.source, *case.more)
        for definition in db.session.query(definitions.ProcessDefinition).filter_by(kind="bpmn"):
            called = definition.key == "test.inner"
            if definition.starts_with is None and definition.key != "test.one" and not called:
                instances.start(definition.key, {"key": "k"}, "other:1")
        if definitions.active("test.one").starts_with is None:
            instances.start("test.one", {"key": "k", **case.data}, "thing:1", own=False)
        db.session.commit()
        messages.drain()

    def play(self, line: str) -> None:
        """One line of what happens."""
        word, _space, argument = line.partition(" ")
        getattr(self, word)(argument)
        messages.drain()

    def do(self, argument: str) -> None:
        """A person completes a task."""
        element, _space, answer = argument.partition(" ")
        self.world.done(self.person, element, ok=answer != "no")

    def message(self, key: str) -> None:
        """A message is told."""
        events.emit(events.EVENTS["test.arrived"], key=key)
        db.session.commit()

    def signal(self, name: str) -> None:
        """A signal is thrown by another process."""
        events.emit(events.Event(f"signal.{name}", "a signal"), key="")
        db.session.commit()

    def hours(self, number: str) -> None:
        """Time passes."""
        moment = time.now() + timedelta(hours=int(number))
        self.clock(moment.isoformat())
        timers.fire_due()


@pytest.mark.parametrize("case", RUN, ids=[n for n, c in zip(NAMES, CASES, strict=True) if c in RUN])
def test_it_runs_as_the_specification_says(world, clock, case):
    player = Player(world, clock)
    player.begin(case)
    for line in case.happens:
        player.play(line)

    assert case.trace is not None
    assert follows(trace(), case.trace), trace()
    instance = db.session.query(ProcessInstance).filter_by(process="test.one").populate_existing().one()
    assert instance.status == case.ends


@pytest.mark.parametrize("case", REFUSED, ids=[n for n, c in zip(NAMES, CASES, strict=True) if c in REFUSED])
def test_it_is_refused_by_its_element(world, case):
    problems = definitions.check_files(files(case.source, *case.more)).problems

    assert case.refused in {problem.element for problem in problems}


def test_a_case_stands_for_every_construct():
    assert {case.construct for case in CASES} == CONSTRUCTS


def test_the_page_says_what_the_cases_say():
    told = (Path(__file__).parents[2] / "docs/bpmn.md").read_text()

    assert told == page(), "python -m tests.conformance.table > docs/bpmn.md"


def test_a_wrong_trace_is_told_from_a_right_one():
    assert follows(["a", "c", "b"], ["a", {"b", "c"}])
    assert not follows(["a", "c"], ["a", {"b", "c"}])
    assert not follows(["a", "b"], ["a"])
    assert not follows(["b", "a"], ["a", "b"])
