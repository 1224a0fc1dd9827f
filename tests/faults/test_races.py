"""People and runners at the same thing in the same moment: one is first, the other is told, nothing is done twice."""

from __future__ import annotations

import re
import sys
import threading
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from flask import current_app
from sqlalchemy import event, func, select
from sqlalchemy.sql import Select

from app.accounts import services as accounts
from app.accounts.models import User, UserRole
from app.core import audit, audit_check, clock
from app.core.actors import SYSTEM
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import DomainError
from app.core.numbering import next_number
from app.inventory.models import Location, LocationKind, StockBalance
from app.inventory.services import ledger
from app.studio import services as studio
from app.studio.models import Change, ChangeStatus
from app.workflow import definitions
from app.workflow.models import HumanTask, InstanceStatus, ProcessInstance, StepHistory, TaskStatus
from app.workflow.running import instances, steps, timers
from tests.faults.plant import at_once
from tests.inventory.test_movements import Stores
from tests.workflow.conftest import World
from tests.workflow.diagrams import files, flows, lanes, node, process, script, timer, user

ROUNDS = 4
ONE = process("test.one", lanes(planner="look"), user("look"), flows("start -> look -> end"))
PAUSE = process(
    "test.pause",
    node("intermediateCatchEvent", "pause", timer("PT1H")),
    script("after", "a = 1"),
    flows("start -> pause -> after -> end"),
)
LIMITED = process(
    "test.limited",
    lanes(planner="look"),
    user("look"),
    node("boundaryEvent", "late", timer("PT1H"), attachedToRef="look"),
    node("endEvent", "too_late"),
    flows("start -> look -> end\nlate -> too_late"),
)


@pytest.fixture
def both(database) -> World:
    """The engine on an empty database, SQLite and PostgreSQL."""
    return World()


def begin(key: str, count: int = 1) -> list[int]:
    """Start cases; their numbers."""
    found = [instances.start(key, {}, f"thing:{number}").id for number in range(count)]
    db.session.commit()
    return found


def race(*acts) -> list[object]:
    """Let the acts meet, with no transaction of the test's own in their way."""
    db.session.commit()
    return at_once(current_app._get_current_object(), *acts)


def passed(element: str) -> int:
    """How often an element was left."""
    query = select(func.count()).select_from(StepHistory)
    db.session.rollback()
    return db.session.scalar(query.where(StepHistory.element == element, StepHistory.state == "completed"))


def failures(outcomes: list[object]) -> list[Exception]:
    """What nobody foresaw; a rule's no is an answer."""
    return [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, DomainError)]


def test_two_runners_fire_each_timer_once(both):
    both.deploy(PAUSE)
    begin("test.pause", 8)
    with clock.freeze(clock.now() + timedelta(hours=2)):
        outcomes = race((timers.fire_due, SYSTEM), (timers.fire_due, SYSTEM), (timers.fire_due, SYSTEM))
        timers.fire_due()

    assert failures(outcomes) == []
    assert passed("after") == 8
    assert db.session.query(ProcessInstance).filter_by(status=InstanceStatus.COMPLETED).count() == 8


def test_who_claims_and_who_completes_follow_each_other(both):
    both.deploy(ONE)
    wang, li = both.person("wang", "planner"), both.person("li", "planner")
    for _round in range(ROUNDS):
        begin("test.one")
        task = both.task("look").id
        claimed, completed = race(
            (lambda task=task: instances.claim(task), wang),
            (lambda task=task: instances.complete(task, {}), li),
        )
        assert failures([claimed, completed]) == []
        assert isinstance(claimed, DomainError) != isinstance(completed, DomainError)
        row = db.session.get(HumanTask, task, populate_existing=True)
        if row.status == TaskStatus.OPEN:
            assert row.owner_id == wang.user_id
            both.done(wang, "look")
        else:
            assert row.completed_by_id == li.user_id


def test_a_task_completed_while_its_limit_passes_ends_one_way(both):
    both.deploy(LIMITED)
    wang = both.person("wang", "planner")
    for _round in range(ROUNDS):
        [case] = begin("test.limited")
        task = both.task("look").id
        with clock.freeze(clock.now() + timedelta(hours=2)):
            outcomes = race((lambda task=task: instances.complete(task, {}), wang), (timers.fire_due, SYSTEM))
            timers.fire_due()
        assert failures(outcomes) == []
        ends = db.session.scalars(
            select(StepHistory.element).where(
                StepHistory.instance_id == case,
                StepHistory.element.in_(["end", "too_late"]),
                StepHistory.state == "completed",
            )
        ).all()
        assert len(ends) == 1
        assert db.session.get(ProcessInstance, case, populate_existing=True).status == "completed"


def act_on(number: int, act):
    """Decide on a change as its page does: locked."""
    return lambda: act(studio.locked(number))


def test_a_change_approved_and_taken_back_at_once_is_one_of_the_two(both):
    definitions.deploy(files(ONE))
    db.session.commit()
    author, manager = both.person("tseng", "process_designer"), both.person("lin", "plant_manager")
    for number in range(ROUNDS):
        change = proposed(author, number)
        deployed = audited("change.approved")
        taken_back, approved = race(
            (act_on(change, studio.withdraw), author), (act_on(change, studio.approve), manager)
        )
        assert failures([taken_back, approved]) == []
        assert isinstance(taken_back, DomainError) != isinstance(approved, DomainError)
        status = db.session.get(Change, change, populate_existing=True).status
        gone = ChangeStatus.DRAFT if taken_back is None else ChangeStatus.DEPLOYED
        assert (status, audited("change.approved") - deployed) == (gone, int(taken_back is not None))


def audited(action: str) -> int:
    return db.session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == action))


def proposed(author, number: int) -> int:
    """A change of the process that waits for a decision."""
    from app.core.actors import acting

    source = process(
        "test.one",
        lanes(planner="look"),
        user("look"),
        script("x", f"a = {number}"),
        flows("start -> look -> x -> end"),
    )
    with acting(author):
        change = studio.open_change(f"Change {number}")
        studio.save_file(change, "bpmn/test/one.bpmn", source.decode())
        studio.propose(change)
        db.session.commit()
    return change.id


PEOPLE_AT_ONCE = 6


def test_the_first_numbers_of_a_month_are_given_once_each(both):
    outcomes = race(
        *((lambda: next_number("XX", on=date(2026, 3, 2)), SYSTEM) for _ in range(PEOPLE_AT_ONCE))
    )

    assert failures(outcomes) == []
    assert sorted(outcomes) == [f"XX2603-{number:04d}" for number in range(1, PEOPLE_AT_ONCE + 1)]


def test_stock_booked_at_once_is_all_there(both):
    """Each has read the balance, or found that there is none, before any of them books."""
    stores = Stores()
    suppliers = ledger.location(stores.here.id, LocationKind.SUPPLIER).id
    item, lot, places = stores.seal.id, stores.balance.lot_id, (stores.store.id, stores.shelf.id)
    db.session.commit()
    read = threading.Barrier(PEOPLE_AT_ONCE, timeout=20)

    def book(target: int) -> None:
        known = list(db.session.scalars(select(StockBalance)))
        if db.engine.dialect.name == "postgresql":  # on SQLite one transaction writes after the other
            read.wait()
        source, place = (db.session.get_one(Location, one) for one in (suppliers, target))
        ledger.post(item, Decimal(7), source=source, target=place, document="x:1", lot_id=lot)
        del known

    for place, begun in zip(places, (Decimal(100), Decimal(0)), strict=True):
        outcomes = race(*((partial(book, place), SYSTEM) for _ in range(PEOPLE_AT_ONCE)))
        assert failures(outcomes) == []
        query = select(StockBalance.quantity).where(StockBalance.location_id == place)
        assert list(db.session.scalars(query)) == [begun + 7 * PEOPLE_AT_ONCE]
        db.session.rollback()


def test_acts_recorded_at_once_are_one_chain(both):
    def act(number: int) -> None:
        audit.record("note.made", f"note:{number}", after={"number": number})

    assert failures(race(*((partial(act, number), SYSTEM) for number in range(PEOPLE_AT_ONCE)))) == []
    assert failures(race(*((partial(act, number), SYSTEM) for number in range(PEOPLE_AT_ONCE)))) == []

    verdict = audit_check.verify()
    assert (verdict.code, verdict.entries) == (None, 2 * PEOPLE_AT_ONCE)
    assert audited("note.made") == 2 * PEOPLE_AT_ONCE


@pytest.mark.parametrize(
    "act", [partial(accounts.set_active, active=False), partial(accounts.set_roles, roles=set())]
)
def test_of_two_administrators_who_leave_at_once_one_stays(both, monkeypatch, act):
    first, second = (both.person(name, "admin") for name in ("chang", "kao"))
    people = sys.modules[accounts.set_active.__module__]
    met, keep = threading.Barrier(2, timeout=1), people._keep_an_admin

    def meet(user: User) -> None:
        keep(user)
        if db.engine.dialect.name == "postgresql":  # on SQLite one transaction writes after the other
            with suppress(threading.BrokenBarrierError):
                met.wait()

    monkeypatch.setattr(people, "_keep_an_admin", meet)
    outcomes = race(*((partial(act, one.user_id), one) for one in (first, second)))

    assert [type(one) for one in outcomes if one is not None] == [DomainError]
    query = select(User.id).join(UserRole).where(User.active, UserRole.role == "admin")
    assert len(list(db.session.scalars(query))) == 1


@pytest.mark.postgres
def test_without_locks_and_versions_two_people_complete_the_same_task(
    postgres_database, tmp_path, monkeypatch
):
    """The red control: nobody waits, both have read the task as open before either goes on."""
    from tests.conftest import _app

    met, resume = threading.Barrier(2, timeout=10), steps.resume

    def meet(*given, **options):
        met.wait()
        return resume(*given, **options)

    monkeypatch.setattr(steps, "resume", meet)

    def forget_version(_connection, _cursor, statement, parameters, *_more):
        return re.sub(r" AND process_instance\.version = %\(\w+\)s(::\w+)?", "", statement), parameters

    monkeypatch.setattr(Select, "with_for_update", lambda self, **_options: self)
    wrong: list[object] = []
    for _app_made in _app(postgres_database, tmp_path):
        world = World()
        world.deploy(ONE)
        people = [world.person(name, "planner") for name in ("wang", "li")]
        begin("test.one")
        event.listen(db.engine, "before_cursor_execute", forget_version, retval=True)
        task = world.task("look").id
        outcomes = race(*((partial(instances.complete, task, {}), one) for one in people))
        wrong += failures(outcomes)
        wrong += [one for one in outcomes if isinstance(one, HumanTask)][1:]

    assert wrong
