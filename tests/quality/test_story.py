"""The processes of quality and logistics, run by the people of their lanes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.accounts import services as accounts
from app.accounts.models import User
from app.core import clock
from app.core.actors import Actor, acting
from app.core.db import db
from app.core.errors import DomainError, Forbidden
from app.inventory.models import LotStatus
from app.masterdata.models import Company, CustomerItem
from app.quality import queries, services
from app.quality.models import Nonconformance, NonconformanceStatus
from app.workflow import definitions
from app.workflow import queries as workflow
from app.workflow.form import forms
from app.workflow.models import HumanTask, InstanceStatus, ProcessInstance, TaskStatus
from app.workflow.running import instances, messages, timers
from tests.quality.plant import Plant
from tests.quality.test_inspections import FILM, GOOD

AREAS = ("quality/", "logistics/")


@pytest.fixture
def people(app):
    """A plant with the processes of both areas deployed, and one person per role."""
    plant = Plant()
    files = {
        name: source
        for name, source in definitions.files_in().items()
        if name.split("/", 1)[1].startswith(AREAS)
    }
    definitions.deploy(files)
    db.session.commit()
    return plant


def person(role):
    """Return the person of a role."""
    user = (
        accounts.create_user(role, {"en": role.title()}, {role}, "a long password")
        if role not in _known()
        else None
    )
    found = user or db.session.query(User).filter_by(login=role).one()
    db.session.flush()
    return Actor(found.id, role, role.title(), frozenset({role}))


def _known():
    return {login for (login,) in db.session.query(User.login)}


def open_tasks():
    """Return the elements of all open tasks."""
    return sorted(t.element for t in db.session.query(HumanTask).filter_by(status=TaskStatus.OPEN))


def do(element, role, **values):
    """Let a person of a role fill the form of the one open task of an element, and tell whoever waits."""
    task = db.session.query(HumanTask).filter_by(element=element, status=TaskStatus.OPEN).one()
    state = forms.open_form(task.form, workflow.data_of(task))
    state.values.update(values)
    clean = state.validate()
    assert clean is not None, state.errors
    with acting(person(role)):
        instances.complete(task.id, clean)
    db.session.commit()
    messages.drain()


def measured(values):
    """Fill the value column of the open inspection's sheet: films piece by piece, no wrong colour."""
    task = db.session.query(HumanTask).filter_by(element="measure", status=TaskStatus.OPEN).one()
    rows = forms.open_form(task.form, workflow.data_of(task)).values["results"]
    for row, value in zip(rows, [*values, 0], strict=True):
        row["value"] = str(value)
    return rows


def received(plant):
    """Receive the story's lot and ask for its inspection."""
    plant.film_plan()
    lot = plant.receive(110)
    asked = services.request_inspection("receipt", plant.body.id, lot.id, "110", "purchase_order:1")
    db.session.commit()
    messages.drain()
    return lot, asked["inspection_id"]


def running():
    """Return the processes that still run."""
    rows = db.session.query(ProcessInstance).filter(ProcessInstance.status == InstanceStatus.RUNNING)
    return sorted(row.process for row in rows)


def test_a_good_lot_is_inspected_and_released(people):
    lot, _inspection_id = received(people)
    assert open_tasks() == ["measure"]

    do("measure", "inspector", results=measured(GOOD))

    assert lot_status(lot) is LotStatus.RELEASED
    assert people.told("quality.inspection_closed")[0].payload["accepted"] is True
    assert (open_tasks(), running()) == ([], [])


def lot_status(lot):
    """Return a lot's status as the database has it."""
    db.session.refresh(lot)
    return lot.status


def test_the_rejected_lot_of_the_story_goes_back_to_the_supplier(people):
    db.session.add(
        CustomerItem(customer_id=people.customer.id, item_id=people.body.id, part_number="MK-7712")
    )
    lot, inspection_id = received(people)

    do("measure", "inspector", results=measured(FILM))
    assert open_tasks() == ["contain"]
    do("contain", "inspector", containment="Locked away", severity="major")
    do("decide", "quality_manager", disposition="use_as_is", reason="Film close to the limit")
    do("customer_consent", "sales", granted=False, reference="Mail of Sato, 03-25")
    do("decide", "quality_manager", disposition="return_to_supplier", reason="Strip and anodise again")

    assert people.held(lot) == {"reject": Decimal(110), "supplier": Decimal(-110)}  # until it is shipped
    [closed] = people.told("quality.inspection_closed")
    assert (closed.payload["accepted"], closed.payload["disposition"]) == (False, "return_to_supplier")
    do(
        "analyse",
        "quality_manager",
        cause_group="method",
        cause="Bath too cold",
        corrective_action="Log the temperature",
        action_owner="P01",
        action_due="2099-04-08",
    )
    do("act", "engineer", done="Logged since 04-01", check_on=site_day(0))
    do("check_effect", "quality_manager", effective=True, evidence="Three lots passed")

    found = db.session.query(Nonconformance).filter_by(inspection_id=inspection_id).one()
    assert found.status is NonconformanceStatus.CLOSED
    assert "refused" in found.customer_consent
    assert running() == []


CAUSE = {
    "cause_group": "method",
    "cause": "Bath too cold",
    "corrective_action": "Log the temperature",
    "action_owner": "P01",
    "action_due": "2099-04-08",
}


def site_day(days):
    """Return a day at the plant, so many days from today."""
    return str(clock.today("Asia/Taipei") + timedelta(days=days))


def analysed(plant):
    """Bring a rejected lot to the corrective action."""
    received(plant)
    do("measure", "inspector", results=measured(FILM))
    do("contain", "inspector", containment="Locked away", severity="minor")
    do("decide", "quality_manager", disposition="sort", good_quantity="100", reason="Measure every piece")
    do("analyse", "quality_manager", **CAUSE)


def later(days):
    """Let so many days go by; whatever is due then happens."""
    with clock.freeze(clock.now() + timedelta(days=days)):
        timers.fire_due()
        db.session.commit()
        return open_tasks()


def test_nobody_is_asked_for_the_effect_before_its_day(people):
    db.session.add(Company(id=1, names={"en": "Heyu"}, effect_days=45))
    analysed(people)
    do("act", "engineer", done="Logged since 04-01")

    found = db.session.query(Nonconformance).one()
    assert (str(found.effect_check_on), found.status) == (site_day(45), NonconformanceStatus.CORRECTED)
    assert open_tasks() == []
    assert later(43) == []
    assert later(46) == ["check_effect"]


def test_what_came_back_goes_to_its_cause_and_waits_anew(people):
    analysed(people)
    do("act", "engineer", done="Logged since 04-01", check_on=site_day(10))
    assert later(11) == ["check_effect"]
    do("check_effect", "quality_manager", effective=False, evidence="18 µm again")

    assert open_tasks() == ["analyse"]
    do("analyse", "quality_manager", **CAUSE | {"corrective_action": "New controller"})
    do("act", "engineer", done="Installed", check_on=site_day(60))

    assert later(59) == []
    assert later(61) == ["check_effect"]
    do("check_effect", "quality_manager", effective=True, evidence="Three lots passed")
    assert running() == []


def test_the_effect_is_not_checked_before_the_action(people):
    analysed(people)

    with pytest.raises(DomainError) as refused:
        do("act", "engineer", done="Logged since 04-01", check_on=site_day(-1))
    db.session.rollback()

    assert refused.value.field == "check_on"
    assert open_tasks() == ["act"]


def test_who_decides_does_not_approve(people):
    received(people)
    do("measure", "inspector", results=measured(FILM))
    do("contain", "inspector", containment="Locked away", severity="major")
    do("decide", "quality_manager", disposition="scrap", reason="Cannot be saved")
    decider = db.session.query(User).filter_by(login="quality_manager").one()
    task = db.session.query(HumanTask).filter_by(element="approve", status=TaskStatus.OPEN).one()

    both = Actor(decider.id, decider.login, "Hsieh", frozenset({"quality_manager", "plant_manager"}))
    with acting(both), pytest.raises(Forbidden):
        instances.complete(task.id, {"approved": True, "reason": None})
    db.session.rollback()
    do("approve", "plant_manager", approved=False)
    do("decide", "quality_manager", disposition="sort", good_quantity="104", reason="Measure every piece")

    assert people.told("quality.inspection_closed")[0].payload["good_quantity"] == "104"


def test_reworked_goods_come_back_to_the_inspector(people):
    lot, inspection_id = received(people)
    do("measure", "inspector", results=measured(FILM))
    do("contain", "inspector", containment="Locked away", severity="minor")
    do("decide", "quality_manager", disposition="rework", reason="Anodise again")

    assert open_tasks() == ["analyse", "measure"]
    do("measure", "inspector", results=measured(GOOD))

    assert queries.inspection(inspection_id).round == 2
    assert people.held(lot)["internal"] == Decimal(110)


def test_an_order_is_picked_packed_shipped_and_proven(people):
    people.receive(60, into="internal", number="A", on=date(2026, 3, 1))
    order = people.order((people.body, 50, date(2026, 4, 10)))
    instances.start("logistics.ship", {"order_id": order.id}, f"customer_order:{order.id}")
    db.session.commit()

    do("confirm_pick", "warehouse")
    do("pack", "warehouse", packages=[{"contents": "50 x BD25", "gross_kg": "120"}], carrier="Kerry")
    do("prove", "sales", received_by="Sato", received_on="2099-04-15")

    [told] = people.told("logistics.shipped")
    assert told.key == f"customer_order:{order.id}"
    assert running() == []
