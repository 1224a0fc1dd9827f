"""A state is read back as it was written; what is no state is refused."""

from __future__ import annotations

import json
import zlib

import pytest

from app.core.db import db
from app.workflow import definitions
from app.workflow.running import instances
from app.workflow.spiff import codec, engine
from tests.workflow.diagrams import flows, lanes, node, process, script, user
from tests.workflow.state_proof import Prover

DATA = {"amount": 1, "sure": True, "rate": 1.0, "names": ["a", {"b": None}], "鋼": "棒"}


@pytest.fixture
def running(world):
    """An instance with two open branches, and its definition's spec."""
    world.deploy(
        process(
            "test.one",
            lanes(planner="look again"),
            script("note", "sure = 1"),
            node("parallelGateway", "split"),
            user("look"),
            user("again"),
            node("parallelGateway", "join"),
            flows("start -> note -> split -> look -> join -> end\nsplit -> again -> join"),
        )
    )
    instance = instances.start("test.one", DATA, "thing:1")
    db.session.commit()
    return instance, definitions.spec_of(instance.definition)


def read(instance, spec):
    """The instance's workflow as it was saved."""
    return codec.decode(instance.state, spec, engine.ScriptEngine())


def tasks_of(workflow, name):
    """The tasks at one element."""
    return [task for task in engine.all_tasks(workflow) if task.task_spec.name == name]


def test_data_comes_back_with_its_types_and_its_order(running):
    data = tasks_of(read(*running), "look")[0].data

    assert json.dumps(data) == json.dumps({**DATA, "sure": 1})
    assert data["sure"] is not True


def test_branches_that_wait_share_nothing(running):
    workflow = read(*running)

    tasks_of(workflow, "look")[0].data["names"].append("new")

    assert tasks_of(workflow, "again")[0].data["names"] == DATA["names"]


def test_writing_what_was_read_changes_nothing(running):
    instance, spec = running

    assert codec.encode(read(instance, spec)) == instance.state


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"{}",
        zlib.compress(b"[]"),
        zlib.compress(b'{"w":{"t":[],"l":null},"s":[],"n":[]}'),
        zlib.compress(b'{"w":{"t":[["00",-1,0,1,0]],"l":null},"s":[],"n":["nowhere"]}'),
    ],
)
def test_what_is_no_state_is_refused(running, state):
    with pytest.raises(codec.StateError, match=r"test\.one"):
        codec.decode(state, running[1], engine.ScriptEngine())


def test_a_word_of_the_library_in_the_data_is_only_a_word(running):
    workflow = read(*running)
    tasks_of(workflow, "look")[0].data["row"] = {"typename": "Task"}

    again = codec.decode(codec.encode(workflow), running[1], engine.ScriptEngine())

    assert tasks_of(again, "look")[0].data["row"] == {"typename": "Task"}


def test_values_that_json_does_not_have_are_refused_when_written(running):
    workflow = read(*running)
    tasks_of(workflow, "look")[0].data["bad"] = {1, 2}

    with pytest.raises(TypeError):
        codec.encode(workflow)


def test_the_proof_finds_a_state_that_differs(running, monkeypatch):
    monkeypatch.setattr(codec, "_difference", lambda data, inherited: ({}, []))
    Prover().install(monkeypatch)

    with pytest.raises(AssertionError):
        instances.start("test.one", DATA, "thing:2")
