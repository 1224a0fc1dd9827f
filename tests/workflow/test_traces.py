"""Each allowed element runs and leaves the trace it promises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core import events
from app.core.actors import acting
from app.core.audit import AuditEntry
from app.core.db import db
from app.workflow.models import (
    HumanTask,
    Incident,
    InstanceStatus,
    MessageWait,
    ProcessInstance,
    StepHistory,
    TimerDue,
)
from app.workflow.running import instances, messages, timers
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
from tests.workflow.operators import CALLS

pytestmark = pytest.mark.usefixtures("replayed")


def start(key: str = "test.one", data: dict | None = None, business_key: str = "thing:1") -> ProcessInstance:
    instance = instances.start(key, data or {}, business_key)
    db.session.commit()
    return instance


def test_a_service_task_keeps_its_result(world):
    world.deploy(
        process(
            "test.one",
            service("call", "test.echo", "answer", value="amount * 2"),
            flows("start -> call -> end"),
        )
    )

    instance = start(data={"amount": 21})

    assert instance.status == InstanceStatus.COMPLETED
    assert world.data(instance)["answer"] == {"value": 42}
    assert world.trace(instance) == ["start", "call", "end"]


def test_a_script_assigns_line_by_line(world):
    world.deploy(
        process("test.one", script("set", "a = x + 1\nb = a * 2.5\nc = 'ok'"), flows("start -> set -> end"))
    )

    assert world.data(start(data={"x": 1})) == {"x": 1, "a": 2, "b": "5.0", "c": "ok"}


def test_a_user_task_waits_for_its_role_and_stores_its_form(world):
    world.deploy(
        process(
            "test.one",
            lanes(planner="look"),
            user("look", summary="'order ' + number", due="P2D", document="'thing:' + text(id)"),
            flows("start -> look -> end"),
        )
    )
    instance = start(data={"number": "SO-1", "id": 7})
    task = world.task("look")
    due = task.due_at - task.created_at

    world.done(world.person("wang", "planner"), "look", approve=True)

    assert (task.role, task.summary, task.document, due) == (
        "planner",
        "order SO-1",
        "thing:7",
        timedelta(days=2),
    )
    db.session.refresh(instance)
    assert instance.status == InstanceStatus.COMPLETED
    assert world.data(instance)["look"] == {"approve": True}


@pytest.mark.parametrize(("amount", "way"), [(5, "small"), (500, "big")])
def test_an_exclusive_gateway_takes_one_way(world, amount, way):
    world.deploy(
        process(
            "test.one",
            node("exclusiveGateway", "choice", default="choice_to_small"),
            script("small", "x = 1"),
            script("big", "x = 2"),
            flows("start -> choice -> small -> end\nchoice -> big if amount > 100\nbig -> end"),
        )
    )

    assert world.trace(start(data={"amount": amount})) == ["start", "choice", way, "end"]


def test_parallel_branches_both_run_and_join(world):
    world.deploy(
        process(
            "test.one",
            node("parallelGateway", "fork"),
            node("parallelGateway", "join"),
            script("a", "x = 1"),
            script("b", "y = 2"),
            flows("start -> fork -> a -> join -> end\nfork -> b -> join"),
        )
    )
    instance = start()

    assert sorted(world.trace(instance)) == ["a", "b", "end", "fork", "join", "start"]
    assert world.data(instance) == {"x": 1, "y": 2}


@pytest.mark.parametrize(("a", "b", "ran"), [(1, 1, {"a", "b"}), (1, 0, {"a"}), (0, 0, {"c"})])
def test_an_inclusive_gateway_takes_all_ways_that_hold(world, a, b, ran):
    world.deploy(
        process(
            "test.one",
            node("inclusiveGateway", "fork", default="fork_to_c"),
            node("inclusiveGateway", "join"),
            script("a", "x = 1"),
            script("b", "y = 2"),
            script("c", "z = 3"),
            flows(
                "start -> fork -> c -> join -> end\nfork -> a if a > 0\nfork -> b if b > 0\na -> join\nb -> join"
            ),
        )
    )
    trace = world.trace(start(data={"a": a, "b": b}))

    assert set(trace) - {"start", "fork", "join", "end"} == ran
    assert trace.count("end") == 1


def test_a_summary_speaks_each_language(world):
    world.deploy(
        process(
            "test.one",
            lanes(planner="look"),
            user("look", summary="order.number + ' ' + order.supplier"),
            flows("start -> look -> end"),
        )
    )

    start(data={"order": {"number": "PO1", "supplier": {"en": "Hongfa Spring", "zh_Hant": "鴻發彈簧"}}})

    assert world.task("look").summaries == {"en": "PO1 Hongfa Spring", "zh_Hant": "PO1 鴻發彈簧"}


def test_a_decision_tells_its_row(world):
    rules = [
        (["< 1000", '"A","B"'], ["'head'"]),
        (["[1000..5000)", "-"], ["'manager'"]),
        (["-", "-"], ["'board'"]),
    ]
    decision = table("test.limit", rules, ["amount", "grade"], ["approver"])
    task = node(
        "businessRuleTask",
        "decide",
        extensions("<spiffworkflow:calledDecisionId>test.limit</spiffworkflow:calledDecisionId>"),
    )
    world.deploy(process("test.one", task, flows("start -> decide -> end")), decision)

    answers = [
        world.data(start(data={"amount": a, "grade": g}))["approver"]
        for a, g in [("999.5", "B"), (999, "C"), (1000, "C"), (5000, "A")]
    ]

    assert answers == ["head", "board", "manager", "board"]
    on_record = db.session.query(AuditEntry).filter_by(action="decision.made").order_by(AuditEntry.id)
    assert [entry.after["rows"] for entry in on_record] == [[1], [3], [2], [3]]
    assert {entry.definition for entry in on_record} == {"test.one v1"}


def test_a_call_activity_sees_and_returns_data(world):
    inner = process("test.inner", lanes(buyer="buy"), user("buy"), flows("start -> buy -> end"))
    outer = process(
        "test.one",
        node("callActivity", "call", calledElement="test.inner"),
        script("after", "seen = buy.ok"),
        flows("start -> call -> after -> end"),
    )
    world.deploy(inner, outer)
    instance = start(data={"x": 1})

    assert world.task("buy").process == "test.inner"
    world.done(world.person("li", "buyer"), "buy", ok=True)

    db.session.refresh(instance)
    assert (instance.status, world.data(instance)["seen"]) == (InstanceStatus.COMPLETED, True)


def test_a_called_process_begins_without_its_message(world):
    inner = process(
        "test.inner",
        node("startEvent", "start", message("test.happened")),
        script("s", "y = x"),
        flows("start -> s -> end"),
        messages=("test.happened",),
    )
    world.deploy(
        inner,
        process(
            "test.one",
            node("callActivity", "call", calledElement="test.inner"),
            flows("start -> call -> end"),
        ),
    )

    assert world.data(start(data={"x": 4}))["y"] == 4


def test_a_message_starts_a_process_with_its_payload(world):
    world.deploy(
        process(
            "test.one",
            node("startEvent", "start", message("test.happened")),
            script("s", "y = thing_id"),
            flows("start -> s -> end"),
            messages=("test.happened",),
        )
    )
    events.emit(events.EVENTS["test.happened"], key="thing:9", thing_id=9)
    db.session.commit()

    assert messages.drain() == 1
    assert messages.drain() == 0
    instance = db.session.query(ProcessInstance).one()
    assert (instance.business_key, world.data(instance)["y"]) == ("thing:9", 9)


WAIT = node(
    "intermediateCatchEvent", "wait", extensions(properties(correlation="key")) + message("test.arrived")
)


def waiting(world) -> ProcessInstance:
    world.deploy(process("test.one", WAIT, flows("start -> wait -> end"), messages=("test.arrived",)))
    return start(data={"key": "item:1"})


def test_a_message_reaches_only_the_wait_with_its_key(world):
    instance = waiting(world)
    events.emit(events.EVENTS["test.arrived"], key="item:2")
    db.session.commit()
    messages.drain()
    db.session.refresh(instance)
    assert instance.status == InstanceStatus.RUNNING

    events.emit(events.EVENTS["test.arrived"], key="item:1", quantity="5")
    db.session.commit()
    messages.drain()

    db.session.refresh(instance)
    assert instance.status == InstanceStatus.COMPLETED
    assert world.data(instance)["wait"] == {"quantity": "5"}
    assert db.session.query(MessageWait).count() == 0


def test_a_receive_task_waits_and_a_send_task_tells(world):
    receive = node(
        "receiveTask", "wait", extensions(properties(correlation="key")), messageRef="m_test_arrived"
    )
    send = node(
        "sendTask",
        "tell",
        extensions(properties(correlation="key", payload="key")),
        messageRef="m_test_arrived",
    )
    world.deploy(
        process("test.one", receive, flows("start -> wait -> end"), messages=("test.arrived",)),
        process("test.two", send, flows("start -> tell -> end"), messages=("test.arrived",)),
    )
    waiter = start(data={"key": "item:1"})
    start("test.two", {"key": "item:1"})
    messages.drain()

    db.session.refresh(waiter)
    assert world.data(waiter)["wait"] == {"key": "item:1"}


def test_a_timer_fires_when_it_is_due(world, clock):
    clock("2026-03-02T08:00:00")
    catch = node("intermediateCatchEvent", "wait", timer("PT2H"))
    world.deploy(process("test.one", catch, flows("start -> wait -> end")))
    instance = start()
    assert db.session.query(TimerDue).one().due_at.isoformat() == "2026-03-02T10:00:00+00:00"
    clock("2026-03-02T09:59:00")
    assert timers.fire_due() == 0
    clock("2026-03-02T10:00:01")

    assert timers.fire_due() == 1

    db.session.refresh(instance)
    assert instance.status == InstanceStatus.COMPLETED


@pytest.mark.parametrize("interrupting", ["true", "false"])
def test_a_boundary_timer_fires_on_a_waiting_task(world, clock, interrupting):
    clock("2026-03-02T08:00:00")
    boundary = node(
        "boundaryEvent", "late", timer("'P1D'"), attachedToRef="look", cancelActivity=interrupting
    )
    world.deploy(
        process(
            "test.one",
            lanes(planner="look remind"),
            user("look"),
            user("remind"),
            boundary,
            node("endEvent", "end2"),
            flows("start -> look -> end\nlate -> remind -> end2"),
        )
    )
    start()
    clock("2026-03-03T08:00:01")

    timers.fire_due()

    open_elements = sorted(t.element for t in world.tasks())
    assert open_elements == (["remind"] if interrupting == "true" else ["look", "remind"])


def test_a_boundary_message_interrupts(world):
    boundary = node(
        "boundaryEvent",
        "stop",
        extensions(properties(correlation="key")) + message("test.arrived"),
        attachedToRef="look",
    )
    world.deploy(
        process(
            "test.one",
            lanes(planner="look"),
            user("look"),
            boundary,
            node("endEvent", "end2"),
            flows("start -> look -> end\nstop -> end2"),
            messages=("test.arrived",),
        )
    )
    instance = start(data={"key": "item:1"})
    events.emit(events.EVENTS["test.arrived"], key="item:1")
    db.session.commit()
    messages.drain()

    db.session.refresh(instance)
    assert (instance.status, world.tasks()) == (InstanceStatus.COMPLETED, [])
    assert db.session.query(HumanTask).one().status == "cancelled"


def error_boundary(host: str, code: str = "no") -> str:
    return node(
        "boundaryEvent", "caught", f'<bpmn:errorEventDefinition errorRef="e_{code}"/>', attachedToRef=host
    )


def test_an_error_boundary_catches_a_domain_error_of_its_own_task_only(world):
    world.deploy(
        process(
            "test.one",
            service("call", "test.refuse", "r", code="'no'"),
            error_boundary("call"),
            script("mend", "mended = caught.code"),
            node("endEvent", "end2"),
            flows("start -> call -> end\ncaught -> mend -> end2"),
            errors=("no",),
        )
    )
    instance = start()

    assert (instance.status, world.data(instance)["mended"]) == (InstanceStatus.COMPLETED, "no")
    assert db.session.query(Incident).count() == 0


def test_an_error_end_event_leaves_its_subprocess(world):
    inside = (
        node("startEvent", "s2")
        + node("endEvent", "fail", '<bpmn:errorEventDefinition errorRef="e_no"/>')
        + flows("s2 -> fail")
    )
    world.deploy(
        process(
            "test.one",
            node("subProcess", "sub", inside),
            error_boundary("sub"),
            script("mend", "mended = caught.code"),
            node("endEvent", "end2"),
            flows("start -> sub -> end\ncaught -> mend -> end2"),
            errors=("no",),
        )
    )
    instance = start()

    assert (instance.status, world.data(instance)["mended"]) == (InstanceStatus.COMPLETED, "no")
    assert "end" not in world.trace(instance)


def test_an_uncaught_error_end_event_is_an_incident_not_a_success(world):
    world.deploy(
        process(
            "test.one",
            node("endEvent", "end", '<bpmn:errorEventDefinition errorRef="e_no"/>'),
            flows("start -> end"),
            errors=("no",),
        )
    )

    assert start().status == InstanceStatus.INCIDENT


def test_a_terminate_end_event_ends_everything(world):
    world.deploy(
        process(
            "test.one",
            lanes(planner="look"),
            node("parallelGateway", "fork"),
            user("look"),
            node("endEvent", "stop", "<bpmn:terminateEventDefinition/>"),
            flows("start -> fork -> look -> end\nfork -> stop"),
        )
    )
    instance = start()

    assert (instance.status, world.tasks()) == (InstanceStatus.COMPLETED, [])


def test_a_subprocess_runs_inside(world):
    inside = (
        node("startEvent", "s2")
        + script("in_it", "y = x + 1")
        + node("endEvent", "e2")
        + flows("s2 -> in_it -> e2")
    )
    world.deploy(process("test.one", node("subProcess", "sub", inside), flows("start -> sub -> end")))
    instance = start(data={"x": 1})

    assert world.data(instance)["y"] == 2
    assert set(world.trace(instance)) == {"start", "sub", "s2", "in_it", "e2", "end"}


def repeated(sequential: str, over: str) -> str:
    return f'<bpmn:multiInstanceLoopCharacteristics isSequential="{sequential}">{over}</bpmn:multiInstanceLoopCharacteristics>'


OVER = (
    "<bpmn:loopDataInputRef>suppliers</bpmn:loopDataInputRef><bpmn:loopDataOutputRef>answers</bpmn:loopDataOutputRef>"
    '<bpmn:inputDataItem id="supplier"/><bpmn:outputDataItem id="ask"/>'
)


@pytest.mark.parametrize(("sequential", "at_once"), [("false", 3), ("true", 1)])
def test_a_user_task_is_repeated_over_a_list(world, sequential, at_once):
    world.deploy(
        process(
            "test.one",
            lanes(buyer="ask"),
            user("ask", inner=repeated(sequential, OVER), summary="supplier"),
            flows("start -> ask -> end"),
        )
    )
    instance = start(data={"suppliers": ["a", "b", "c"]})
    buyer = world.person("li", "buyer")
    assert len(world.tasks("ask")) == at_once

    for number in range(3):
        world.done(buyer, "ask", price=str(number))

    db.session.refresh(instance)
    assert instance.status == InstanceStatus.COMPLETED
    assert world.data(instance)["answers"] == [{"price": "0"}, {"price": "1"}, {"price": "2"}]


def test_a_service_task_is_repeated_a_number_of_times(world):
    loop = repeated("false", "<bpmn:loopCardinality>n + 1</bpmn:loopCardinality>")
    world.deploy(
        process(
            "test.one",
            service("call", "test.echo", "r", inner=loop, value="1"),
            flows("start -> call -> end"),
        )
    )

    assert start(data={"n": 2}).status == InstanceStatus.COMPLETED
    assert len(CALLS) == 3


def test_a_loop_through_a_gateway_waits_each_time(world):
    world.deploy(
        process(
            "test.one",
            lanes(planner="look"),
            user("look"),
            node("exclusiveGateway", "again", default="again_to_end"),
            flows("start -> look -> again -> end\nagain -> look if not look.ok"),
        )
    )
    instance, planner = start(), world.person("wang", "planner")
    world.done(planner, "look", ok=False)
    world.done(planner, "look", ok=False)
    world.done(planner, "look", ok=True)

    db.session.refresh(instance)
    assert instance.status == InstanceStatus.COMPLETED


def test_a_background_operator_is_computed_by_the_runner(world):
    world.deploy(
        process("test.one", service("call", "test.slow", "r", value="4"), flows("start -> call -> end"))
    )
    instance = start()
    assert instance.status == InstanceStatus.RUNNING

    assert timers.compute_background() == 1

    db.session.refresh(instance)
    assert (instance.status, world.data(instance)["r"]) == (InstanceStatus.COMPLETED, {"value": 8})


def test_acting_names_the_person_in_the_history(world):
    world.deploy(process("test.one", lanes(planner="look"), user("look"), flows("start -> look -> end")))
    with acting(world.person("wang", "planner")):
        start()
    world.done(world.person("wang"), "look")

    assert db.session.query(StepHistory).filter_by(element="look").one().user_name == "Wang"
