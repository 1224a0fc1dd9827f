"""A change from its first draft to what a second person deploys; nothing is deployed any other way."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event

from app.core.audit import AuditEntry
from app.core.db import db
from app.studio.models import Change, ChangeStatus
from app.workflow import definitions, queries
from app.workflow.models import ProcessDefinition, ProcessInstance
from app.workflow.running import instances
from tests.workflow.diagrams import extensions, files, flows, lanes, node, process, script, table, user

FILE, LIMIT = "bpmn/test/one.bpmn", "bpmn/test/limit.dmn"
CALLED = extensions("<spiffworkflow:calledDecisionId>test.limit</spiffworkflow:calledDecisionId>")
ONE = process("test.one", node("businessRuleTask", "decide", CALLED), flows("start -> decide -> end"))
RULES = table("test.limit", [(["< 10"], ["1"]), ([">= 10"], ["2"])], ["amount"], ["level"])
MORE = process(
    "test.one",
    node("businessRuleTask", "decide", CALLED),
    script("note", "noted = level"),
    flows("start -> decide -> note -> end"),
)


@pytest.fixture
def deployed(app):
    """A process with its decision."""
    definitions.deploy(files(ONE, RULES))
    db.session.commit()


@pytest.fixture
def designer(deployed, login):
    """A process designer's browser."""
    return login("process_designer", name="tseng")


@pytest.fixture
def manager(deployed, login):
    """A plant manager's browser."""
    return login("plant_manager", name="lin")


def opened(browser, title="A note", file=FILE) -> str:
    """Begin a change with a file; its address."""
    answer = browser.post("/studio/changes", data={"title": title, "file": file})
    assert answer.status_code == 302, answer.text
    return answer.location.partition("/files/")[0]


def proposed(browser, source: bytes = MORE, file: str = FILE) -> str:
    """A change that waits for a decision."""
    change = opened(browser, file=file)
    assert browser.post(f"{change}/files/{file}", data={"source": source.decode()}).status_code == 302
    assert browser.post(f"{change}/propose").status_code == 302
    return change


def active(key="test.one", kind="bpmn") -> ProcessDefinition:
    query = db.session.query(ProcessDefinition).filter_by(key=key, kind=kind, active=True)
    return query.populate_existing().one()


def level(amount: int) -> object:
    """What a new case decides."""
    case = instances.start("test.one", {"amount": amount}, "thing:1")
    db.session.commit()
    return queries.data_of_instance(case)["level"]


def acts() -> list[str]:
    """What stands in the record of changes."""
    entries = db.session.query(AuditEntry).order_by(AuditEntry.id)
    return [one.action for one in entries if one.action.startswith("change.")]


def test_a_change_is_deployed_by_a_second_person_and_new_cases_follow_it(designer, manager):
    old = instances.start("test.one", {"amount": 1}, "thing:0")
    db.session.commit()
    change = proposed(designer)

    page = manager.get(change).text
    assert "noted = level" not in page
    assert "note" in page
    assert manager.post(f"{change}/approve").status_code == 302

    made = active()
    assert (made.version, made.author) == (2, "Tseng")
    assert db.session.get(ProcessInstance, old.id).definition.version == 1
    new = instances.start("test.one", {"amount": 1}, "thing:2")
    assert queries.data_of_instance(new)["noted"] == 1
    assert acts() == ["change.opened", "change.proposed", "change.approved"]


def test_it_says_where_running_cases_stand(designer, login):
    waiting = process("test.one", lanes(planner="look"), user("look"), flows("start -> look -> end"))
    definitions.deploy(files(waiting))
    for number in range(3):
        instances.start("test.one", {}, f"thing:{number}")
    db.session.commit()

    page = designer.get(opened(designer)).text

    assert "3 running" in page
    assert "look (3)" in page


def test_nobody_approves_an_own_change(designer, login):
    change = proposed(designer)
    both = login("process_designer", "plant_manager", name="tseng")

    assert designer.post(f"{change}/approve").status_code == 403
    assert both.post(f"{change}/approve").status_code == 403
    assert active().version == 1


@pytest.mark.parametrize("role", ["buyer", "engineer"])
def test_who_may_not_approve_is_refused(designer, login, role):
    change = proposed(designer)

    assert login(role).post(f"{change}/approve").status_code == 403
    assert active().version == 1


def test_a_broken_file_is_kept_as_a_draft_and_told_but_not_proposed(designer):
    change = opened(designer)
    broken = MORE.replace(b"noted = level", b"noted = open('x')")

    answer = designer.post(
        f"{change}/files/{FILE}", data={"source": broken.decode()}, headers={"Accept": "application/json"}
    )

    assert [one["element"] for one in answer.json["problems"]] == ["note"]
    assert designer.post(f"{change}/propose").status_code == 422
    assert db.session.query(Change).one().status is ChangeStatus.DRAFT
    assert designer.get(f"{change}/files/{FILE}").status_code == 200


@pytest.mark.parametrize("source", ["", "<", "{", "x" * 100, "<a/>"])
def test_a_source_that_cannot_be_read_is_told_everywhere(designer, source):
    change = opened(designer)
    assert designer.post(f"{change}/files/{FILE}", data={"source": source}).status_code == 302

    assert designer.get(change).status_code == 200
    assert designer.get(f"{change}/files/{FILE}").status_code == 200
    answer = designer.post(f"{change}/check", data={"file": FILE, "source": source})
    assert answer.json["problems"]
    assert designer.post(f"{change}/propose").status_code == 422


def test_checking_keeps_nothing(designer):
    change = opened(designer)

    answer = designer.post(f"{change}/check", data={"file": FILE, "source": MORE.decode()})

    assert answer.json == {"problems": [], "hints": []}
    assert "note" not in db.session.query(Change).one().files[0].source


def test_a_changed_decision_reaches_the_processes_that_take_it(designer, manager):
    assert level(15) == 2
    rules = table("test.limit", [(["< 20"], ["1"]), ([">= 20"], ["2"])], ["amount"], ["level"])
    change = proposed(designer, rules, LIMIT)

    assert "test.one" in designer.get(change).text
    manager.post(f"{change}/approve")

    assert (active("test.limit", "dmn").version, active().version, level(15)) == (2, 2, 1)


def test_what_was_deployed_meanwhile_is_not_overwritten(designer, manager, login):
    change = proposed(designer)
    other = login("process_designer", name="wu")
    second = proposed(other, MORE.replace(b"noted", b"written"))
    assert manager.post(f"{second}/approve").status_code == 302

    assert manager.post(f"{change}/approve").status_code == 409

    assert "written" in active().source


def test_only_the_author_edits_proposes_and_withdraws(designer, login):
    change = opened(designer)
    other = login("process_designer", name="wu")

    assert other.post(f"{change}/files/{FILE}", data={"source": "x"}).status_code == 403
    assert other.post(f"{change}/propose").status_code == 403
    assert other.post(f"{change}/withdraw").status_code == 403
    assert other.post(f"{change}/drop", data={"file": FILE}).status_code == 403


def test_nothing_changed_is_nothing_to_propose(designer):
    change = opened(designer)

    assert designer.post(f"{change}/propose").status_code == 422


def test_a_proposal_is_taken_back_edited_and_given_up(designer):
    change = proposed(designer)
    assert designer.post(f"{change}/files/{FILE}", data={"source": "x"}).status_code == 409

    designer.post(f"{change}/withdraw")
    assert designer.post(f"{change}/files/{FILE}", data={"source": "x"}).status_code == 302
    designer.post(f"{change}/withdraw")

    assert db.session.query(Change).one().status is ChangeStatus.GIVEN_UP
    assert designer.post(f"{change}/propose").status_code == 409


def test_a_rejection_gives_its_reason(designer, manager):
    change = proposed(designer)

    assert manager.post(f"{change}/reject", data={"reason": " "}).status_code == 422
    assert manager.post(f"{change}/reject", data={"reason": "Not this month"}).status_code == 302

    assert "Not this month" in designer.get(change).text
    assert manager.post(f"{change}/approve").status_code == 409
    assert active().version == 1


def test_an_older_version_comes_back_as_a_change(designer, manager):
    manager.post(f"{proposed(designer)}/approve")
    first = db.session.query(ProcessDefinition).filter_by(key="test.one", version=1).one()

    page = designer.get(f"/studio/definitions/{first.id}").text
    assert re.search(r"/studio/definitions/\d+/restore", page)
    back = designer.post(f"/studio/definitions/{first.id}/restore").location
    designer.post(f"{back}/propose")
    manager.post(f"{back}/approve")

    assert (active().version, active().source) == (3, first.source)


def test_a_version_is_shown_compared_and_downloaded_as_it_was(designer, manager):
    manager.post(f"{proposed(designer)}/approve")
    made = active()

    page = designer.get(f"/studio/definitions/{made.id}").text
    assert "note" in page
    assert designer.get(f"/studio/definitions/{made.id}/source").data == MORE
    assert designer.get(f"/studio/definitions/{made.id}/drawing").mimetype == "application/xml"


@pytest.mark.parametrize(
    "file",
    ["bpmn/../app/core/db.bpmn", "/etc/passwd", "bpmn/test/one.bpmn/x", "forms/a.json", "bpmn/A/b.bpmn"],
)
def test_a_file_outside_our_folders_is_refused(designer, file):
    change = opened(designer)

    assert designer.post(f"{change}/files", data={"file": file}).status_code == 422
    assert len(db.session.query(Change).one().files) == 1


@pytest.mark.parametrize("file", ["bpmn/test/fresh.bpmn", "bpmn/test/fresh.dmn", "forms/test/fresh.json"])
def test_a_new_file_begins_with_something_that_can_be_deployed(designer, manager, file):
    change = opened(designer)
    assert designer.post(f"{change}/files", data={"file": file}).status_code == 302
    designer.post(f"{change}/drop", data={"file": FILE})

    assert designer.post(f"{change}/propose").status_code == 302
    assert manager.post(f"{change}/approve").status_code == 302


def test_the_changes_under_way_are_read_alike_however_many_there_are(app, login):
    designer, asked = login("process_designer"), []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    numbers = []
    for count in (1, 3):
        for place in range(count):
            started = {"title": "More", "file": f"bpmn/test/{'abc'[place]}{count}.bpmn"}
            assert designer.post("/studio/changes", data=started).status_code == 302
        db.session.remove()
        asked.clear()
        assert designer.get("/studio").text.count("1 files") >= count
        numbers.append(sum("FROM studio_change_file" in one for one in asked))

    assert numbers[0] == numbers[1]
