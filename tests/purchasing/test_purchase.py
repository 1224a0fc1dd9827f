"""The process purchasing.purchase, run by its people from requisition to payable."""

from dataclasses import replace
from datetime import date

import pytest

from app.accounts.models import User
from app.accounts.services import duties
from app.core.actors import Actor, acting
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import Forbidden
from app.purchasing import services
from app.purchasing.models import OrderStatus, Payable, PurchaseOrder
from app.workflow.models import HumanTask, InstanceStatus, ProcessInstance, TaskStatus
from app.workflow.running import instances
from tests.purchasing.conftest import Plant
from tests.purchasing.driver import Driver

DUE = date(2026, 3, 13)


@pytest.fixture
def factory(app, clock):
    """The plant in the whole application, its processes deployed, on 2026-03-04."""
    clock("2026-03-04T02:00:00")
    plant = Plant()
    plant.driver = Driver("purchasing", "quality")
    return plant


def need(plant, item, quantity):
    services.order_from_plan(str(plant.plan((item, quantity, DUE)).id))
    db.session.commit()
    return plant.driver


def finish(driver, quantity, number="AB12345678"):
    driver.do("receive_goods", {"lines": {"quantity": quantity}})
    driver.do("enter_invoice", invoice_number=number)


def test_an_approved_price_in_plan_below_the_limit_needs_no_signature(factory):
    driver = need(factory, factory.seal, "150")

    assert driver.waiting() == ["check_order buyer"]
    driver.do("check_order")
    assert driver.waiting() == ["receive_goods warehouse"]
    finish(driver, "150")

    assert driver.waiting() == []
    assert db.session.query(PurchaseOrder).one().status is OrderStatus.CLOSED
    assert db.session.query(Payable).one().amount == 6615  # 150 x 42 + 5 %
    assert {row.status for row in db.session.query(ProcessInstance)} == {InstanceStatus.COMPLETED}


def test_above_200000_the_general_manager_signs_last(factory):
    driver = need(factory, factory.seal, "5000")
    driver.do("check_order")

    assert driver.waiting() == ["approve_head material_head"]
    driver.do("approve_head", approve="1")
    driver.do("approve_plant", approve="1")
    driver.do("approve_general", approve="1")
    assert driver.waiting() == ["receive_goods warehouse"]


def test_a_refused_order_goes_back_to_the_buyer_who_may_cancel_it(factory):
    driver = need(factory, factory.seal, "1000")
    driver.do("check_order")
    driver.do("approve_head", approve="", reason="Too many at once")

    assert driver.waiting() == ["check_order buyer"]
    driver.do("check_order", cancel="1", note="Not needed")
    assert driver.waiting() == []
    assert db.session.query(PurchaseOrder).one().status is OrderStatus.CANCELLED


def test_without_an_approved_price_quotations_are_compared_and_the_price_approved(factory):
    odd = factory.item("XX01")
    driver = need(factory, odd, "10")
    suppliers = [{"supplier_id": str(factory.metals.id)}, {"supplier_id": str(factory.seals.id)}]
    driver.do("invite_quotations", suppliers=suppliers, reply_by="2026-03-10")
    driver.do("enter_quotations", {"lines": {"price": "12", "lead_days": "3", "valid_until": "2026-12-31"}})
    chosen = services.quotations.load(1).quotations[0].id
    driver.do("choose_quotation", quotation_id=str(chosen))
    driver.do("approve_price", approve="1", valid_until="2026-12-31")

    assert driver.waiting() == ["check_order buyer"]


def test_partial_receipts_come_back_to_the_warehouse(factory):
    driver = need(factory, factory.seal, "150")
    driver.do("check_order")
    driver.do("receive_goods", {"lines": {"quantity": "50"}})

    assert driver.waiting() == ["receive_goods warehouse"]
    finish(driver, "100")
    assert db.session.query(PurchaseOrder).one().status is OrderStatus.CLOSED


def test_a_difference_waits_for_the_buyer_and_a_corrected_invoice_passes(factory):
    driver = need(factory, factory.seal, "150")
    driver.do("check_order")
    driver.do("receive_goods", {"lines": {"quantity": "150"}})
    driver.do("enter_invoice", {"lines": {"price": "50"}}, invoice_number="AB12345678")

    assert driver.waiting() == ["resolve_match buyer"]
    driver.do("resolve_match", decision="refuse", reason="42 was agreed")
    driver.do("enter_invoice", invoice_number="AB12345678")
    assert db.session.query(Payable).one().amount == 6615


def complete(browser, element, **values):
    """Answer the open task of a kind over the web with nothing but a verdict."""
    task = db.session.query(HumanTask).filter_by(element=element, status=TaskStatus.OPEN).one()
    db.session.commit()
    answer = browser.post(f"/api/v1/tasks/{task.id}/complete", json={"values": values})
    db.session.expire_all()
    return answer


def test_who_checked_the_order_neither_approves_nor_receives_it(factory, login):
    driver = need(factory, factory.seal, "1000")
    many = login("buyer", "material_head", "warehouse", name="many")
    user = db.session.query(User).filter_by(login="many").one()
    driver.people["buyer"] = Actor(user.id, "many", "Many", frozenset(user.roles))
    driver.do("check_order")

    refused = complete(many, "approve_head", approve=True)

    assert refused.status_code == 403
    assert "another step of this case" in refused.json["message"]
    driver.do("approve_head", approve="1")
    driver.do("approve_plant", approve="1")
    task = driver.open("receive_goods")[0].id
    db.session.commit()
    assert many.post(f"/tasks/{task}/claim").status_code == 403
    assert db.session.query(PurchaseOrder).one().status is OrderStatus.SENT


def test_the_buyer_receives_nothing_of_the_order_even_outside_its_case(factory):
    driver = need(factory, factory.seal, "150")
    driver.do("check_order")
    buyer, line = driver.person("buyer"), [{"line_id": "1", "quantity": "150"}]

    for who in (buyer, replace(driver.person("warehouse"), on_behalf_of=buyer.user_id)):
        with acting(who), pytest.raises(Forbidden) as refused:
            services.receive("1", line)
        assert refused.value.code == "receives_own_purchase"


@pytest.fixture
def small(factory, login):
    """One person who buys, approves and receives, in a company that named them as its owner."""
    browser = login("buyer", "material_head", "warehouse", name="many")
    user = db.session.query(User).filter_by(login="many").one()
    factory.driver.people["buyer"] = Actor(user.id, "many", "Many", frozenset(user.roles))
    duties.name_owner(user.id, "Five people work here")
    db.session.commit()
    return browser


def test_the_named_owner_may_do_both_and_it_goes_on_record(factory, small):
    driver = need(factory, factory.seal, "1000")
    driver.do("check_order")
    [task] = driver.open("approve_head")
    db.session.commit()
    assert "As the owner you may" in small.get(f"/tasks/{task.id}").text

    assert complete(small, "approve_head", approve=True).status_code == 200

    driver.do("approve_plant", approve="1")
    with acting(driver.people["buyer"]):
        assert services.receive("1", [{"line_id": "1", "quantity": "1000"}])["complete"]
    db.session.commit()
    entries = db.session.query(AuditEntry).filter_by(action="duty.overridden").order_by(AuditEntry.id)
    assert [(entry.login, entry.after) for entry in entries] == [
        ("many", {"also_did": ["check_order"]}),
        ("many", {"rule": "receives_own_purchase"}),
    ]


def test_the_owner_s_right_passes_to_no_deputy(factory, small):
    driver = need(factory, factory.seal, "1000")
    driver.do("check_order")
    owner = driver.people["buyer"]
    deputy = replace(driver.person("material_head"), on_behalf_of=owner.user_id)
    [task] = driver.open("approve_head")

    with acting(deputy), pytest.raises(Forbidden):
        instances.complete(task.id, {"approve": True})
    assert duties.may_override(owner)
    duties.name_owner(None, "We are more now")
    assert not duties.may_override(owner)
