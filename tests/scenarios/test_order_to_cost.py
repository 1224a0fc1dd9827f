"""Both orders of the demo factory, from confirmation to delivered and costed, through people's own pages."""

from __future__ import annotations

from decimal import Decimal

import lxml.html
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.core import audit
from app.core.audit import AuditEntry
from app.core.db import db
from app.costing import services as costing
from app.costing.models import Account, CostEntry, OrderProfit, ProductionCost, StandardCost
from app.costing.queries import books, invoices, orders
from app.costing.services.production import wip_of
from app.demo.loader import plant
from app.inventory.models import StockBalance, StockMove
from app.logistics.models import Shipment
from app.masterdata.models import Item
from app.planning.models import Plan, PlannedOrder, PlanStatus
from app.purchasing.models import Payable
from app.sales.models import CustomerOrder, CustomerOrderLine, OrderStatus
from app.scheduling.models import WorkOrder
from app.workflow.models import HumanTask, Incident, InstanceStatus, ProcessInstance, TaskStatus
from tests.scenarios.answers import SMOOTH
from tests.scenarios.driver import Factory


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
    the_books_are_true()


def test_the_roll_up_gives_the_standards_of_the_file(factory: Factory) -> None:
    standards = dict(db.session.execute(select(Item.number, StandardCost.total).join(StandardCost)).all())

    assert standards == {
        code: Decimal(str(row["standard"]))
        for code, row in plant()["items"].items()
        if row["type"] in ("make", "subcontract")
    }


def the_books_are_true() -> None:
    """No work in process is left, variances explain standard less actual, an order's cost is its parts."""
    costing.value_moves()
    balances = books.balances()
    costs = list(
        db.session.scalars(
            select(ProductionCost).options(
                selectinload(ProductionCost.variances), selectinload(ProductionCost.materials)
            )
        )
    )
    assert {cost.number[:2] for cost in costs} == {"MO", "SC"}
    for cost in costs:
        assert wip_of(cost.document) == 0, cost.number
        assert cost.total > 0, cost.number
        assert sum(one.amount for one in cost.variances) == cost.received_value - cost.total, cost.number
        assert sum(one.posted for one in cost.materials) == cost.material, cost.number
    assert balances[Account.WIP]["balance"] == 0
    assert sum(side["balance"] for side in balances.values()) == 0
    assert invoices.received_not_invoiced() == {}
    owed = sum(db.session.scalars(select(Payable.amount)))
    assert owed > 0
    assert balances[Account.PAYABLE]["balance"] == -owed
    assert books.check() == []
    for profit in db.session.scalars(select(OrderProfit)):
        found = orders.order_cost(profit.order_id)
        assert profit.cost == found.posted - found.variances
        assert sum(found.elements.values()) == profit.cost, profit.order_id
        assert min(found.elements.values()) >= 0 < found.elements["material"], profit.order_id
        assert profit.cost == cost_of_goods(profit.order_id)
    db.session.rollback()


def cost_of_goods(order_id: int) -> Decimal:
    """What the entries of an order's shipments, and of its closing, left in cost of goods sold."""
    shipped = db.session.scalars(select(Shipment.id).where(Shipment.order_id == order_id))
    documents = [f"customer_order:{order_id}", *(f"shipment:{key}" for key in shipped)]
    goods = Account.COST_OF_GOODS
    return sum(
        (
            entry.amount * ((entry.debit is goods) - (entry.credit is goods))
            for entry in db.session.scalars(select(CostEntry).where(CostEntry.document.in_(documents)))
        ),
        Decimal(0),
    )


def the_ledger_is_whole() -> None:
    """Balances sum to zero per item and equal the done moves."""
    for item_id, total in db.session.execute(
        select(StockBalance.item_id, func.sum(StockBalance.quantity)).group_by(StockBalance.item_id)
    ):
        assert total == 0, item_id
    moved: dict[tuple[int, int], Decimal] = {}
    for move in db.session.scalars(select(StockMove).where(StockMove.state == "done")):
        for place, sign in ((move.from_id, -1), (move.to_id, 1)):
            key = (place, move.item_id)
            moved[key] = moved.get(key, Decimal(0)) + sign * move.quantity
    kept: dict[tuple[int, int], Decimal] = {}
    for balance in db.session.scalars(select(StockBalance)):
        key = (balance.location_id, balance.item_id)
        kept[key] = kept.get(key, Decimal(0)) + balance.quantity
    assert {k: v for k, v in kept.items() if v} == {k: v for k, v in moved.items() if v}


def the_pieces_are_all_counted() -> None:
    """Good + scrap = started once a work order is finished."""
    for order in db.session.scalars(select(WorkOrder)):
        assert order.good + order.scrap == order.quantity, order.number


def a_person_stands_behind_every_task() -> None:
    """Every completed task names who did it, in a chain that verifies."""
    assert audit.verify() is None
    tasks = list(db.session.scalars(select(HumanTask)))
    assert tasks
    for task in tasks:
        assert task.status is TaskStatus.COMPLETED
        assert task.completed_by_id is not None
    named = set(
        db.session.scalars(
            select(AuditEntry.task_id).where(AuditEntry.task_id.is_not(None), AuditEntry.user_id.is_not(None))
        )
    )
    assert {task.id for task in tasks} <= named


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
