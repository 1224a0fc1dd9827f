"""A small plant for the tests of inspection and shipping."""

import pytest

from tests.quality.plant import Plant, small_app


@pytest.fixture
def plant():
    """An application with an empty database and one plant in it."""
    app = small_app()
    with app.app_context(), app.test_request_context():
        yield Plant()
