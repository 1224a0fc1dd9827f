"""The report of conflicts of duties: who could do both sides, and who did."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.workflow.models import HumanTask
from app.workflow.people import chain
from app.workflow.running import instances
from app.workflow.watching import duties
from tests.workflow.diagrams import flows, lanes, process, user

ASKED = process(
    "test.one",
    lanes(buyer="ask", planner="approve"),
    user("ask"),
    user("approve", separate_from="ask"),
    flows("start -> ask -> approve -> end"),
)


@pytest.fixture
def asked(world):
    world.deploy(ASKED)
    return world


def test_it_names_who_holds_both_roles_and_how_many_would_be_left(asked):
    asked.person("lin", "buyer", "planner")
    asked.person("wu", "planner")

    (found,) = duties.possible()

    assert (found.first, found.second, found.both, found.left) == ("ask", "approve", ("Lin",), 1)


def test_it_says_where_nobody_would_be_left(asked):
    asked.person("lin", "buyer", "planner")

    assert duties.possible()[0].left == 0


def test_roles_that_nobody_shares_separate_by_themselves(asked):
    asked.person("lin", "buyer")
    asked.person("wu", "planner")

    assert (duties.possible()[0].both, duties.possible()[0].left) == ((), 1)


def completed(world, first, second):
    instances.start("test.one", {}, "thing:1", own=False)
    db.session.commit()
    world.done(first, "ask")
    world.done(second, "approve")


def test_where_two_people_did_it_nothing_is_found(asked):
    completed(asked, asked.person("lin", "buyer"), asked.person("wu", "planner"))

    assert duties.done() == []


def test_what_one_person_did_is_found_though_no_rule_saw_it(asked):
    """As if the separation had not been looked at: the report does not rely on what should have prevented it."""
    lin, wu = asked.person("lin", "buyer"), asked.person("wu", "planner")
    completed(asked, lin, wu)
    task = db.session.query(HumanTask).filter_by(element="approve").one()
    task.completed_by_id, task.completed_by_name = lin.user_id, "Lin"
    db.session.commit()

    (found,) = duties.done()
    assert (found.first, found.second, found.person, found.allowed) == ("ask", "approve", "Lin", False)


def test_what_one_person_did_is_found_however_much_else_they_may_do_was_done_since(both, monkeypatch):
    monkeypatch.setattr(duties, "MOST", 1)
    both.deploy(
        process(
            "test.one",
            lanes(buyer="ask note", planner="approve"),
            user("ask"),
            user("approve", separate_from="ask"),
            user("note", separate_from="approve"),
            flows("start -> ask -> approve -> note -> end"),
        )
    )
    lin, wu = both.person("lin", "buyer"), both.person("wu", "planner")
    completed(both, lin, wu)
    both.done(lin, "note")  # that lin asked, too, is no conflict: only who approved may not note
    task = db.session.query(HumanTask).filter_by(element="approve").one()
    task.completed_by_id, task.completed_by_name = lin.user_id, "Lin"
    task.on_behalf_of_id = None
    db.session.commit()

    assert [(one.first, one.second) for one in duties.done()] == [("approve", "note")]
    monkeypatch.setattr(duties, "MOST", 2)
    assert [(one.first, one.second) for one in duties.done()] == [("approve", "note"), ("ask", "approve")]


def test_what_was_done_in_somebody_s_place_counts_for_both(asked):
    lin, wu = asked.person("lin", "buyer"), asked.person("wu", "planner")
    completed(asked, lin, wu)
    db.session.query(HumanTask).filter_by(element="approve").one().on_behalf_of_id = lin.user_id
    db.session.commit()

    assert len(duties.done()) == 1


def test_auditors_see_and_take_it_away_and_nobody_else(asked, login):
    asked.person("lin", "buyer", "planner")
    admin = login("admin")

    page = admin.get("/operations/duties").text
    assert "nobody would be left" in page and "Lin" in page
    assert "Nobody did both sides" in admin.get("/operations/duties?view=done").text
    assert "Lin" in admin.get("/operations/duties?export=csv").get_data().decode("utf-8-sig")
    assert login("buyer").get("/operations/duties").status_code == 403


def test_whoever_is_excluded_from_a_later_step_is_not_among_who_may_in_whatever_language_they_worked(world):
    world.deploy(
        process(
            "test.one",
            lanes(buyer="ask check", planner="approve"),
            user("ask"),
            user("check"),
            user("approve", separate_from="ask"),
            flows("start -> ask -> check -> approve -> end"),
        )
    )
    lin = world.person("lin", "buyer", "planner")
    world.person("wu", "planner")
    instances.start("test.one", {}, "thing:1", own=False)
    db.session.commit()
    world.done(lin, "ask").completed_by_name = "林"

    assert [one.may for one in chain.levels(world.task("check"))][-1] == ["Wu"]
