"""Test cases run in the real engine on a database of nobody; what went otherwise is told in words."""

from __future__ import annotations

import json

import pytest

from app.core import clock
from app.core.db import db
from app.core.errors import DomainError
from app.core.operators import OPERATORS, Operator
from app.workflow import definitions
from app.workflow.models import HumanTask, ProcessInstance
from app.workflow.trial import cases, play, scratch, suite
from tests.workflow.diagrams import (
    extensions,
    files,
    flows,
    lanes,
    message,
    node,
    process,
    properties,
    script,
    service,
    table,
    timer,
    user,
)

LIMIT = extensions("<spiffworkflow:calledDecisionId>test.limit</spiffworkflow:calledDecisionId>")
RULES = table("test.limit", [(["< 10"], ["1"]), ([">= 10"], ["2"])], ["amount"], ["level"])
FORM = {
    "title": {"en": "Agree", "zh_Hant": "同意"},
    "components": [
        {"key": "ok", "type": "checkbox", "label": {"en": "Agreed", "zh_Hant": "同意"}},
        {
            "key": "reason",
            "type": "text",
            "label": {"en": "Reason", "zh_Hant": "原因"},
            "validate": {"required": True, "maxLength": 20},
        },
    ],
}
ORDER = process(
    "test.one",
    lanes(planner="ask again"),
    node("businessRuleTask", "limit", LIMIT),
    user("ask", form="test/agree"),
    user("again", form="test/agree", separate_from="ask"),
    service("book", "test.refuse", "booked", code="text(amount)"),
    node("boundaryEvent", "failed", '<bpmn:errorEventDefinition errorRef="e_no"/>', attachedToRef="book"),
    node("exclusiveGateway", "high", default="high_to_book"),
    node(
        "intermediateCatchEvent", "told", extensions(properties(correlation="'k'")) + message("test.arrived")
    ),
    node("intermediateCatchEvent", "later", timer("P2D")),
    node("endEvent", "given_up"),
    flows(
        """start -> limit -> ask -> high
        high -> book
        high -> again if level > 1
        again -> book
        book -> told -> later -> end
        failed -> given_up"""
    ),
    messages=("test.arrived",),
    errors=("no",),
)
DONE = {"ok": True, "reason": "fits"}


def bundle(*sources: bytes) -> definitions.Bundle:
    given = files(*(sources or (ORDER, RULES))) | {"forms/test/agree.json": json.dumps(FORM).encode()}
    made = definitions.check_files(given)
    assert made.problems == []
    return made


def told(case: dict, *sources: bytes) -> str:
    """What went otherwise than a case expects."""
    assert list(cases.wrong({"name": "x", **case})) == []
    return suite.run(bundle(*sources), "test.one", [{"name": "x", **case}]).outcomes[0].problem


def task(element: str, by: str = "", **more: object) -> dict:
    return {"do": "task", "element": element, "by": by, "values": DONE, **more}


LOW = {
    "name": "low",
    "start": {"data": {"amount": 3}, "key": "thing:1"},
    "operators": {"book": {"result": {"id": 7}}},
    "steps": [
        task("ask"),
        {"do": "message", "element": "told", "payload": {"lot": "A"}},
        {"do": "wait", "time": "P1D"},
        {"do": "timer", "element": "later"},
    ],
    "expect": {
        "ends": "completed",
        "at": [],
        "trace": ["limit", "ask", "book", "later", "end"],
        "never": ["again"],
        "data": {"booked.id": 7, "ask.reason": "fits", "told.lot": "A"},
        "rows": {"limit": [1]},
        "roles": {"ask": "planner"},
    },
}
HIGH = {
    "name": {"en": "high", "zh_Hant": "高"},
    "start": {"data": {"amount": 30}},
    "steps": [
        task("ask", "planner"),
        task("again", "planner", refused=True),
        task("again", "buyer", refused=True),
        task("again", "planner/2"),
        {"do": "operator", "element": "book", "error": "no"},
    ],
    "expect": {"ends": "completed", "passes": ["given_up"], "rows": {"limit": [2]}, "never": ["end"]},
}


def test_two_cases_pass_and_walk_every_flow_and_row(app):
    report = suite.run(bundle(), "test.one", [LOW, HIGH])

    assert [one.problem for one in report.outcomes] == ["", ""]
    assert (report.coverage.percent, report.coverage.nodes_left, report.coverage.rows_left) == (100, (), ())


def test_what_was_never_walked_is_listed(app):
    covered = suite.run(bundle(), "test.one", [LOW]).coverage

    assert [flow for flow, _from, _to in covered.flows_left] == [
        "high_to_again",
        "again_to_book",
        "failed_to_given_up",
    ]
    assert covered.nodes_left == ("again", "failed", "given_up")
    assert covered.rows_left == (("test.limit", 2),)


DIFFERENCES = [
    ({"expect": {"ends": "running"}}, "End: expected running, got completed"),
    ({"expect": {"rows": {"limit": 2}}}, "Rows of limit: expected 2, got 1"),
    ({"expect": {"data": {"booked.id": 8}}}, "booked.id: expected 8, got 7"),
    (
        {"expect": {"trace": ["ask", "limit"]}},
        "In order, limit: expected ask, limit, got start, limit, ask",
    ),
    ({"expect": {"never": ["book"]}}, "Never: expected not to come to book, and came."),
    ({"expect": {"roles": {"ask": "buyer"}}}, "Role of ask: expected buyer, got planner"),
    ({"expect": {"at": ["told"]}}, "Waits at: expected told, got –"),
    ({"expect": {"passes": ["again"]}}, "Passes: expected again, got start"),
    (
        {"steps": [{"do": "timer", "element": "later"}]},
        "Step 1 (later): Nothing of this kind waits at later",
    ),
    ({"steps": [{**task("ask"), "values": {"ok": True}}]}, "Step 1 (ask): test/agree – Reason: "),
    ({"steps": [task("ask", refused=True)]}, "Step 1 (ask): ask should have been refused, and was not."),
    ({"steps": [{"do": "wait", "time": "soon"}]}, "Step 1 (wait): soon is no duration"),
]


def test_the_first_difference_is_told_in_words(app):
    report = suite.run(bundle(), "test.one", [{**LOW, **change} for change, _sentence in DIFFERENCES])

    for one, (_change, sentence) in zip(report.outcomes, DIFFERENCES, strict=True):
        assert one.problem.startswith(sentence)


def test_nothing_of_it_reaches_the_plant(app, monkeypatch):
    called = []
    judged = bundle()
    fake = Operator("test.refuse", called.append, False)
    monkeypatch.setitem(OPERATORS, "test.refuse", fake)
    before = clock.now()
    suite.run(judged, "test.one", [LOW, HIGH])

    assert called == []
    assert db.session.query(ProcessInstance).count() == db.session.query(HumanTask).count() == 0
    assert (clock.now() - before).total_seconds() < 3600  # the trial's days have passed for the trial alone


def test_a_process_that_never_waits_is_stopped_and_said(app):
    endless = process(
        "test.one",
        node("exclusiveGateway", "again", default="again_to_more"),
        script("more", "n = n + 1"),
        flows("start -> again -> more -> again\nagain -> end if n < 0"),
    )
    problem = told({"start": {"data": {"n": 1}}, "expect": {"ends": "completed"}}, endless)

    assert problem.startswith("End: expected completed, got incident, ")


def test_an_operator_that_is_asked_for_ever_is_stopped(app, monkeypatch):
    monkeypatch.setattr(play, "MOST_ANSWERS", 20)
    asking = process(
        "test.one",
        node("exclusiveGateway", "again", default="again_to_more"),
        service("more", "test.echo", "n"),
        flows("start -> again -> more -> again\nagain -> end if n == 9"),
    )
    problem = told({"start": {"data": {"n": 1}}, "operators": {"more": {"result": 1}}}, asking)

    assert problem == "The process asked operators more than 20 times."


def test_work_that_takes_too_long_is_answered_with_a_sentence(app):
    with pytest.raises(DomainError, match="longer than 0 seconds"):
        scratch.on_scratch(lambda: sum(range(10_000_000)), seconds=0.001)


NO_CASES = [
    "[]",
    "{",
    '{"cases": 1}',
    '{"cases": [1]}',
    '{"cases": [{"name": ""}]}',
    '{"cases": [{"name": "x", "steps": [{"do": "delete"}]}]}',
    '{"cases": [{"name": "x", "steps": [{"do": "timer"}]}]}',
    '{"cases": [{"name": "x", "expect": {"ends": "maybe"}}]}',
    '{"cases": [{"name": "x", "start": {"data": []}}]}',
    "[" * 100_000,
    '{"cases": ' + "1" * 200_000 + "}",
]


def test_a_file_that_is_no_list_of_cases_is_refused(app):
    for source in NO_CASES:
        given = files(ORDER, RULES) | {"bpmn/test/one.tests.json": source.encode()}
        assert "bpmn/test/one.tests.json" in {one.file for one in definitions.check_files(given).problems}


def test_a_case_about_another_diagram_is_refused_by_the_element(app):
    source = cases.written([{"name": "x", "expect": {"passes": ["elsewhere"]}}]).encode()
    given = files(ORDER, RULES) | {
        "bpmn/test/one.tests.json": source,
        "forms/test/agree.json": json.dumps(FORM).encode(),
    }

    assert [(one.file, one.element) for one in definitions.check_files(given).problems] == [
        ("bpmn/test/one.tests.json", "elsewhere")
    ]
