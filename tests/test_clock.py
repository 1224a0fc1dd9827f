"""Which day it is: the company's where nobody names a place."""

from __future__ import annotations

from datetime import UTC, date, datetime

from app.core import clock
from app.core.expressions import evaluate

AFTER_MIDNIGHT = datetime(2026, 3, 31, 16, 30, tzinfo=UTC)


def test_after_midnight_in_taiwan_it_is_the_next_day_for_people_and_diagrams(app):
    app.config["TIMEZONE"] = "Asia/Taipei"
    with clock.freeze(AFTER_MIDNIGHT):
        assert clock.today() == evaluate("today()", {}) == date(2026, 4, 1)
        assert clock.today("UTC") == date(2026, 3, 31)
