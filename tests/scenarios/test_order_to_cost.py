"""Both orders of the demo factory, from confirmation to delivered and costed, through people's own pages."""

from __future__ import annotations

from decimal import Decimal

import lxml.html
from sqlalchemy import func, select

from app.core.db import db
from app.costing.models import StandardCost
from app.demo.loader import plant
from app.masterdata.models import Item
from app.planning.models import Plan, PlannedOrder, PlanStatus
from app.sales.models import CustomerOrder, CustomerOrderLine, OrderStatus
from app.workflow.models import Incident, InstanceStatus, ProcessInstance
from tests.scenarios.answers import SMOOTH
from tests.scenarios.checks import (
    a_person_stands_behind_every_task,
    the_books_are_true,
    the_ledger_is_whole,
    the_pieces_are_all_counted,
)
from tests.scenarios.driver import Factory
from tests.workflow.logs import kept, the_logs_fit, the_things_are_those_of_the_database


def planned() -> dict[str, PlannedOrder]:
    rows = db.session.execute(
        select(Item.number, PlannedOrder)
        .join(Item, Item.id == PlannedOrder.item_id)
        .join(Plan, Plan.id == PlannedOrder.plan_id)
        .where(Plan.status != PlanStatus.SUPERSEDED, Plan.id == select(func.min(Plan.id)).scalar_subquery())
    ).all()
    return dict(tuple(row) for row in rows)


def test_the_first_plan_equals_the_expected_one_to_the_last_figure(factory: Factory) -> None:
    orders = planned()

    for item, expected in plant()["expected_mrp"].items():
        assert orders[item].quantity == Decimal(str(expected["quantity"])), item
        assert orders[item].release_date == expected["release"], item
        if "due" in expected:
            assert orders[item].due_date == expected["due"], item
        if "net" in expected and item in ("BD25", "GS25"):
            assert orders[item].good_quantity == expected["net"], item


def test_two_orders_travel_through_all_eight_steps(factory: Factory) -> None:
    factory.run(SMOOTH)

    assert set(db.session.scalars(select(CustomerOrder.status))) == {OrderStatus.CLOSED}
    assert all(line.shipped == line.quantity for line in db.session.scalars(select(CustomerOrderLine)))
    assert set(db.session.scalars(select(ProcessInstance.status))) == {InstanceStatus.COMPLETED}
    assert db.session.scalar(select(func.count(Incident.id))) == 0
    areas = {process.partition(".")[0] for _login, process, _element in factory.done}
    assert areas == {
        "planning",
        "subcontracting",
        "purchasing",
        "scheduling",
        "shopfloor",
        "quality",
        "logistics",
        "costing",
    }
    the_ledger_is_whole()
    the_pieces_are_all_counted()
    a_person_stands_behind_every_task()
    the_books_are_true({"MO", "SC"})
    assert the_logs_fit().total() >= 40
    related = the_things_are_those_of_the_database()
    assert {"orders", "delivers", "brings", "makes", "consumes", "made from", "inspects", "contains"} <= set(
        related
    )
    kept("two orders of the demo factory")


def test_the_roll_up_gives_the_standards_of_the_file(factory: Factory) -> None:
    standards = dict(db.session.execute(select(Item.number, StandardCost.total).join(StandardCost)).all())

    assert standards == {
        code: Decimal(str(row["standard"]))
        for code, row in plant()["items"].items()
        if row["type"] in ("make", "subcontract")
    }


def test_the_order_s_page_shows_every_document_s_tasks_and_who_did_them(factory: Factory) -> None:
    factory.run(SMOOTH, until=("receive_goods",))
    order_id = db.session.scalar(select(CustomerOrder.id).where(CustomerOrder.number == "SO2603-0012"))
    elements = {row[2] for row in factory.open_tasks()}

    page = lxml.html.fromstring(factory.browser("lin").get(f"/orders/{order_id}").text)

    listed = page.xpath("//section[@aria-labelledby='tasks-title']//li")
    told = page.xpath("//*[@aria-labelledby='timeline-title']")[0].text_content()
    papers = page.xpath("//section[@aria-labelledby='documents-title']")[0].text_content()
    assert elements == {"receive_goods"}
    assert len(listed) >= 4
    assert "Chang Shu-fen" in told
    assert "PO2603-" in papers
    assert "MO2603-" in papers
