"""The diagram of a work order: which task comes when, in which lane, through every gateway."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from app.accounts import services as accounts
from app.core.actors import Actor, acting
from app.core.db import db
from app.core.events import emit
from app.masterdata.models import RoutingOperation
from app.quality import services as quality
from app.quality.services.inspections import INSPECTION_CLOSED
from app.scheduling import queries as orders
from app.scheduling.models import WorkOrderStatus
from app.subcontracting import ORDER_RECEIVED
from app.subcontracting.models import SubcontractOrder
from app.workflow import definitions
from app.workflow.models import HumanTask, ProcessInstance
from app.workflow.running import instances, messages

ROOT = Path(__file__).parents[2]
AREAS = ("scheduling", "shopfloor")


class Shop:
    """The shop with its processes deployed and people who complete tasks."""

    def __init__(self, plant):
        self.plant = plant
        found = definitions.files_in(ROOT)
        worker = accounts.create_user("worker", {"en": "Worker"}, {"operator"}, "a long password")
        db.session.flush()
        self.worker = worker.id
        definitions.deploy({path: source for path, source in found.items() if path.split("/")[1] in AREAS})
        db.session.commit()

    def release(self, quantity, **dates):
        """Release a work order; its process starts."""
        [order] = self.plant.release(quantity, **dates)
        order_id = order.id
        self.drain()
        return order_id

    def drain(self):
        db.session.commit()
        messages.drain()

    def open(self):
        """Return the open tasks as (element, role)."""
        rows = db.session.query(HumanTask).filter_by(status="open").order_by(HumanTask.id)
        return [(row.element, row.role) for row in rows.populate_existing()]

    def do(self, element, **data):
        """Complete the one open task at an element, as a person of its role."""
        rows = db.session.query(HumanTask).filter_by(status="open", element=element)
        task = rows.order_by(HumanTask.id).populate_existing().first()
        assert task is not None, self.open()
        with acting(Actor(self.worker, "worker", "Worker", frozenset({task.role}))):
            instances.complete(task.id, data)
        self.drain()

    def report(self, good, scrap=0, **fields):
        told = {"good": str(good), "scrap": str(scrap), "run_minutes": "10"} | fields
        self.do("report_operation", **told | ({"scrap_reason": "D06"} if scrap else {}))

    def status(self):
        instance = db.session.query(ProcessInstance).filter_by(process="shopfloor.work_order")
        return instance.populate_existing().one().status.value


@pytest.fixture
def shop(plant):
    """The shop; its body has three own operations."""
    db.session.query(RoutingOperation).filter_by(number=30).delete()
    return Shop(plant)


def test_a_work_order_runs_from_material_to_the_finished_lot(shop):
    shop.plant.stock("150")
    order_id = shop.release(114, good=110)

    assert shop.open() == [("issue_material", "warehouse")]
    shop.do("issue_material")
    for good in (114, 112, 112):
        assert shop.open() == [("report_operation", "operator")]
        shop.report(good, 2 if good == 112 and orders.work_order(order_id).scrap == 0 else 0)

    assert shop.open() == []
    assert shop.status() == "completed"
    order = orders.work_order(order_id)
    assert (order.status, order.good, order.scrap) == (WorkOrderStatus.FINISHED, Decimal(112), Decimal(2))


def test_a_work_order_waits_for_its_material(shop):
    shop.release(114)
    assert shop.open() == []

    shop.plant.stock("100")
    shop.drain()
    assert shop.open() == []

    shop.plant.stock("50", number="AL80-2")
    shop.drain()
    assert shop.open() == [("issue_material", "warehouse")]


def test_a_part_report_brings_the_same_operation_again(shop):
    shop.plant.stock("150")
    order_id = shop.release(114)
    shop.do("issue_material")

    shop.report(50)

    assert shop.open() == [("report_operation", "operator")]
    assert orders.work_order(order_id).operations[0].good == 50


def test_too_much_scrap_goes_to_the_supervisor_first(shop):
    shop.plant.stock("150")
    shop.release(114, good=110)
    shop.do("issue_material")

    shop.report(109, 5)

    assert shop.open() == [("review_scrap", "supervisor")]
    shop.do("review_scrap", action="New end mill, first article again")
    assert shop.open() == [("report_operation", "operator")]


def test_pieces_an_inspection_rejects_do_not_go_on(shop):
    quality.define_plan(shop.plant.body.id, "operation", operation=20)
    shop.plant.stock("150")
    order_id = shop.release(114, good=110)
    shop.do("issue_material")
    shop.report(114)
    shop.report(114)
    assert shop.open() == []

    emit(
        INSPECTION_CLOSED,
        key="inspection:1",
        inspection_id=1,
        accepted=True,
        good_quantity="110",
        disposition="sort",
    )
    shop.drain()

    assert shop.open() == [("report_operation", "operator")]
    order = orders.work_order(order_id)
    assert (order.operations[1].good, order.scrap) == (Decimal(110), Decimal(4))


def test_an_outside_operation_goes_out_and_comes_back(plant):
    shop = Shop(plant)
    plant.stock("150")
    order_id = shop.release(114, good=110)
    shop.do("issue_material")
    shop.report(114)
    shop.report(114)
    assert shop.open() == []
    sent = db.session.query(SubcontractOrder).one()
    assert (sent.work_order_id, sent.operation, sent.quantity) == (order_id, 30, Decimal(114))

    sent.received, sent.accepted, sent.rejected = Decimal(114), Decimal(112), Decimal(2)
    emit(ORDER_RECEIVED, key=f"subcontract_order:{sent.id}", subcontract_order_id=sent.id)
    shop.drain()

    assert shop.open() == [("report_operation", "operator")]
    shop.report(112)
    assert shop.status() == "completed"
    assert orders.work_order(order_id).good == 112


def test_an_order_that_is_scrapped_whole_ends(shop):
    shop.plant.stock("150")
    order_id = shop.release(114)
    shop.do("issue_material")

    shop.report(0, 114)
    shop.do("review_scrap", action="Wrong material")

    assert shop.status() == "completed"
    assert orders.work_order(order_id).good == 0


def test_the_finished_lot_waits_for_its_final_inspection(shop):
    quality.define_plan(shop.plant.body.id, "final")
    shop.plant.stock("150")
    shop.release(10)
    shop.do("issue_material")
    for _operation in range(3):
        shop.report(10)
    assert shop.status() == "running"

    emit(INSPECTION_CLOSED, key="inspection:1", inspection_id=1, accepted=True, good_quantity="10")
    shop.drain()

    assert shop.status() == "completed"


def test_the_schedule_is_reviewed_and_confirmed(shop):
    plan = shop.plant.plan(20, 20)
    instance = instances.start("scheduling.schedule", {"site": "DY", "plan_id": plan.id}, "customer_order:1")
    instance_id = instance.id
    shop.drain()
    assert ("review_schedule", "scheduler") in shop.open()
    lines = [dict(line) for line in orders.schedule_review("DY")["lines"]]
    lines[0]["frozen"] = True

    shop.do("review_schedule", lines=lines, again=True)
    assert ("review_schedule", "scheduler") in shop.open()
    lines = orders.schedule_review("DY")["lines"]
    assert lines[0]["frozen"]
    shop.do("review_schedule", lines=lines, again=False)

    found = db.session.get_one(ProcessInstance, instance_id, populate_existing=True)
    assert found.status.value == "completed"


def test_a_plan_with_nothing_to_make_needs_no_scheduler(shop):
    plan = shop.plant.plan()
    instance = instances.start("scheduling.schedule", {"site": "DY", "plan_id": plan.id}, "customer_order:1")
    shop.drain()

    assert shop.open() == []
    assert db.session.get_one(ProcessInstance, instance.id).status.value == "completed"
