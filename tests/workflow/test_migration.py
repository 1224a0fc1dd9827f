"""Running cases go to a new version of their process, or are told why they cannot."""

from __future__ import annotations

import sqlite3
import threading
from unittest.mock import Mock

import pytest
from flask import current_app
from flask_babel import refresh
from sqlalchemy.exc import OperationalError

from app.core.actors import Actor, acting
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.workflow import definitions
from app.workflow.models import (
    HumanTask,
    Incident,
    InstanceStatus,
    MessageWait,
    ProcessInstance,
    StepHistory,
    TimerDue,
)
from app.workflow.moving import migration
from app.workflow.moving.migration_models import CaseStatus, MigrationCase, RunStatus
from app.workflow.running import instances, timers
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
    timer,
    user,
)

LANES = lanes(planner="a b c d x call again ask")


def diagram(*parts: str, way: str, messages: tuple[str, ...] = ()) -> bytes:
    """A version of the process ``test.one``."""
    return process("test.one", LANES, *parts, flows(way), messages=messages)


def begin(**data: object) -> ProcessInstance:
    """A case of the version that is active now."""
    case = instances.start("test.one", data, "thing:1", own=False)
    db.session.commit()
    return case


def fresh(case: ProcessInstance) -> ProcessInstance:
    """The case as it stands in the database."""
    db.session.rollback()
    db.session.refresh(case)
    return case


def verdict(case: ProcessInstance) -> migration.Verdict:
    """What the dry run says."""
    return migration.dry_run(fresh(case), definitions.active("test.one"))


def why(case: ProcessInstance) -> tuple[str | None, list[str]]:
    """Why a case cannot go, and at which elements."""
    said = verdict(case)
    return said.code, [one["en"] for one in said.names]


def move(*cases: ProcessInstance, actor: Actor | None = None) -> list[MigrationCase]:
    """Move cases and return what came of each."""
    with acting(actor or Actor(None, "designer", "Designer", frozenset({"process_designer"}))):
        run = migration.begin("test.one", [one.id for one in cases], "A new version.")
        db.session.commit()
    migration.work()
    query = db.select(MigrationCase).where(MigrationCase.run_id == run.id).order_by(MigrationCase.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def moved(case: ProcessInstance) -> ProcessInstance:
    """Move one case that must go."""
    (done,) = move(case)
    assert (done.status, done.code) == (CaseStatus.MOVED, None)
    assert fresh(case).definition.version == definitions.active("test.one").version
    return case


@pytest.fixture
def wang(world) -> Actor:
    """A planner."""
    return world.person("wang", "planner")


TWO = ("start -> a -> b -> end", user("a"), user("b"))


def test_a_step_inserted_ahead_is_done_and_one_inserted_behind_is_not(world, wang):
    world.deploy(diagram(*TWO[1:], way=TWO[0]))
    case = begin()
    world.done(wang, "a")
    steps = script("behind", "late = 1"), script("ahead", "soon = 1")
    world.deploy(diagram(*TWO[1:], *steps, way="start -> a -> behind -> b -> ahead -> end"))
    assert verdict(case).can_go

    moved(case)
    world.done(wang, "b")

    assert fresh(case).status == InstanceStatus.COMPLETED
    assert world.trace(case) == ["start", "a", "b", "ahead", "end"]
    assert world.data(case)["soon"] == 1
    assert "late" not in world.data(case)


def test_the_open_task_stays_the_same_row_with_draft_owner_and_due_date(world, wang):
    world.deploy(diagram(user("a", due="P2D"), way="start -> a -> end"))
    case = begin()
    with acting(wang):
        instances.claim(world.task("a").id)
        instances.save_draft(world.task("a").id, {"half": "typed"})
        db.session.commit()
    before = {c.key: getattr(world.task("a"), c.key) for c in HumanTask.__table__.columns}
    world.deploy(diagram(user("a", due="P9D"), script("x", "y = 1"), way="start -> a -> x -> end"))
    assert [one["en"] for one in verdict(case).kept] == ["a"]

    moved(case)

    assert {c.key: getattr(world.task("a"), c.key) for c in HumanTask.__table__.columns} == before
    assert before["draft"] == {"half": "typed"}


def test_a_renamed_step_goes_and_a_step_with_another_id_is_a_removed_one(world, wang):
    world.deploy(diagram(*TWO[1:], way=TWO[0]))
    case = begin()
    world.deploy(diagram(user("a").replace('name="a"', 'name="Look"'), user("b"), way=TWO[0]))
    assert verdict(case).can_go
    world.deploy(diagram(user("c"), user("b"), way="start -> c -> b -> end"))

    assert why(case) == ("removed", ["a"])


def test_what_the_case_has_passed_cannot_be_missing_what_lies_ahead_can(world, wang):
    world.deploy(diagram(*TWO[1:], user("c"), way="start -> a -> b -> c -> end"))
    case = begin()
    world.done(wang, "a")
    world.deploy(diagram(*TWO[1:], way=TWO[0]))
    assert verdict(case).can_go
    world.deploy(diagram(user("b"), user("c"), way="start -> b -> c -> end"))

    assert why(case) == ("removed", ["a"])
    assert move(case)[0].status == CaseStatus.REFUSED
    assert fresh(case).definition.version == 1


GATE = (user("a"), node("exclusiveGateway", "gate", default="gate_to_c"), user("b"), user("c"))


def test_a_condition_that_lies_ahead_may_change_one_that_was_judged_may_not(world, wang):
    world.deploy(diagram(*GATE, way="start -> a -> gate\n gate -> b if n > 1\n b -> end\n gate -> c -> end"))
    ahead, behind = begin(n=1), begin(n=1)
    with acting(wang):
        instances.complete(world.tasks("a")[1].id, {})
    db.session.commit()
    world.deploy(diagram(*GATE, way="start -> a -> gate\n gate -> b if n > 0\n b -> end\n gate -> c -> end"))
    assert why(behind) == ("changed", ["gate"])

    moved(ahead)
    world.done(wang, "a")

    assert world.tasks("b")[0].instance_id == ahead.id


def test_a_new_branch_ahead_is_taken(world, wang):
    world.deploy(diagram(*TWO[1:], way=TWO[0]))
    case = begin(n=5)
    parts = (*TWO[1:], node("exclusiveGateway", "gate", default="gate_to_b"), user("c"))
    world.deploy(diagram(*parts, way="start -> a -> gate -> b -> end\n gate -> c if n > 1\n c -> end"))

    moved(case)
    world.done(wang, "a")

    assert world.task("c").instance_id == case.id


SPLIT = (node("parallelGateway", "split"), node("parallelGateway", "join"), user("a"), user("b"))
PARALLEL = "start -> split -> a -> join -> end\n split -> b -> join"


def test_parallel_tokens_go_together(world, wang):
    world.deploy(diagram(*SPLIT, way=PARALLEL))
    case = begin()
    world.done(wang, "a")
    world.deploy(
        diagram(
            *SPLIT, script("x", "y = 1"), way="start -> split -> a -> join -> x -> end\n split -> b -> join"
        )
    )

    moved(case)
    world.done(wang, "b")

    assert fresh(case).status == InstanceStatus.COMPLETED
    assert world.data(case)["y"] == 1


@pytest.mark.parametrize(
    ("way", "code", "where"),
    [
        ("start -> split -> a -> join -> end\n split -> b -> join\n split -> c -> join", "place", ["a", "b"]),
        ("start -> split -> a -> b -> join -> end\n split -> c -> join", "place", ["a", "b"]),
    ],
)
def test_a_branch_that_was_never_begun_would_be_waited_for_in_vain(world, way, code, where):
    world.deploy(diagram(*SPLIT, way=PARALLEL))
    case = begin()
    world.deploy(diagram(*SPLIT, user("c"), way=way))

    assert why(case) == (code, where)


def test_a_token_in_one_line_cannot_go_into_a_branch_whose_sister_nobody_begins(world):
    world.deploy(diagram(*TWO[1:], way=TWO[0]))
    case = begin()
    world.deploy(diagram(*SPLIT, way=PARALLEL))

    assert why(case) == ("place", ["a"])


def test_a_step_between_a_branch_that_has_arrived_and_its_join_is_refused(world, wang):
    world.deploy(diagram(*SPLIT, way=PARALLEL))
    case = begin()
    world.done(wang, "a")
    way = "start -> split -> a -> x -> join -> end\n split -> b -> join"
    world.deploy(diagram(*SPLIT, script("x", "y = 1"), way=way))

    assert why(case) == ("arrived", ["join"])


def boundary(identifier: str, host: str, inner: str, *, stops: bool = True) -> str:
    """A boundary event."""
    return node(
        "boundaryEvent", identifier, inner, attachedToRef=host, cancelActivity="true" if stops else "false"
    )


LATE = boundary("late", "a", timer("PT2H"))
LATE_WAY = "start -> a -> end\n late -> b -> end"


TOLD = boundary("told", "a", extensions(properties(correlation="'x'")) + message("test.arrived"), stops=False)


@pytest.mark.parametrize("had_one", [False, True])
def test_a_boundary_event_that_comes_to_an_open_task_waits_from_the_move_on(world, clock, had_one):
    clock("2026-03-02T09:00:00+08:00")
    others, way = ((user("c"), TOLD), "\n told -> c -> end") if had_one else ((), "")
    world.deploy(diagram(user("a"), *others, way="start -> a -> end" + way, messages=("test.arrived",)))
    case = begin()
    clock("2026-03-02T10:00:00+08:00")
    world.deploy(diagram(user("a"), user("b"), *others, LATE, way=LATE_WAY + way, messages=("test.arrived",)))

    moved(case)

    due = db.session.scalar(db.select(TimerDue.due_at))
    assert due.isoformat() == "2026-03-02T04:00:00+00:00"
    clock("2026-03-02T13:00:00+08:00")
    timers.fire_due()
    assert [one.element for one in world.tasks()] == ["b"]


def test_a_timer_s_due_time_and_a_message_s_wait_stay(world, clock):
    clock("2026-03-02T09:00:00+08:00")
    wait = extensions(properties(correlation="'x'")) + message("test.arrived")
    parts = [
        node("parallelGateway", "split"),
        node("intermediateCatchEvent", "told", wait),
        node("intermediateCatchEvent", "late", timer("PT2H")),
    ]
    way = "start -> split -> told -> end\n split -> late -> end"
    world.deploy(process("test.one", *parts, flows(way), messages=("test.arrived",)))
    case = begin()
    rows = db.session.execute(db.select(TimerDue.id, TimerDue.due_at)).all()
    waits = db.session.execute(db.select(MessageWait.id, MessageWait.since)).all()
    db.session.commit()
    parts[2] = node("intermediateCatchEvent", "late", timer("PT9H"))
    clock("2026-03-02T10:00:00+08:00")
    world.deploy(process("test.one", *parts, flows(way), messages=("test.arrived",)))

    moved(case)

    assert db.session.execute(db.select(TimerDue.id, TimerDue.due_at)).all() == rows
    assert db.session.execute(db.select(MessageWait.id, MessageWait.since)).all() == waits


def test_a_place_that_would_wait_for_another_message_is_refused(world):
    def version(name: str) -> bytes:
        wait = extensions(properties(correlation="'x'")) + message(name)
        told = node("intermediateCatchEvent", "told", wait)
        return process("test.one", told, flows("start -> told -> end"), messages=(name,))

    world.deploy(version("test.arrived"))
    case = begin()
    world.deploy(version("test.happened"))

    assert why(case)[0] == "waits"


def repeated(*inner: str, way: str, times: str = "items") -> bytes:
    """A version with a task repeated for each item."""
    loop = (
        '<bpmn:multiInstanceLoopCharacteristics isSequential="false">'
        f"<bpmn:loopCardinality>{times}</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
    )
    return diagram(user("a", inner=loop), *inner, way=way)


def test_a_repetition_under_way_goes_unless_it_is_changed(world, wang):
    world.deploy(repeated(way="start -> a -> end", times="2"))
    case = begin()
    world.done(wang, "a")
    world.deploy(repeated(way="start -> a -> end", times="3"))
    assert why(case) == ("repeats", ["a"])
    world.deploy(repeated(script("x", "y = 1"), way="start -> a -> x -> end", times="2"))

    moved(case)
    world.done(wang, "a")

    assert fresh(case).status == InstanceStatus.COMPLETED
    assert world.data(case)["y"] == 1


def within(*inner: str, way: str, after: str = "") -> bytes:
    """A version whose subprocess ``sub`` holds the parts."""
    body = node("startEvent", "inside") + node("endEvent", "out") + "".join(inner) + flows(way)
    more = (script(after, "after = 1"),) if after else ()
    onward = f"start -> sub -> {after} -> end" if after else "start -> sub -> end"
    return process("test.one", lanes(planner="sub"), node("subProcess", "sub", body), *more, flows(onward))


def test_a_subprocess_under_way_takes_over_what_is_new_in_it_and_behind_it(world, wang):
    world.deploy(within(user("a"), way="inside -> a -> out"))
    case = begin()
    world.deploy(within(user("a"), script("x", "y = 1"), way="inside -> a -> x -> out", after="z"))

    moved(case)
    world.done(wang, "a")

    assert fresh(case).status == InstanceStatus.COMPLETED
    assert (world.data(case)["y"], world.data(case)["after"]) == (1, 1)


def test_a_subprocess_that_lost_its_open_task_is_refused(world):
    world.deploy(within(user("a"), way="inside -> a -> out"))
    case = begin()
    world.deploy(within(user("b"), way="inside -> b -> out"))

    assert why(case) == ("removed", ["a"])


def test_a_called_process_under_way_goes_with_its_caller(world, wang):
    def called(*parts: str, way: str) -> bytes:
        return process("test.two", lanes(planner="a"), user("a"), *parts, flows(way))

    caller = diagram(node("callActivity", "call", calledElement="test.two"), way="start -> call -> end")
    world.deploy(caller, called(way="start -> a -> end"))
    case = begin()
    world.deploy(caller, called(script("x", "y = 1"), way="start -> a -> x -> end"))
    assert case.definition.version == 1

    moved(case)
    world.done(wang, "a")

    assert fresh(case).status == InstanceStatus.COMPLETED
    assert world.data(case)["y"] == 1


def test_a_failed_step_is_mended_by_a_version_that_does_it_rightly(world):
    world.deploy(diagram(service("call", "test.refuse", "r"), way="start -> call -> end"))
    case = begin()
    assert fresh(case).status == InstanceStatus.INCIDENT
    world.deploy(diagram(service("call", "test.echo", "r", value="1"), way="start -> call -> end"))

    moved(case)
    instances.retry(db.session.scalar(db.select(Incident.id)))
    db.session.commit()

    assert fresh(case).status == InstanceStatus.COMPLETED


def test_what_is_being_computed_is_not_exchanged(world):
    world.deploy(diagram(service("call", "test.slow", "r", value="1"), way="start -> call -> end"))
    case = begin()
    world.deploy(diagram(service("call", "test.slow", "r", value="2"), way="start -> call -> end"))
    assert why(case) == ("background", ["call"])
    after = diagram(
        service("call", "test.slow", "r", value="1"), script("x", "y = 1"), way="start -> call -> x -> end"
    )
    world.deploy(after)

    moved(case)
    timers.compute_background()

    assert fresh(case).status == InstanceStatus.COMPLETED


def test_an_answer_that_would_go_elsewhere_is_refused(world):
    world.deploy(diagram(user("a"), way="start -> a -> end"))
    case = begin()
    world.deploy(diagram(user("a", result="other"), way="start -> a -> end"))

    assert why(case) == ("result", ["a"])


def test_an_event_subprocess_around_everything_cannot_come_later(world):
    world.deploy(diagram(user("a"), way="start -> a -> end"))
    case = begin()
    inner = node("startEvent", "alarm", timer("PT1H"), isInterrupting="false") + node("endEvent", "over")
    handler = node("subProcess", "sub", inner + flows("alarm -> over"), triggeredByEvent="true")
    world.deploy(diagram(user("a"), handler, way="start -> a -> end"))

    assert why(case)[0] == "wrapped"


def row_of(case: ProcessInstance) -> tuple[bytes | None, int]:
    """A case's state and version of its process."""
    fresh(case)
    query = db.select(ProcessInstance.state, ProcessInstance.definition_id)
    return tuple(db.session.execute(query.where(ProcessInstance.id == case.id)).one())


def rows_of(case: ProcessInstance) -> list[list[tuple]]:
    """The rows that follow from a case's state."""
    tables = HumanTask, TimerDue, MessageWait, StepHistory
    return [
        [tuple(row) for row in db.session.execute(db.select(table.__table__).order_by(table.id))]
        for table in tables
    ]


def test_undo_gives_the_state_back_byte_for_byte_and_the_rows_with_it(both):
    both.deploy(diagram(*TWO[1:], way=TWO[0]))
    case = begin()
    before, rows = row_of(case), rows_of(case)
    both.deploy(diagram(*TWO[1:], LATE, script("x", "y = 1"), way="start -> a -> b -> x -> end\nlate -> end"))
    (done,) = move(case)
    assert row_of(case) != before
    assert rows_of(case) != rows
    version = fresh(case).version

    migration.undo(done.run_id)
    db.session.commit()
    migration.work()

    assert row_of(case) == before
    assert rows_of(case) == rows
    assert fresh(case).version == version + 1
    assert db.session.get(MigrationCase, done.id, populate_existing=True).status == CaseStatus.UNDONE


def test_a_case_that_has_gone_on_cannot_be_taken_back(world, wang):
    world.deploy(diagram(*TWO[1:], way=TWO[0]))
    case = begin()
    world.deploy(diagram(*TWO[1:], script("x", "y = 1"), way="start -> a -> b -> x -> end"))
    (done,) = move(case)
    world.done(wang, "a")
    after = row_of(case)

    with pytest.raises(Conflict):
        migration.undo(done.run_id)

    assert row_of(case) == after


def test_a_step_between_choice_and_turn_leaves_the_case_where_it_is(world, wang):
    world.deploy(diagram(*TWO[1:], way=TWO[0]))
    case = begin()
    world.deploy(diagram(*TWO[1:], script("x", "y = 1"), way="start -> a -> b -> x -> end"))
    run = migration.begin("test.one", None, "All of them.")
    db.session.commit()
    world.done(wang, "a")

    migration.work()

    done = db.session.scalar(db.select(MigrationCase))
    assert (done.status, done.code) == (CaseStatus.REFUSED, "meanwhile")
    assert (fresh(case).definition.version, run.status) == (1, RunStatus.DONE)


def test_a_completion_and_a_move_at_once_follow_each_other(both):
    both.deploy(diagram(*TWO[1:], way=TWO[0]))
    case, wang = begin(), both.person("wang", "planner")
    both.deploy(diagram(*TWO[1:], script("x", "y = 1"), way="start -> a -> b -> x -> end"))
    migration.begin("test.one", None, "All of them.")
    task_id = both.task("a").id
    db.session.commit()
    app, gate, failed = current_app._get_current_object(), threading.Barrier(2), []

    def at_once(act, actor: Actor) -> None:
        with app.app_context(), acting(actor):
            gate.wait()
            try:
                act()
                db.session.commit()
            except Exception as error:
                failed.append(error)
            finally:
                db.session.remove()

    acts = (lambda: instances.complete(task_id, {}), wang), (migration.work, Actor(None, "runner"))
    threads = [threading.Thread(target=at_once, args=one) for one in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    done = db.session.scalar(db.select(MigrationCase).execution_options(populate_existing=True))
    version = fresh(case).definition.version
    assert (done.status, done.code, version) in (
        (CaseStatus.MOVED, None, 2),
        (CaseStatus.REFUSED, "meanwhile", 1),
    )
    both.done(wang, "b")
    assert fresh(case).status == InstanceStatus.COMPLETED
    assert both.trace(case) == ["start", "a", "b", *(["x"] if version == 2 else []), "end"]


def test_a_run_is_cancelled_and_what_fails_leaves_the_others_alone(world, monkeypatch):
    world.deploy(diagram(user("a"), way="start -> a -> end"))
    cases = [begin(), begin(), begin()]
    world.deploy(diagram(user("a"), script("x", "y = 1"), way="start -> a -> x -> end"))
    forth = migration._forth

    def first_fails(case, run, instance):
        if instance.id == cases[0].id:
            raise RuntimeError("disk on fire")
        forth(case, run, instance)

    monkeypatch.setattr(migration, "_forth", first_fails)
    run = migration.begin("test.one", None, "All of them.")
    db.session.commit()
    migration._one(db.session.scalar(db.select(MigrationCase.id).order_by(MigrationCase.id)))
    migration._one(db.session.scalar(db.select(MigrationCase.id).where(MigrationCase.status == "waiting")))
    migration.cancel(run.id)
    db.session.commit()
    assert migration.work() == 0

    states = [fresh(one).definition.version for one in cases]
    results = db.session.execute(
        db.select(MigrationCase.status, MigrationCase.code).order_by(MigrationCase.id)
    )
    assert states == [1, 2, 1]
    assert [tuple(one) for one in results] == [
        (CaseStatus.REFUSED, "failed"),
        (CaseStatus.MOVED, None),
        (CaseStatus.SKIPPED, None),
    ]


def test_a_case_whose_move_met_a_database_that_was_held_moves_later(world, monkeypatch):
    world.deploy(diagram(user("a"), way="start -> a -> end"))
    case = begin()
    world.deploy(diagram(user("a"), script("x", "y = 1"), way="start -> a -> x -> end"))
    held = sqlite3.OperationalError("database is locked")
    held.sqlite_errorname = "SQLITE_BUSY"
    monkeypatch.setattr(migration, "_forth", Mock(side_effect=OperationalError("UPDATE", {}, held)))
    migration.begin("test.one", None, "All of them.")
    db.session.commit()
    with pytest.raises(OperationalError):
        migration.work()
    monkeypatch.undo()

    assert migration.work() == 1
    assert fresh(case).definition.version == 2


def test_the_record_says_who_moved_what_from_where_to_where(world):
    world.deploy(diagram(user("a"), way="start -> a -> end"))
    case, lin = begin(), world.person("lin", "process_designer")
    world.deploy(diagram(user("a"), script("x", "y = 1"), way="start -> a -> x -> end"))

    move(case, actor=lin)

    entry = db.session.scalar(db.select(AuditEntry).where(AuditEntry.action == "instance.migrated"))
    assert (entry.user_id, entry.instance_id, entry.reason) == (lin.user_id, case.id, "A new version.")
    assert (entry.before, entry.after, entry.definition) == ({"version": 1}, {"version": 2}, "test.one v2")


def test_a_run_needs_a_reason_and_a_case(world):
    world.deploy(diagram(user("a"), way="start -> a -> end"))
    case = begin()

    with pytest.raises(DomainError, match="reason"):
        migration.begin("test.one", [case.id], " ")
    with pytest.raises(DomainError, match="case"):
        migration.begin("test.one", [case.id], "Why not.")


def test_a_designer_tries_moves_and_takes_back_on_the_pages(world, login):
    world.deploy(diagram(*TWO[1:], way=TWO[0]))
    case, other = begin(), begin()
    with acting(world.person("wang", "planner")):
        instances.complete(world.tasks("a")[1].id, {})
    db.session.commit()
    world.deploy(diagram(user("c"), user("b"), way="start -> c -> b -> end"))
    world.deploy(diagram(*TWO[1:], script("x", "y = 1"), way="start -> a -> b -> x -> end"))
    designer = login("process_designer", name="lin")
    address = f"/operations/versions/{case.definition_id}"
    assert f'href="{address}"' in designer.get("/operations").text
    assert "2 running cases follow older ones." in designer.get(address).text
    page = designer.get(f"{address}?dry=1").text
    assert page.count("Can go") == 2
    assert fresh(case).definition.version == 1

    answer = designer.post(address, data={"instances": [case.id, other.id], "reason": "Better."})
    run = designer.get(answer.location).text

    assert "2 of 2 cases" in run
    assert "2 moved · 0 stay · 0 taken back" in run
    assert fresh(case).definition.version == 3
    assert "<html" not in designer.get(answer.location, headers={"HX-Request": "true"}).text
    designer.post(f"{answer.location}/undo", data={"case": "1"})
    assert "1 moved · 0 stay · 1 taken back" in designer.get(answer.location).text
    designer.post(f"{answer.location}/undo")
    assert "0 moved · 0 stay · 2 taken back" in designer.get(answer.location).text
    assert designer.post(f"{answer.location}/undo").status_code == 409


def test_the_verdict_names_the_element_in_the_reader_s_language(world, login):
    label = user("a").replace(
        "<spiffworkflow:properties>",
        '<spiffworkflow:properties><spiffworkflow:property name="label.zh_Hant" value="審查"/>',
    )
    world.deploy(diagram(label, way="start -> a -> end"))
    case = begin()
    world.deploy(diagram(user("b"), way="start -> b -> end"))
    designer = login("process_designer", name="lin")
    address = f"/operations/versions/{case.definition_id}?dry=1"

    assert "The case has come to “a”, which the new version does not have." in designer.get(address).text
    designer.post("/language", data={"language": "zh_Hant_TW"})
    refresh()
    assert "案件已到過「審查」，但新版本沒有此元素。" in designer.get(address).text


def test_who_may_only_read_sees_the_dry_run_and_moves_nothing(world, login):
    world.deploy(diagram(user("a"), way="start -> a -> end"))
    case = begin()
    world.deploy(diagram(user("a"), script("x", "y = 1"), way="start -> a -> x -> end"))
    manager, address = login("plant_manager", name="chen"), f"/operations/versions/{case.definition_id}"

    assert "Moving cases is for process designers." in manager.get(f"{address}?dry=1").text
    assert manager.post(address, data={"_all": "1", "reason": "x"}).status_code == 403
    assert fresh(case).definition.version == 1


CORRELATED = extensions(properties(correlation="'x'")) + message("test.arrived")


def test_a_case_before_an_event_gateway_goes_and_the_first_event_still_decides(world, clock):
    clock("2026-03-02T09:00:00+08:00")
    parts = (
        node("eventBasedGateway", "which"),
        node("intermediateCatchEvent", "told", CORRELATED),
        node("intermediateCatchEvent", "late", timer("PT2H")),
    )

    def version(*more: str, end: str) -> bytes:
        way = f"start -> which -> told -> end\n which -> late -> {end}"
        return process("test.one", *parts, *more, flows(way), messages=("test.arrived",))

    world.deploy(version(end="end"))
    case = begin()
    due = db.session.scalar(db.select(TimerDue.due_at))
    world.deploy(version(script("x", "y = 1"), end="x -> end"))

    moved(case)
    assert db.session.scalar(db.select(TimerDue.due_at)) == due
    clock("2026-03-02T11:00:01+08:00")
    timers.fire_due()

    assert fresh(case).status == InstanceStatus.COMPLETED
    assert world.data(case)["y"] == 1
    assert db.session.scalar(db.select(MessageWait)) is None


def test_a_case_with_an_event_subprocess_takes_over_what_is_new_in_it_and_around_it(world, wang, clock):
    clock("2026-03-02T09:00:00+08:00")

    def version(*more: str, way: str, rest: str = "") -> bytes:
        inner = node("startEvent", "alarm", timer("PT2H"), isInterrupting="true") + node("endEvent", "over")
        inner += script("called", "called = 1") + (script("x", "y = 1") if rest else "")
        handler = node(
            "subProcess", "sub", inner + flows(f"alarm -> called {rest} -> over"), triggeredByEvent="true"
        )
        return diagram(user("a"), handler, *more, way=way)

    world.deploy(version(way="start -> a -> end"))
    case, other = begin(), begin()
    world.deploy(version(script("z", "after = 1"), way="start -> a -> z -> end", rest="-> x"))

    moved(case)
    moved(other)
    with acting(wang):
        instances.complete(world.tasks("a")[0].id, {})
    db.session.commit()
    assert fresh(case).status == InstanceStatus.COMPLETED
    assert world.data(case)["after"] == 1
    clock("2026-03-02T11:00:01+08:00")
    timers.fire_due()

    assert fresh(other).status == InstanceStatus.COMPLETED
    assert world.data(other)["y"] == 1
