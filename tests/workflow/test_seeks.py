"""Pages read what they show off an index: none goes through all cases, steps, tasks or acts there ever were."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event

from app.accounts import queries
from app.core.db import db
from app.core.permissions import ROLES
from tests.workflow.tiny import start

GROWING = "step_history|human_task|process_instance|audit_entry|stock_move|notice|outbox_message"
WHOLE = re.compile(rf"SCAN ({GROWING})\b(?! USING (COVERING )?INDEX)")


def goes_through_all(statement: str, plan: list[str]) -> bool:
    """Whether a table is read from end to end, and not only until a page of any of its rows is full."""
    stops = (
        "LIMIT" in statement and "WHERE" not in statement and not any("TEMP B-TREE" in one for one in plan)
    )
    return any(map(WHOLE.search, plan)) and not stops


@pytest.fixture
def asked(app, login, monkeypatch):
    """What a person who holds every role makes the database do, by page."""
    monkeypatch.setattr(queries, "CHECKED_AT_ONCE", 0)  # a short trail is checked whole on purpose
    case = start()
    db.session.commit()
    browser = login(*ROLES, name="everybody")
    engine = db.engine

    def open_page(path: str) -> list[tuple[str, list[str]]]:
        statements: list[tuple[str, object]] = []

        def note(_connection, _cursor, statement, parameters, *_rest) -> None:
            statements.append((statement, parameters))

        event.listen(engine, "before_cursor_execute", note)
        db.session.rollback()
        answer = browser.get(path.format(case=case.id))
        event.remove(engine, "before_cursor_execute", note)
        assert answer.status_code == 200
        with engine.connect().execution_options(readonly=True) as connection:
            return [
                (one, [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", given)])
                for one, given in statements
                if one.startswith(("SELECT", "WITH"))
            ]

    return open_page


@pytest.mark.parametrize(
    "path",
    [
        "/processes/{case}",
        "/processes",
        "/processes?sort=-ended_at",
        "/processes?status=completed",
        "/processes?q=tiny",
        "/inbox",
        "/inbox?view=overdue&step=1&q=plan",
        "/inbox?view=waiting",
        "/notices",
        "/operations",
        "/operations/runner",
        "/incidents",
        "/account/audit",
        "/operations/story/case:{case}",
    ],
)
def test_no_page_reads_a_growing_table_from_end_to_end(asked, path):
    assert [(one, plan) for one, plan in asked(path) if goes_through_all(one, plan)] == []


@pytest.mark.parametrize("rest", ["WHERE element = 'a' LIMIT 5", "ORDER BY element LIMIT 5", ""])
def test_what_has_no_index_is_noticed(app, rest):
    query = f"SELECT * FROM step_history {rest}"
    with db.engine.connect().execution_options(readonly=True) as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]

    assert goes_through_all(query, plan)
