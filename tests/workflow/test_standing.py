"""Where an order stands, read off its cases however much they passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from app.core.db import db
from app.workflow.models import ProcessInstance, StepHistory
from app.workflow.people import standing
from tests.workflow import tiny

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LINE = {"process": "p", "element": "e", "kind": "userTask", "names": {}, "state": "completed"}


def passed(case: ProcessInstance, number: int, step: int, *, left: bool) -> dict:
    """A line of a case's history, the later the higher its number."""
    moment = NOON + timedelta(minutes=number)
    told = {"instance_id": case.id, "engine_task": f"t{number}", "step": step, "entered_at": moment}
    return LINE | told | {"left_at": moment if left else None}


def test_a_long_document_s_case_hides_no_step_of_the_order(app):
    main, document = (tiny.start(f"SO-{number}") for number in (1, 2))
    main.process, document.process = "main.order_to_cost", "shopfloor.work_order"
    main.customer_order_id = document.customer_order_id = 7
    rows = [passed(main, 1, 1, left=True), passed(main, 2, 2, left=False)]
    rows += [passed(document, 10 + number, 5, left=True) for number in range(1_100)]
    db.session.execute(insert(StepHistory), rows)

    cases = standing.order_cases(7)
    found = standing.passed_steps(*standing.main_cases(cases))

    assert [case.id for case in cases] == [main.id, document.id]
    assert standing.step_states(cases, found, []) == {1: "done", 2: "current"}
