"""Hold every state that is saved against the library's own serializer."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from app.workflow import codec, engine


def library_form(workflow: Any) -> dict[str, Any]:
    """What the library's serializer writes of a workflow, without its specs."""
    spec, called = workflow.spec, workflow.subprocess_specs
    workflow.spec, workflow.subprocess_specs = None, {}
    try:
        return json.loads(json.dumps(engine.SERIALIZER.to_dict(workflow)))
    finally:
        workflow.spec, workflow.subprocess_specs = spec, called


def library_reading(form: dict[str, Any], spec: engine.Spec) -> Any:
    """The workflow as the library reads it back."""
    return engine.SERIALIZER.from_dict(
        {**json.loads(json.dumps(form)), "spec": spec.spec, "subprocess_specs": dict(spec.called)}
    )


def all_data(workflow: Any) -> dict[str, Any]:
    """The data of every task, by id."""
    tasks = engine.all_tasks(workflow)
    return {str(task.id): task.data for task in tasks}


def prove(workflow: Any, state: bytes, spec: engine.Spec) -> None:
    """Raise when what we read back is not what was there, or not what the library reads of its own form."""
    form = library_form(workflow)
    theirs, ours = library_reading(form, spec), codec.decode(state, spec, engine.ScriptEngine())
    assert library_form(ours) == library_form(theirs)
    assert all_data(ours) == all_data(theirs)
    assert json.dumps(all_data(ours), sort_keys=True) == json.dumps(all_data(workflow), sort_keys=True)
    waiting = set(theirs.event_manager.tasks)
    assert set(ours.event_manager.tasks) == waiting
    assert list(ours.tasks) == list(workflow.tasks)


class Prover:
    """Stands in front of the codec and counts the states that were proven."""

    def __init__(self) -> None:
        self.states = 0

    def install(self, monkeypatch: pytest.MonkeyPatch) -> Prover:
        """Prove every state from now on."""
        from app.workflow import definitions, steps

        encode = codec.encode
        specs: dict[int, engine.Spec] = {}
        spec_of = definitions.spec_of

        def remembered(definition: Any) -> engine.Spec:
            spec = spec_of(definition)
            specs[id(spec.spec)] = spec
            return spec

        def proven(workflow: Any) -> bytes:
            state = encode(workflow)
            prove(workflow, state, specs[id(workflow.spec)])
            self.states += 1
            return state

        monkeypatch.setattr(definitions, "spec_of", remembered)
        monkeypatch.setattr(steps, "codec", SimpleNamespace(encode=proven, decode=codec.decode))
        return self
