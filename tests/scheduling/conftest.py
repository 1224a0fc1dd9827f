"""The shop of the scheduling tests, on the morning of 11 March 2026."""

import pytest

from tests.scheduling.plant import Plant


@pytest.fixture
def plant(app, clock):
    """The shop, at seven in the morning."""
    clock("2026-03-11T07:00:00+08:00")
    return Plant()
