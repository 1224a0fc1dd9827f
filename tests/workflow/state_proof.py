"""Hold every state that is saved against the library's own serializer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from app.workflow.spiff import codec, engine
from app.workflow.spiff.proof import differences


def prove(workflow: Any, state: bytes, spec: engine.Spec) -> None:
    """Raise when what we read back is not what was there, or not what the library reads of its own form."""
    assert differences(workflow, state, spec) == []


class Prover:
    """Stands in front of the codec and counts the states that were proven."""

    def __init__(self) -> None:
        self.states = 0

    def install(self, monkeypatch: pytest.MonkeyPatch) -> Prover:
        """Prove every state from now on."""
        from app.workflow import definitions
        from app.workflow.running import steps

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
