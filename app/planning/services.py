"""Planning as processes see it: load, compute, save; nothing here commits."""

from __future__ import annotations

from app.core.db import db
from app.planning.models import PlannedOrder, PlannedStatus


def mark_released(planned_order_id: int, document: str | None = None) -> PlannedOrder:
    """Note that a purchase, subcontract or work order has taken up a planned order.

    Raises:
        Conflict: something has already taken it up, or it was cancelled.
    """
    order = db.session.get_one(PlannedOrder, planned_order_id, with_for_update=True)
    order.move_to(PlannedStatus.RELEASED)
    order.document = document
    return order
