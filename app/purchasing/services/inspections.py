"""What inspection leaves of a received lot: accepted into stock or rejected."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import audit
from app.core.db import db
from app.core.events import emit
from app.core.operators import operator
from app.inventory.models import Location, LocationKind, Lot, LotStatus, MoveState, StockMove
from app.masterdata import queries as masterdata
from app.masterdata.models import Item
from app.purchasing import RECEIPT_SETTLED, queries
from app.purchasing.models import PurchaseOrder, Receipt, ReceiptLine, ReceiptStatus
from app.purchasing.services import pricing
from app.subcontracting.services import scores


@operator
def receipt_line_facts(receipt_line_id: str) -> dict:
    """Say what arrived, for the inspection that follows.

    Returns ``item_id``, ``lot_id``, ``quantity`` (text), ``supplier_id``, ``document`` and ``receipt``.
    """
    line = _load(int(receipt_line_id))
    return {
        "item_id": line.item_id,
        "lot_id": line.lot_id,
        "quantity": format(line.quantity, "f"),
        "supplier_id": line.receipt.supplier_id,
        "site_id": line.receipt.site_id,
        "document": f"purchase_order:{line.receipt.order_id}"
        if line.receipt.order_id
        else f"receipt:{line.receipt_id}",
        "receipt": line.receipt.number,
    }


@operator
def accept(receipt_line_id: str, inspection_id: str = "") -> dict:
    """Book the inspected lot's accepted and rejected quantities on its receipt and order line.

    Returns ``accepted`` and ``rejected``, as text.
    """
    line = _load(int(receipt_line_id))
    accepted = accepted_quantity(line.lot_id, line.quantity)
    rejected = line.quantity - accepted
    if line.order_line is not None:
        line.order_line.accepted += accepted - line.accepted
        line.order_line.rejected += rejected - line.rejected
    line.accepted, line.rejected = accepted, rejected
    line.inspection_id = int(inspection_id) if inspection_id else line.inspection_id
    db.session.flush()
    _move_receipt(line.receipt)
    if line.order_line is not None:
        note_delivery(line)
    audit.record(
        "receipt.accepted", f"receipt:{line.receipt_id}", after={"accepted": accepted, "rejected": rejected}
    )
    emit(RECEIPT_SETTLED, key=f"receipt_line:{line.id}", receipt_line_id=line.id)
    return {"accepted": format(accepted, "f"), "rejected": format(rejected, "f")}


def accepted_quantity(lot_id: int | None, quantity: Decimal) -> Decimal:
    """Work out from the ledger how much of a received lot was good.

    Of a released lot all but what was moved out as rejected; of any other lot only what reached stock.
    """
    lot = db.session.get(Lot, lot_id) if lot_id else None
    if lot is None:
        return quantity
    released = lot.status is LotStatus.RELEASED
    outcome = (
        {LocationKind.REJECT, LocationKind.SCRAP, LocationKind.SUPPLIER}
        if released
        else {LocationKind.INTERNAL}
    )
    moved = min(_left_inspection(lot.id, outcome), quantity)
    return quantity - moved if released else moved


def _left_inspection(lot_id: int, kinds: set[LocationKind]) -> Decimal:
    """Sum what of a lot left the inspection area for places of these kinds."""
    inspection = select(Location.id).where(Location.kind == LocationKind.INSPECTION)
    places = select(Location.id).where(Location.kind.in_(kinds))
    quantities = db.session.scalars(
        select(StockMove.quantity).where(
            StockMove.lot_id == lot_id,
            StockMove.state == MoveState.DONE,
            StockMove.reverses_id.is_(None),
            StockMove.from_id.in_(inspection),
            StockMove.to_id.in_(places),
        )
    )
    return sum(quantities, Decimal(0))


def _move_receipt(receipt: Receipt) -> None:
    """A receipt is accepted once each of its lines is settled, inspected while some are."""
    lines = list(db.session.scalars(select(ReceiptLine).where(ReceiptLine.receipt_id == receipt.id)))
    if receipt.status is ReceiptStatus.RECEIVED:
        receipt.move_to(ReceiptStatus.INSPECTED)
    if receipt.status is ReceiptStatus.INSPECTED and all(line.settled for line in lines):
        receipt.move_to(ReceiptStatus.ACCEPTED)


def note_delivery(line: ReceiptLine) -> None:
    """Keep what came of the order line for the supplier's score, valued at its and at the best approved price."""
    ordered = line.order_line
    if ordered is None:
        return
    order = db.session.get_one(PurchaseOrder, ordered.order_id)
    paid = queries.stock_unit_cost(order, ordered)
    listed = [paid]
    if ordered.item_id:
        item = db.session.get_one(Item, ordered.item_id)
        prices = masterdata.supplier_prices(item.id, order.ordered_on)
        listed += [pricing.stock_price(item, price, order.ordered_on) for price in prices]
    complete = ordered.received >= ordered.quantity
    scores.record_delivery(
        order.supplier_id,
        f"purchase_order:{order.id}",
        str(ordered.number),
        scores.Delivery(
            item_id=ordered.item_id,
            due_on=ordered.due_date,
            complete_on=line.receipt.received_on if complete else None,
            ordered=ordered.quantity,
            received=ordered.received,
            accepted=ordered.accepted,
            paid_value=(paid * ordered.received).quantize(pricing.PLACES),
            benchmark_value=(min(listed) * ordered.received).quantize(pricing.PLACES),
        ),
    )


def _load(receipt_line_id: int) -> ReceiptLine:
    return db.session.scalars(
        select(ReceiptLine)
        .where(ReceiptLine.id == receipt_line_id)
        .options(selectinload(ReceiptLine.receipt), selectinload(ReceiptLine.order_line))
        .with_for_update()
    ).one()
