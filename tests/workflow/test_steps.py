"""One step, once: races, incidents, retries, roles and segregation of duties."""

from __future__ import annotations

import logging
import threading

import pytest
from sqlalchemy import func, select

from app.accounts.services import deputies
from app.core import audit_check, events
from app.core.actors import Actor, acting
from app.core.db import db
from app.core.errors import Conflict, DomainError, Forbidden
from app.workflow.models import (
    HumanTask,
    Incident,
    IncidentStatus,
    InstanceStatus,
    MessageWait,
    ProcessInstance,
    TaskStatus,
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
    user,
)
from tests.workflow.operators import CALLS

ONE_TASK = process("test.one", lanes(planner="look"), user("look"), flows("start -> look -> end"))
BEGUN_BY_A_MESSAGE = process(
    "test.one",
    node("startEvent", "start", message("test.happened")),
    script("note", "x = 1"),
    flows("start -> note -> end"),
    messages=("test.happened",),
)


def start(data: dict | None = None) -> ProcessInstance:
    instance = instances.start("test.one", data or {}, "thing:1")
    db.session.commit()
    return instance


def test_the_second_completion_is_told_who_was_first(world):
    world.deploy(ONE_TASK)
    start()
    task = world.task("look")
    world.done(world.person("wang", "planner"), "look")

    with acting(world.person("li", "planner")), pytest.raises(Conflict, match="Wang"):
        instances.complete(task.id, {})


def test_two_people_at_once_one_wins(both):
    from flask import current_app

    both.deploy(ONE_TASK)
    instance = start()
    task_id = both.task("look").id
    people = [both.person("wang", "planner"), both.person("li", "planner")]
    app, gate, outcome = current_app._get_current_object(), threading.Barrier(2), []
    db.session.commit()

    def work(actor: Actor) -> None:
        with app.app_context(), acting(actor):
            gate.wait()
            try:
                instances.complete(task_id, {"who": actor.login})
                db.session.commit()
                outcome.append("won")
            except Conflict:
                db.session.rollback()
                outcome.append("lost")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, args=(p,)) for p in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcome) == ["lost", "won"]
    db.session.refresh(instance)
    assert instance.status == InstanceStatus.COMPLETED


def test_the_same_request_twice_is_carried_out_once(world):
    world.deploy(ONE_TASK)
    start()
    task = world.task("look")
    with acting(world.person("wang", "planner")):
        instances.complete(task.id, {"a": 1}, idempotency_key="k1")
        db.session.commit()

        assert instances.complete(task.id, {"a": 1}, idempotency_key="k1").id == task.id


def test_who_lacks_the_role_may_not(world):
    world.deploy(ONE_TASK)
    start()
    with acting(world.person("li", "buyer")), pytest.raises(Forbidden):
        instances.complete(world.task("look").id, {})
    with pytest.raises(Forbidden):
        instances.complete(world.task("look").id, {})


SEPARATE = process(
    "test.one",
    lanes(buyer="ask", plant_manager="agree"),
    user("ask"),
    user("agree", separate_from="ask"),
    flows("start -> ask -> agree -> end"),
)


@pytest.mark.parametrize("way", ["self", "deputy", "for the deputy", "admin"])
def test_nobody_approves_what_they_asked_for(world, way):
    world.deploy(SEPARATE)
    start()
    both_roles = world.person("wang", "buyer", "plant_manager", "admin")
    boss = world.person("chen", "plant_manager")
    asker, judge = both_roles, both_roles
    deputies.add_substitute(both_roles.user_id, boss.user_id)
    if way == "deputy":
        judge = Actor(boss.user_id, "chen", "Chen", boss.roles, on_behalf_of=both_roles.user_id)
    if way == "for the deputy":
        asker = Actor(boss.user_id, "chen", "Chen", frozenset({"buyer"}), on_behalf_of=both_roles.user_id)
    world.done(asker, "ask")

    assert world.task("agree").excluded
    with acting(judge), pytest.raises(Forbidden):
        instances.complete(world.task("agree").id, {})


def test_another_person_approves(world):
    world.deploy(SEPARATE)
    instance = start()
    world.done(world.person("wang", "buyer"), "ask")
    world.done(world.person("chen", "plant_manager"), "agree")

    db.session.refresh(instance)
    assert instance.status == InstanceStatus.COMPLETED
    assert audit_check.verify().code is None


def test_claimed_tasks_belong_to_their_owner(world):
    world.deploy(ONE_TASK)
    start()
    wang, li, task = world.person("wang", "planner"), world.person("li", "planner"), world.task("look")
    with acting(wang):
        instances.claim(task.id)
        db.session.commit()
    with acting(li):
        with pytest.raises(Conflict, match="Wang"):
            instances.claim(task.id)
        with pytest.raises(Conflict, match="Wang"):
            instances.complete(task.id, {})
    with acting(wang):
        instances.unclaim(task.id)
    with acting(li):
        instances.complete(task.id, {})


def test_a_rule_that_says_no_to_the_persons_own_step_changes_nothing(world):
    world.deploy(
        process(
            "test.one",
            lanes(planner="look"),
            user("look"),
            service("post", "test.refuse", "r"),
            flows("start -> look -> post -> end"),
        )
    )
    start()
    with acting(world.person("wang", "planner")), pytest.raises(DomainError) as told:
        instances.complete(world.task("look").id, {})
    db.session.rollback()

    assert told.value.field == "quantity"
    assert world.task("look").status == TaskStatus.OPEN
    assert db.session.query(Incident).count() == 0


def test_a_rule_that_says_no_further_on_is_an_incident(world):
    world.deploy(
        process(
            "test.one",
            lanes(planner="look"),
            user("look"),
            service("fine", "test.echo", "a"),
            service("post", "test.refuse", "r"),
            flows("start -> look -> fine -> post -> end"),
        )
    )
    instance = start()
    world.done(world.person("wang", "planner"), "look")

    db.session.refresh(instance)
    assert instance.status == InstanceStatus.INCIDENT
    incident = db.session.query(Incident).one()
    assert (incident.element, incident.status, incident.message) == (
        "post",
        IncidentStatus.OPEN,
        "refused: no",
    )


def test_an_unexpected_failure_is_tried_again_by_the_runner(world, clock):
    clock("2026-03-02T08:00:00")
    world.deploy(
        process("test.one", service("post", "test.crash", "r", times="2"), flows("start -> post -> end"))
    )
    instance = start()
    assert db.session.query(Incident).one().status == IncidentStatus.RETRYING
    assert timers.retry_due() == 0
    clock("2026-03-02T08:01:00")
    assert timers.retry_due() == 1
    assert db.session.query(Incident).one().attempts == 2
    clock("2026-03-02T08:10:00")
    assert timers.retry_due() == 1

    db.session.refresh(instance)
    assert instance.status == InstanceStatus.COMPLETED
    assert db.session.query(Incident).one().status == IncidentStatus.RESOLVED


def test_after_five_attempts_a_person_has_to_look(world, clock):
    clock("2026-03-02T08:00:00")
    world.deploy(
        process("test.one", service("post", "test.crash", "r", times="99"), flows("start -> post -> end"))
    )
    instance = start()
    for hour in range(9, 15):
        clock(f"2026-03-02T{hour:02}:00:00")
        timers.retry_due()

    db.session.refresh(instance)
    assert (db.session.query(Incident).one().attempts, instance.status) == (5, InstanceStatus.INCIDENT)


def test_an_incident_is_mended_with_other_data(world):
    world.deploy(
        process(
            "test.one", service("call", "test.echo", "r", value="amount + 1"), flows("start -> call -> end")
        )
    )
    instance = start({"amount": "x"})
    incident = db.session.query(Incident).one()

    with acting(world.person("chang", "admin")):
        instances.retry(incident.id, {"amount": 4})
        db.session.commit()

    db.session.refresh(instance)
    assert (instance.status, world.data(instance)["r"]) == (InstanceStatus.COMPLETED, {"value": 5})


def test_a_failed_step_is_skipped_with_a_reason(world):
    world.deploy(process("test.one", service("call", "test.refuse", "r"), flows("start -> call -> end")))
    instance = start()
    with acting(world.person("chang", "admin")):
        with pytest.raises(DomainError):
            instances.skip(db.session.query(Incident).one().id, " ")
        instances.skip(db.session.query(Incident).one().id, "done by hand")
        db.session.commit()

    db.session.refresh(instance)
    assert instance.status == InstanceStatus.COMPLETED


def test_a_cancelled_case_has_no_open_tasks(world):
    world.deploy(ONE_TASK)
    instance = start()
    instances.cancel(instance.id, "customer withdrew")
    db.session.commit()

    assert (instance.status, world.tasks()) == (InstanceStatus.CANCELLED, [])
    assert db.session.query(HumanTask).one().status == TaskStatus.CANCELLED


def test_an_endless_loop_becomes_an_incident(world):
    world.deploy(
        process(
            "test.one",
            node("exclusiveGateway", "again", default="again_to_end"),
            service("call", "test.echo", "r"),
            flows("start -> call -> again -> end\nagain -> call if 1 == 1"),
        )
    )

    assert start().status == InstanceStatus.INCIDENT


def test_a_million_repetitions_become_an_incident(world):
    repeat = "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>1000 * 1000</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
    world.deploy(
        process("test.one", service("call", "test.echo", "r", inner=repeat), flows("start -> call -> end"))
    )

    assert start().status == InstanceStatus.INCIDENT


LOOP = process(
    "test.one",
    service("check", "test.echo", "r", value="1"),
    node(
        "intermediateCatchEvent",
        "wait",
        extensions(properties(correlation="'item:1'")) + message("test.arrived"),
    ),
    lanes(planner="look"),
    user("look"),
    flows("start -> check -> wait -> look -> end"),
    messages=("test.arrived",),
)


def test_an_event_told_between_check_and_wait_is_not_lost(both):
    """The event is committed and drained by somebody else while the step is under way."""
    from flask import current_app

    both.deploy(LOOP)
    app = current_app._get_current_object()
    if db.engine.dialect.name == "sqlite":
        events.emit(events.EVENTS["test.arrived"], key="item:1")
        db.session.commit()
        messages.drain()
        start()
    else:
        instances.start("test.one", {}, "thing:1")

        def elsewhere() -> None:
            with app.app_context():
                events.emit(events.EVENTS["test.arrived"], key="item:1")
                db.session.commit()
                assert messages.drain() == 0
                db.session.remove()

        other = threading.Thread(target=elsewhere)
        other.start()
        other.join()
        db.session.commit()

    assert messages.drain() == 1
    assert both.task("look")
    assert messages.drain() == 0


def test_an_event_reaches_each_waiting_instance_once(both):
    both.deploy(LOOP)
    for _number in range(3):
        start()
    events.emit(events.EVENTS["test.arrived"], key="item:1")
    db.session.commit()

    assert messages.drain() == 3
    assert messages.drain() == 0
    assert db.session.scalar(select(func.count()).select_from(MessageWait)) == 0
    assert len(CALLS) == 3


def test_the_librarys_loggers_keep_quiet():
    for name in ("spiff", "spiff.task", "spiff.workflow", "spiff.data"):
        assert logging.getLogger(name).level == logging.WARNING


def test_a_request_delivers_only_for_its_time_and_the_runner_the_rest(world):
    world.deploy(BEGUN_BY_A_MESSAGE)
    for number in range(3):
        events.emit(events.EVENTS["test.happened"], key=f"thing:{number}")
    db.session.commit()

    in_time = messages.drain(-1)
    later = messages.drain()

    assert (in_time, later) == (0, 3)
    assert db.session.query(ProcessInstance).count() == 3


def test_an_event_told_just_after_nothing_was_found_still_starts_its_process(world, monkeypatch):
    world.deploy(BEGUN_BY_A_MESSAGE)
    looked = messages._starting

    def look_too_early(failed: set) -> tuple[int, str] | None:
        found = looked(failed)
        monkeypatch.setattr(messages, "_starting", looked)
        events.emit(events.EVENTS["test.happened"], key="thing:late").id = 5  # begun earlier, committed later
        db.session.commit()
        return found

    monkeypatch.setattr(messages, "_starting", look_too_early)
    events.emit(events.EVENTS["test.arrived"], key="nobody waits").id = 10
    db.session.commit()

    assert messages.drain() == 1
    assert db.session.scalars(select(ProcessInstance.business_key)).all() == ["thing:late"]
