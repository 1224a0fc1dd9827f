"""What the shipped diagrams do when time goes by: each timer fires once, and what was waiting still waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from lxml import etree

from app import jobs
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import db
from app.purchasing import services as purchasing
from app.purchasing.models import PurchaseOrderLine
from app.subcontracting.models import ProgressReport
from app.workflow.models import HumanTask, InstanceStatus, ProcessInstance, StepHistory, TimerDue
from tests.purchasing.conftest import Plant as Buying
from tests.purchasing.driver import Driver
from tests.subcontracting.conftest import Plant as Outside

ROOT = Path(__file__).parents[1]
START = datetime(2026, 3, 4, 2, tzinfo=UTC)
TIMERS = {
    "purchasing.purchase": {"overdue"},
    "subcontracting.subcontract_order": {"milestone", "unanswered", "overdue"},
    "quality.nonconformance": {"effect_awaited"},  # tests/quality/test_story.py
}

REMINDERS = ("task.warned", "task.escalated", "task.reassigned")
"""What happens to tasks that are late is no timer of a diagram: tests/workflow/test_deadlines.py."""


class Watch:
    """A plant whose clock a test sets, with a runner that takes turns."""

    def __init__(self, app: Flask, stop: Callable[[str], None]) -> None:
        self.app, self.stop = app, stop

    def at(self, instant: datetime) -> dict[str, int]:
        """Let it be an instant; the runner takes a turn."""
        self.stop(instant.isoformat())
        db.session.rollback()
        done = jobs.run_once(self.app)
        db.session.expire_all()
        return done

    def after(self, days: float) -> dict[str, int]:
        """Let so many days pass from now."""
        return self.at(clock.now() + timedelta(days=days))

    def due(self) -> list[datetime]:
        """When the timers that run are due."""
        return [row.due_at for row in db.session.query(TimerDue).order_by(TimerDue.due_at)]

    def settled(self) -> tuple[int, ...]:
        """How much there is of all that a second firing would add to."""
        kinds = (HumanTask, StepHistory, TimerDue, ProgressReport, ProcessInstance)
        acts = db.session.query(AuditEntry).filter(AuditEntry.action.not_in(REMINDERS))
        return acts.count(), *(db.session.query(kind).count() for kind in kinds)


@pytest.fixture
def watch(app: Flask, clock: Callable[[str], None]) -> Watch:
    """The clock, and the runner's turns."""
    clock(START.isoformat())
    return Watch(app, clock)


def test_every_timer_of_the_shipped_diagrams_is_tried():
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "bpmn").rglob("*.bpmn")):
        for definition in etree.parse(path).iter("{*}timerEventDefinition"):
            key = f"{path.parent.name}.{path.stem}"
            found.setdefault(key, set()).add(definition.getparent().get("id"))

    assert found == TIMERS


@pytest.fixture
def bought(watch: Watch) -> Driver:
    """A purchase order of 150 seals that was sent and waits for its goods."""
    plant = Buying()
    plant.driver = Driver("purchasing", "quality")
    purchasing.order_from_plan(str(plant.plan((plant.seal, "150", date(2026, 3, 13))).id))
    db.session.commit()
    plant.driver.do("check_order")
    assert plant.driver.waiting() == ["receive_goods warehouse"]
    return plant.driver


def test_goods_that_do_not_come_are_chased_once_and_still_awaited(watch, bought):
    (due,) = watch.due()
    assert watch.at(due - timedelta(minutes=1))["timers"] == 0
    assert bought.waiting() == ["receive_goods warehouse"]

    assert watch.at(due)["timers"] == 1

    assert bought.waiting() == ["receive_goods warehouse", "chase_supplier buyer"]
    before = watch.settled()
    assert watch.at(due)["timers"] == watch.after(30)["timers"] == 0
    assert watch.settled() == before


def test_goods_that_come_after_the_chase_end_the_order(watch, bought):
    watch.at(watch.due()[0])
    promised = clock.today("Asia/Taipei") + timedelta(days=3)
    bought.do("chase_supplier", promised_on=str(promised), note="On the ship")
    bought.do("receive_goods", {"lines": {"quantity": "150"}})
    bought.do("enter_invoice", invoice_number="AB12345678")

    assert bought.waiting() == []
    assert watch.due() == []
    assert db.session.query(PurchaseOrderLine).one().promised_date == promised
    assert {row.status for row in db.session.query(ProcessInstance)} == {InstanceStatus.COMPLETED}


def test_goods_that_come_in_time_are_never_chased(watch, bought):
    (due,) = watch.due()
    bought.do("receive_goods", {"lines": {"quantity": "150"}})
    assert watch.due() == []

    assert watch.at(due + timedelta(days=1))["timers"] == 0
    assert bought.waiting() == ["enter_invoice accounts_payable"]


@pytest.fixture
def outside(watch: Watch) -> Driver:
    """190 valves that a workshop assembles, due in 34 days; the parts are with it."""
    plant = Outside()
    plant.driver = Driver("subcontracting", "purchasing", "quality")
    plant.stock(plant.poppet, "192")
    plant.stock(plant.spring, "192")
    plant.planned()
    db.session.commit()
    plant.driver.do("contract_missing", decision="single", reason="One trial lot")
    plant.driver.do("ship_components")
    assert plant.driver.waiting() == ["receive_order warehouse"]
    return plant.driver


def escalations() -> int:
    return db.session.query(AuditEntry).filter_by(action="subcontract_order.escalated").count()


def test_half_way_the_subcontractor_is_asked_once_how_far_it_is(watch, outside):
    milestone, overdue = watch.due()
    assert (milestone - START, overdue - START) == (timedelta(days=17), timedelta(days=35))

    assert watch.at(milestone)["timers"] == 1

    assert outside.waiting() == ["receive_order warehouse", "ask_progress outsourcing"]
    assert watch.due() == [milestone + timedelta(days=2), overdue]
    before = watch.settled()
    assert watch.at(milestone)["timers"] == 0
    assert watch.settled() == before
    outside.do("ask_progress", finished="80", promised_date="2026-04-07")
    assert outside.waiting() == ["receive_order warehouse"]
    assert watch.due() == [overdue]
    assert escalations() == 0


def test_a_question_not_answered_in_two_days_goes_to_the_head_once_and_stays_open(watch, outside):
    watch.at(watch.due()[0])

    assert watch.after(2)["timers"] == 1

    asked = ["receive_order warehouse", "ask_progress outsourcing", "look_into_silence plant_manager"]
    assert outside.waiting() == asked
    assert escalations() == 1
    before = watch.settled()
    assert watch.after(1)["timers"] == 0
    assert watch.settled() == before
    outside.do("look_into_silence", note="I called them")
    outside.do("ask_progress", finished="80", promised_date="2026-04-07")
    assert outside.waiting() == ["receive_order warehouse"]


def test_a_date_after_the_due_one_is_looked_into_at_once(watch, outside):
    watch.at(watch.due()[0])
    outside.do("ask_progress", finished="20", promised_date="2026-04-10")

    assert outside.waiting() == ["receive_order warehouse", "look_into_delay plant_manager"]
    (entry,) = db.session.query(AuditEntry).filter_by(action="subcontract_order.escalated")
    assert entry.after == {"days_late": 3}


def test_an_order_that_does_not_come_is_chased_once_and_can_still_be_received(watch, outside):
    watch.at(watch.due()[0])
    outside.do("ask_progress", finished="80", promised_date="2026-04-07")
    (overdue,) = watch.due()

    assert watch.at(overdue)["timers"] == 1

    assert outside.waiting() == ["receive_order warehouse", "chase_order outsourcing"]
    assert escalations() == 1
    before = watch.settled()
    assert watch.at(overdue)["timers"] == watch.after(30)["timers"] == 0
    assert watch.settled() == before
    outside.do("chase_order", finished="190", promised_date="2026-05-15")
    outside.do("receive_order", {"components": {"returned": "1", "lost": "1"}})
    outside.do("enter_invoice", invoice_number="AB12345678")
    assert outside.waiting() == []
    assert {row.status for row in db.session.query(ProcessInstance)} == {InstanceStatus.COMPLETED}


def test_when_the_runner_was_away_all_that_is_due_happens_in_its_next_turn(watch, outside):
    watch.after(40)

    assert outside.waiting() == [
        "receive_order warehouse",
        "ask_progress outsourcing",
        "chase_order outsourcing",
    ]
    assert escalations() == 1
    before = watch.settled()
    assert watch.after(0)["timers"] == 0
    assert watch.settled() == before


def test_an_order_received_in_time_leaves_no_timer_behind(watch, outside):
    outside.do("receive_order", {"components": {"returned": "1", "lost": "1"}})
    assert outside.waiting() == ["enter_invoice accounts_payable"]

    assert watch.due() == []
    before = watch.settled()
    assert watch.after(40)["timers"] == 0
    assert watch.settled() == before
