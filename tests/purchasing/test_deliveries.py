"""The process purchasing.unordered_delivery: matched to an order, ordered after the fact, or sent back."""

from datetime import date
from decimal import Decimal

import pytest

from app.core.actors import acting
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import DomainError, Forbidden
from app.costing import queries as books
from app.costing import services as costing
from app.costing.models import Account
from app.inventory.models import Lot, LotStatus
from app.purchasing import queries, services
from app.purchasing.models import OrderStatus, PurchaseOrder, Receipt, ReceiptStatus
from app.workflow.models import InstanceStatus, ProcessInstance
from tests.purchasing.conftest import Plant
from tests.purchasing.driver import Driver

D = Decimal
DUE = date(2026, 3, 13)


@pytest.fixture
def plant(app, clock):
    """The plant in the whole application on 2026-03-04, its processes deployed."""
    clock("2026-03-04T02:00:00")
    plant = Plant()
    plant.driver = Driver("purchasing", "quality")
    return plant


def came(plant, quantity, item=None, **row):
    """Seals come that nobody knows an order for; the warehouse takes them in."""
    line = {"item_id": str((item or plant.seal).id), "quantity": quantity} | row
    with acting(plant.driver.person("warehouse")):
        made = services.receive_without_order(str(plant.site.id), str(plant.seals.id), [line], "DN-7")
    db.session.commit()
    plant.driver.open()
    return made


def ordered(plant, quantity="150"):
    """An order for seals was sent."""
    services.order_from_plan(str(plant.plan((plant.seal, quantity, DUE)).id))
    db.session.commit()
    plant.driver.do("check_order")
    return db.session.query(PurchaseOrder).one()


def held():
    """What is received and not invoiced after valuing, and what does not hold in the books."""
    costing.value_moves()
    return list(books.received_not_invoiced().values()), books.check()


def test_goods_nobody_ordered_wait_in_quarantine_uninspected(plant):
    came(plant, "20")

    assert plant.at("inspection", plant.seal) == 20
    assert db.session.query(Lot).one().status is LotStatus.QUARANTINE
    assert plant.driver.waiting() == ["decide buyer"]
    assert plant.events("purchasing.goods_received") == []


def test_matched_to_an_open_order_it_counts_there_and_the_rest_stays_open(plant):
    order = ordered(plant)
    came(plant, "60")
    [choice] = queries.fitting_order_choices(1)
    plant.driver.do("decide", decision="match", order_id=choice["value"])

    assert plant.driver.waiting() == ["receive_goods warehouse"]
    db.session.refresh(order)
    assert order.status is OrderStatus.PARTIALLY_RECEIVED
    [line] = services.orders.load(order.id).lines
    assert (line.received, line.accepted) == (60, 60)
    assert plant.at("internal", plant.seal) == 60
    assert held() == ([D(2520)], [])  # 60 x 42
    plant.driver.do("receive_goods", {"lines": {"quantity": "90"}})
    plant.driver.do("enter_invoice", invoice_number="AB12345678")
    assert plant.driver.waiting() == []
    assert held() == ([], [])


def test_when_it_is_all_the_order_wants_nobody_has_to_receive_again(plant):
    order = ordered(plant)
    came(plant, "150")
    plant.driver.do("decide", decision="match", order_id=str(order.id))

    assert plant.driver.waiting() == ["enter_invoice accounts_payable"]
    entry = db.session.query(AuditEntry).filter_by(action="receipt.matched").one()
    assert entry.after == {"purchase_order": order.number}


def test_only_orders_that_still_want_all_of_it_are_offered(plant):
    ordered(plant)
    other = plant.item("XX09")
    came(plant, "5", item=other)

    assert queries.fitting_order_choices(1) == []


def test_more_than_is_open_is_refused_and_changes_nothing(plant):
    order = ordered(plant)
    made = came(plant, "151")

    with acting(plant.driver.person("buyer")), pytest.raises(DomainError, match="more than the 150"):
        services.match_delivery(str(made["receipt_id"]), str(order.id))
    db.session.rollback()
    assert db.session.get(Receipt, made["receipt_id"]).order_id is None


def test_wanted_goods_are_ordered_after_the_fact_and_counted_when_it_is_sent(plant):
    came(plant, "50")
    plant.driver.do("decide", decision="order", reason="Asked for by telephone")
    assert plant.driver.waiting() == ["check_order buyer"]
    plant.driver.do("check_order")
    plant.driver.do("approve_need", approve="1")
    assert plant.at("inspection", plant.seal) == 50
    plant.driver.do("approve_plant", approve="1")

    assert plant.driver.waiting() == ["enter_invoice accounts_payable"]
    order = db.session.query(PurchaseOrder).one()
    assert (order.after_the_fact, order.bought_on) == (True, date(2026, 3, 4))
    assert order.status is OrderStatus.RECEIVED
    assert held() == ([D(2100)], [])  # 50 x 42
    cases = db.session.query(ProcessInstance).filter_by(business_key="receipt:1")
    assert {one.status for one in cases} == {InstanceStatus.COMPLETED}


def test_a_cancelled_order_brings_the_question_back_to_the_buyer(plant):
    came(plant, "50")
    plant.driver.do("decide", decision="order", reason="Asked for by telephone")
    plant.driver.do("check_order", cancel="1", note="Not ours after all")

    assert plant.driver.waiting() == ["decide buyer"]


def test_unwanted_goods_leave_and_nothing_is_owed(plant):
    came(plant, "50")
    plant.driver.do("decide", decision="send_back", reason="Wrong address")
    plant.driver.do("ship_back", carrier="Hsinchu Transport")

    assert plant.driver.waiting() == []
    assert plant.at("inspection", plant.seal) == 0
    receipt = db.session.query(Receipt).one()
    assert receipt.status is ReceiptStatus.RETURNED
    assert db.session.query(Lot).one().status is LotStatus.BLOCKED
    assert held() == ([], [])
    assert books.balances()[Account.INVENTORY]["balance"] == 0


def test_who_took_them_in_does_not_decide(plant):
    order = ordered(plant)
    made = came(plant, "50")

    with acting(plant.driver.person("warehouse")), pytest.raises(Forbidden):
        services.match_delivery(str(made["receipt_id"]), str(order.id))


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_the_warehouse_takes_it_in_on_a_page(plant, login, language):
    browser, said = login("warehouse", name="liu"), {"Accept-Language": language}
    assert browser.get("/purchasing/deliveries/new", headers=said).status_code == 200
    form = {
        "site_id": plant.site.id,
        "supplier_id": plant.seals.id,
        "delivery_note": "DN-7",
        "item_id": ["", str(plant.seal.id), ""],
        "quantity": ["", "20", ""],
        "second_quantity": ["", "", ""],
        "lot": ["", "L-1", ""],
        "certificate": ["", "", ""],
    }
    db.session.commit()

    refused = browser.post("/purchasing/deliveries/new", data=form | {"quantity": ["", "x", ""]})
    assert refused.status_code == 422
    assert "DN-7" in refused.text
    assert browser.post("/purchasing/deliveries/new", data=form).status_code == 302
    page = browser.get("/purchasing/deliveries?state=open", headers=said)
    assert page.status_code == 200
    assert ("待判定" if language == "zh-TW" else "To be decided") in page.text
    assert login("sales").get("/purchasing/deliveries/new").status_code == 403
