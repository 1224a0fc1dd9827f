"""The people of the story at work on its days: open tasks found by what they are about, stock by item."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.inventory.models import Location, LocationKind, StockBalance
from app.masterdata.models import Item
from app.planning.models import Plan, PlannedOrder
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine
from app.quality.models import Inspection
from app.sales.models import CustomerOrder
from app.scheduling.models import WorkOrder
from app.subcontracting.models import SubcontractOrder
from app.workflow.models import HumanTask, ProcessInstance, TaskStatus
from tests.scenarios.driver import Factory, Fill, messages

D = Decimal
Values = dict[str, str]


class Story:
    """The demo factory on the days of its story."""

    def __init__(self, app: Flask) -> None:
        """Begin with nobody signed in."""
        self.app = app
        self.factory = Factory(app)
        self.told: list[str] = []

    @contextmanager
    def day(self, text: str) -> Iterator[None]:
        """Let it be so late at the plant; everybody signs in afresh."""
        self.factory.browsers.clear()
        with clock.freeze(datetime.fromisoformat(f"{text}+08:00")):
            yield
        db.session.rollback()

    def tasks(self, element: str) -> list[HumanTask]:
        """Return the open tasks of an element."""
        db.session.rollback()
        return list(
            db.session.scalars(
                select(HumanTask)
                .where(HumanTask.status == TaskStatus.OPEN, HumanTask.element == element)
                .order_by(HumanTask.id)
            )
        )

    def do(self, login: str, element: str, fill: Fill | Values | None = None, *, about: Any = None) -> None:
        """Let a person complete the open task of an element that is about a document."""
        key = about if isinstance(about, str) else (document(about) if about is not None else "")
        found = [task for task in self.tasks(element) if not key or key == key_of(task)]
        assert found, (login, element, key, [(one.element, key_of(one)) for one in self.open()])
        answer = self.factory.complete(found[0].id, login, fill)
        assert answer.status_code == 302, (login, element, answer.status_code, messages(answer.text))
        db.session.rollback()

    def refused(self, login: str, element: str, fill: Fill | Values | None = None) -> list[str]:
        """Let a person try a task that is not theirs to do; returns what they are told."""
        task = self.tasks(element)[0]
        page = self.factory.browser(login).get(f"/tasks/{task.id}")
        if page.status_code != 200:
            return messages(page.text)
        answer = self.factory.complete(task.id, login, fill)
        assert answer.status_code != 302, (login, element)
        return messages(answer.text)

    def open(self) -> list[HumanTask]:
        """Return every open task."""
        db.session.rollback()
        return list(db.session.scalars(select(HumanTask).where(HumanTask.status == TaskStatus.OPEN)))

    def routine(self, *elements: str, fill: Callable[[Values], Values] | None = None) -> None:
        """Do all open tasks of these elements as prefilled, by whoever may."""
        for _round in range(60):
            waiting = [task for task in self.open() if task.element in elements]
            if not waiting:
                return
            task = waiting[0]
            said = []
            for login in self.factory.people_of(task.role):
                answer = self.factory.complete(task.id, login, fill)
                if answer.status_code == 302:
                    break
                said.append((login, messages(answer.text)))
            else:
                raise AssertionError((task.element, said))
        raise AssertionError(f"no end of {elements}")

    def post(self, login: str, path: str, values: dict[str, Any]) -> Any:
        """Let a person send a page's form."""
        answer = self.factory.browser(login).post(path, data=values, headers={"Accept": "text/html"})
        assert answer.status_code == 302, (path, answer.status_code, messages(answer.text))
        db.session.rollback()
        return answer

    def get(self, login: str, path: str) -> str:
        """Let a person look at a page."""
        answer = self.factory.browser(login).get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text


def key_of(task: HumanTask) -> str:
    """Return the document whose process a task belongs to."""
    return db.session.get_one(ProcessInstance, task.instance_id).business_key


def document(row: Any) -> str:
    """Return the key of a document's process; a purchase order's is its requisition's."""
    if isinstance(row, PurchaseOrder):
        return f"requisition:{row.requisition_id}"
    kinds = {
        SubcontractOrder: "subcontract_order",
        WorkOrder: "work_order",
        Inspection: "inspection",
        CustomerOrder: "customer_order",
    }
    return f"{kinds[type(row)]}:{row.id}"


def rows(values: Values, key: str) -> list[str]:
    """Return the boxes of one column of a form's table, top to bottom."""
    return [name for name in values if name.endswith(f"-{key}")]


def row_of(values: Values, item: str) -> str:
    """Return the prefix of the table row that names an item."""
    names = [name for name, value in values.items() if name.endswith("-item") and value.startswith(item)]
    assert names, (item, values)
    return names[0].removesuffix("item")


def item(number: str) -> Item:
    """Return an item by its number."""
    return db.session.scalars(select(Item).where(Item.number == number)).one()


def sales_order(number: str) -> CustomerOrder:
    """Return a customer order by its number."""
    return db.session.scalars(select(CustomerOrder).where(CustomerOrder.number == number)).one()


def purchase_of(number: str) -> PurchaseOrder:
    """Return the newest purchase order of an item."""
    return db.session.scalars(
        select(PurchaseOrder)
        .join(PurchaseOrderLine)
        .join(Item, Item.id == PurchaseOrderLine.item_id)
        .where(Item.number == number)
        .order_by(PurchaseOrder.id.desc())
    ).first()


def line_of(number: str) -> PurchaseOrderLine:
    """Return an item's newest purchase order line."""
    return db.session.scalars(
        select(PurchaseOrderLine)
        .join(Item, Item.id == PurchaseOrderLine.item_id)
        .where(Item.number == number)
        .order_by(PurchaseOrderLine.id.desc())
    ).first()


def work_order(number: str) -> WorkOrder:
    """Return the story's first work order of an item."""
    return db.session.scalars(
        select(WorkOrder)
        .join(Item)
        .where(Item.number == number, WorkOrder.plan_id.is_not(None))
        .order_by(WorkOrder.id)
    ).first()


def subcontract(number: str, operation: int | None) -> SubcontractOrder:
    """Return the subcontract order of an item's operation, or of the whole item."""
    return db.session.scalars(
        select(SubcontractOrder)
        .join(Item, Item.id == SubcontractOrder.item_id)
        .where(Item.number == number, SubcontractOrder.operation == operation)
        .order_by(SubcontractOrder.id.desc())
    ).first()


def planned(number: str, customer_order: str) -> PlannedOrder:
    """Return the newest planned order of an item in the plan made for a customer order."""
    return db.session.scalars(
        select(PlannedOrder)
        .join(Plan, Plan.id == PlannedOrder.plan_id)
        .join(Item, Item.id == PlannedOrder.item_id)
        .where(Item.number == number, Plan.customer_order_id == sales_order(customer_order).id)
        .order_by(Plan.id.desc(), PlannedOrder.id.desc())
    ).first()


def in_store(number: str) -> Decimal:
    """Return how much of an item the stores hold."""
    return db.session.scalar(
        select(func.sum(StockBalance.quantity))
        .join(Location, Location.id == StockBalance.location_id)
        .where(StockBalance.item_id == item(number).id, Location.kind == LocationKind.INTERNAL)
    ) or D(0)
