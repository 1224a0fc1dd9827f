"""Deliveries without an order: they wait in quarantine until the buyer matches, orders or sends them back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.accounts.services import duties
from app.core import audit
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError, Forbidden
from app.core.events import emit
from app.core.operators import operator
from app.inventory import services as inventory
from app.inventory.models import LocationKind, Lot, LotStatus, MoveState, StockMove
from app.purchasing import GOODS_RECEIVED, RECEIPT_MATCHED, queries
from app.purchasing.models import (
    OrderStatus,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
    ReceiptStatus,
    Requisition,
    RequisitionStatus,
)
from app.purchasing.services import orders, receipts, requisitions


@operator
def delivery_facts(receipt_id: str) -> dict:
    """Say what came without an order. Returns ``receipt_id``, ``number``, ``supplier`` and ``items``."""
    receipt = queries.delivery(int(receipt_id))
    return {
        "receipt_id": receipt.id,
        "number": receipt.number,
        "supplier": receipt.supplier.names,
        "items": ", ".join(line.item.number for line in receipt.lines if line.item),
    }


@operator
def order_delivery(receipt_id: str, reason: str) -> dict:
    """Ask for an order after the fact for a delivery, bought on the day it came.

    Returns ``requisition_id`` and ``number``.
    """
    receipt = _waiting(int(receipt_id))
    _refuse_receiver(receipt)
    quantities: dict[int, Decimal] = {}
    for line in receipt.lines:
        quantities[line.item_id or 0] = quantities.get(line.item_id or 0, Decimal(0)) + line.quantity
    made = requisitions.create_requisition(
        receipt.site_id,
        [
            {
                "item_id": item_id,
                "quantity": format(quantity, "f"),
                "needed_on": receipt.received_on.isoformat(),
            }
            for item_id, quantity in quantities.items()
        ],
        supplier_id=receipt.supplier_id,
        after_the_fact=True,
        reason=(reason or "").strip() or None,
        bought_on=receipt.received_on,
    )
    audit.record(
        "receipt.ordered", f"receipt:{receipt.id}", after={"requisition": made.number}, reason=reason
    )
    return {"requisition_id": made.id, "number": made.number}


@operator
def requisition_outcome(requisition_id: str) -> dict:
    """Say what became of a requisition.

    Returns ``state``: sent, cancelled or waiting; ``order_id`` once sent; and ``waiting_for``, its key.
    """
    found = db.session.get_one(Requisition, int(requisition_id))
    order = db.session.scalar(
        select(PurchaseOrder)
        .where(PurchaseOrder.requisition_id == found.id)
        .order_by(PurchaseOrder.id.desc())
        .limit(1)
    )
    state = "waiting"
    if found.status is RequisitionStatus.CANCELLED or (
        order is not None and order.status is OrderStatus.CANCELLED
    ):
        state = "cancelled"
    elif order is not None and order.status is not OrderStatus.DRAFT:
        state = "sent"
    return {
        "state": state,
        "order_id": order.id if order is not None and state == "sent" else None,
        "waiting_for": f"requisition:{found.id}",
    }


@operator
def match_delivery(receipt_id: str, order_id: str) -> dict:
    """Count a delivery as come for an order that was sent; its lots go to inspection at the order's price.

    Returns ``order_id`` and ``complete``.

    Raises:
        DomainError: something came that the order does not have, or more of it than is open.
    """
    receipt, order = _waiting(int(receipt_id)), orders.load(int(order_id))
    _refuse_receiver(receipt)
    if order.status not in {OrderStatus.SENT, OrderStatus.PARTIALLY_RECEIVED}:
        sentence = _("Purchase order {number} is {status}.")
        raise DomainError("not_sent", sentence.format(number=order.number, status=order.status.value))
    if (order.supplier_id, order.site_id) != (receipt.supplier_id, receipt.site_id):
        raise DomainError("other_supplier", _("The order is another supplier's or site's."), field="order_id")
    for line in receipt.lines:
        _count(receipt, line, order)
    receipt.order_id = order.id
    done = all(line.received >= line.quantity for line in order.lines)
    if done:
        inventory.cancel_expected(f"purchase_order:{order.id}")
    order.move_to(OrderStatus.RECEIVED if done else OrderStatus.PARTIALLY_RECEIVED)
    audit.record("receipt.matched", f"receipt:{receipt.id}", after={"purchase_order": order.number})
    db.session.flush()
    emit(RECEIPT_MATCHED, key=f"purchase_order:{order.id}", receipt_id=receipt.id)
    return {"order_id": order.id, "complete": done}


@operator
def arrival_state(order_id: str) -> dict:
    """Say whether everything an order asks for has come. Returns ``order_id`` and ``complete``."""
    order = orders.load(int(order_id))
    return {"order_id": order.id, "complete": order.status is OrderStatus.RECEIVED}


@operator
def send_delivery_back(receipt_id: str, carrier: str = "", note: str = "") -> dict:
    """Let a delivery nobody ordered leave again, at what it was taken in for. Returns ``receipt_id``."""
    receipt = _waiting(int(receipt_id))
    for line in receipt.lines:
        move = _arrival_move(receipt, line)
        inventory.post(
            move.item_id,
            move.quantity,
            source=inventory.location(receipt.site_id, LocationKind.INSPECTION),
            target=inventory.location(receipt.site_id, LocationKind.SUPPLIER),
            document=move.document,
            line=move.line,
            lot_id=move.lot_id,
            second_quantity=move.second_quantity,
            unit_cost=move.unit_cost,
            reason=_("Nobody ordered it"),
        )
        line.rejected = line.quantity
        db.session.get_one(Lot, line.lot_id).status = LotStatus.BLOCKED
    receipt.move_to(ReceiptStatus.RETURNED)
    carried = " ".join(filter(None, ((carrier or "").strip(), (note or "").strip())))
    audit.record("receipt.returned", f"receipt:{receipt.id}", reason=carried or None)
    db.session.flush()
    return {"receipt_id": receipt.id}


def _waiting(receipt_id: int) -> Receipt:
    """Load a delivery that is not decided upon yet, locked."""
    receipt = db.session.scalars(
        select(Receipt)
        .where(Receipt.id == receipt_id)
        .options(selectinload(Receipt.lines).selectinload(ReceiptLine.item))
        .with_for_update()
    ).one()
    if not receipt.unordered or receipt.order_id is not None or receipt.status is not ReceiptStatus.RECEIVED:
        raise Conflict("delivery_decided", _("{number} is decided already.").format(number=receipt.number))
    return receipt


def _refuse_receiver(receipt: Receipt) -> None:
    """Who took goods in does not say which purchase they were."""
    actor = current_actor()
    own = receipt.received_by_id is not None and receipt.received_by_id in {actor.user_id, actor.on_behalf_of}
    if own and not duties.excused("receives_own_purchase", f"receipt:{receipt.id}"):
        sentence = _("You took {number} in; somebody else decides what it was bought for.")
        raise Forbidden("receives_own_purchase", sentence.format(number=receipt.number))


def _count(receipt: Receipt, line: ReceiptLine, order: PurchaseOrder) -> None:
    """Take one lot over to an order line: its move is reversed and posted anew for the order, at its price."""
    ordered = open_line(order.lines, line)
    if ordered is None:
        name = line.item.number if line.item else ""
        sentence = _("{item} is not open on {number}.")
        raise DomainError("line", sentence.format(item=name, number=order.number), field="order_id")
    receipts.refuse_too_much(ordered, line.quantity, "order_id")
    move = _arrival_move(receipt, line)
    inventory.reverse(move.id, order.number)
    document, number = f"purchase_order:{order.id}", str(ordered.number)
    inventory.reduce_expected(document, move.item_id, line.quantity, number)
    inventory.post(
        move.item_id,
        line.quantity,
        source=inventory.location(receipt.site_id, LocationKind.SUPPLIER),
        target=inventory.location(receipt.site_id, LocationKind.INSPECTION),
        document=document,
        line=number,
        lot_id=line.lot_id,
        second_quantity=line.second_quantity,
        unit_cost=queries.stock_unit_cost(order, ordered),
    )
    ordered.received += line.quantity
    line.order_line_id, line.order_line = ordered.id, ordered
    emit(GOODS_RECEIVED, key=f"receipt_line:{line.id}", receipt_line_id=line.id)


def open_line(lines: Sequence[PurchaseOrderLine], wanted: ReceiptLine) -> PurchaseOrderLine | None:
    """Find the order line of the same item that is still open, the earliest due first."""
    fitting = [
        line
        for line in lines
        if line.item_id and line.item_id == wanted.item_id and line.received < line.quantity
    ]
    return min(fitting, key=lambda line: (line.due_date, line.number), default=None)


def _arrival_move(receipt: Receipt, line: ReceiptLine) -> StockMove:
    """Find the move by which a lot came in."""
    return db.session.scalars(
        select(StockMove).where(
            StockMove.document == f"receipt:{receipt.id}",
            StockMove.lot_id == line.lot_id,
            StockMove.state == MoveState.DONE,
            StockMove.reverses_id.is_(None),
        )
    ).one()
