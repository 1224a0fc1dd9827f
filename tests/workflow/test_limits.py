"""What would run, multiply or grow without end becomes one incident, and waits for a person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core import clock, events
from app.core.actors import acting
from app.core.db import db
from app.core.errors import DomainError
from app.workflow.models import Incident, InstanceStatus, ProcessInstance
from app.workflow.running import instances, limits, messages, rows, steps, timers
from tests.faults.bombs import BOMBS
from tests.workflow.diagrams import (
    extensions,
    flows,
    lanes,
    message,
    node,
    process,
    properties,
    script,
    timer,
    user,
)

SLOW = {"tokens that double", "many long lists"}


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.soak] * (n in SLOW)) for n in BOMBS])
def test_a_bomb_is_one_incident(world, name):
    world.deploy(*BOMBS[name])
    case = instances.start("test.one", {}, "thing:1")
    db.session.commit()

    assert case.status == InstanceStatus.INCIDENT
    assert db.session.query(Incident).count() == 1


def test_a_case_beyond_its_limit_goes_on_when_tried_again(world, monkeypatch):
    monkeypatch.setattr(limits, "MAX_STEPS", 5)
    world.deploy(*BOMBS["steps without end"])
    case = instances.start("test.one", {}, "thing:1")
    db.session.commit()
    incident = db.session.query(Incident).one()
    before = len(world.trace(case))
    with acting(world.person("chang", "admin")):
        instances.retry(incident.id)
        db.session.commit()

    assert len(world.trace(case)) > before
    assert db.session.query(Incident).filter_by(resolved_at=None).count() == 1


PAUSE = process(
    "test.pause",
    node("intermediateCatchEvent", "pause", timer("PT1H")),
    script("after", "a = 1"),
    flows("start -> pause -> after -> end"),
)
LISTENS = process(
    "test.listens",
    node(
        "intermediateCatchEvent",
        "wait",
        extensions(properties(correlation="'thing:1'")) + message("test.arrived"),
    ),
    script("after", "a = 1"),
    flows("start -> wait -> after -> end"),
    messages=("test.arrived",),
)


def three(process_key: str) -> list[ProcessInstance]:
    """Three cases, of which the first cannot go on."""
    cases = [instances.start(process_key, {}, f"thing:{number}") for number in range(3)]
    db.session.commit()
    return cases


def broken(monkeypatch: pytest.MonkeyPatch, case: ProcessInstance) -> None:
    """A case whose state cannot be read."""
    resume = steps.resume

    def refuse(instance: ProcessInstance, **options: bool) -> steps.Step:
        if instance.id == case.id:
            raise ValueError("unreadable")
        return resume(instance, **options)

    monkeypatch.setattr(steps, "resume", refuse)


def statuses(cases: list[ProcessInstance]) -> list[str]:
    return [db.session.get(ProcessInstance, one.id, populate_existing=True).status for one in cases]


def test_a_case_that_cannot_go_on_holds_up_no_other_timer(both, monkeypatch):
    both.deploy(PAUSE)
    cases = three("test.pause")
    broken(monkeypatch, cases[0])
    with clock.freeze(clock.now() + timedelta(hours=2)):
        assert timers.fire_due() == 2

    assert statuses(cases) == ["running", "completed", "completed"]
    monkeypatch.undo()
    with clock.freeze(clock.now() + timedelta(hours=2)):
        assert timers.fire_due() == 1


def test_a_case_that_cannot_go_on_holds_up_no_other_message_and_nobody_else(both, monkeypatch):
    both.deploy(LISTENS)
    cases = three("test.listens")
    broken(monkeypatch, cases[0])
    events.emit(events.EVENTS["test.arrived"], key="thing:1")
    db.session.commit()

    assert messages.drain() == 2
    assert statuses(cases) == ["running", "completed", "completed"]
    monkeypatch.undo()
    assert messages.drain() == 1
    assert statuses(cases) == ["completed"] * 3


def test_a_case_that_grows_too_large_waits_for_a_person_and_is_told_to_who_does_it(world, monkeypatch):
    monkeypatch.setattr(limits, "MAX_STATE", 1)
    world.deploy(PAUSE)
    with acting(world.person("chang", "admin")), pytest.raises(DomainError, match="larger"):
        instances.start("test.pause", {}, "thing:1")
    db.session.rollback()
    case = instances.start("test.pause", {}, "thing:1")
    db.session.commit()

    assert case.status == InstanceStatus.INCIDENT
    assert db.session.query(Incident).one().error == "limit_reached"
    with acting(world.person("chang", "admin")):
        instances.cancel(case.id, "far too large")
        db.session.commit()
    assert statuses([case]) == ["cancelled"]


MEANT = {
    "timer": node("intermediateCatchEvent", "wait", timer("PT1H")),
    "message": node(
        "intermediateCatchEvent",
        "wait",
        extensions(properties(correlation="'thing:1'")) + message("test.arrived"),
    ),
}


@pytest.mark.parametrize("way", MEANT)
def test_a_case_whose_rows_the_database_refuses_holds_up_no_other(both, way, monkeypatch):
    monkeypatch.setattr(rows, "_person", lambda candidate: candidate)  # takes on trust whom the data names
    known = both.person("lin", "planner")
    both.deploy(
        process(
            "test.meant",
            MEANT[way],
            user("do", candidate="meant"),
            lanes(planner="do"),
            flows("start -> wait -> do -> end"),
            messages=("test.arrived",) if way == "message" else (),
        )
    )
    for number, meant in enumerate((2**31 - 2, known.user_id)):
        instances.start("test.meant", {"meant": meant}, f"thing:{number}")
    events.emit(events.EVENTS["test.arrived"], key="thing:1")
    db.session.commit()

    with clock.freeze(clock.now() + timedelta(hours=2)):
        done = timers.fire_due() if way == "timer" else messages.drain()

    assert done == 1
    assert [one.candidate_id for one in both.tasks("do")] == [known.user_id]
