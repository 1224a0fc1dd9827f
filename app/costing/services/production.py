"""Cost a finished work order: its work in process ends at zero, the rest has a name."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict
from app.core.money import ZERO, round_money
from app.core.operators import operator
from app.costing import variances
from app.costing.models import Account, CostEntry, CostVariance, MaterialCost, ProductionCost
from app.costing.queries import production
from app.costing.services.entries import closed_months, open_date, transfer
from app.costing.services.valuation import value_moves
from app.masterdata import queries as masterdata
from app.masterdata.models import Site
from app.planning.models import Plan
from app.sales.models import CustomerOrder, OrderStatus
from app.scheduling.models import WorkOrder, WorkOrderStatus
from app.subcontracting.models import SubcontractOrder

_CONVERSION = {
    "labour": Account.LABOUR,
    "machine": Account.MACHINE,
    "variable_overhead": Account.VARIABLE_OVERHEAD,
    "fixed_overhead": Account.FIXED_OVERHEAD,
}
_EXPENSE = {"scrap_abnormal": Account.SCRAP}


@operator
def close_work_order(work_order_id: int) -> dict[str, Any]:
    """Cost a finished work order, clear its work in process and close it; a costed one stays as it is.

    Returns ``cost_id``, ``cost`` and ``variance``, amounts as text.

    Raises:
        Conflict: the work order is not finished.
    """
    value_moves()
    order = db.session.get_one(WorkOrder, int(work_order_id))
    cost = close(production.work_order_facts(order.id), order.site_id)
    if order.status is WorkOrderStatus.FINISHED:
        order.move_to(WorkOrderStatus.CLOSED)
    return _figures(cost)


@operator
def close_subcontract_order(subcontract_order_id: int) -> dict[str, Any]:
    """Cost a received subcontract order for a whole item and clear its work in process.

    Returns ``cost_id``, ``cost`` and ``variance``, amounts as text.

    Raises:
        Conflict: not all of it has been received.
    """
    value_moves()
    order = db.session.get_one(SubcontractOrder, int(subcontract_order_id))
    return _figures(close(production.subcontract_facts(order.id), order.site_id))


def _figures(cost: ProductionCost) -> dict[str, Any]:
    return {
        "cost_id": cost.id,
        "cost": format(cost.total, "f"),
        "variance": format(cost.received_value - cost.total, "f"),
    }


def cost_finished(before: datetime, on: date) -> int:
    """Cost the work orders finished before an instant that no open customer order will cost; returns how many.

    Args:
        before: UTC; what was finished later is left to its own month.
        on: the day the entries are posted.
    """
    waiting = (
        select(Plan.id)
        .join(CustomerOrder, CustomerOrder.id == Plan.customer_order_id)
        .where(CustomerOrder.status.not_in((OrderStatus.CLOSED, OrderStatus.CANCELLED)))
    )
    query = select(WorkOrder).where(
        WorkOrder.status == WorkOrderStatus.FINISHED,
        WorkOrder.finished_at < before,
        or_(WorkOrder.plan_id.is_(None), WorkOrder.plan_id.not_in(waiting)),
    )
    finished = list(db.session.scalars(query.order_by(WorkOrder.id)))
    for order in finished:
        close(production.work_order_facts(order.id), order.site_id, on=on)
        order.move_to(WorkOrderStatus.CLOSED)
    return len(finished)


def close(facts: production.Production, site_id: int, *, on: date | None = None) -> ProductionCost:
    """Post conversion cost and variances of a finished order; WIP of the document is zero afterwards.

    ``on``: the day of the entries, by default today at the site.
    """
    known = db.session.scalar(select(ProductionCost).where(ProductionCost.document == facts.document))
    if known is not None:
        return known
    if not facts.finished:
        raise Conflict("not_finished", _("%(number)s is not finished yet.", number=facts.number))
    outcome = variances.work_order(facts.order)
    cost = _store(facts, outcome)
    today = clock.today(db.session.get_one(Site, site_id).timezone)
    on = open_date(on or today, closed_months())
    for element, account in _CONVERSION.items():
        transfer(Account.WIP, account, outcome.actual[element], on=on, name=element, document=facts.document)
    for line, amount in facts.outside.items():
        received = Account.RECEIVED_NOT_INVOICED
        facts_of: dict[str, Any] = {"name": "subcontract", "document": facts.document, "settles": line}
        transfer(Account.WIP, received, amount, on=on, **facts_of)
    for name, amount in outcome.variances.items():
        expense = _EXPENSE.get(name, Account.VARIANCE)
        transfer(Account.WIP, expense, amount, on=on, name=name, document=facts.document)
    db.session.flush()
    if left := wip_of(facts.document):
        raise ValueError(f"{facts.document}: {left} left in work in process")
    audit.record("work_order.costed", facts.document, after={"cost": cost.total, "variance": outcome.total})
    return cost


def wip_of(document: str) -> Any:
    """What the entries of a document leave in work in process."""
    left = ZERO
    for entry in db.session.scalars(select(CostEntry).where(CostEntry.document == document)):
        left += entry.amount * ((entry.debit is Account.WIP) - (entry.credit is Account.WIP))
    return left


def _store(facts: production.Production, outcome: variances.Outcome) -> ProductionCost:
    places = max(2, masterdata.company().document_decimals)
    cost = ProductionCost(
        document=facts.document,
        number=facts.number,
        item_id=facts.item.id,
        good=facts.order.good,
        scrapped=max(ZERO, facts.order.started - facts.order.good),
        received_value=facts.order.received_value,
        **outcome.actual,
        closed_at=clock.now(),
        closed_by_id=current_actor().user_id,
        materials=[
            MaterialCost(
                item_id=one.item.id,
                allowed=round_money(one.allowed, 6),
                used=one.quantity,
                standard_price=round_money(one.standard_price, 6),
                posted=one.posted,
                **{name: round_money(value, places) for name, value in one.by_method.items()},
            )
            for one in facts.used
        ],
        variances=[CostVariance(name=name, amount=amount) for name, amount in outcome.variances.items()],
    )
    db.session.add(cost)
    db.session.flush()
    return cost
