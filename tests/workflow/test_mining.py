"""Event logs: what the cases did, as XES and OCEL 2.0, and a mining tool's replay on the deployed diagram."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from lxml import etree

from app.core import audit
from app.core.db import db
from app.workflow import definitions
from app.workflow.drawing.diagram import Diagram
from app.workflow.drawing.layout import arrange
from app.workflow.mining import events, folder, ocel, xes
from app.workflow.mining.fusing import fused
from app.workflow.mining.labels import labels
from app.workflow.mining.net import net_of
from app.workflow.models import HumanTask, InstanceStatus, ProcessDefinition, TaskStatus
from app.workflow.running import instances
from app.workflow.trial import scratch, suite
from app.workflow.trial.play import play
from tests.workflow.diagrams import flows, lanes, node, process, service, user
from tests.workflow.logs import EVER, the_logs_fit
from tests.workflow.nets import fits

XES = "{http://www.xes-standard.org/}"
MINER = os.environ.get("OCTAD_MINING_PYTHON", "")
LOGS = os.environ.get("OCTAD_MINING_LOGS", "")
REPEATED = (
    '<bpmn:multiInstanceLoopCharacteristics isSequential="false"><bpmn:loopCardinality>3</bpmn:loopCardinality>'
    "</bpmn:multiInstanceLoopCharacteristics>"
)
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
    for days in ("first=0001-01-01", "last=9999-12-31"):
        assert browser.get(f"/operations/logs?process=test.one&format=xes&{days}").status_code == 422, days
    assert login("planner").get("/operations/logs").status_code == 403


def test_a_folder_holds_each_version_with_its_diagram_and_net(played, tmp_path: Path):
    index = folder.write(tmp_path, *EVER)

    assert [(one["process"], one["version"], one["cases"]) for one in index] == [("test.one", 1, 6)]
    assert index[0]["events"] == sum(len(case.events) for case in log_of())
    assert json.loads((tmp_path / "index.json").read_text())["versions"] == index
    assert (tmp_path / "test.one-v1.bpmn").read_bytes() == definitions.active("test.one").source.encode()
    net = etree.parse(tmp_path / "test.one-v1.pnml")
    labels = {one.findtext("name/text") for one in net.iter("transition") if one.find("toolspecific") is None}
    assert labels == {"Look & <see>", "left", "one", "two"}
    assert the_logs_fit() == {"test.one": 6}


@pytest.mark.parametrize(
    "trace", [["Look & <see>"], ["left"], ["Look & <see>", "one"], ["Look & <see>", "one", "one"]]
)
def test_a_net_refuses_what_its_diagram_never_does(trace: list[str]):
    made = fused(net_of(Diagram(DIAGRAM, "bpmn/test/one.bpmn")))

    assert fits(made, ["Look & <see>", "two", "one"])
    assert not fits(made, trace)


def test_cases_taken_off_their_way_are_named_not_replayed(played):
    case = instances.start("test.one", {}, "thing:8", own=False)
    audit.record("token.moved", "thing:8", instance_id=case.id)
    case.status = InstanceStatus.COMPLETED
    db.session.commit()

    (_definition, found), *others = folder.sorted_cases(*EVER)

    assert others == []
    assert (len(found.cases), found.left_out) == (6, {"token moved": 1})


def test_each_call_is_a_case_of_the_called_process(world):
    inner = process(
        "test.two",
        lanes(planner="ask"),
        user("ask"),
        node("intermediateThrowEvent", "said"),
        flows("start -> ask -> said -> end"),
    )
    around = process(
        "test.one",
        node("callActivity", "call", REPEATED, calledElement="test.two"),
        flows("start -> call -> end"),
    )
    world.deploy(inner, around)
    instances.start("test.one", {}, "thing:1", own=False)
    db.session.commit()
    person = world.person("lin", "planner")
    for _turn in range(3):
        world.done(person, "ask")

    found = {definition.key: sorted_out.cases for definition, sorted_out in folder.sorted_cases(*EVER)}

    assert [[event.element for event in folder.own(case)] for case in found["test.two"]] == [
        ["ask", "said"]
    ] * 3
    assert the_logs_fit() == {"test.one": 1, "test.two": 3}


@pytest.mark.skipif(not LOGS, reason="runs every shipped case once more: make mining")
def test_the_shipped_test_cases_fit_their_diagrams(app):
    bundle = definitions.check_folder()
    versions: dict[str, tuple[ProcessDefinition, folder.Sorted]] = {}
    for key in sorted(bundle.tests):
        files = suite.needed(bundle, key)
        for case in bundle.tests[key]:
            for definition, found in scratch.on_scratch(
                partial(_played_alone, files, key, case, bundle.forms)
            ):
                _known, all_found = versions.setdefault(definition.key, (definition, folder.Sorted()))
                all_found.left_out += found.left_out
                for one in found.cases:
                    all_found.cases.append(replace(one, id=len(all_found.cases) + 1))
    for definition, found in versions.values():
        diagram = Diagram(definition.source.encode(), definition.file)
        made, known = fused(net_of(diagram)), labels(diagram)
        for case in found.cases:
            assert fits(made, folder.trace(case, known)), (definition.key, case)
    folder.write_versions(Path(LOGS) / "shipped test cases", versions.values(), None)


def _played_alone(files: dict, key: str, case: dict, forms: dict) -> list:
    scratch.fresh(files)
    play(key, case, forms)
    found = list(folder.sorted_cases(*EVER))
    for definition, _sorted in found:
        assert definition.source
        db.session.expunge(definition)
    return found


@pytest.mark.skipif(not MINER, reason="the mining tool has an environment of its own: make mining")
def test_a_mining_tool_replays_the_log_on_the_deployed_diagram(played, tmp_path: Path):
    folder.write(tmp_path, *EVER)
    done = subprocess.run(
        [MINER, "scripts/replay.py", tmp_path], capture_output=True, text=True, check=False, timeout=300
    )

    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    told = json.loads((tmp_path / "replayed.json").read_text())
    assert [(one["alignments"], one["tokens"], one["bpmn"]) for one in told["versions"]] == [
        (1.0, 1.0, [1.0, 1.0])
    ]
    assert told["objects"]["objects"] == {"process_instance": 6, "thing": 7}
    assert told["objects"]["valid"] is True
