"""A case that forgets what lies behind it goes on like one that keeps everything."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.db import db
from app.workflow.running import instances
from app.workflow.spiff import codec, engine
from app.workflow.spiff.contraction import contract
from app.workflow.spiff.proof import differences
from tests.workflow.diagrams import flows, lanes, node, process, user
from tests.workflow.generated import BLOCKS, Case, diagram


@settings(max_examples=150, deadline=None)
@given(BLOCKS, st.lists(st.integers(0, 10_000), min_size=60, max_size=60))
def test_it_stands_at_the_same_places_and_knows_the_same(block, chances):
    spec = engine.Spec(engine.build_spec([diagram(block)], "test.made", {}))
    whole, short = Case(spec), Case(spec)
    for chance in chances:
        assert short.names() == whole.names()
        if not whole.open():
            break
        whole.complete(chance)
        short.complete(chance)
        contract(short.workflow)
        state = codec.encode(short.workflow)
        assert differences(short.workflow, state, spec) == []
        short.workflow = codec.decode(state, spec, engine.ScriptEngine())
        assert [task.data for task in short.open()] == [task.data for task in whole.open()]

    assert short.workflow.is_completed() == whole.workflow.is_completed()
    assert short.workflow.data == whole.workflow.data


def test_a_long_case_is_no_larger_than_a_short_one(world):
    ways = "start -> begin -> one -> split -> left -> join\nsplit -> right -> join\njoin -> again -> end"
    world.deploy(
        process(
            "test.one",
            lanes(planner="one left right"),
            node("exclusiveGateway", "begin"),
            *(user(name) for name in ("one", "left", "right")),
            node("parallelGateway", "split") + node("parallelGateway", "join"),
            node("exclusiveGateway", "again", default="again_to_end"),
            flows(f"{ways}\nagain -> begin if one.more"),
        )
    )
    planner, case, sizes = world.person("lin", "planner"), instances.start("test.one", {}, "thing:1"), []
    db.session.commit()
    for _round in range(8):
        world.done(planner, "one", more=True)
        world.done(planner, "left")
        sizes.append(tasks(case))
        world.done(planner, "right")

    assert set(sizes[1:]) == {sizes[1]}


def tasks(case):
    """How many tasks a case's state holds."""
    from app.workflow import definitions

    spec = definitions.spec_of(case.definition)
    return len(engine.all_tasks(codec.decode(case.state, spec, engine.ScriptEngine())))
