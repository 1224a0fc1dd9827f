"""Branches that meet keep what each of them changed, whichever came last."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import events
from app.core.db import db
from app.workflow.models import ProcessInstance
from app.workflow.running import instances, messages
from app.workflow.spiff.joining import merged
from tests.workflow.diagrams import extensions, flows, lanes, message, node, process, properties, script, user

CALLED = extensions(properties(correlation="'k'")) + message("test.arrived")
WAYS = """
start -> begin -> split
split -> one {always}
split -> two {always}
one -> grow -> join
two -> join
join -> again
again -> begin if one.ok
again -> end
"""


def diagram(kind: str = "parallelGateway") -> bytes:
    """Two ways that part and meet, round after round while the first one's answer is yes."""
    both = "if 1 == 1" if kind == "inclusiveGateway" else ""
    never = {"default": "split_to_end"} if both else {}
    return process(
        "test.one",
        lanes(planner="one two"),
        script("begin", "rows = [1, 2, 3]"),
        node(kind, "split", **never),
        user("one"),
        script("grow", "rows = [4]"),
        user("two"),
        node(kind, "join"),
        node("exclusiveGateway", "again", default="again_to_end"),
        flows(WAYS.format(always=both) + ("split -> end" if both else "")),
    )


VALUES = st.dictionaries(
    st.sampled_from("abc"), st.integers(0, 3) | st.dictionaries(st.sampled_from("xy"), st.integers(0, 2))
)


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
def test_a_second_round_is_not_undone_by_the_first_ones_copy(world, order):
    world.deploy(diagram())
    planner = world.person("lin", "planner")
    case = instances.start("test.one", {}, "thing:1", own=False)
    db.session.commit()
    for turn in range(2):
        for element in order:
            world.done(planner, element, ok=turn == 0 if element == "one" else True)

    assert world.tasks() == []
    data = world.data(case)
    assert (data["one"], data["two"], data["rows"]) == ({"ok": False}, {"ok": True}, [4])


@pytest.mark.parametrize("kind", ["parallelGateway", "inclusiveGateway"])
@pytest.mark.parametrize("orders", [("one two", "two one"), ("two one", "one two"), ("two one", "two one")])
def test_in_each_round_the_join_waits_for_both(world, orders, kind):
    """The arrivals of the round before stand for nothing, whichever came first in either."""
    world.deploy(diagram(kind))
    planner = world.person("lin", "planner")
    instances.start("test.one", {}, "thing:1", own=False)
    db.session.commit()
    for turn, order in enumerate(orders):
        for element in order.split():
            assert element in (left := [task.element for task in world.tasks()])
            assert len(left) == (2 if order.startswith(element) else 1)
            world.done(planner, element, ok=turn == 0)

    assert world.tasks() == []


@given(VALUES, VALUES, VALUES)
def test_what_only_one_branch_changed_is_as_it_left_it(base, left, right):
    made = merged(base, [left, right])
    for key in base.keys() | left.keys() | right.keys():
        ways = [(key in one, one.get(key)) for one in (base, left, right, made)]
        if ways[1] == ways[0]:
            assert ways[3] == ways[2]
        elif ways[2] == ways[0]:
            assert ways[3] == ways[1]


def test_what_both_changed_is_the_later_ones_and_objects_meet_inside():
    assert merged({"a": 1}, [{"a": 2}, {"a": 3}]) == {"a": 3}
    assert merged({"a": {"x": 1, "y": 1}}, [{"a": {"x": 2, "y": 1}}, {"a": {"x": 1, "y": 2}}]) == {
        "a": {"x": 2, "y": 2}
    }
    assert merged({}, [{"a": {"x": 1}}, {"a": {"y": 2}}]) == {"a": {"x": 1, "y": 2}}
    assert merged({"a": [1, 2, 3]}, [{"a": [3, 4]}, {"a": [1, 2, 3]}]) == {"a": [3, 4]}
    assert merged({"a": 1}, [{}, {"a": 1}]) == {}


def test_a_second_token_of_one_way_goes_on_lying_at_the_join(world):
    """A boundary event that does not interrupt sends one more: the case is not over while it lies there."""
    world.deploy(
        process(
            "test.one",
            lanes(planner="one two"),
            node("parallelGateway", "split"),
            node("parallelGateway", "join"),
            node("exclusiveGateway", "meet"),
            user("one"),
            user("two"),
            node("boundaryEvent", "more", CALLED, attachedToRef="one", cancelActivity="false"),
            flows("start -> split -> one -> meet -> join -> end\nsplit -> two -> join\nmore -> meet"),
            messages=("test.arrived",),
        )
    )
    planner, case = world.person("lin", "planner"), instances.start("test.one", {}, "thing:1", own=False)
    db.session.commit()
    events.emit(events.EVENTS["test.arrived"], key="k")
    db.session.commit()
    messages.drain()
    for element in ("one", "two"):
        world.done(planner, element, ok=True)

    assert world.trace(case).count("end") == 1
    assert db.session.get(ProcessInstance, case.id, populate_existing=True).status == "running"


def test_two_tokens_that_come_at_once_find_the_other_way_s_token_only_once(world):
    """The first takes it before the join runs; the second waits for one of its own."""
    ways = """
    start -> split
    split -> one -> join
    split -> two -> fork
    fork -> left -> merge
    fork -> right -> merge
    merge -> join -> after -> end
    """
    parts = [node("parallelGateway", name) for name in ("split", "fork", "join")]
    parts += [script(name, f"{name} = 1") for name in ("left", "right")]
    parts += [user(name) for name in ("one", "two", "after")]
    world.deploy(
        process(
            "test.one",
            lanes(planner="one two after"),
            node("exclusiveGateway", "merge"),
            *parts,
            flows(ways),
        )
    )
    planner = world.person("lin", "planner")
    instances.start("test.one", {}, "thing:1", own=False)
    db.session.commit()
    world.done(planner, "one", ok=True)
    world.done(planner, "two", ok=True)

    assert [task.element for task in world.tasks()] == ["after"]
