"""What must hold of the books, the ledger and the record when an order is done, whoever's data it was."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.core import audit_check
from app.core.audit import AuditEntry
from app.core.db import db
from app.costing import services as costing
from app.costing.models import Account, CostEntry, OrderProfit, ProductionCost
from app.costing.queries import books, invoices, orders
from app.costing.services.production import wip_of
from app.inventory.models import StockBalance, StockMove
from app.logistics.models import Shipment
from app.purchasing.models import Payable
from app.scheduling.models import WorkOrder
from app.workflow.models import HumanTask, TaskStatus


def the_books_are_true(kinds: set[str]) -> None:
    """No work in process is left, variances explain standard less actual, an order's cost is its parts.

    ``kinds``: the first letters of the documents that were costed.
    """
    costing.value_moves()
    balances = books.balances()
    costs = list(
        db.session.scalars(
            select(ProductionCost).options(
                selectinload(ProductionCost.variances), selectinload(ProductionCost.materials)
            )
        )
    )
    assert {cost.number[:2] for cost in costs} == kinds
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
    assert audit_check.verify().code is None
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
