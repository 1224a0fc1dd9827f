"""Planned orders: changed by the planner, firmed by approval, taken up by later steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.inputs import date_input, decimal_input
from app.core.operators import operator
from app.core.units import obtained
from app.masterdata.models import Item
from app.planning.models import Plan, PlanException, PlannedOrder, PlannedStatus, PlanStatus
from app.planning.queries.basis import approvals


def mark_released(planned_order_id: int, document: str | None = None) -> PlannedOrder:
    """Note that a purchase, subcontract or work order has taken up a planned order.

    Raises:
        Conflict: something has already taken it up, or it was cancelled.
    """
    order = db.session.get_one(PlannedOrder, planned_order_id, with_for_update=True)
    order.move_to(PlannedStatus.RELEASED)
    order.document = document
    return order


@operator
def change_planned_order(
    planned_order_id: int,
    quantity: str | None = None,
    release_date: str | None = None,
    due_date: str | None = None,
    cancel: bool = False,
) -> dict:
    """Change quantity or dates of a planned order, or cancel it.

    The next run leaves a changed order alone; what a cancelled one served is planned anew.
    Returns ``changed``, whether anything is different now.
    """
    order = db.session.get_one(PlannedOrder, int(planned_order_id), with_for_update=True)
    return {"changed": _change(order, quantity, release_date, due_date, cancel=cancel, field="")}


@operator
def change_planned_orders(plan_id: int, lines: list | None = None) -> dict:
    """Change a draft plan's orders as the planner's table says: ``id quantity release_date due_date cancel``.

    Returns ``changed``, how many differ now.
    """
    plan = db.session.get_one(Plan, int(plan_id))
    rows: Sequence[Mapping[str, Any]] = lines or []
    orders = {
        order.id: order
        for order in db.session.scalars(
            select(PlannedOrder).where(PlannedOrder.plan_id == plan.id).with_for_update()
        )
    }
    count = 0
    for place, row in enumerate(rows):
        order = orders.get(int(row["id"]))
        if order is None:
            raise DomainError(
                "no_planned_order", _("This planned order is not in the plan."), field=f"lines.{place}"
            )
        count += _change(
            order,
            row.get("quantity"),
            row.get("release_date"),
            row.get("due_date"),
            cancel=bool(row.get("cancel")),
            field=f"lines.{place}.",
        )
    return {"changed": count}


def _change(
    order: PlannedOrder, quantity: Any, release_date: Any, due_date: Any, *, cancel: bool, field: str
) -> bool:
    """Apply what differs; says whether anything did."""
    before = _figures(order)
    if cancel:
        _mark_stale(order)
        _cancel(order)
        audit.record("planned_order.cancelled", f"planned_order:{order.id}", before=before)
        return True
    item = db.session.get_one(Item, order.item_id)
    wanted = decimal_input(
        quantity,
        field=f"{field}quantity",
        default=order.quantity,
        places=max(item.unit_decimals, _places(order.quantity)),
    )
    release = date_input(release_date, field=f"{field}release_date", default=order.release_date)
    due = date_input(due_date, field=f"{field}due_date", default=order.due_date)
    if (wanted, release, due) == (order.quantity, order.release_date, order.due_date):
        return False
    if order.status not in {PlannedStatus.PLANNED, PlannedStatus.FIRM}:
        raise Conflict("planned_order_status", _("This planned order was taken up or cancelled already."))
    _check(wanted, release, due, field)
    _mark_stale(order)
    if wanted != order.quantity:
        order.good_quantity = obtained(wanted * item.yield_ratio, item.unit_decimals)
    order.quantity, order.release_date, order.due_date, order.changed = wanted, release, due, True
    audit.record("planned_order.changed", f"planned_order:{order.id}", before=before, after=_figures(order))
    return True


def _mark_stale(order: PlannedOrder) -> None:
    """Note that the plan no longer fits its own orders: it must run again before it is approved."""
    plan = db.session.get_one(Plan, order.plan_id)
    if plan.status is PlanStatus.DRAFT:
        plan.figures = plan.figures | {"stale": True}


def _places(quantity: Decimal) -> int:
    return max(0, -int(quantity.normalize().as_tuple().exponent))


def _check(quantity: Decimal, release: date, due: date, field: str) -> None:
    if not quantity:
        raise DomainError(
            "quantity", _("The quantity must be above 0; cancel the order instead."), field=f"{field}quantity"
        )
    if release > due:
        raise DomainError(
            "dates_in_order",
            _("The order is released on {release}, after it is due on {due}.").format(
                release=release, due=due
            ),
            field=f"{field}release_date",
        )


def _cancel(order: PlannedOrder) -> None:
    """Take an order out of a draft; one of an approved plan stays, cancelled."""
    if order.status is PlannedStatus.PLANNED:
        db.session.execute(delete(PlanException).where(PlanException.planned_order_id == order.id))
        db.session.delete(order)
        db.session.flush()
    else:
        order.move_to(PlannedStatus.CANCELLED)


def _figures(order: PlannedOrder) -> dict[str, Any]:
    return {
        "item_id": order.item_id,
        "quantity": order.quantity,
        "release_date": order.release_date,
        "due_date": order.due_date,
    }


@operator
def approve_plan(plan_id: int) -> dict:
    """Approve a plan and firm its orders, unless it must run again first.

    It must when another plan of the site was approved since, or an order was changed. Returns ``approved``,
    ``outdated`` (then it must run again), ``plan_id`` and ``orders``, how many are firm.
    """
    plan = db.session.get_one(Plan, int(plan_id), with_for_update=True)
    overtaken = approvals(plan.site_id) != plan.approvals
    if plan.status is PlanStatus.DRAFT and (overtaken or plan.figures.get("stale")):
        return {"approved": False, "outdated": True, "plan_id": plan.id, "orders": 0}
    if plan.status is PlanStatus.SUPERSEDED:
        raise Conflict(
            "plan_superseded", _("Plan {number} was replaced by a newer one.").format(number=plan.number)
        )
    orders = list(db.session.scalars(select(PlannedOrder).where(PlannedOrder.plan_id == plan.id)))
    if plan.status is PlanStatus.DRAFT:
        for order in orders:
            order.move_to(PlannedStatus.FIRM)
        plan.status, plan.approved_at = PlanStatus.APPROVED, clock.now()
        plan.approved_by_id = current_actor().user_id
        audit.record("plan.approved", f"plan:{plan.id}", after={"number": plan.number, "orders": len(orders)})
        db.session.flush()
    return {"approved": True, "outdated": False, "plan_id": plan.id, "orders": len(orders)}
