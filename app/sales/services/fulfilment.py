"""What the process of a customer order asks about it on the way to delivery."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.orm import selectinload

from app.core import audit
from app.core.db import db
from app.core.errors import NotFound
from app.core.operators import operator
from app.inventory import queries as stock
from app.inventory.models import Location, LocationKind, Lot, LotStatus, StockBalance
from app.masterdata.models import Site
from app.sales.models import CustomerOrder, OrderStatus
from app.sales.queries import next_delivery


def _order(order_id: int) -> CustomerOrder:
    found = db.session.scalar(
        select(CustomerOrder)
        .where(CustomerOrder.id == int(order_id))
        .options(selectinload(CustomerOrder.lines))
    )
    if found is None:
        raise NotFound("no_order", _("There is no customer order {order_id}.").format(order_id=order_id))
    return found


@operator
def order_facts(order_id: int) -> dict:
    """Return what the process says of a customer order.

    Returns ``number site due document``.
    """
    order = _order(order_id)
    site = db.session.get_one(Site, order.site_id)
    return {
        "number": order.number,
        "site": site.code,
        "due": min(line.due_date for line in order.lines).isoformat(),
        "document": f"customer_order:{order.id}",
    }


@operator
def goods_made(order_id: int) -> dict:
    """Look whether the pieces of the next delivery exist, inspected or not.

    Returns ``ready`` and ``waiting_for``, the key of the first item that is short.
    """
    order = _order(order_id)
    for item_id, wanted in _next_delivery(order).items():
        if stock.on_hand(item_id, order.site_id) + _under_inspection(item_id, order.site_id) < wanted:
            return {"ready": False, "waiting_for": f"item:{item_id}"}
    return {"ready": True, "waiting_for": ""}


def _next_delivery(order: CustomerOrder) -> dict[int, Decimal]:
    """Return what is open of the lines that are due first, by item."""
    needed: dict[int, Decimal] = {}
    for line in next_delivery(order):
        needed[line.item_id] = needed.get(line.item_id, Decimal(0)) + line.quantity - line.shipped
    return needed


def _under_inspection(item_id: int, site_id: int) -> Decimal:
    """Sum what may still be released; blocked lots wait there too, but will not be delivered."""
    total = db.session.scalar(
        select(func.sum(StockBalance.quantity))
        .join(Location, Location.id == StockBalance.location_id)
        .outerjoin(Lot, Lot.id == StockBalance.lot_id)
        .where(
            or_(Lot.id.is_(None), Lot.status != LotStatus.BLOCKED),
            StockBalance.item_id == item_id,
            Location.site_id == site_id,
            Location.kind == LocationKind.INSPECTION,
        )
    )
    return total or Decimal(0)


@operator
def record_delivery(order_id: int) -> dict:
    """Note how far an order is delivered.

    Returns ``complete``, whether every line has been shipped.
    """
    order = _order(order_id)
    complete = all(line.shipped >= line.quantity for line in order.lines)
    if complete and order.status is OrderStatus.CONFIRMED:
        order.move_to(OrderStatus.DELIVERED)
        audit.record("order.delivered", f"customer_order:{order.id}", after={"number": order.number})
    return {"complete": complete}


@operator
def close_order(order_id: int) -> dict:
    """Close an order that is delivered and costed.

    Returns ``number``.
    """
    order = _order(order_id)
    order.move_to(OrderStatus.CLOSED)
    audit.record("order.closed", f"customer_order:{order.id}", after={"number": order.number})
    return {"number": order.number}
