"""Diagrams played in the studio through the real engine, and the test cases a change brings."""

from __future__ import annotations

import html
import json
import re

import pytest

from app.core.db import db
from app.studio.models import Change, ChangeFile
from app.studio.trying import suggested
from app.studio.trying.ground import Ground
from app.studio.trying.suggested import Suggestion
from app.workflow import definitions
from app.workflow.models import HumanTask, ProcessDefinition, ProcessInstance
from app.workflow.trial.standing import Wait
from tests.studio.test_changes import active, opened
from tests.workflow.conftest import test_operators
from tests.workflow.diagrams import files
from tests.workflow.test_trial import FORM, HIGH, LOW, ORDER, RULES

__all__ = ["test_operators"]
FILE, TESTS = "bpmn/test/one.bpmn", "bpmn/test/one.tests.json"


@pytest.fixture
def deployed(app):
    """The process of the engine's tests."""
    definitions.deploy(files(ORDER, RULES) | {"forms/test/agree.json": json.dumps(FORM).encode()})
    db.session.commit()


@pytest.fixture
def designer(deployed, login):
    return login("process_designer", name="tseng")


@pytest.fixture
def manager(deployed, login):
    return login("plant_manager", name="lin")


def carried(page: str) -> dict:
    """The case a page carries."""
    found = re.search(r'name="_case" value="([^"]*)"', page)
    assert found, page[-3000:]
    return json.loads(html.unescape(found.group(1)))


class Play:
    """A browser that plays."""

    def __init__(self, browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.page = browser.get(address).text

    def do(self, act: str, status: int = 200, **typed: str) -> str:
        found = re.search(r'name="_case" value="([^"]*)"', self.page)
        sent = {"_act": act, **typed} | ({"_case": html.unescape(found.group(1))} if found else {})
        answer = self.browser.post(self.address, data=sent)
        assert answer.status_code == status, answer.text[-2000:]
        self.page = answer.text
        return self.page


def test_a_case_is_played_to_its_end_and_back_and_kept_as_a_test(designer):
    change = opened(designer)
    play = Play(designer, f"{change}/play/{FILE}")
    play.do("begin", _key="thing:1", _data='{"amount": 3}')
    assert "row 1 fired" in play.page
    assert "Reason" in play.do("task", 422, ok="true")  # the form asks for a reason
    assert "test.refuse" in play.do("task", ok="true", reason="fits")
    assert "test.arrived" in play.do("operator", _told='{"id": 7}')
    play.do("message", _told='{"lot": "A"}')
    assert len(carried(play.page)["steps"]) == 3
    play.do("back")
    assert len(carried(play.page)["steps"]) == 2
    play.do("message", _told="{}")
    assert "Nothing waits any more." in play.do("timer")
    answer = designer.post(
        play.address, data={"_act": "keep", "_case": json.dumps(carried(play.page)), "_name_en": "Low"}
    )
    assert answer.status_code == 302

    page = designer.get(f"{change}/tests/{FILE}").text

    assert "passed" in page
    assert "Walked: 70 % of the flows" in page
    assert "row 2 of test.limit" in page
    assert db.session.query(ProcessInstance).count() == db.session.query(HumanTask).count() == 0


def test_a_case_that_a_new_step_stops_is_mended_by_playing_that_step_and_then_its_own(designer):
    first, *others = LOW["steps"]
    change = with_tests(designer, [{**LOW, "steps": others}, LOW])
    play = Play(designer, f"{change}/play/{FILE}?like=1")
    left = re.search(r'name="_left" value="(\d+)"', play.page)
    assert left and int(left.group(1)) == len(others)
    sent = {"_like": "1", "_left": left.group(1)}
    play.do("task", **sent, ok="true", reason="fits")
    play.do("rest", **sent)
    assert "Nothing waits any more." in play.page
    case = json.dumps(carried(play.page))
    assert (
        designer.post(play.address, data={"_act": "instead", "_case": case, "_like": "1"}).status_code == 302
    )

    kept = db.session.query(ChangeFile).filter_by(file=TESTS).one()
    mended, other = json.loads(kept.source)["cases"]
    assert [one["do"] for one in mended["steps"]] == [first["do"], *(one["do"] for one in others)]
    assert (mended["expect"], other) == (LOW["expect"], LOW)


def test_an_operator_answers_by_default_as_the_test_cases_say(designer):
    change = with_tests(designer, [{**LOW, "operators": {"book": {"result": {"id": 77}}}}])
    play = Play(designer, f"{change}/play/{FILE}")
    assert "&#34;amount&#34;" in play.page  # the first case's data
    play.do("begin", _key="thing:1", _data='{"amount": 3}')

    assert "&#34;id&#34;: 77" in play.do("task", ok="true", reason="fits")


def with_tests(browser, cases: list[dict]) -> str:
    """A change with test cases."""
    change = opened(browser, file=TESTS)
    sent = browser.post(f"{change}/files/{TESTS}", data={"source": json.dumps({"cases": cases})})
    assert sent.status_code == 302
    return change


@pytest.mark.parametrize(
    ("key", "data", "element", "answer"),
    [
        ("purchasing.purchase", {"requisition_id": 1}, "approval_facts", {"regular": "yes", "amount": "10"}),
        ("main.order_to_cost", {"order_id": 1}, "goods_made", {"ready": True, "waiting_for": "item:1"}),
        (
            "subcontracting.subcontract_order",
            {"subcontract_order_id": 1},
            "book_pieces",
            {"milestone": "P2D"},
        ),
    ],
)
def test_where_no_test_case_says_it_values_are_made_up_from_what_is_read(app, key, data, element, answer):
    where = Ground(definitions.check_folder(), key, [])
    told = suggested.answer(where, Wait("operator", element, key, {}), {})

    assert suggested.start(where) == Suggestion({"key": "trial:1", "data": data})
    assert not told.known
    assert {name: told.values[name] for name in answer} == answer


def test_a_simulation_begins_with_what_a_process_without_test_cases_reads(designer):
    play = Play(designer, f"{opened(designer)}/play/{FILE}")

    assert "&#34;amount&#34;: &#34;10&#34;" in play.page
    assert "Made up from what the process reads" in play.page


def test_failing_tests_are_deployed_only_for_a_reason(designer, manager):
    failing = {**LOW, "expect": {"ends": "running"}}
    change = with_tests(designer, [failing, HIGH])
    assert designer.post(f"{change}/propose").status_code == 302
    shown = manager.get(change).text
    assert "1 of 2 failed" in shown
    assert "End: expected running, got completed" in shown

    refused = manager.post(f"{change}/approve")
    assert refused.status_code == 422
    assert (
        manager.post(f"{change}/approve", data={"reason": "the case is mended tomorrow"}).status_code == 302
    )

    kept = db.session.query(Change).populate_existing().one()
    assert (kept.status, kept.decision_reason) == ("deployed", "the case is mended tomorrow")
    assert json.loads(active(kind="tests").source)["cases"][0]["name"] == "low"


def test_a_case_is_written_in_a_form_and_left_out(designer):
    change = with_tests(designer, [LOW])
    page = designer.get(f"{change}/cases/1/{FILE}").text
    assert 'value="later"' in page
    sent = {
        "name_en": "Ends there",
        "key": "thing:1",
        "data": '{"amount": 30}',
        "steps-0-do": "task",
        "steps-0-element": "ask",
        "steps-0-told": '{"ok": true, "reason": "x"}',
        "expect_ends": "running",
        "expect_at": "again",
        "expect_rows": '{"limit": [2]}',
    }
    assert designer.post(f"{change}/cases/0/{FILE}", data=sent).status_code == 302
    assert designer.post(f"{change}/cases/1/{FILE}", data={"drop": "1"}).status_code == 302

    row = db.session.query(ChangeFile).filter_by(file=TESTS).populate_existing().one()
    [case] = json.loads(row.source)["cases"]
    assert case["name"] == {"en": "Ends there"}
    assert case["expect"] == {"ends": "running", "at": ["again"], "rows": {"limit": [2]}}
    assert "passed" in designer.get(f"{change}/tests/{FILE}").text
    assert designer.post(f"{change}/cases/1/{FILE}", data={**sent, "data": "{"}).status_code == 422


def test_a_deployed_version_is_played_by_whoever_may_read_it(manager):
    version = db.session.query(ProcessDefinition).filter_by(key="test.one").one()
    play = Play(manager, f"/studio/definitions/{version.id}/play")

    assert "Save as a test case" not in play.do("begin", _data='{"amount": 30}')
    assert "of somebody else" not in play.page
    assert manager.get(f"/studio/definitions/{version.id}/tests").status_code == 200


HOSTILE = [
    {"_case": "{"},
    {"_case": "[]"},
    {"_case": "1" * 250_000},
    {"_case": '{"name": "x", "steps": [{"do": "delete", "element": "x"}]}'},
    {"_case": '{"name": "x", "start": {"data": {"amount": 1e400}}}'},
    {
        "_case": '{"name": "x", "start": {"data": {"amount": "' + "9" * 5000 + '"}}, "steps": []}',
        "_act": "task",
    },
    {"_data": "[1]"},
    {"_data": '{"typename": "x", "amount": NaN}'},
    {"_data": "[" * 9000},
]


def test_what_is_no_case_is_answered_with_a_sentence(designer):
    change = opened(designer)
    for sent in HOSTILE:
        answer = designer.post(f"{change}/play/{FILE}", data={"_act": "begin", **sent})
        assert answer.status_code in (200, 422), (sent, answer.status_code)
    gone = json.dumps(
        {"name": "x", "start": {"data": {"amount": 1}}, "steps": [{"do": "timer", "element": "nowhere"}]}
    )
    assert (
        "Nothing of this kind waits at nowhere"
        in designer.post(f"{change}/play/{FILE}", data={"_case": gone}).text
    )
    assert designer.get(f"{change}/play/bpmn/test/other.bpmn").status_code == 404
    assert designer.get(f"{change}/cases/9/{FILE}").status_code == 404
