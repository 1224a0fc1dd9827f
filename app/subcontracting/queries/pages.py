"""What the pages of subcontracting show."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.masterdata.models import Partner
from app.subcontracting.models import (
    ProgressReport,
    SubcontractOrder,
    SubcontractReceipt,
    SuppliedComponent,
    SupplierScore,
)


def orders_query() -> Select:
    """Select subcontract orders with their supplier and item, newest first."""
    return (
        select(SubcontractOrder)
        .options(selectinload(SubcontractOrder.supplier), selectinload(SubcontractOrder.item))
        .order_by(SubcontractOrder.id.desc())
    )


def order_detail(order_id: int) -> dict | None:
    """Load one order with components, receipts and progress; None when there is none."""
    order = db.session.scalars(
        orders_query()
        .where(SubcontractOrder.id == order_id)
        .options(selectinload(SubcontractOrder.components).selectinload(SuppliedComponent.item))
    ).first()
    if order is None:
        return None
    receipts = select(SubcontractReceipt).where(SubcontractReceipt.order_id == order_id)
    reports = select(ProgressReport).where(ProgressReport.order_id == order_id)
    return {
        "order": order,
        "receipts": list(db.session.scalars(receipts.order_by(SubcontractReceipt.id))),
        "reports": list(db.session.scalars(reports.order_by(ProgressReport.id))),
    }


def latest_scores() -> list[tuple[Partner, SupplierScore | None]]:
    """List the suppliers with their latest score, best first, unrated last."""
    newest = select(SupplierScore.supplier_id, func.max(SupplierScore.as_of).label("as_of")).group_by(
        SupplierScore.supplier_id
    )
    newest_scores = newest.subquery()
    rows = db.session.execute(
        select(Partner, SupplierScore)
        .outerjoin(newest_scores, newest_scores.c.supplier_id == Partner.id)
        .outerjoin(
            SupplierScore,
            (SupplierScore.supplier_id == Partner.id) & (SupplierScore.as_of == newest_scores.c.as_of),
        )
        .where(Partner.active, Partner.is_supplier | Partner.is_subcontractor)
        .order_by(Partner.code)
    )
    found = [(partner, latest) for partner, latest in rows]
    return sorted(found, key=lambda pair: -(pair[1].total if pair[1] and pair[1].total is not None else -1))


def customer_order_documents(plan_ids: set[int]) -> list[SubcontractOrder]:
    """List the subcontract orders that come from some plans."""
    return list(db.session.scalars(orders_query().where(SubcontractOrder.plan_id.in_(plan_ids or {0}))))


def of_work_orders(work_order_ids: set[int]) -> list[SubcontractOrder]:
    """List the outside operations of some work orders."""
    query = orders_query().where(SubcontractOrder.work_order_id.in_(work_order_ids or {0}))
    return list(db.session.scalars(query.order_by(SubcontractOrder.id)))


def overdue(order: SubcontractOrder, today: date) -> bool:
    """Whether an order should have come back by now."""
    return order.open_quantity > 0 and (order.promised_date or order.due_date) < today


def part(latest: SupplierScore | None, measure: str) -> Decimal | None:
    """Read one measure of a score, None without facts."""
    value = latest.parts.get(measure) if latest else None
    return None if value is None else Decimal(value)
