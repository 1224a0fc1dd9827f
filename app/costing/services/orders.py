"""Cost a delivered customer order: compute, review, approve, close."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.events import emit, event
from app.core.operators import operator
from app.costing.models import Account, OrderProfit, ProfitStatus
from app.costing.queries import orders
from app.costing.services import production
from app.costing.services.entries import closed_months, open_date, transfer
from app.costing.services.valuation import value_moves
from app.masterdata.models import Site

ORDER_CLOSED = event(
    "costing.order_closed",
    "A customer order's cost was approved and posted; key customer_order:ID, payload order_id.",
)


@operator
def order_cost(order_id: int) -> dict[str, Any]:
    """Value the ledger, cost every finished order that made what was shipped, and work out the profit.

    Returns ``order_id``, ``number``, ``work_orders`` costed and ``open`` ones not finished yet; the
    amounts stay in the tables, where only those who may see costs read them.

    Raises:
        Conflict: the order's cost is closed already.
    """
    order_id = int(order_id)
    value_moves()
    for document in orders.order_cost(order_id).open_documents:
        _close(document)
    found = orders.order_cost(order_id)
    profit = _profit(order_id)
    profit.move_to(ProfitStatus.DRAFT)
    profit.revenue, profit.goods, profit.variances = found.revenue, found.posted, found.variances
    for method in orders.METHODS:
        setattr(profit, method, found.by_method(method))
    profit.computed_at = clock.now()
    db.session.flush()
    return {
        "order_id": order_id,
        "number": found.order.number,
        "work_orders": len(found.shares),
        "open": len(found.open_documents),
    }


def _close(document: str) -> None:
    """Cost the order that made a lot, where it is finished."""
    kind, _sep, number = document.partition(":")
    try:
        if kind == "work_order":
            production.close_work_order(int(number))
        else:
            production.close_subcontract_order(int(number))
    except Conflict as problem:
        if problem.code != "not_finished":
            raise


def _profit(order_id: int) -> OrderProfit:
    found = db.session.scalar(select(OrderProfit).where(OrderProfit.order_id == order_id).with_for_update())
    if found is None:
        zero = dict.fromkeys(("revenue", "goods", "variances", *orders.METHODS), 0)
        found = OrderProfit(order_id=order_id, status=ProfitStatus.DRAFT, computed_at=clock.now(), **zero)
        db.session.add(found)
    return found


@operator
def review(order_id: int, note: str = "") -> dict[str, Any]:
    """Record that the cost accountant has looked at an order's cost. Returns ``order_id``."""
    profit = _profit(int(order_id))
    profit.reviewed_by_id, profit.note = current_actor().user_id, note or None
    audit.record("order_cost.reviewed", f"customer_order:{order_id}", reason=note or None)
    return {"order_id": int(order_id)}


@operator
def approve(order_id: int) -> dict[str, Any]:
    """Approve an order's cost as computed; not by the person who reviewed it. Returns ``order_id``.

    Raises:
        DomainError: the same person reviewed it.
    """
    profit, actor = _profit(int(order_id)), current_actor()
    if actor.user_id is not None and actor.user_id == profit.reviewed_by_id:
        raise DomainError("same_person", _("Whoever reviewed the cost cannot approve it."), status=409)
    profit.move_to(ProfitStatus.APPROVED)
    profit.approved_by_id = actor.user_id
    audit.record(
        "order_cost.approved",
        f"customer_order:{order_id}",
        after={"cost": profit.cost, "profit": profit.profit},
    )
    return {"order_id": int(order_id)}


@operator
def close_order(order_id: int) -> dict[str, Any]:
    """Move an approved order's share of variances to cost of goods and close its cost.

    Emits ``costing.order_closed``. Returns ``order_id``.

    Raises:
        Conflict: the cost is not approved.
    """
    profit = _profit(int(order_id))
    if profit.status is ProfitStatus.CLOSED:
        return {"order_id": profit.order_id}
    profit.move_to(ProfitStatus.CLOSED)
    profit.closed_at = clock.now()
    order = orders.loaded(profit.order_id)
    today = clock.today(db.session.get_one(Site, order.site_id).timezone)
    transfer(
        Account.VARIANCE,
        Account.COST_OF_GOODS,
        profit.variances,
        on=open_date(today, closed_months()),
        name="order_variance",
        document=f"customer_order:{order.id}",
    )
    audit.record("order_cost.closed", f"customer_order:{order.id}", after={"profit": profit.profit})
    emit(ORDER_CLOSED, key=f"customer_order:{order.id}", order_id=order.id)
    return {"order_id": order.id}
