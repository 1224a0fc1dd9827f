"""What the people who run the processes see: heat on the diagram, causes of failures, runners and queues."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import lxml.html
import pytest

from app import jobs
from app.core import clock
from app.core.actors import acting
from app.core.db import db
from app.core.errors import DomainError
from app.core.operators import OPERATORS
from app.workflow import definitions
from app.workflow.models import Incident, ProcessDefinition
from app.workflow.running import causes, instances
from app.workflow.watching import heat, overview, runners
from tests.workflow.diagrams import files, flows, lanes, node, process, service, timer, user

MORNING = datetime(2026, 3, 2, 1, tzinfo=UTC)
LOOP = process(
    "test.loop",
    lanes(planner="draft check", system="start rest more end"),
    user("draft", due="PT1H"),
    user("check"),
    node("exclusiveGateway", "more", default="more_to_rest"),
    node("intermediateCatchEvent", "rest", timer("PT2H")),
    flows("start -> draft -> check -> more -> rest -> end\nmore -> draft if not check.ok"),
)


def after(hours: float) -> object:
    """The clock so many hours after the morning."""
    return clock.freeze(MORNING + timedelta(hours=hours))


def one_case_with_rework(world) -> None:
    """Drafted late, sent back, claimed and drafted late again, now resting; another case that nobody touched."""
    lin = world.person("lin", "planner")
    with after(0):
        world.deploy(LOOP)
        instances.start("test.loop", {}, "test:1", own=False)
        instances.start("test.loop", {}, "test:2", own=False)
        db.session.commit()
    with after(2):
        world.done(lin, "draft", ok=True)
    with after(3):
        world.done(lin, "check", ok=False)
    with after(4), acting(lin):
        instances.claim(world.tasks("draft")[-1].id)
        db.session.commit()
    with after(4.5), acting(lin):
        instances.complete(world.tasks("draft")[-1].id, {"ok": True})
        db.session.commit()
    with after(5):
        world.done(lin, "check", ok=True)


def test_each_element_tells_how_often_how_long_how_late_and_how_often_again(both):
    one_case_with_rework(both)
    definition = db.session.scalar(db.select(ProcessDefinition).filter_by(key="test.loop"))

    with after(6):
        found = {one.element: one for one in heat.elements(heat.process(definition.id))}

    draft, check, rest = found["draft"], found["check"], found["rest"]
    assert (draft.count, draft.here, draft.rework, draft.overdue) == (3, 1, 1, 3)
    assert (check.count, check.here, check.rework, check.overdue) == (2, 0, 1, 0)
    assert (rest.count, rest.here, rest.rework) == (1, 1, 0)
    # two hours, one hour until it was claimed, and six that the second case waits already
    assert draft.waiting == pytest.approx(3 * 3600, abs=2)
    assert draft.work == pytest.approx(1800, abs=2)
    assert check.work is None
    assert rest.waiting == pytest.approx(3600, abs=2)
    assert heat.levels([draft, check, rest], "rework") == {"draft": 5, "check": 5}
    assert heat.levels([draft, check, rest], "waiting") == {"draft": 5, "check": 2, "rest": 2}


def test_the_heat_is_on_the_page_in_a_file_and_for_who_may_read_processes(world, login):
    one_case_with_rework(world)
    definition = db.session.scalar(db.select(ProcessDefinition).filter_by(key="test.loop"))
    manager = login("plant_manager", name="manager")

    address = f"/operations/{definition.id}"
    assert f'href="{address}"' in manager.get("/operations").text
    marks = lxml.html.fromstring(manager.get(f"{address}?measure=rework").text).xpath("//@data-marks")
    assert json.loads(marks[0])["draft"] == {"state": "heat5", "token": "1"}
    rows = manager.get(f"{address}?measure=rework&export=csv").text.splitlines()
    assert rows[1].startswith("draft,draft,3,1,")
    assert manager.get(f"{address}/diagram.xml").text.count("<bpmn:userTask") == 2
    assert manager.get("/operations/999").status_code == 404
    assert login("operator", name="op").get(address).status_code == 403


def test_nine_of_ten_cases_end_within_a_time():
    times = [timedelta(hours=one) for one in range(1, 21)]

    assert overview.ninth(times) == timedelta(hours=18)
    assert overview.ninth(times[:1]) == timedelta(hours=1)
    assert overview.ninth([]) is None


def test_failures_of_one_cause_differ_only_in_their_particulars():
    one = causes.cause("p.a", "call", ValueError('row 12 of "SO2603-0012" is 4.5'))

    assert one == causes.cause("p.a", "call", ValueError('row 7 of "SO2603-0031" is -2'))
    assert one != causes.cause("p.a", "call", ValueError("row 12 is missing"))
    assert one != causes.cause("p.a", "call", KeyError('row 12 of "SO2603-0012" is 4.5'))
    assert one != causes.cause("p.a", "post", ValueError('row 12 of "SO2603-0012" is 4.5'))
    rules = [DomainError("no_price", words) for words in ("Item 4 has no price.", "品項 4 沒有價格。")]
    assert len({causes.cause("p.a", "call", rule) for rule in rules}) == 1


def test_all_failures_of_a_cause_are_tried_again_and_each_tells_what_came_of_it(world, login, monkeypatch):
    world.deploy(process("test.one", service("call", "test.refuse", "r"), flows("start -> call -> end")))
    for number in range(3):
        instances.start("test.one", {}, f"test:{number}", own=False)
    db.session.commit()
    cause = db.session.scalar(db.select(Incident.cause).distinct())
    address, manager = f"/incidents/causes/{cause}", login("plant_manager", name="manager")
    assert "All of this cause: 3" in manager.get("/incidents").text
    assert (
        login("supervisor", name="chen").post(address, data={"_action": "retry", "_all": 1}).status_code
        == 403
    )

    assert manager.post(address, data={"_action": "retry", "_all": "1"}).text.count("Failed again") == 3
    mended = replace(OPERATORS["test.refuse"], function=lambda: {"done": True})
    monkeypatch.setitem(OPERATORS, "test.refuse", mended)
    page = manager.post(address, data={"_action": "retry", "_all": "1"}).text

    assert page.count("Went on") == 3
    assert "No incident." in manager.get("/incidents").text
    assert manager.post(address, data={"_action": "retry", "_all": "1"}).status_code == 422


def test_a_runner_shows_its_beat_its_work_and_what_waits(app, login):
    address, manager = "/operations/runner", login("plant_manager", name="manager")
    assert "No runner runs" in manager.get(address).text
    rest = process(
        "test.rest",
        node("intermediateCatchEvent", "rest", timer("PT2H"), name="Rest"),
        flows("start -> rest -> end"),
    )
    with after(0):
        definitions.deploy(files(rest))
        instances.start("test.rest", {}, "test:1", own=False)
        db.session.commit()
    with after(3):
        assert queue_row(manager.get(address).text, "Timers") == ["1", "1", "1 h"]
        pulse = runners.Pulse("turns")
        jobs.run_once(app, pulse=pulse)
        db.session.rollback()
        page = manager.get(address).text
        assert "1 runner runs" in page
        assert queue_row(page, "Timers") == ["0", "0", "–"]
        assert queue_row(page, "Fire timers")[0] == "1"
        assert pulse.beat() is False
    with after(3.1):
        assert "No runner runs" in manager.get(address).text
        pulse.failed("timers", ValueError("the disk is full"))
        jobs.run_once(app, pulse=pulse)
        db.session.rollback()
        assert "ValueError: the disk is full" in manager.get(address).text
        pulse.end()
        assert "No runner was heard of" in manager.get(address).text
    assert login("operator", name="op").get(address).status_code == 403


def queue_row(page: str, name: str) -> list[str]:
    """The cells beside a name in a table."""
    [row] = lxml.html.fromstring(page).xpath(f"//td[normalize-space()='{name}']/..")
    return [cell.text_content().strip() for cell in row.xpath("td")[1:]]
