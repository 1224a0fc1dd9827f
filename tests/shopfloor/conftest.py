"""The shop of the scheduling tests with people at work in it."""

import pytest

from app.core.actors import Actor, acting
from tests.scheduling.plant import Plant


@pytest.fixture
def plant(app, clock):
    """The shop, at seven in the morning; an operator acts."""
    clock("2026-03-11T07:00:00+08:00")
    with acting(Actor(7, "hung_v", "Hung", frozenset({"operator"}))):
        yield Plant()
