"""What people read on the way: each page says what it is about, in one language, and no step too early."""

from __future__ import annotations

import lxml.html
import pytest
from flask_babel import refresh, to_user_timezone
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine
from app.workflow.models import HumanTask, TaskStatus
from tests.scenarios.answers import SMOOTH
from tests.scenarios.driver import Factory


@pytest.fixture
def under_way(factory: Factory) -> Factory:
    """The first order's plan approved; its schedule and its purchases wait."""
    task, _process, _element, role = factory.open_tasks()[0]
    answer = factory.complete(task, factory.people_of(role)[0], SMOOTH["review_plan"])
    assert answer.status_code == 302, answer.text
    return factory


def read(factory: Factory, login: str, url: str) -> lxml.html.HtmlElement:
    """Return a page in Traditional Chinese."""
    browser = factory.browser(login)
    browser.post("/language", data={"language": "zh_Hant_TW"})
    refresh()
    return lxml.html.fromstring(browser.get(url).text)


def first(factory: Factory, form: str) -> tuple[str, str, int]:
    """Return who may do the first open task with a form, its summary and its number."""
    query = select(HumanTask).where(HumanTask.status == TaskStatus.OPEN, HumanTask.form == form)
    task = db.session.scalars(query.order_by(HumanTask.id)).first()
    assert task is not None, [row[2] for row in factory.open_tasks()]
    role, found = task.role, (task.summary or "", task.id)
    return (factory.people_of(role)[0], *found)


def test_a_document_shows_its_own_quantity_and_not_that_of_its_customer_order(under_way: Factory) -> None:
    buyer, _summary, _task = first(under_way, "purchasing/prepare_order")

    quantities = read(under_way, buyer, "/inbox").find_class("taskrow-quantity")

    shown = sorted(one.text_content().split()[0] for one in quantities)
    ordered = db.session.scalars(select(PurchaseOrderLine).order_by(PurchaseOrderLine.id))
    firsts = {line.order_id: line.quantity for line in sorted(ordered, key=lambda line: -line.id)}
    assert shown == sorted(f"{quantity.normalize():,f}" for quantity in firsts.values())
    assert "120" not in shown


def test_the_scheduler_reads_which_work_orders(under_way: Factory) -> None:
    _login, summary, _task = first(under_way, "scheduling/review_schedule")

    assert summary.startswith("MO")
    assert "work orders" not in summary


def test_units_in_a_form_are_in_the_readers_language(under_way: Factory) -> None:
    buyer, _summary, _task = first(under_way, "purchasing/prepare_order")
    tasks = db.session.scalars(
        select(HumanTask.id).where(
            HumanTask.status == TaskStatus.OPEN, HumanTask.form == "purchasing/prepare_order"
        )
    ).all()

    forms = [read(under_way, buyer, f"/tasks/{one}").get_element_by_id("task-form") for one in tasks]
    cells = {cell.text_content().strip() for form in forms for cell in form.iter("td")}

    assert "個" in cells
    assert "pc" not in cells


def test_a_step_is_not_done_while_its_documents_are_under_way(under_way: Factory) -> None:
    buyer, _summary, _task = first(under_way, "purchasing/prepare_order")

    steps = read(under_way, buyer, "/orders/1").find_class("stepbar-step")

    states = [one.get("class").split()[-1] for one in steps]
    assert states[:4] == ["is-done", "is-open", "is-open", "is-current"]


def test_the_timeline_and_the_other_tasks_name_their_documents(under_way: Factory) -> None:
    buyer, summary, _task = first(under_way, "purchasing/prepare_order")
    scheduler, _named, schedule = first(under_way, "scheduling/review_schedule")

    order = read(under_way, buyer, "/orders/1").find_class("history")[0].text_content()
    beside = read(under_way, scheduler, f"/tasks/{schedule}?tab=order")

    assert summary.split()[0] in order
    assert summary.split()[0] in beside.find_class("plain-list")[0].text_content()
    assert not beside.xpath("//a[@href='None']")


def test_a_receipt_is_due_on_the_day_the_goods_are_expected(factory: Factory) -> None:
    factory.run(SMOOTH, until=("receive_goods", "review_schedule", "ship_components"))
    tasks = db.session.scalars(select(HumanTask).where(HumanTask.element == "receive_goods"))
    due = {task.document: str(to_user_timezone(task.due_at))[:16] for task in tasks}

    orders = db.session.scalars(select(PurchaseOrder).options(selectinload(PurchaseOrder.lines)))
    expected = {
        f"purchase_order:{one.id}": f"{min(line.due_date for line in one.lines)} 23:59" for one in orders
    }
    assert due == expected
    assert len(due) >= 4
