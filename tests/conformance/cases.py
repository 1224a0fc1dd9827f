"""What of BPMN runs, each with the trace the specification asks for, and what is refused, each by its element.

A trace lists the elements in the order in which they were completed; a set stands for elements in any order.
What happens meanwhile is written as one word and its argument:

    do ELEMENT          the person whose task it is completes it
    message KEY         the message test.arrived is told
    signal NAME         another process throws the signal
    hours N             so much time passes
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.workflow.diagrams import (
    extensions,
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

Trace = list[str | set[str]]
KEYED = extensions(properties(correlation="key"))


@dataclass(frozen=True)
class Case:
    """One construct: the diagram, what happens, and its trace or the element that is refused."""

    construct: str
    source: bytes
    more: tuple[bytes, ...] = ()
    happens: tuple[str, ...] = ()
    trace: Trace | None = None
    refused: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    ends: str = "completed"


def one(*parts: str, **options: Any) -> bytes:
    """The process under test, in whose lane stand the tasks of persons a, b and c."""
    persons = [name for name in "abc" if f'userTask id="{name}"' in "".join(parts)]
    lane = lanes(planner=" ".join(persons)) if persons else ""
    heads = "".join(parts)
    more = {"signals": "signalRef" in heads, "escalations": "escalationRef" in heads}
    made = process(
        "test.one", lane, *parts, messages=("test.arrived", "test.happened"), errors=("no",), **options
    )
    head = ""
    if more["signals"]:
        head += '<bpmn:signal id="s_stop" name="stop"/>'
    if more["escalations"]:
        head += '<bpmn:escalation id="c_late" name="late" escalationCode="late"/>'
    return made.replace(b'<bpmn:process id="test.one"', head.encode() + b'<bpmn:process id="test.one"')


DEFINITIONS = {
    "none": "",
    "message": message("test.arrived"),
    "timer": timer("PT1H"),
    "signal": '<bpmn:signalEventDefinition signalRef="s_stop"/>',
    "error": '<bpmn:errorEventDefinition errorRef="e_no"/>',
    "escalation": '<bpmn:escalationEventDefinition escalationRef="c_late"/>',
    "cancel": "<bpmn:cancelEventDefinition/>",
    "compensation": "<bpmn:compensateEventDefinition/>",
    "conditional": "<bpmn:conditionalEventDefinition><bpmn:condition>a &gt; 1</bpmn:condition>"
    "</bpmn:conditionalEventDefinition>",
    "link": '<bpmn:linkEventDefinition name="on"/>',
    "terminate": "<bpmn:terminateEventDefinition/>",
    "multiple": timer("PT1H") + message("test.arrived"),
    "parallel multiple": timer("PT1H") + message("test.arrived"),
}
HAPPENING = {"message": "message k", "timer": "hours 2", "signal": "signal stop"}
LINE = flows("start -> x -> end")


def event(tag: str, identifier: str, kind: str, inner: str = "", **attributes: str) -> str:
    """An event of a kind at a position."""
    own = KEYED if kind == "message" else ""
    more = {"parallelMultiple": "true"} if kind == "parallel multiple" else {}
    return node(tag, identifier, own + DEFINITIONS[kind] + inner, **attributes, **more)


def inside(*parts: str) -> str:
    """The contents of a subprocess with its own start s2 and end e2."""
    made = "".join(parts)
    for tag, identifier in (("startEvent", "s2"), ("endEvent", "e2")):
        if f'id="{identifier}"' not in made and f"{identifier}" in made:
            made += node(tag, identifier)
    return made


def _tasks() -> Iterator[Case]:
    yield Case("task: abstract", one(node("task", "x"), LINE), refused="x")
    yield Case(
        "task: user",
        one(user("a"), flows("start -> a -> end")),
        happens=("do a",),
        trace=["start", "a", "end"],
    )
    manual = node("manualTask", "a", extensions(properties(summary="'x'"))).replace(
        "manualTask id", "manualTask id"
    )
    yield Case(
        "task: manual",
        process("test.one", lanes(planner="a"), manual, flows("start -> a -> end")),
        happens=("do a",),
        trace=["start", "a", "end"],
    )
    yield Case(
        "task: service", one(service("x", "test.echo", "r", value="1"), LINE), trace=["start", "x", "end"]
    )
    send = node("sendTask", "x", extensions(properties(correlation="key")), messageRef="m_test_arrived")
    yield Case("task: send", one(send, LINE), trace=["start", "x", "end"])
    receive = node("receiveTask", "x", KEYED, messageRef="m_test_arrived")
    yield Case("task: receive", one(receive, LINE), happens=("message k",), trace=["start", "x", "end"])
    yield Case("task: script", one(script("x", "y = 1"), LINE), trace=["start", "x", "end"])
    called = "<spiffworkflow:calledDecisionId>test.t</spiffworkflow:calledDecisionId>"
    yield Case(
        "task: business rule",
        one(node("businessRuleTask", "x", extensions(called)), LINE),
        more=(table("test.t", [(["-"], ["1"])], ["key"], ["y"]),),
        trace=["start", "x", "end"],
    )


def _activities() -> Iterator[Case]:
    call = node("callActivity", "x", calledElement="test.inner")
    yield Case(
        "activity: call activity",
        one(call, LINE),
        more=(
            process(
                "test.inner",
                script("y", "z = 1"),
                node("startEvent", "s2"),
                node("endEvent", "e2"),
                flows("s2 -> y -> e2"),
            ).replace(
                b'<bpmn:startEvent id="start"></bpmn:startEvent><bpmn:endEvent id="end"></bpmn:endEvent>', b""
            ),
        ),
        trace=["start", "s2", "y", "e2", "x", "end"],
    )
    yield Case(
        "activity: call of a global task",
        one(node("callActivity", "x", calledElement="test.no"), LINE),
        refused="x",
    )
    sub = inside(script("y", "z = 1"), flows("s2 -> y -> e2"))
    yield Case(
        "activity: subprocess",
        one(node("subProcess", "x", sub), LINE),
        trace=["start", "s2", "y", "e2", "x", "end"],
    )
    yield Case(
        "activity: ad-hoc subprocess",
        one(node("adHocSubProcess", "x", script("y", "z = 1")), LINE),
        refused="x",
    )
    yield Case(
        "activity: transaction",
        one(node("transaction", "x", sub), LINE),
        trace=["start", "s2", "y", "e2", "x", "end"],
    )


def _loop(inner: str, body: str = "y = 1", **attributes: str) -> bytes:
    marker = node("multiInstanceLoopCharacteristics", "m", inner, **attributes)
    return one(script("x", body, marker), LINE)


def _markers() -> Iterator[Case]:
    over = '<bpmn:loopDataInputRef>names</bpmn:loopDataInputRef><bpmn:inputDataItem id="name"/>'
    asked = node("multiInstanceLoopCharacteristics", "m", over)
    yield Case(
        "marker: parallel multi-instance",
        one(user("a", inner=asked), flows("start -> a -> end")),
        data={"names": ["p", "q"]},
        happens=("do a", "do a"),
        trace=["start", "a", "a", "end"],
    )
    one_by_one = node("multiInstanceLoopCharacteristics", "m", over, isSequential="true")
    yield Case(
        "marker: sequential multi-instance",
        one(user("a", inner=one_by_one), flows("start -> a -> end")),
        data={"names": ["p", "q"]},
        happens=("do a", "do a"),
        trace=["start", "a", "a", "end"],
    )
    yield Case(
        "marker: parallel multi-instance",
        _loop("<bpmn:loopCardinality>0</bpmn:loopCardinality>"),
        trace=["start", "end"],
    )
    enough = "<bpmn:loopCardinality>3</bpmn:loopCardinality><bpmn:completionCondition>a.ok</bpmn:completionCondition>"
    first = node("multiInstanceLoopCharacteristics", "m", enough)
    yield Case(
        "marker: multi-instance with a completion condition",
        one(user("a", inner=first), flows("start -> a -> end")),
        happens=("do a",),
        trace=["start", "a", "end"],
    )
    two = "<bpmn:loopCardinality>2</bpmn:loopCardinality>"
    yield Case("marker: multi-instance behaviour other than all", _loop(two, behavior="Complex"), refused="x")
    yield Case(
        "marker: standard loop",
        one(script("x", "y = 1", "<bpmn:standardLoopCharacteristics/>"), LINE),
        refused="x",
    )
    plain = "<bpmn:script>y = 1</bpmn:script>"
    yield Case(
        "marker: compensation",
        one(node("scriptTask", "x", plain, isForCompensation="true"), LINE),
        refused="x",
    )
    yield Case(
        "marker: start or completion quantity",
        one(node("scriptTask", "x", plain, startQuantity="2"), LINE),
        refused="x",
    )


FORK = node("parallelGateway", "fork")
JOIN = node("parallelGateway", "join")


def _gateways() -> Iterator[Case]:
    for amount, way in ((5, "small"), (500, "big")):
        yield Case(
            "gateway: exclusive",
            one(
                node("exclusiveGateway", "x", default="x_to_small"),
                script("small", "y = 1"),
                script("big", "y = 2"),
                flows("start -> x -> small -> end\nx -> big if amount > 100\nbig -> end"),
            ),
            data={"amount": amount},
            trace=["start", "x", way, "end"],
        )
    yield Case(
        "gateway: parallel",
        one(
            FORK,
            JOIN,
            script("p", "y = 1"),
            script("q", "z = 1"),
            flows("start -> fork -> p -> join -> end\nfork -> q -> join"),
        ),
        trace=["start", "fork", {"p", "q"}, "join", "end"],
    )
    for p, q, ran in ((1, 1, {"p", "q"}), (1, 0, {"p"}), (0, 0, {"r"})):
        yield Case(
            "gateway: inclusive",
            one(
                node("inclusiveGateway", "x", default="x_to_r"),
                node("inclusiveGateway", "join"),
                *(script(name, f"done_{name} = 1") for name in "pqr"),
                flows(
                    "start -> x -> r -> join -> end\nx -> p if p > 0\nx -> q if q > 0\np -> join\nq -> join"
                ),
            ),
            data={"p": p, "q": q},
            trace=["start", "x", ran, "join", "end"],
        )
    yield from _event_gateways()
    yield Case("gateway: complex", one(node("complexGateway", "x"), LINE), refused="x")


def _event_gateway(*events: str, **attributes: str) -> bytes:
    ends = "".join(node("endEvent", f"e{n}") for n in range(len(events)))
    names = [e.split('id="')[1].split('"')[0] for e in events]
    ways = "".join(flows(f"x -> {name} -> e{n}") for n, name in enumerate(names))
    made = one(
        node("eventBasedGateway", "x", **attributes),
        *events,
        ends,
        node("endEvent", "end"),
        flows("start -> x"),
        ways,
    )
    return made.replace(b'<bpmn:endEvent id="end"></bpmn:endEvent>', b"")


def _event_gateways() -> Iterator[Case]:
    soon = node("intermediateCatchEvent", "soon", timer("PT1H"))
    later = node("intermediateCatchEvent", "later", timer("PT5H"))
    told = event("intermediateCatchEvent", "told", "message")
    called = event("intermediateCatchEvent", "called", "signal")
    source = _event_gateway(later, soon, told, called)
    yield Case(
        "gateway: event-based",
        source,
        happens=("hours 2", "hours 9", "message k"),
        trace=["start", "x", "soon", "e1"],
    )
    yield Case(
        "gateway: event-based", source, happens=("message k", "hours 9"), trace=["start", "x", "told", "e2"]
    )
    yield Case(
        "gateway: event-based",
        source,
        happens=("signal stop", "hours 9"),
        trace=["start", "x", "called", "e3"],
    )
    receive = node("receiveTask", "told", KEYED, messageRef="m_test_arrived")
    yield Case(
        "gateway: event-based with receive tasks",
        _event_gateway(soon, receive),
        happens=("message k",),
        trace=["start", "x", "told", "e1"],
    )
    yield Case("gateway: event-based, starting", _event_gateway(soon, told, instantiate="true"), refused="x")
    yield Case(
        "gateway: event-based, parallel", _event_gateway(soon, told, eventGatewayType="Parallel"), refused="x"
    )


def _flows_and_data() -> Iterator[Case]:
    yield Case(
        "flow: condition behind a task",
        one(script("x", "y = 1"), flows("start -> x\nx -> end if y > 1")),
        refused="x_to_end",
    )
    plain = "<bpmn:script>y = 1</bpmn:script>"
    yield Case(
        "flow: default behind a task",
        one(node("scriptTask", "x", plain, default="x_to_end"), LINE),
        refused="x",
    )
    yield Case(
        "flow: several flows out of a task",
        one(script("x", "y = 1"), node("endEvent", "e2"), LINE, flows("x -> e2")),
        refused="x",
    )
    yield Case("data: data object", one(script("x", "y = 1"), node("dataObject", "o"), LINE), refused="o")
    yield Case(
        "data: data store", one(script("x", "y = 1"), node("dataStoreReference", "o"), LINE), refused="o"
    )
    yield Case(
        "data: data input and output", one(script("x", "y = 1", "<bpmn:ioSpecification/>"), LINE), refused="x"
    )


def _frames() -> Iterator[Case]:
    yield Case(
        "frame: lane",
        one(user("a"), flows("start -> a -> end")),
        happens=("do a",),
        trace=["start", "a", "end"],
    )
    source = one(script("x", "y = 1"), LINE)
    pool = b'<bpmn:collaboration id="c"><bpmn:participant id="p" processRef="test.one"/></bpmn:collaboration>'
    yield Case(
        "frame: pool", source.replace(b"<bpmn:process", pool + b"<bpmn:process"), trace=["start", "x", "end"]
    )
    second = b'<bpmn:process id="test.two"><bpmn:startEvent id="s9"/></bpmn:process></bpmn:definitions>'
    yield Case(
        "frame: several pools with a message flow", source.replace(b"</bpmn:definitions>", second), refused=""
    )
    note = '<bpmn:textAnnotation id="n"/><bpmn:group id="g"/>'
    yield Case(
        "frame: annotation and group", one(script("x", "y = 1"), note, LINE), trace=["start", "x", "end"]
    )
    choreography = b'<bpmn:choreography id="x"/></bpmn:definitions>'
    yield Case("frame: choreography", source.replace(b"</bpmn:definitions>", choreography), refused="x")


def _joins() -> Iterator[Case]:
    yield Case(
        "joining: two tokens through an exclusive gateway",
        one(
            FORK,
            node("exclusiveGateway", "merge"),
            script("p", "y = 1"),
            script("q", "z = 1"),
            user("a"),
            flows("start -> fork -> p -> merge -> a -> end\nfork -> q -> merge"),
        ),
        happens=("do a", "do a"),
        trace=["start", "fork", {"p", "q"}, "merge", "merge", "a", "end", "a", "end"],
    )
    yield Case(
        "joining: a parallel gateway waits for every flow",
        one(
            FORK,
            JOIN,
            user("a"),
            script("q", "z = 1"),
            flows("start -> fork -> a -> join -> end\nfork -> q -> join"),
        ),
        trace=["start", "fork", "q"],
        ends="running",
    )
    yield Case(
        "joining: a parallel gateway waits for every flow",
        one(
            node("exclusiveGateway", "x", default="x_to_p"),
            JOIN,
            script("p", "y = 1"),
            script("q", "y = 2"),
            flows("start -> x -> p -> join -> end\nx -> q if amount > 100\nq -> join"),
        ),
        data={"amount": 1},
        trace=["start", "x", "p"],
        ends="running",
    )
    yield Case(
        "joining: an inclusive gateway waits for what may still come",
        one(
            node("inclusiveGateway", "x", default="x_to_end2"),
            node("endEvent", "end2"),
            node("inclusiveGateway", "join"),
            user("a"),
            script("q", "z = 1"),
            flows("start -> x -> end2\nx -> a if p > 0\nx -> q if q > 0\na -> join -> end\nq -> join"),
        ),
        data={"p": 1, "q": 1},
        happens=("do a",),
        trace=["start", "x", "q", "a", "join", "end"],
    )
    yield Case(
        "joining: an inclusive gateway waits for what may still come",
        one(
            FORK,
            node("inclusiveGateway", "join"),
            node("exclusiveGateway", "x", default="x_to_end2"),
            node("endEvent", "end2"),
            user("a"),
            script("q", "z = 1"),
            flows("start -> fork -> a -> x -> end2\nx -> join if a.ok\nfork -> q -> join -> end"),
        ),
        happens=("do a no",),
        trace=["start", "fork", "q", "a", "x", {"end2", "join"}, "end"],
    )
    yield Case(
        "joining: several end events",
        one(
            FORK,
            script("p", "y = 1"),
            script("q", "z = 1"),
            node("endEvent", "e2"),
            flows("start -> fork -> p -> end\nfork -> q -> e2"),
        ),
        trace=["start", "fork", {"p", "q", "end", "e2"}],
    )
    yield Case(
        "joining: a way back",
        one(
            user("a"),
            node("exclusiveGateway", "x", default="x_to_end"),
            flows("start -> a -> x -> end\nx -> a if not a.ok"),
        ),
        happens=("do a no", "do a"),
        trace=["start", "a", "x", "a", "x", "end"],
    )


def _starts() -> Iterator[Case]:
    runs = {"none": (), "message": ("message k",), "signal": ("signal stop",)}
    for kind in ("none", "message", "timer", "conditional", "signal", "multiple", "parallel multiple"):
        source = one(event("startEvent", "start", kind), script("x", "y = 1"), LINE)
        if kind in runs:
            yield Case(f"start: {kind}", source, happens=runs[kind], trace=["start", "x", "end"])
        else:
            yield Case(f"start: {kind}", source, refused="start")


def _catches() -> Iterator[Case]:
    for kind in ("message", "timer", "signal"):
        source = one(event("intermediateCatchEvent", "x", kind), LINE)
        yield Case(
            f"intermediate, catching: {kind}", source, happens=(HAPPENING[kind],), trace=["start", "x", "end"]
        )
        yield Case(f"intermediate, catching: {kind}", source, trace=["start"], ends="running")
    for kind in ("conditional", "multiple", "parallel multiple"):
        source = one(event("intermediateCatchEvent", "x", kind), LINE)
        yield Case(f"intermediate, catching: {kind}", source, refused="x")
    linked = (event("intermediateThrowEvent", "off", "link"), event("intermediateCatchEvent", "on", "link"))
    source = one(*linked, script("x", "y = 1"), flows("start -> x -> off\non -> end"))
    for name in ("intermediate, catching: link", "intermediate, throwing: link"):
        yield Case(name, source, trace=["start", "x", "off", "on", "end"])
    yield Case(
        "intermediate, throwing: link",
        one(
            FORK,
            event("intermediateThrowEvent", "off", "link"),
            event("intermediateThrowEvent", "off2", "link"),
            event("intermediateCatchEvent", "on", "link"),
            flows("start -> fork -> off\nfork -> off2\non -> end"),
        ),
        trace=["start", "fork", {"off", "off2"}, "on", "on", "end", "end"],
    )
    yield Case(
        "intermediate, catching: link",
        one(linked[1], script("x", "y = 1"), LINE, flows("on -> end")),
        refused="on",
    )
    yield Case(
        "intermediate, throwing: link",
        one(linked[0], flows("start -> off"), node("endEvent", "end")),
        refused="off",
    )


def _boundaries() -> Iterator[Case]:
    for kind, waiting in (("message", "a"), ("timer", "a"), ("signal", "a")):
        for cancel, name in (("true", "boundary, interrupting"), ("false", "boundary, not interrupting")):
            b = event("boundaryEvent", "b", kind, attachedToRef="a", cancelActivity=cancel)
            source = one(user(waiting), b, node("endEvent", "e2"), flows("start -> a -> end\nb -> e2"))
            if cancel == "true":
                yield Case(f"{name}: {kind}", source, happens=(HAPPENING[kind],), trace=["start", "b", "e2"])
            else:
                after = (HAPPENING[kind], "do a")
                yield Case(f"{name}: {kind}", source, happens=after, trace=["start", "b", "e2", "a", "end"])
            yield Case(f"{name}: {kind}", source, happens=("do a",), trace=["start", "a", "end"])
            if cancel == "false" and kind != "timer":
                again = (HAPPENING[kind], HAPPENING[kind], "do a")
                both: Trace = ["start", "b", "e2", "b", "e2", "a", "end"]
                yield Case(f"{name}: {kind}", source, happens=again, trace=both)
    yield from _boundary_errors()
    refused = {"boundary, interrupting": ("compensation", "conditional", "multiple", "parallel multiple")}
    refused["boundary, not interrupting"] = ("conditional", "multiple", "parallel multiple")
    for name, kinds in refused.items():
        cancel = "true" if name == "boundary, interrupting" else "false"
        for kind in kinds:
            b = event("boundaryEvent", "b", kind, attachedToRef="a", cancelActivity=cancel)
            source = one(user("a"), b, node("endEvent", "e2"), flows("start -> a -> end\nb -> e2"))
            yield Case(f"{name}: {kind}", source, refused="b")


def _boundary_errors() -> Iterator[Case]:
    host = service("x", "test.refuse", "r", code="'no'")
    b = event("boundaryEvent", "b", "error", attachedToRef="x")
    yield Case(
        "boundary, interrupting: error",
        one(host, b, node("endEvent", "e2"), flows("start -> x -> end\nb -> e2")),
        trace=["start", "b", "e2"],
    )
    for cancel, name, trace in (
        ("true", "boundary, interrupting: escalation", ["start", "s2", "up", "b", "e3"]),
        (
            "false",
            "boundary, not interrupting: escalation",
            ["start", "s2", "up", {"b", "e3", "y", "e2"}, "x", "end"],
        ),
    ):
        sub = inside(
            event("intermediateThrowEvent", "up", "escalation"),
            script("y", "z = 1"),
            flows("s2 -> up -> y -> e2"),
        )
        b = event("boundaryEvent", "b", "escalation", attachedToRef="x", cancelActivity=cancel)
        source = one(
            node("subProcess", "x", sub), b, node("endEvent", "e3"), flows("start -> x -> end\nb -> e3")
        )
        yield Case(name, source, trace=trace)
    sub = inside(
        event("endEvent", "give_up", "cancel"),
        user("a"),
        FORK,
        flows("s2 -> fork -> give_up\nfork -> a -> e2"),
    )
    b = event("boundaryEvent", "b", "cancel", attachedToRef="x")
    source = one(
        node("transaction", "x", sub), b, node("endEvent", "e3"), flows("start -> x -> end\nb -> e3")
    )
    yield Case("boundary, interrupting: cancel", source, trace=["start", "s2", "fork", "give_up", "b", "e3"])
    yield Case("end: cancel", source, trace=["start", "s2", "fork", "give_up", "b", "e3"])
    alone = one(node("transaction", "x", sub), LINE)
    yield Case("end: cancel", alone, refused="give_up")


def _throws() -> Iterator[Case]:
    waits = process(
        "test.two",
        event("intermediateCatchEvent", "heard", "message"),
        node("startEvent", "s9"),
        node("endEvent", "e9"),
        flows("s9 -> heard -> e9"),
        messages=("test.arrived",),
    ).replace(b'<bpmn:startEvent id="start"></bpmn:startEvent><bpmn:endEvent id="end"></bpmn:endEvent>', b"")
    hears = waits.replace(DEFINITIONS["message"].encode(), DEFINITIONS["signal"].encode()).replace(
        b"<bpmn:process", b'<bpmn:signal id="s_stop" name="stop"/><bpmn:process'
    )
    for tag, name, way in (
        ("intermediateThrowEvent", "intermediate, throwing", "start -> x -> end"),
        ("endEvent", "end", "start -> x"),
    ):
        last: Trace = ["end"] if tag == "intermediateThrowEvent" else []
        for kind, other in (("none", ()), ("message", (waits,)), ("signal", (hears,))):
            source = one(event(tag, "x", kind), flows(way))
            if not last:
                source = source.replace(b'<bpmn:endEvent id="end"></bpmn:endEvent>', b"")
            heard: Trace = ["s9", "heard", "e9"] if other else []
            yield Case(f"{name}: {kind}", source, more=other, trace=["start", "x", *last, *heard])
        yield Case(
            f"{name}: escalation",
            one(event(tag, "x", "escalation"), flows(way))
            if last
            else one(event(tag, "end", "escalation"), flows("start -> end")),
            trace=["start", "x", "end"] if last else ["start", "end"],
        )
        for kind in ("compensation", "multiple"):
            identifier = "x" if last else "end"
            source = one(event(tag, identifier, kind), flows(way.replace("-> x", f"-> {identifier}")))
            yield Case(f"{name}: {kind}", source, refused=identifier)
    yield from _ends()


def _ends() -> Iterator[Case]:
    sub = inside(event("endEvent", "fail", "error"), flows("s2 -> fail"))
    b = event("boundaryEvent", "b", "error", attachedToRef="x")
    source = one(node("subProcess", "x", sub), b, node("endEvent", "e3"), flows("start -> x -> end\nb -> e3"))
    yield Case("end: error", source, trace=["start", "s2", "fail", "b", "e3"])
    yield Case(
        "end: error",
        one(event("endEvent", "end", "error"), flows("start -> end")),
        trace=["start"],
        ends="incident",
    )
    up = inside(event("endEvent", "up", "escalation"), flows("s2 -> up"))
    b = event("boundaryEvent", "b", "escalation", attachedToRef="x", cancelActivity="false")
    source = one(node("subProcess", "x", up), b, node("endEvent", "e3"), flows("start -> x -> end\nb -> e3"))
    yield Case("end: escalation", source, trace=["start", "s2", "up", {"b", "e3", "x", "end"}])
    yield Case(
        "end: terminate",
        one(
            FORK,
            user("a"),
            event("endEvent", "stop", "terminate"),
            flows("start -> fork -> a -> end\nfork -> stop"),
        ),
        trace=["start", "fork", "stop"],
    )


def _handler(kind: str, interrupting: bool, *, start: str = "s9") -> str:
    attributes = {} if interrupting else {"isInterrupting": "false"}
    body = (
        event("startEvent", start, kind, **attributes)
        + script("h", "seen = y")
        + node("endEvent", "e9")
        + flows(f"{start} -> h -> e9")
    )
    return node("subProcess", "handler", body, triggeredByEvent="true")


def _event_subprocesses() -> Iterator[Case]:
    for interrupting, name in ((True, "interrupting"), (False, "not interrupting")):
        position = f"start of an event subprocess, {name}"
        for kind in ("message", "timer", "signal"):
            source = one(
                script("x", "y = 1"), user("a"), _handler(kind, interrupting), flows("start -> x -> a -> end")
            )
            handled: Trace = ["s9", "h", "e9", "handler"]
            begun: Trace = ["start", "x"]
            if interrupting:
                yield Case(
                    f"{position}: {kind}", source, happens=(HAPPENING[kind],), trace=[*begun, *handled]
                )
            else:
                happens = (HAPPENING[kind], "do a")
                yield Case(
                    f"{position}: {kind}", source, happens=happens, trace=[*begun, *handled, "a", "end"]
                )
            if not interrupting and kind != "timer":
                twice = (HAPPENING[kind], HAPPENING[kind], "do a")
                trace: Trace = [*begun, *handled, *handled, "a", "end"]
                yield Case(f"{position}: {kind}", source, happens=twice, trace=trace)
            yield Case(f"{position}: {kind}", source, happens=("do a",), trace=["start", "x", "a", "end"])
            sub = inside(
                script("x", "y = 1"), user("a"), _handler(kind, interrupting), flows("s2 -> x -> a -> e2")
            )
            deep = one(node("subProcess", "sub", sub), flows("start -> sub -> end"))
            if interrupting:
                trace = ["start", "s2", "x", *handled, "sub", "end"]
                yield Case(f"{position}: {kind}", deep, happens=(HAPPENING[kind],), trace=trace)
        up = event("intermediateThrowEvent", "up", "escalation")
        source = one(
            script("x", "y = 1"),
            node("subProcess", "sub", inside(up, flows("s2 -> up -> e2"))),
            _handler("escalation", interrupting),
            flows("start -> x -> sub -> end"),
        )
        if interrupting:
            trace = ["start", "x", "s2", "up", "s9", "h", "e9", "handler"]
        else:
            trace = ["start", "x", "s2", "up", {"s9", "h", "e9", "handler", "e2", "sub", "end"}]
        yield Case(f"{position}: escalation", source, trace=trace)
        for kind in ("conditional", "multiple", "parallel multiple"):
            source = one(script("x", "y = 1"), _handler(kind, interrupting), LINE)
            yield Case(f"{position}: {kind}", source, refused="s9")
    position = "start of an event subprocess, interrupting"
    failing = service("x", "test.refuse", "r", code="'no'")
    source = one(script("w", "y = 1"), failing, _handler("error", True), flows("start -> w -> x -> end"))
    yield Case(f"{position}: error", source, trace=["start", "w", "s9", "h", "e9", "handler"])
    source = one(script("x", "y = 1"), _handler("error", True), event("endEvent", "end", "error"), LINE)
    yield Case(f"{position}: error", source, trace=["start", "x", "end", "s9", "h", "e9", "handler"])
    source = one(script("x", "y = 1"), _handler("error", False), LINE)
    yield Case(f"{position}: error", source, refused="s9")
    yield Case(
        f"{position}: compensation",
        one(script("x", "y = 1"), _handler("compensation", True), LINE),
        refused="s9",
    )


CASES = [
    *_tasks(),
    *_activities(),
    *_markers(),
    *_gateways(),
    *_flows_and_data(),
    *_frames(),
    *_joins(),
    *_starts(),
    *_catches(),
    *_boundaries(),
    *_throws(),
    *_event_subprocesses(),
]
