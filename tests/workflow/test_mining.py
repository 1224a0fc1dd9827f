"""Event logs: what the cases did, as XES and OCEL 2.0, and a mining tool's replay on the deployed diagram."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from app.core.db import db
from app.workflow import definitions
from app.workflow.drawing.layout import arrange
from app.workflow.mining import events, ocel, xes
from app.workflow.models import HumanTask, TaskStatus
from app.workflow.running import instances
from tests.workflow.diagrams import flows, lanes, node, process, service, user

XES = "{http://www.xes-standard.org/}"
MINER = os.environ.get("OCTAD_MINING_PYTHON", "")
WAYS = """
start -> look -> choose
choose -> left if look.ok
choose -> split
split -> one -> join
split -> two -> join
join -> again
again -> look if one.ok
again -> end
left -> gone
"""
DIAGRAM = arrange(
    process(
        "test.one",
        lanes(planner="look one", buyer="two"),
        user("look", document="&quot;thing:9&quot;"),
        node("exclusiveGateway", "choose", default="choose_to_split"),
        service("left", "test.echo", "echoed", value="1"),
        node("parallelGateway", "split"),
        user("one"),
        user("two"),
        node("parallelGateway", "join"),
        node("exclusiveGateway", "again", default="again_to_end"),
        node("endEvent", "gone"),
        flows(WAYS),
    ).replace(b'name="look"', b'name="Look &amp; &lt;see&gt;"')
)
REPLAY = """
import sys, pm4py
net, start, end = pm4py.convert_to_petri_net(pm4py.read_bpmn(sys.argv[1]))
log = pm4py.read_xes(sys.argv[2])
objects = pm4py.read_ocel2_json(sys.argv[3])
fitness = pm4py.fitness_alignments(log, net, start, end)
other = pm4py.fitness_token_based_replay(log, net, start, end)
print(fitness["percentage_of_fitting_traces"] / 100, other["log_fitness"], len(objects.events), len(objects.objects), len(log))
"""


@pytest.fixture
def played(world):
    """Six cases: one that left early, the others once or twice round."""
    definitions.deploy({"bpmn/test/one.bpmn": DIAGRAM, **_form()})
    planner, buyer = world.person("lin", "planner"), world.person("wu", "buyer")
    for number in range(6):
        case = instances.start("test.one", {}, f"thing:{number}", own=False)
        db.session.commit()
        rounds = number % 3
        for turn in range(rounds + 1):
            world.done(planner, "look", ok=number == 5)
            if number == 5:
                break
            first, second = (
                (("one", planner), ("two", buyer)) if number % 2 else (("two", buyer), ("one", planner))
            )
            for element, who in (first, second):
                world.done(who, element, ok=turn < rounds)
        open_tasks = db.session.query(HumanTask).filter_by(instance_id=case.id, status=TaskStatus.OPEN)
        assert open_tasks.count() == 0
    return world


def _form() -> dict[str, bytes]:
    fields = [{"key": "ok", "type": "checkbox", "label": {"en": "OK", "zh_Hant": "好"}}]
    content = {"title": {"en": "Free", "zh_Hant": "自由"}, "components": fields}
    return {"forms/test/free.json": json.dumps(content).encode()}


def log_of(**more: bool) -> list[events.Case]:
    return list(events.cases("test.one", date(2020, 1, 1), date(2100, 1, 1), **more))


def text_of(pieces) -> bytes:
    return "".join(pieces).encode()


def test_xes_holds_what_was_done_by_whom_and_when(played):
    root = etree.fromstring(text_of(xes.log("test.one", "One", log_of())))
    traces = root.findall(f"{XES}trace")
    events_of = [trace.findall(f"{XES}event") for trace in traces]
    names = [[one.find(f"{XES}string[@key='concept:name']").get("value") for one in of] for of in events_of]

    assert len(traces) == 6
    assert names[5] == ["Look & <see>", "left"]
    assert names[0] == ["Look & <see>", "two", "one"]
    first = {one.get("key"): one.get("value") for one in events_of[0][0]}
    assert (first["org:resource"], first["org:role"]) == ("Lin", "planner")
    assert (first["octad:element"], first["octad:document"]) == ("look", "thing:9")
    assert first["octad:began"] <= first["time:timestamp"]
    assert etree.fromstring(text_of(xes.log("a", "b", log_of(), starts=True))).xpath(
        "count(//*[@value='start'])"
    ) == sum(len(of) for of in names)


def test_ocel_relates_every_event_to_objects_it_holds(played):
    log = json.loads(text_of(ocel.log(log_of())))
    objects = {one["id"]: one["type"] for one in log["objects"]}
    types = {one["name"] for one in log["objectTypes"]}

    assert set(objects.values()) == types == {"process_instance", "thing"}
    assert {one["type"] for one in log["events"]} == {one["name"] for one in log["eventTypes"]}
    assert all(related["objectId"] in objects for one in log["events"] for related in one["relationships"])
    assert all(related["objectId"] in objects for one in log["objects"] for related in one["relationships"])
    assert "thing:9" in objects


def test_running_cases_and_other_days_are_left_out(played):
    instances.start("test.one", {}, "thing:7", own=False)
    db.session.commit()

    assert (len(log_of()), len(log_of(ended=False))) == (6, 7)
    assert list(events.cases("test.one", date(2000, 1, 1), date(2000, 12, 31))) == []


def test_the_page_gives_the_files(played, login):
    browser = login("plant_manager", name="chen")

    assert "OCEL 2.0" in browser.get("/operations/logs").text
    answer = browser.get("/operations/logs?process=test.one&format=xes&first=2020-01-01&last=2100-01-01")
    assert answer.mimetype == "application/xml"
    assert answer.text.count("<trace>") == 6
    assert browser.get("/operations/logs?process=test.one&format=ocel").mimetype == "application/json"
    assert browser.get("/operations/logs?process=nothing.here&format=xes").status_code == 404
    assert browser.get("/operations/logs?first=tomorrow").status_code == 422
    assert login("planner").get("/operations/logs").status_code == 403


@pytest.mark.skipif(not MINER, reason="the mining tool has an environment of its own: make mining")
def test_a_mining_tool_replays_the_log_on_the_deployed_diagram(played, tmp_path: Path):
    files = [tmp_path / name for name in ("one.bpmn", "one.xes", "one.jsonocel")]
    files[0].write_bytes(definitions.active("test.one").source.encode())
    files[1].write_bytes(text_of(xes.log("test.one", "One", log_of())))
    files[2].write_bytes(text_of(ocel.log(log_of())))
    done = subprocess.run(
        [MINER, "-c", REPLAY, *files], capture_output=True, text=True, check=False, timeout=300
    )

    assert done.returncode == 0, done.stderr[-2000:]
    aligned, replayed, count, _objects, events_of = done.stdout.split()[-5:]
    assert (float(aligned), float(replayed)) == (1.0, 1.0)
    assert int(count) == int(events_of) == sum(len(case.events) for case in log_of())
