"""Branches that meet keep what each of them changed, whichever came last."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.db import db
from app.workflow.running import instances
from app.workflow.spiff.joining import merged
from tests.workflow.diagrams import flows, lanes, node, process, script, user

WAYS = """
start -> begin -> split
split -> one -> grow -> join
split -> two -> join
join -> again
again -> begin if one.ok
again -> end
"""
DIAGRAM = process(
    "test.one",
    lanes(planner="one two"),
    script("begin", "rows = [1, 2, 3]"),
    node("parallelGateway", "split"),
    user("one"),
    script("grow", "rows = [4]"),
    user("two"),
    node("parallelGateway", "join"),
    node("exclusiveGateway", "again", default="again_to_end"),
    flows(WAYS),
)
VALUES = st.dictionaries(
    st.sampled_from("abc"), st.integers(0, 3) | st.dictionaries(st.sampled_from("xy"), st.integers(0, 2))
)


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
def test_a_second_round_is_not_undone_by_the_first_ones_copy(world, order):
    world.deploy(DIAGRAM)
    planner = world.person("lin", "planner")
    case = instances.start("test.one", {}, "thing:1", own=False)
    db.session.commit()
    for turn in range(2):
        for element in order:
            world.done(planner, element, ok=turn == 0 if element == "one" else True)

    assert world.tasks() == []
    data = world.data(case)
    assert (data["one"], data["two"], data["rows"]) == ({"ok": False}, {"ok": True}, [4])


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
