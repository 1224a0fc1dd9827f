"""The process planning.plan_supply: from a confirmed order to an approved plan, over the planner's inbox."""

from datetime import date
from pathlib import Path

import lxml.html
import pytest
from sqlalchemy import select

from app.planning import queries, services
from app.planning.models import Plan, PlannedOrder, PlannedStatus, PlanStatus
from app.sales import services as sales
from app.sales.models import CustomerOrder
from app.workflow import definitions
from app.workflow.models import HumanTask, InstanceStatus, ProcessInstance, TaskStatus
from app.workflow.running import instances
from tests.planning.test_planning_services import orders_of, plant, pytestmark  # noqa: F401

ROOT = Path(__file__).parents[2]
FILES = ("bpmn/planning/plan_supply.bpmn", "forms/planning/review_plan.json")


@pytest.fixture
def started(plant, session):  # noqa: F811
    """The process of the pump order, waiting for the planner."""
    definitions.deploy({name: (ROOT / name).read_bytes() for name in FILES})
    order = session.scalar(select(CustomerOrder).where(CustomerOrder.number == "SO2603-0012"))
    data = {"order_id": order.id, "order": sales.order_facts(order.id)}
    instance = instances.start("planning.plan_supply", data, f"customer_order:{order.id}")
    session.commit()
    return instance.id


def task(session):
    found = session.scalar(select(HumanTask).where(HumanTask.status == TaskStatus.OPEN))
    session.rollback()
    return found


def newest(session):
    session.expire_all()
    found = session.scalars(select(Plan).order_by(Plan.id.desc())).first()
    return queries.plan(found.id)


def answer(browser, session, decision, **changes):
    """Open the review, change boxes, submit."""
    open_task = task(session)
    page = browser.get(f"/tasks/{open_task.id}")
    assert page.status_code == 200, page.text[-800:]
    form = lxml.html.fromstring(page.text).get_element_by_id("task-form")
    values = dict(form.form_values()) | {"decision": decision} | changes
    done = browser.post(form.action or f"/tasks/{open_task.id}", data=values)
    assert done.status_code < 400, lxml.html.fromstring(done.text).text_content()[:1500]
    session.rollback()


def test_the_planner_gets_the_review(started, session):
    open_task = task(session)

    assert (open_task.role, open_task.element) == ("planner", "review_plan")


def test_approving_as_it_stands_firms_the_orders_and_ends(started, session, login):
    answer(login("planner"), session, "approve")

    found = newest(session)
    assert found.status is PlanStatus.APPROVED
    assert {order.status for order in found.orders} == {PlannedStatus.FIRM}
    assert session.get(ProcessInstance, started).status is InstanceStatus.COMPLETED
    session.rollback()


def test_a_change_runs_again_before_it_can_be_approved(started, session, login):
    browser, first = login("planner"), newest(session)
    rows = queries.plan_review(first.id)["orders"]
    place = next(n for n, row in enumerate(rows) if row["item"].startswith("BD25"))
    session.rollback()

    answer(browser, session, "approve", **{f"lines-{place}-release_date": "2026-03-11"})

    second = newest(session)
    assert second.id != first.id
    assert second.status is PlanStatus.DRAFT
    [bar] = orders_of(session, second.id, "AL80")
    assert bar.release_date == date(2026, 3, 4)
    answer(browser, session, "approve")
    assert newest(session).status is PlanStatus.APPROVED
    session.rollback()


def test_a_plan_overtaken_by_another_comes_back_for_review(started, session, login):
    other = services.run_mrp("DY")
    services.approve_plan(other["plan_id"])
    session.commit()

    answer(login("planner"), session, "approve")

    assert task(session) is not None
    found = newest(session)
    assert (found.status, found.orders) == (PlanStatus.DRAFT, [])
    session.rollback()


def test_a_release_after_the_due_date_is_told_and_changes_nothing(started, session, login):
    browser, first = login("planner"), newest(session)
    open_task = task(session)
    page = browser.get(f"/tasks/{open_task.id}")
    form = lxml.html.fromstring(page.text).get_element_by_id("task-form")
    values = dict(form.form_values()) | {"decision": "approve", "lines-0-release_date": "2026-12-31"}

    refused = browser.post(form.action or f"/tasks/{open_task.id}", data=values)

    assert refused.status_code in (409, 422)
    session.rollback()
    assert task(session).id == open_task.id
    assert newest(session).id == first.id
    assert session.scalar(select(PlannedOrder.id).where(PlannedOrder.changed)) is None
    session.rollback()
