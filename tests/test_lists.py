"""Lists show every row once whatever they are sorted by, count no further than they must, and read no whole table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import current_app
from sqlalchemy import ColumnElement, event, select

from app.core import paging
from app.core.db import db
from app.core.lists import Column, Listing, listing
from app.core.outbox import OutboxMessage

BEGIN = datetime(2026, 3, 2, 1, tzinfo=UTC)
COLUMNS = [Column("to", "To"), Column("sent_at", "Sent", "datetime"), Column("attempts", "Tries", "number")]


@pytest.fixture
def rows(database) -> list[OutboxMessage]:
    """Twenty-three messages, with equals and with some that were never sent."""
    made = [
        OutboxMessage(
            key=str(number),
            channel="mail",
            to=f"{'abc'[number % 3]}@example.com",
            subject="100 %" if number == 5 else "word",
            payload={},
            attempts=number % 2,
            created_at=BEGIN,
            next_at=BEGIN,
            sent_at=BEGIN + timedelta(hours=number % 4) if number % 5 else None,
        )
        for number in range(23)
    ]
    db.session.add_all(made)
    db.session.commit()
    return made


def page(address: str, **rest) -> Listing:
    with current_app.test_request_context(address):
        return listing(select(OutboxMessage), list(COLUMNS), per_page=4, **rest)


@pytest.mark.parametrize("falling", [False, True], ids=["rising", "falling"])
@pytest.mark.parametrize("key", ["to", "sent_at", "attempts"])
def test_leafing_shows_each_row_once_and_in_order(rows, key, falling):
    sort = f"-{key}" if falling else key
    shown = [row for number in range(1, 7) for row in page(f"/?sort={sort}&page={number}").rows]

    known = [row for row in rows if getattr(row, key) is not None]
    wanted = sorted(known, key=lambda row: (getattr(row, key), row.id), reverse=falling)
    empty = [row for row in rows if getattr(row, key) is None]
    wanted += sorted(empty, key=lambda row: row.id, reverse=falling)
    assert [row.id for row in shown] == [row.id for row in wanted]


def test_far_beyond_nobody_counts_or_leafs_and_the_page_says_so(rows, monkeypatch):
    monkeypatch.setattr(paging, "COUNTED", 10)
    last = page("/?sort=to&page=99")

    assert (last.total, last.size, last.number, last.pages, last.cut) == (11, "10+ rows", 3, 3, True)
    assert not page("/?sort=to&page=2").cut
    assert (page("/?q=100 %25", search=[OutboxMessage.subject]).size, len(page("/").rows)) == ("1 row", 4)


def test_a_search_may_be_a_condition_of_its_own(rows):
    def tried(text: str) -> ColumnElement[bool]:
        return OutboxMessage.attempts == int(text)

    assert page("/?q=1", search=[tried]).total == 11


def test_counting_reads_keys_only(rows):
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    page("/?sort=to")

    counts = [one for one in asked if "count(" in one]
    assert len(counts) == 1 and "payload" not in counts[0]
