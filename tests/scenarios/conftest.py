"""The demo factory, begun on Monday 2 March 2026."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.demo import load
from tests.scenarios.driver import Factory
from tests.workflow.state_proof import Prover


@pytest.fixture
def proven_states(monkeypatch: pytest.MonkeyPatch) -> Prover:
    """Hold every saved state against the engine library's own serializer."""
    return Prover().install(monkeypatch)


@pytest.fixture
def factory(app: Flask, clock: Callable[[str], None], proven_states: Prover) -> Factory:
    """The factory with its two orders just confirmed."""
    app.config["DEMO"] = True
    clock("2026-03-02T09:00:00+08:00")
    load()
    return Factory(app)
