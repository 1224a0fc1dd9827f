"""What the engine would get silently wrong is refused at deploy, naming the element."""

from __future__ import annotations

import tracemalloc

import pytest

from app.workflow import definitions
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
from tests.workflow.escapes import ESCAPES

LINE = flows("start -> x -> end")


def timed(event: str) -> str:
    return node("intermediateCatchEvent", "x", event)


def task(inner: str = "", **attributes: str) -> str:
    return node("scriptTask", "x", f"<bpmn:script>a = 1</bpmn:script>{inner}", **attributes)


def loop(inner: str, **attributes: str) -> str:
    return task(node("multiInstanceLoopCharacteristics", "m", inner, **attributes))


REFUSED = {
    "event-based gateway": node("eventBasedGateway", "x") + LINE,
    "complex gateway": node("complexGateway", "x") + LINE,
    "transaction": node("transaction", "x") + LINE,
    "ad-hoc subprocess": node("adHocSubProcess", "x") + LINE,
    "plain task": node("task", "x") + LINE,
    "global task": node("callActivity", "x", calledElement="nothing") + LINE,
    "throwing event": node("intermediateThrowEvent", "x", "<bpmn:signalEventDefinition/>") + LINE,
    "link": timed("<bpmn:linkEventDefinition/>") + LINE,
    "signal": timed("<bpmn:signalEventDefinition/>") + LINE,
    "conditional": timed("<bpmn:conditionalEventDefinition/>") + LINE,
    "compensation": task(isForCompensation="true") + LINE,
    "start quantity": task(startQuantity="2") + LINE,
    "completion quantity": task(completionQuantity="2") + LINE,
    "standard loop": task("<bpmn:standardLoopCharacteristics/>") + LINE,
    "multi-instance one": loop("<bpmn:loopCardinality>2</bpmn:loopCardinality>", behavior="One") + LINE,
    "multi-instance both": loop(
        "<bpmn:loopCardinality>2</bpmn:loopCardinality><bpmn:loopDataInputRef>a</bpmn:loopDataInputRef>"
    )
    + LINE,
    "cycle": timed(timer("R/PT0.01S", "timeCycle")) + LINE,
    "empty timer": timed("<bpmn:timerEventDefinition/>") + LINE,
    "unknown message": timed(message("test.unheard")) + LINE,
    "no correlation": timed(message("test.arrived")) + LINE,
    "event subprocess": node("subProcess", "x", node("startEvent", "s2"), triggeredByEvent="true") + LINE,
    "unknown operator": service("x", "test.nothing", "r") + LINE,
    "unknown parameter": service("x", "test.echo", "r", amount="1") + LINE,
    "no result variable": service("x", "test.echo", "") + LINE,
    "result typename": service("x", "test.echo", "typename") + LINE,
    "unknown form": lanes(planner="x") + user("x", form="test/missing") + LINE,
    "no lane": user("x") + LINE,
    "unknown property": lanes(planner="x") + user("x", colour="red") + LINE,
    "bad due": lanes(planner="x") + user("x", due="2 days") + LINE,
    "unknown separate": lanes(planner="x") + user("x", separate_from="y") + LINE,
    "unknown decision": node(
        "businessRuleTask",
        "x",
        extensions("<spiffworkflow:calledDecisionId>no</spiffworkflow:calledDecisionId>"),
    )
    + LINE,
    "self-call": node("callActivity", "x", calledElement="test.one") + LINE,
    "pre-script": task(extensions("<spiffworkflow:preScript>a = 1</spiffworkflow:preScript>")) + LINE,
    "another engine's extension": task(
        extensions('<c:formKey xmlns:c="http://camunda.org/schema/1.0/bpmn">x</c:formKey>')
    )
    + LINE,
    "another engine's attribute": '<bpmn:scriptTask xmlns:c="http://camunda.org/schema/1.0/bpmn" id="x" '
    'c:async="true"><bpmn:script>a = 1</bpmn:script></bpmn:scriptTask>' + LINE,
    "message into a subprocess": node(
        "subProcess",
        "x",
        node("startEvent", "b", message("test.arrived")) + node("endEvent", "e2") + flows("b -> e2"),
    )
    + LINE,
    "terminate beside what goes on": task()
    + node(
        "subProcess",
        "handler",
        node("startEvent", "s2", timer("PT1H"), isInterrupting="false")
        + node("endEvent", "e2")
        + flows("s2 -> e2"),
        triggeredByEvent="true",
    )
    + node("endEvent", "end", "<bpmn:terminateEventDefinition/>")
    + LINE,
    "one event behind a gateway": node("eventBasedGateway", "x")
    + node("intermediateCatchEvent", "b", timer("PT1H"))
    + flows("start -> x -> b -> end"),
    "a task behind an event gateway": node("eventBasedGateway", "x")
    + node("intermediateCatchEvent", "b", timer("PT1H"))
    + script("y", "a = 1")
    + flows("start -> x -> b -> end\nx -> y -> end"),
    "data mapping": task("<bpmn:dataInputAssociation/>") + LINE,
    "several flows out of a task": task() + node("endEvent", "e2") + LINE + flows("x -> e2"),
    "condition behind a task": task() + flows("start -> x\nx -> end if a > 1"),
    "no default": node("exclusiveGateway", "x")
    + node("endEvent", "e2")
    + flows("start -> x\nx -> end if a > 1\nx -> e2 if a < 1"),
    "expression in braces": node("exclusiveGateway", "x", default="x_to_e2")
    + node("endEvent", "e2")
    + flows("start -> x -> e2\nx -> end if ${a}"),
    "dead end": task() + flows("start -> x"),
    "never reached": task() + node("scriptTask", "y") + LINE + flows("y -> y"),
    "signal end": task() + node("endEvent", "end", "<bpmn:signalEventDefinition/>") + LINE,
    "timer start": node("startEvent", "start", timer("PT1H")) + task() + LINE,
    "two starts": node("startEvent", "s2") + task() + LINE + flows("s2 -> x"),
    "boundary on nothing": task() + node("boundaryEvent", "b", timer("PT1H"), attachedToRef="no") + LINE,
    "escalation boundary": task()
    + node("boundaryEvent", "b", "<bpmn:escalationEventDefinition/>", attachedToRef="x")
    + node("endEvent", "e2")
    + LINE
    + flows("b -> e2"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_would_go_wrong_silently_is_refused_by_name(world, name):
    source = process("test.one", REFUSED[name], messages=("test.arrived", "test.unheard"))

    problems = definitions.check_files(files(source)).problems

    assert all(p.file == "bpmn/test/one.bpmn" and p.message for p in problems)
    named = {p.element for p in problems}
    assert named & {"x", "b", "end", "start", "y", "test.one", "x_to_end", "x_to_e2"}


def test_the_frame_of_these_diagrams_is_accepted(world):
    source = process("test.one", task() + LINE, messages=("test.arrived", "test.unheard"))

    assert definitions.check_files(files(source)).problems == []


def test_unknown_lane_names_the_lane(world):
    source = process("test.one", lanes(pilot="x"), user("x"), LINE)

    assert [p.element for p in definitions.check_files(files(source)).problems] == ["lane_pilot"]


def test_a_file_in_another_encoding_is_refused_in_words(world):
    source = process("test.one", task() + LINE).decode().encode("utf-16")

    assert "UTF-8" in definitions.check_files({"bpmn/test/one.bpmn": source}).problems[0].message


def test_what_other_tools_added_and_the_drawing_stay_byte_for_byte(world, tmp_path):
    colour = '<x:note xmlns:x="http://tool.example/notes"  kept = "so" >\n &#8211; </x:note>'
    source = process("test.one", task(extensions(colour)), LINE).replace(b"><bpmn:", b">\r\n  <bpmn:")
    world.deploy(source)

    definitions.export(tmp_path)

    assert (tmp_path / "bpmn/test/one.bpmn").read_bytes() == source


DOCTYPES = [
    b'<!DOCTYPE d [<!ENTITY a "b">]><d/>',
    b'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd"><d/>',
    '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>'.encode("utf-16"),
    b'<!DOCTYPE d [<!ENTITY a "' + b"x" * 1000 + b'"><!ENTITY b "' + b"&a;" * 1000 + b'">]><d>&b;</d>',
    b"<d>" * 5_000,
    b"x" * 2_100_000,
    b"",
    b"\x00\x01",
]


@pytest.mark.parametrize("source", DOCTYPES)
def test_hostile_xml_is_refused_before_it_grows(world, source):
    tracemalloc.start()
    try:
        assert definitions.check_files({"bpmn/test/one.bpmn": source}).problems
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 20_000_000, "the ten thousandfold text was made"


def places(text: str) -> dict[str, bytes | tuple[bytes, bytes]]:
    """A diagram for each place where an expression is evaluated."""
    from xml.sax.saxutils import escape

    safe = escape(text, {'"': "&quot;", "\x00": "&#x1;"}).replace("\x00", "?")
    gateway = node("exclusiveGateway", "x", default="x_to_e2") + node("endEvent", "e2")
    catch = node(
        "intermediateCatchEvent", "x", extensions(properties(correlation=safe)) + message("test.arrived")
    )
    decide = node(
        "businessRuleTask",
        "x",
        extensions("<spiffworkflow:calledDecisionId>test.t</spiffworkflow:calledDecisionId>"),
    )
    return {
        "condition": process(
            "test.one", gateway, flows(f"start -> x -> e2\nx -> end if {text}".replace("\x00", "?"))
        ),
        "timer": process("test.one", timed(timer(safe)), LINE),
        "cardinality": process(
            "test.one", loop(f"<bpmn:loopCardinality>{safe}</bpmn:loopCardinality>"), LINE
        ),
        "completion": process(
            "test.one",
            loop(
                f"<bpmn:loopCardinality>2</bpmn:loopCardinality><bpmn:completionCondition>{safe}</bpmn:completionCondition>"
            ),
            LINE,
        ),
        "correlation": process("test.one", catch, LINE, messages=("test.arrived",)),
        "thrown correlation": process(
            "test.one",
            node(
                "intermediateThrowEvent",
                "x",
                extensions(properties(correlation=safe)) + message("test.arrived"),
            ),
            LINE,
            messages=("test.arrived",),
        ),
        "payload": process(
            "test.one",
            node(
                "intermediateThrowEvent",
                "x",
                extensions(properties(correlation="'k'", payload=safe)) + message("test.arrived"),
            ),
            LINE,
            messages=("test.arrived",),
        ),
        "document": process("test.one", lanes(planner="x"), user("x", document=safe), LINE),
        "parameter": process("test.one", service("x", "test.echo", "r", value=safe), LINE),
        "summary": process("test.one", lanes(planner="x"), user("x", summary=safe), LINE),
        "script": process("test.one", script("x", f"a = {safe}"), LINE),
        "input": (process("test.one", decide, LINE), table("test.t", [(["-"], ["1"])], [safe], ["y"])),
        "output cell": (process("test.one", decide, LINE), table("test.t", [(["-"], [safe])], ["a"], ["y"])),
        "test cell": (
            process("test.one", decide, LINE),
            table("test.t", [([f"< {safe}"], ["1"])], ["a"], ["y"]),
        ),
    }


NAMES = {"payload": {"", " ", "a" * 3000}}
"""Where names stand instead of expressions: these are one, or none."""


@pytest.mark.parametrize("place", list(places("a")))
def test_no_python_gets_through_at_any_place(world, place):
    let_through = []
    for text in ESCAPES:
        made = places(text)[place]
        sources = made if isinstance(made, tuple) else (made,)
        if not definitions.check_files(files(*sources)).problems:
            let_through.append(text)

    assert set(let_through) == NAMES.get(place, set())


@pytest.mark.parametrize("place", list(places("a")))
def test_a_plain_name_is_accepted_at_each_of_these_places(world, place):
    made = places("a")[place]

    assert definitions.check_files(files(*(made if isinstance(made, tuple) else (made,)))).problems == []


@pytest.mark.parametrize("text", ["".join(e) for e in ESCAPES])
def test_the_engine_itself_evaluates_no_python(text):
    from app.core.expressions import ExpressionError
    from app.workflow.spiff.engine import Environment

    with pytest.raises(ExpressionError):
        Environment().evaluate(text, {"a": 1})
    with pytest.raises(ExpressionError):
        Environment().execute(f"a = {text}", {"a": 1})
