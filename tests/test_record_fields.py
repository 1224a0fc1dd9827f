"""What was changed, as the audit page tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask_babel import force_locale

from app.core.db import db
from app.core.record_fields import changed, field_text, labels_of
from app.workflow import definitions

LABELS = {
    "lines": "Lines",
    "lines.item": "Item",
    "lines.quantity": "Quantity",
    "decision": "Decision",
    "decision=approve": "Approve the plan",
}
ROWS = [{"id": "9", "item": f"GP{number}", "quantity": "1200"} for number in range(5)]


@pytest.fixture
def english(app: Any):
    with app.test_request_context(), force_locale("en"):
        yield


def test_a_forms_rows_show_what_its_reader_saw_and_choices_in_words(english):
    told = field_text({"lines": ROWS[:1], "decision": "approve"}, LABELS)

    assert told == "Lines: \n· Item: GP0; Quantity: 1,200\nDecision: Approve the plan"


def test_a_page_shows_the_first_rows_and_counts_the_rest(english):
    assert field_text({"lines": ROWS}, LABELS, rows=2).endswith("GP1; Quantity: 1,200\nand 3 more")


def test_a_line_s_number_is_no_document_s(app: Any):
    values = {"lines": [{"number": 2, "due_date": "2026-03-02"}], "receipts": [{"number": "GR2603-0001"}]}
    with app.test_request_context(), force_locale("zh_Hant_TW"):
        lines, receipts = field_text(values, {}).split("\nreceipts")
        assert ("項次：2" in lines, "單號：GR2603-0001" in receipts) == (True, True)
        assert "項號：2" in field_text(values, {"lines": "明細", "lines.number": "項號"})


def test_words_of_the_program_roles_and_moments_are_the_readers(app: Any):
    values = {"status": "rejected", "roles": ["planner"], "due_at": "2026-03-02T01:00:00+00:00"}
    with app.test_request_context(), force_locale("zh_Hant_TW"):
        assert field_text(values, {}) == "狀態：判退\n角色：生管\n期限：2026-03-02 09:00"


def test_what_is_alike_before_and_after_is_left_out():
    before = {"note": "x", "lines": [{"item": "A", "quantity": "1"}, {"item": "B", "quantity": "2"}]}
    after = {"note": "x", "lines": [{"item": "A", "quantity": "1"}, {"item": "B", "quantity": "3"}]}

    assert changed(before, after) == (
        {"lines": [{"item": "B", "quantity": "2"}]},
        {"lines": [{"item": "B", "quantity": "3"}]},
    )


def test_a_decision_is_called_by_its_name_and_its_inputs_by_their_labels(app: Any):
    made = {"decision": "purchasing.approval_limit", "inputs": {"After the fact": "no"}, "rows": [2]}
    source = (Path(__file__).parents[1] / "bpmn/purchasing/approval_limit.dmn").read_bytes()
    definitions.deploy({"purchasing/approval_limit.dmn": source})
    db.session.commit()
    with app.test_request_context(), force_locale("zh_Hant_TW"):
        told = field_text(made, labels_of(None, "purchasing.approval_limit"))

    assert told.splitlines()[:2] == ["決策表：採購單由誰核准", "輸入值：事後補單：否"]
