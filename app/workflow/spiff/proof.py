"""The engine library's own form of a state, to hold ours against."""

from __future__ import annotations

import json
from typing import Any

from app.workflow.spiff import codec, engine


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
    return {str(task.id): task.data for task in engine.all_tasks(workflow)}


def differences(workflow: Any, state: bytes, spec: engine.Spec) -> list[str]:
    """What is read back otherwise than it was there, or otherwise than the library reads its own form."""
    form = library_form(workflow)
    theirs, ours = library_reading(form, spec), codec.decode(state, spec, engine.ScriptEngine())
    data = json.dumps(all_data(ours), sort_keys=True)
    judged = {
        "form": library_form(ours) == library_form(theirs),
        "data": all_data(ours) == all_data(theirs),
        "values": data == json.dumps(all_data(workflow), sort_keys=True),
        "waiting": set(ours.event_manager.tasks) == set(theirs.event_manager.tasks),
        "order": list(ours.tasks) == list(workflow.tasks),
    }
    return [name for name, same in judged.items() if not same]
