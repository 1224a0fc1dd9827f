"""Inbox and task pages: each person finds their task, does it once, and the next one opens."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask_babel import refresh

from app.accounts.models import User
from app.core.clock import freeze, now
from app.core.db import db
from app.workflow.models import HumanTask, TaskStatus
from tests.workflow.tiny import GOOD, open_task, start


@pytest.fixture
def planner(login):
    """A planner's browser."""
    return login("planner", name="lin")


@pytest.fixture
def case(app):
    """A running case; its first task belongs to planners."""
    return start()


def url(element: str = "review", tail: str = "") -> str:
    """A task's address."""
    return f"/tasks/{open_task(element).id}{tail}"


def counts(page: str) -> dict[str, int]:
    """The counts beside the inbox's filters."""
    return dict(re.findall(r'view=(\w+)".*?class="number">(\d+)<', page))


def test_a_task_shows_to_its_role_and_to_nobody_else(case, planner, login):
    assert "Review the plan" in planner.get("/inbox").text
    assert "Review the plan" not in login("buyer").get("/inbox").text
    assert login("buyer").get(url()).status_code == 404


def test_the_inbox_asks_for_signing_in(case, client):
    answer = client.get("/inbox")

    assert answer.status_code == 302
    assert "/account/login" in answer.location


def test_filters_count_what_they_show(case, planner):
    assert counts(planner.get("/inbox").text)["roles"] == "1"
    planner.post(url(tail="/claim"))

    after = counts(planner.get("/inbox?view=mine").text)

    assert (after["mine"], after["roles"], after["todo"], after["overdue"]) == ("1", "0", "1", "0")


def test_an_overdue_task_says_so(case, planner):
    with freeze(now() + timedelta(days=2, hours=5)):
        page = planner.get("/inbox?view=overdue").text

    assert "Overdue 5 h" in page
    assert counts(page)["overdue"] == "1"


def test_search_finds_the_order_and_misses_the_rest(case, planner):
    assert "Review the plan" in planner.get("/inbox?q=2603-0012").text
    assert "No task matches" in planner.get("/inbox?q=100%25").text


@pytest.mark.parametrize(
    "query", ["view=x&sort=y", "page=-1", "page=x", "q=%00", "sort=-created", "sort=name"]
)
def test_odd_addresses_still_answer(case, planner, query):
    assert planner.get(f"/inbox?{query}").status_code == 200


def test_completing_leads_to_the_next_task_of_the_case(case, login):
    boss = login("planner", "supervisor", name="both")
    login("planner", name="lin").post(url(), data=GOOD)

    answer = boss.get(url("approve"))

    assert answer.status_code == 200
    assert open_task("review") is None


def test_who_reviewed_may_not_approve(case, login):
    both = login("planner", "supervisor", name="both")
    both.post(url(), data=GOOD)

    assert both.post(url("approve"), data=GOOD).status_code == 403
    assert open_task("approve") is not None


def test_errors_stand_beside_their_fields_and_nothing_is_lost(case, planner):
    answer = planner.post(url(), data={**GOOD, "lines-0-quantity": "12 kg"})

    assert answer.status_code == 422
    assert 'href="#f-lines-0-quantity"' in answer.text
    assert "This is not a number." in answer.text
    assert 'value="12 kg"' in answer.text
    assert open_task("review").status == TaskStatus.OPEN


def test_rows_are_added_without_javascript(case, planner):
    answer = planner.post(url(), data={**GOOD, "_add": "lines"})

    assert answer.status_code == 200
    assert 'name="lines-1-item"' in answer.text
    assert open_task("review") is not None


def test_a_draft_comes_back_as_typed(case, planner):
    assert planner.post(url(tail="/draft"), data={**GOOD, "lines-0-quantity": "about 7"}).status_code == 204

    assert 'value="about 7"' in planner.get(url()).text


def test_the_second_person_is_told_who_was_first(case, planner, login):
    address = url()
    second = login("planner", name="wu")
    planner.post(address, data=GOOD)

    answer = second.post(address, data=GOOD)

    assert answer.status_code == 409
    assert "Lin completed this task" in answer.text


def test_a_claimed_task_is_kept_for_its_owner(case, planner, login):
    planner.post(url(tail="/claim"))

    answer = login("planner", name="wu").post(url(), data=GOOD)

    assert answer.status_code == 409
    assert open_task("review").owner_name == "Lin"


def test_several_tasks_are_claimed_and_given_back_at_once(case, planner):
    start("SO2603-0013")
    ids = [task.id for task in db.session.scalars(db.select(HumanTask))]

    claimed = planner.post("/inbox", data={"task": ids, "_action": "claim"}, follow_redirects=True).text
    returned = planner.post("/inbox", data={"task": ids, "_action": "unclaim"}, follow_redirects=True).text

    assert "2 tasks claimed." in claimed
    assert "2 tasks given back." in returned


def test_tasks_are_completed_at_once_where_nothing_is_left_to_answer(case, planner):
    start("SO2603-0013")
    first, second = (task.id for task in db.session.scalars(db.select(HumanTask).order_by(HumanTask.id)))
    planner.post(f"/tasks/{first}/draft", data=GOOD)

    page = planner.post(
        "/inbox", data={"task": [first, second], "_action": "complete"}, follow_redirects=True
    )

    assert "1 task completed." in page.text
    assert page.text.count("It asks something") == 1
    db.session.rollback()
    states = dict(db.session.execute(db.select(HumanTask.id, HumanTask.status)).all())
    assert (states[first], states[second]) == ("completed", "open")


def test_a_half_filled_draft_is_not_completed_from_the_list(case, planner):
    planner.post(url(tail="/draft"), data=GOOD | {"decision": ""})

    page = planner.post("/inbox", data={"task": [1], "_action": "complete"}, follow_redirects=True)

    assert "Its draft is not complete" in page.text
    assert open_task("review") is not None


def test_only_managers_assign(case, planner, login):
    lin = db.session.scalar(db.select(User.id).where(User.login == "lin"))
    data = {"task": [open_task("review").id], "_action": "assign", "_assignee": lin}

    assert "You do not have the right" in planner.post("/inbox", data=data, follow_redirects=True).text
    assert "1 task assigned." in login("plant_manager").post("/inbox", data=data, follow_redirects=True).text


def test_a_chinese_reader_gets_chinese_labels(case, planner):
    page = planner.get(url(), headers={"Accept-Language": "zh-TW"}).text

    assert '<html lang="zh-Hant-TW"' in page
    assert "審查計畫" in page
    assert "重新展算" in page


def test_the_diagram_speaks_the_reader_s_language(case, planner):
    chinese = planner.get(f"/processes/{case.id}/diagram.xml", headers={"Accept-Language": "zh-TW"}).text
    refresh()  # the test's own context outlives its requests
    english = planner.get(f"/processes/{case.id}/diagram.xml", headers={"Accept-Language": "en"}).text

    assert 'name="審查計畫"' in chinese
    assert 'name="Review the plan"' in english


@pytest.mark.parametrize("tab", ["order", "talk", "diagram", "chain", "documents", "history", "nothing"])
def test_every_tab_of_a_task_answers(case, planner, tab):
    assert planner.get(url(tail=f"?tab={tab}")).status_code == 200


def test_processes_are_listed_for_managers_and_exported(case, login, planner):
    manager = login("plant_manager")

    assert "Tiny plan" in manager.get("/processes").text
    assert manager.get(f"/processes/{case.id}").status_code == 200
    assert "plan:SO2603-0012" in manager.get("/processes?q=tiny").text
    assert "plan:SO2603-0012" in manager.get("/processes?q=plan:SO2603-0012").text
    assert "plan:SO2603-0012" not in manager.get("/processes?q=nothing").text
    assert manager.get("/processes?export=csv").text.startswith("\ufeffNo.,Process")
    assert planner.get("/processes").status_code == 403
    assert manager.get("/incidents").status_code == 200


def test_an_unknown_order_is_not_found(app, planner):
    assert planner.get("/orders/99").status_code == 404


def test_the_api_lists_and_completes_with_the_same_rules(case, planner):
    listed = planner.get("/api/v1/tasks").json
    address = f"/api/v1/tasks/{listed[0]['id']}/complete"
    rows = [{"item": "PUMP-A356", "quantity": 1200}]

    refused = planner.post(address, json={"values": {"lines": rows, "decision": "maybe"}})
    unknown = planner.post(address, json={"values": {"lines": rows, "decision": "approve", "price": "1"}})
    done = planner.post(address, json={"values": {"lines": rows, "decision": "approve"}})
    again = planner.post(address, json={"values": {"lines": rows, "decision": "approve"}})

    assert (refused.status_code, unknown.status_code, done.status_code, again.status_code) == (
        422,
        422,
        200,
        409,
    )
    assert done.json["status"] == "completed"
    assert refused.json["field"] == "decision"


@pytest.mark.parametrize("named", [{"id": 1, "name": "x.pdf"}, {"id": 10**30}, {"name": "x.pdf"}, "1", [1]])
def test_the_api_names_no_file_of_somebody_else(case, planner, login, monkeypatch, named):
    from app.workflow.form import forms
    from app.workflow.people import attachments

    db.session.add(
        attachments.Attachment(
            name="x.pdf", sha256="0", size=1, content=b"x", created_at=now(), created_by_id=None
        )
    )
    db.session.commit()
    form = forms.Form("t/t", {"components": [{"type": "file", "key": "paper"}]})
    monkeypatch.setattr(forms, "load", lambda _key, _version=None: form)
    answer = planner.post(
        f"/api/v1/tasks/{open_task('review').id}/complete", json={"values": {"paper": named}}
    )

    assert (answer.status_code, answer.get_json()["field"]) == (422, "paper")
    assert open_task("review").status == "open"


def test_the_api_wants_somebody_signed_in(case, client):
    assert client.get("/api/v1/tasks").status_code == 401


def test_the_inbox_finds_chinese_words(case, planner):
    found = planner.get("/inbox?q=審查", headers={"Accept-Language": "zh-TW"}).text
    refresh()
    missed = planner.get("/inbox?q=盤點", headers={"Accept-Language": "zh-TW"}).text

    assert url() in found
    assert url() not in missed
