"""The demo factory, begun on Monday 2 March 2026."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.demo import load
from tests.scenarios.driver import Factory


@pytest.fixture
def factory(app: Flask, clock: Callable[[str], None]) -> Factory:
    """The factory with its two orders just confirmed."""
    app.config["DEMO"] = True
    clock("2026-03-02T09:00:00+08:00")
    load()
    return Factory(app)
