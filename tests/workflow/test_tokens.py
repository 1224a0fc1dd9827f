"""A token is moved by hand: tried on a copy, refused where the process cannot stand so, on record."""

from __future__ import annotations

import pytest

from app.core.audit import AuditEntry
from app.core.db import db
from app.workflow.models import HumanTask, InstanceStatus, MessageWait, ProcessInstance, StepHistory, TimerDue
from app.workflow.moving import tokens
from app.workflow.moving.futures import CannotMove
from app.workflow.running import instances
from tests.workflow.diagrams import (
    extensions,
    flows,
    lanes,
    message,
    node,
    process,
    properties,
    service,
    timer,
    user,
)

GUARD = node("boundaryEvent", "late", timer("PT2H"), attachedToRef="look", cancelActivity="true")
WAIT = node(
    "intermediateCatchEvent", "wait", extensions(properties(correlation="'x'")) + message("test.arrived")
)
LINE = process(
    "test.line",
    lanes(planner="look check", system="start call wait late end"),
    user("look"),
    GUARD,
    user("check"),
    WAIT,
    service("call", "test.echo", "r", value="1"),
    flows("start -> look -> check -> wait -> call -> end\nlate -> check"),
    messages=("test.arrived",),
)
BRANCHES = process(
    "test.branches",
    lanes(planner="a b c last first", system="start fork join end"),
    user("first"),
    node("parallelGateway", "fork"),
    user("a"),
    user("b"),
    user("c"),
    node("parallelGateway", "join"),
    user("last"),
    flows("start -> first -> fork -> a -> c -> join -> last -> end\nfork -> b -> join"),
)


def started(world, source: bytes, key: str) -> ProcessInstance:
    """A case at its first wait."""
    world.deploy(source)
    case = instances.start(key, {}, "test:1", own=False)
    db.session.commit()
    return case


def at(case: ProcessInstance, element: str) -> str:
    """The engine's id of the token at an element."""
    return next(one.id for one in tokens.standing(case) if one.element == element)


def moved(case: ProcessInstance, source: str, target: str) -> None:
    """Move a token."""
    db.session.refresh(case)
    tokens.move(case.id, at(case, source), target, case.version, "For a reason")
    db.session.commit()


def test_a_dry_run_tells_what_would_be_cancelled_and_opened_and_changes_nothing(both):
    case = started(both, LINE, "test.line")
    version = case.version

    tried = tokens.trial(case, at(case, "look"), "wait")
    db.session.commit()

    assert {one.element for one in tried.cancels} == {"look", "late"}
    assert [one.element for one in tried.opens] == ["wait"]
    assert not tried.runs
    assert (case.version, [one.element for one in both.tasks()]) == (version, ["look"])
    assert {one.element for one in tokens.targets(case, at(case, "look"))} == {"check", "wait", "call"}


def test_a_moved_token_leaves_its_task_and_timer_and_goes_on_from_the_other_element(both):
    case = started(both, LINE, "test.line")
    lin = both.person("lin", "planner")

    moved(case, "look", "wait")
    assert both.tasks() == []
    assert db.session.scalars(db.select(TimerDue)).all() == []
    assert db.session.scalar(db.select(MessageWait.event)) == "test.arrived"
    cancelled = db.session.scalar(db.select(HumanTask).where(HumanTask.element == "look"))
    assert cancelled.status == "cancelled"

    moved(case, "wait", "look")
    assert [one.element for one in both.tasks()] == ["look"]
    assert len(db.session.scalars(db.select(TimerDue)).all()) == 1
    both.done(lin, "look", ok=True)
    moved(case, "check", "call")

    assert case.status == InstanceStatus.COMPLETED
    assert both.trace(case)[-2:] == ["call", "end"]
    acts = db.session.scalars(db.select(AuditEntry).where(AuditEntry.action == "token.moved")).all()
    assert [(one.reason, one.after["element"]) for one in acts] == [
        ("For a reason", "wait"),
        ("For a reason", "look"),
        ("For a reason", "call"),
    ]


def test_a_branch_moves_within_itself_and_the_join_still_waits_for_both(both):
    case = started(both, BRANCHES, "test.branches")
    lin = both.person("lin", "planner")
    both.done(lin, "first")

    moved(case, "a", "c")
    both.done(lin, "c")
    assert [one.element for one in both.tasks()] == ["b"]
    both.done(lin, "b")
    both.done(lin, "last")

    assert case.status == InstanceStatus.COMPLETED
    assert both.trace(case).count("join") == 1


@pytest.mark.parametrize("target", ["last", "first"])
def test_a_branch_does_not_leave_the_others_behind(world, target):
    case = started(world, BRANCHES, "test.branches")
    world.done(world.person("lin", "planner"), "first")

    with pytest.raises(CannotMove) as refusal:
        tokens.trial(case, at(case, "a"), target)

    assert refusal.value.code == "place"
    assert [one.element for one in world.tasks()] == ["a", "b"]


def test_what_runs_inside_is_cancelled_with_the_element_that_is_left(world):
    inner = process(
        "test.inner", lanes(planner="deep", system="start end"), user("deep"), flows("start -> deep -> end")
    )
    outer = process(
        "test.outer",
        lanes(planner="after", system="start inside end"),
        node("callActivity", "inside", calledElement="test.inner"),
        user("after"),
        flows("start -> inside -> after -> end"),
    )
    world.deploy(inner, outer)
    case = instances.start("test.outer", {}, "test:1", own=False)
    db.session.commit()

    assert {one.element for one in tokens.trial(case, at(case, "inside"), "after").cancels} == {
        "inside",
        "deep",
    }
    moved(case, "inside", "after")
    assert [one.element for one in world.tasks()] == ["after"]
    moved(case, "after", "inside")
    assert [one.element for one in world.tasks()] == ["deep"]
    states = db.session.execute(
        db.select(StepHistory.element, StepHistory.state).order_by(StepHistory.id)
    ).all()
    assert ("after", "cancelled") in [tuple(one) for one in states]


def test_the_page_tries_first_and_moves_with_a_reason_for_who_may(world, login):
    case = started(world, LINE, "test.line")
    address, manager = f"/processes/{case.id}/move", login("plant_manager", name="manager")
    assert f'href="{address}"' in manager.get(f"/processes/{case.id}").text
    source = at(case, "look")
    page = manager.get(f"{address}?from={source}&to=check").text
    assert "Tried on a copy" in page
    sent = {"from": source, "to": "check", "version": case.version}

    assert manager.post(address, data=sent).status_code == 422
    assert manager.post(address, data=sent | {"to": "start", "reason": "x"}).status_code == 422
    assert manager.post(address, data=sent | {"version": 0, "reason": "x"}).status_code == 409
    assert login("supervisor", name="chen").post(address, data=sent | {"reason": "x"}).status_code == 403
    assert [one.element for one in world.tasks()] == ["look"]

    assert manager.post(address, data=sent | {"reason": "Looked at by phone."}).status_code == 302
    assert [one.element for one in world.tasks()] == ["check"]
    assert manager.get(f"{address}?from={source}&to=wait").status_code == 200
