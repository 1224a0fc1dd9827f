"""An order for ten bicycles through all eight steps on AdventureWorks, every task done over HTTP."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import lxml.html
import pytest
from sqlalchemy import func, select

from app import create_app
from app.accounts import services as accounts
from app.accounts.models import User
from app.accounts.views import DEMO_PASSWORD
from app.core import clock
from app.core.db import db
from app.core.permissions import ROLES
from app.costing.models import Account, CostEntry, ProductionCost
from app.inventory.models import Location, LocationKind, MoveState, StockBalance, StockMove
from app.masterdata.models import Company, Item, WorkCentre
from app.planning.models import Plan, PlannedOrder
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine
from app.sales.models import CustomerOrder, OrderStatus
from app.scheduling.models import WorkOrder, WorkOrderOperation, WorkOrderStatus
from app.workflow import definitions
from app.workflow.models import HumanTask, Incident, InstanceStatus, ProcessInstance
from app.workflow.running import messages
from tests.real.conftest import TODAY
from tests.real.test_adventureworks import BIKE, bills, net_requirements
from tests.scenarios.answers import SMOOTH
from tests.scenarios.checks import (
    a_person_stands_behind_every_task,
    the_books_are_true,
    the_ledger_is_whole,
    the_pieces_are_all_counted,
)
from tests.scenarios.driver import Factory

WAGE, VARIABLE, FIXED = Decimal(30), Decimal(8), Decimal(12)
TEN = Decimal(10)
ANSWERS = SMOOTH | {key: {"approve": "true"} for key in ("approve_head", "approve_plant", "approve_general")}


@pytest.fixture(scope="module")
def done(imported: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The company after the order, on a copy of the imported database, with the people who did it."""
    folder: Path = tmp_path_factory.mktemp("order")
    source, target = sqlite3.connect(imported.folder / "aw.db"), sqlite3.connect(folder / "aw.db")
    with source, target:
        source.backup(target)
    source.close()
    target.close()
    app = create_app(
        {
            "TESTING": True,
            "DEMO": "1",
            "WTF_CSRF_ENABLED": False,
            "RATELIMIT_ENABLED": False,
            "DATABASE_URL": f"sqlite:///{folder}/aw.db",
            "FILES": str(folder / "files"),
        }
    )
    with app.app_context(), clock.freeze(TODAY):
        company = db.session.get_one(Company, 1)
        company.labour_per_hour = WAGE
        company.variable_overhead_per_labour_hour, company.fixed_overhead_per_labour_hour = VARIABLE, FIXED
        definitions.deploy()
        for role in ROLES:
            for number in (1, 2):
                accounts.create_user(f"{role}_{number}", {"en": f"{role} {number}"}, {role}, DEMO_PASSWORD)
        db.session.commit()
        messages.drain()
    with app.app_context(), clock.freeze(TODAY + timedelta(hours=1)):
        factory = Factory(app)
        enter(factory)
        factory.run(ANSWERS, limit=3_000)
    with app.app_context(), clock.freeze(TODAY + timedelta(days=30)):
        books = Factory(app).browser("cost_accountant_2")
        assert books.post("/costing/periods/2026-03/close").status_code == 302
        yield SimpleNamespace(factory=factory, source=imported.source)
        db.session.remove()
        db.engine.dispose()


def enter(factory: Factory) -> None:
    """Enter, review and confirm the order at the sales desk."""
    browser = factory.browser("sales_1")
    page = lxml.html.fromstring(browser.get("/sales/orders/new").text)
    customer = page.xpath("//select[@name='customer_id']/option[@value!='']/@value")[0]
    [bike] = page.xpath(f"//select[@name='lines-0-item_id']/option[starts-with(text(), '{BIKE}')]/@value")
    due = (TODAY.date() + timedelta(days=90)).isoformat()
    line = {"item_id": bike, "quantity": "10", "price": "3578.27", "due_date": due}
    entered = browser.post(
        "/sales/orders/new",
        data={"customer_id": customer, "site": "AW"}
        | {f"lines-0-{key}": value for key, value in line.items()},
    )
    assert entered.status_code == 302, entered.text
    points = dict.fromkeys(("drawing", "tooling", "capacity", "certificates"), "true")
    for address, data in (("/review", points), ("/confirm", {})):
        assert browser.post(entered.location + address, data=data).status_code == 302


def test_the_order_is_delivered_costed_and_closed(done):
    assert db.session.scalars(select(CustomerOrder.status)).all() == [OrderStatus.CLOSED]
    assert set(db.session.scalars(select(ProcessInstance.status))) == {InstanceStatus.COMPLETED}
    assert set(db.session.scalars(select(WorkOrder.status))) == {WorkOrderStatus.CLOSED}
    assert db.session.scalar(select(func.count(Incident.id))) == 0


def test_every_role_of_a_maker_of_bicycles_had_its_tasks(done):
    roles = {login.rpartition("_")[0] for login, _process, _element in done.factory.done}

    assert roles == {
        "planner",
        "buyer",
        "material_head",
        "plant_manager",
        "general_manager",
        "scheduler",
        "warehouse",
        "operator",
        "accounts_payable",
        "sales",
        "cost_accountant",
    }


def test_what_was_planned_ordered_and_made_is_the_net_requirement(done):
    needed = net_requirements(done.source, {BIKE: TEN})
    numbers = dict(db.session.execute(select(Item.id, Item.number)).all())
    first = db.session.scalar(select(func.min(Plan.id)))
    planned, ordered, made = Counter(), Counter(), Counter()
    for row in db.session.scalars(select(PlannedOrder).where(PlannedOrder.plan_id == first)):
        planned[numbers[row.item_id]] += row.quantity
    for line in db.session.scalars(select(PurchaseOrderLine)):
        ordered[numbers[line.item_id]] += line.accepted
    for order in db.session.scalars(select(WorkOrder)):
        made[numbers[order.item_id]] += order.good

    assert dict(planned) == needed
    assert {**ordered, **made} == needed
    assert not ordered.keys() & made.keys()


def test_what_is_left_is_what_was_there_and_came_less_what_went(done):
    expected = Counter()
    for row in done.source.rows("ProductInventory"):
        expected[done.source.numbers[row["ProductID"]]] += Decimal(row["Quantity"])
    lines = bills(done.source)
    for number, quantity in net_requirements(done.source, {BIKE: TEN}).items():
        expected[number] += quantity
        for component, each in lines[number]:
            expected[component] -= quantity * each
    expected[BIKE] -= TEN

    left = db.session.execute(
        select(Item.number, func.sum(StockBalance.quantity))
        .join(StockBalance, StockBalance.item_id == Item.id)
        .join(Location, Location.id == StockBalance.location_id)
        .where(Location.kind == LocationKind.INTERNAL)
        .group_by(Item.number)
    )
    assert {number: quantity for number, quantity in left if quantity} == {
        number: quantity for number, quantity in expected.items() if quantity
    }


def test_moves_sum_to_zero_for_each_item_and_lot(done):
    total = defaultdict(Decimal)
    for balance in db.session.scalars(select(StockBalance)):
        total[balance.item_id, balance.lot_id] += balance.quantity
    assert len(total) > 500
    assert {key for key, quantity in total.items() if quantity} == set()
    assert (
        db.session.scalar(select(func.count(StockMove.id)).where(StockMove.state == MoveState.EXPECTED)) == 0
    )
    the_ledger_is_whole()
    the_pieces_are_all_counted()


def test_work_in_process_ends_at_zero_and_the_books_explain_themselves(done):
    left = defaultdict(Decimal)
    for entry in db.session.scalars(select(CostEntry)):
        for account, sign in ((entry.debit, 1), (entry.credit, -1)):
            if account is Account.WIP:
                left[entry.document] += sign * entry.amount
    assert len(left) >= db.session.scalar(select(func.count(WorkOrder.id)))
    assert {document: value for document, value in left.items() if value} == {}
    the_books_are_true({"MO"})


def test_the_cost_of_a_work_order_is_minutes_times_rates_and_material_issued(done):
    rates = {centre.id: centre.machine_per_hour for centre in db.session.scalars(select(WorkCentre))}
    minutes, machine = defaultdict(Decimal), defaultdict(Decimal)
    for one in db.session.scalars(select(WorkOrderOperation)):
        spent = one.setup_minutes + one.run_minutes * one.good
        minutes[one.work_order_id] += spent
        machine[one.work_order_id] += spent * rates[one.work_centre_id] / 60
    issued = defaultdict(Decimal)
    for entry in db.session.scalars(select(CostEntry).where(CostEntry.debit == Account.WIP)):
        if entry.move_id is not None:
            issued[entry.document] += entry.amount

    costs = list(db.session.scalars(select(ProductionCost)))

    assert len(costs) == db.session.scalar(select(func.count(WorkOrder.id)))
    for cost in costs:
        order = int(cost.document.partition(":")[2])
        near = Decimal("0.05")
        assert abs(cost.labour - minutes[order] / 60 * WAGE) <= near, cost.number
        assert abs(cost.machine - machine[order]) <= near, cost.number
        assert abs(cost.variable_overhead - minutes[order] / 60 * VARIABLE) <= near, cost.number
        assert abs(cost.fixed_overhead - minutes[order] / 60 * FIXED) <= near, cost.number
        assert cost.material == issued[cost.document], cost.number


def test_the_order_cost_ten_bicycles_at_what_they_stood_for_in_stock(done):
    """They were in stock, at the standard cost of the tables; what was made fills the safety stock again."""
    [product] = [row for row in done.source.rows("Product") if row["ProductNumber"] == BIKE]
    goods = sum(
        entry.amount
        for entry in db.session.scalars(select(CostEntry).where(CostEntry.debit == Account.COST_OF_GOODS))
        if entry.document.startswith("shipment:")
    )

    assert goods == round(TEN * Decimal(product["StandardCost"]), 2)


def test_every_step_of_a_person_names_one_who_holds_the_role(done):
    a_person_stands_behind_every_task()
    people = {user.id: user.roles for user in db.session.scalars(select(User))}
    tasks = list(db.session.scalars(select(HumanTask)))
    assert len(tasks) == len(done.factory.done) > 250
    assert all(task.role in people[task.completed_by_id] for task in tasks)
    buyers = {order.buyer_id for order in db.session.scalars(select(PurchaseOrder))}
    received = {task.completed_by_id for task in tasks if task.element == "receive_goods"}
    assert not buyers & received
