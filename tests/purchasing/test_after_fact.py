"""Purchases after the fact: recorded within two working days with a reason, their own approvers, counted."""

from datetime import date

import pytest

from app.core.db import db
from app.core.errors import DomainError
from app.purchasing import queries, services
from app.purchasing.models import OrderStatus, PurchaseOrder
from tests.purchasing.conftest import Plant
from tests.purchasing.driver import Driver

DUE = date(2026, 3, 13)


def bought(plant, bought_on, **changes):
    """Ask on Wednesday 2026-03-04 for what was bought on some day before."""
    fields = {"supplier_id": plant.seals.id, "after_the_fact": True, "reason": "Line stood"} | changes
    line = {"item_id": plant.seal.id, "quantity": "50", "needed_on": "2026-03-04"}
    return services.create_requisition(plant.site.id, [line], bought_on=bought_on, **fields)


@pytest.mark.parametrize(
    ("bought_on", "late"),
    [("2026-03-04", False), ("2026-03-02", False), ("2026-03-01", True), ("2026-02-27", True)],
)
def test_two_working_days_are_allowed_until_it_is_recorded(plant, bought_on, late):
    made = services.create_order(str(bought(plant, bought_on).id))  # 03-01 is a Sunday

    order = db.session.get_one(PurchaseOrder, made["order_id"])
    assert (order.after_the_fact, order.recorded_late) == (True, late)
    facts = services.approval_facts(f"purchase_order:{order.id}")
    assert facts["after_the_fact"] == ("late" if late else "yes")


def test_how_many_days_is_the_company_s_setting(plant):
    plant.company.after_fact_days = 3
    made = services.create_order(str(bought(plant, "2026-02-27").id))

    assert not db.session.get_one(PurchaseOrder, made["order_id"]).recorded_late


@pytest.mark.parametrize(
    ("bought_on", "changes", "field"),
    [("", {}, "bought_on"), ("2026-03-05", {}, "bought_on"), ("2026-03-03", {"reason": ""}, "reason")],
)
def test_without_a_day_a_reason_or_with_a_day_to_come_it_is_refused(plant, bought_on, changes, field):
    with pytest.raises(DomainError) as refused:
        bought(plant, bought_on, **changes)

    assert refused.value.field == field


@pytest.fixture
def factory(app, clock):
    clock("2026-03-04T02:00:00")
    plant = Plant()
    plant.driver = Driver("purchasing", "quality")
    return plant


def test_the_buyer_says_that_the_goods_were_there_before_the_order(factory):
    services.order_from_plan(str(factory.plan((factory.seal, "150", DUE)).id))
    db.session.commit()
    driver = factory.driver
    driver.do(
        "check_order", bought_already="1", bought_on="2026-03-03", bought_reason="Fetched for the night shift"
    )

    assert driver.waiting() == ["approve_need supervisor"]
    driver.do("approve_need", approve="1")
    driver.do("approve_plant", approve="1")
    order = db.session.query(PurchaseOrder).one()
    assert (order.status, order.bought_on) == (OrderStatus.SENT, date(2026, 3, 3))
    assert queries.after_the_fact_text(order) == "bought on 2026-03-03: Fetched for the night shift"


def test_recorded_too_late_the_general_manager_signs_too(factory):
    bought(factory, "2026-02-20")
    db.session.commit()
    driver = factory.driver
    driver.do("check_order")
    driver.do("approve_need", approve="1")
    driver.do("approve_plant", approve="1")

    assert driver.waiting() == ["approve_general general_manager"]


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_they_are_counted_by_month_and_listed(factory, login, language):
    services.order_from_plan(str(factory.plan((factory.seal, "150", DUE)).id))
    bought(factory, "2026-02-20")
    db.session.commit()
    factory.driver.open()

    [month] = queries.months_after_the_fact()
    assert month == {"month": "2026-03", "orders": 2, "after": 1, "share": 50, "late": 1, "amount": 2100}
    browser = login("plant_manager")
    page = browser.get("/purchasing/after-the-fact?late=late", headers={"Accept-Language": language})
    assert page.status_code == 200
    assert ("逾期" if language == "zh-TW" else "too late") in page.text
    assert "Line stood" in page.text
    assert browser.get("/purchasing/after-the-fact?export=csv").status_code == 200
