"""How far a subcontract order is: asked for at milestones, escalated when late."""

from __future__ import annotations

from sqlalchemy import select

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.inputs import date_input, decimal_input
from app.core.operators import operator
from app.masterdata.models import Site
from app.subcontracting.models import ProgressReport
from app.subcontracting.services import orders


@operator
def report_progress(subcontract_order_id: str, finished: str, promised_date: str, note: str = "") -> dict:
    """Note what the subcontractor said. Returns ``late``, ``promised_date`` and ``days_late``."""
    order = orders.load(int(subcontract_order_id))
    promised = date_input(promised_date, field="promised_date", default=order.promised_date or order.due_date)
    done = decimal_input(finished, field="finished", places=order.item.unit_decimals)
    late = promised > order.due_date
    db.session.add(
        ProgressReport(
            order_id=order.id,
            at=clock.now(),
            user_id=current_actor().user_id,
            finished=done,
            promised_date=promised,
            note=(note or "").strip() or None,
            late=late,
        )
    )
    order.promised_date = promised
    db.session.flush()
    orders.expect(order)
    days = max(0, (promised - order.due_date).days)
    return {"late": late, "promised_date": promised.isoformat(), "days_late": days}


@operator
def escalate(subcontract_order_id: str) -> dict:
    """Record that an order is late and somebody above must look. Returns ``days_late`` and ``reported``."""
    order = orders.load(int(subcontract_order_id))
    today = clock.today(db.session.get_one(Site, order.site_id).timezone)
    last = db.session.scalar(
        select(ProgressReport.promised_date)
        .where(ProgressReport.order_id == order.id)
        .order_by(ProgressReport.id.desc())
        .limit(1)
    )
    days = max(0, (max(today, last or today) - order.due_date).days)
    audit.record("subcontract_order.escalated", f"subcontract_order:{order.id}", after={"days_late": days})
    return {"days_late": days, "reported": last is not None}
