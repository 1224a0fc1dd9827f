"""The process costing.close_order: who reviews, who approves, what is posted."""

import pytest
from sqlalchemy import select

from app.core.db import db
from app.costing.models import OrderProfit, ProfitStatus
from app.reports.models import Document
from app.workflow.models import InstanceStatus, ProcessInstance
from app.workflow.running import instances
from tests.costing.conftest import shipped
from tests.purchasing.driver import Driver


@pytest.fixture
def case(plant):
    """A delivered order whose costing has begun; returns the driver of its people."""
    sale = shipped(plant)
    driver = Driver("costing")
    instances.start("costing.close_order", {"order_id": sale.id}, business_key=f"customer_order:{sale.id}")
    db.session.commit()
    return driver


def profit():
    """The order's result as stored."""
    return db.session.scalars(select(OrderProfit)).one()


def test_reviewed_approved_posted_and_printed(case):
    assert case.waiting() == ["review_cost cost_accountant"]
    case.do("review_cost", decision="submit", note="Two pieces scrapped.")
    assert case.waiting() == ["approve_cost plant_manager"]
    assert profit().status is ProfitStatus.DRAFT
    case.do("approve_cost", decision="approve")

    assert case.waiting() == []
    assert (profit().status, profit().note) == (ProfitStatus.CLOSED, "Two pieces scrapped.")
    assert db.session.scalars(select(Document)).one().kind == "cost_report"
    assert db.session.query(ProcessInstance).one().status is InstanceStatus.COMPLETED


def test_the_accountant_may_have_it_computed_again(case):
    case.do("review_cost", decision="recompute")

    assert case.waiting() == ["review_cost cost_accountant"]


def test_sent_back_it_returns_to_the_accountant(case):
    case.do("review_cost", decision="submit")
    case.do("approve_cost", decision="send_back", reason="Why the scrap?")

    assert case.waiting() == ["review_cost cost_accountant"]
    assert profit().status is ProfitStatus.DRAFT


def test_process_data_holds_no_amounts(case):
    case.do("review_cost", decision="submit")
    (task,) = case.open()

    from app.workflow import queries

    assert set(queries.data_of(task)["costed"]) == {"order_id", "number", "work_orders", "open"}
