"""What comes back from a subcontractor: received, components reconciled, inspected, accepted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.events import emit
from app.core.i18n import format_quantity
from app.core.inputs import decimal_input
from app.core.numbering import next_number
from app.core.operators import operator
from app.core.words import status_label
from app.inventory import services as inventory
from app.inventory.models import Location, LocationKind, Lot, LotStatus, MoveState, StockBalance, StockMove
from app.masterdata import queries as masterdata
from app.masterdata.models import Site
from app.subcontracting import GOODS_RECEIVED, RECEIPT_SETTLED, queries
from app.subcontracting.models import (
    Form,
    OrderStatus,
    SubcontractOrder,
    SubcontractReceipt,
    SuppliedComponent,
)
from app.subcontracting.reconciliation import allowance, reconcile
from app.subcontracting.services import components, orders, scores

ZERO, HUNDRED = Decimal(0), Decimal(100)
PLACES = Decimal("0.000001")


@operator
def receive(
    subcontract_order_id: str,
    *,
    quantity: str,
    lost: str = "0",
    second_quantity: str = "",
    delivery_note: str = "",
    components_back: list | None = None,
    complete: bool = False,
) -> dict:
    """Take back finished pieces and reconcile components: rows with ``component_id returned lost``.

    ``complete``: nothing more will come. Returns ``receipt_id``, ``number``, ``complete``, ``open_quantity``
    and ``excess_loss``, pieces and components lost beyond the allowance.
    """
    order = orders.load(int(subcontract_order_id))
    places = order.item.unit_decimals
    came = decimal_input(quantity, field="quantity", places=places, default=ZERO)
    gone = decimal_input(lost, field="lost", places=places, default=ZERO)
    _check(order, came, gone, complete=complete)
    today = clock.today(db.session.get_one(Site, order.site_id).timezone)
    receipt = SubcontractReceipt(
        number=next_number("SR", on=today),
        order_id=order.id,
        received_on=today,
        quantity=came,
        lost=gone,
        second_quantity=decimal_input(second_quantity, field="second_quantity", default=ZERO) or None,
        accepted=ZERO,
        rejected=ZERO,
        delivery_note=(delivery_note or "").strip() or None,
        user_id=current_actor().user_id,
        created_at=clock.now(),
    )
    db.session.add(receipt)
    order.received += came
    order.lost += gone
    db.session.flush()
    excess = _take_in(order, receipt, today)
    excess += _reconcile(order, receipt, components_back or [])
    done = bool(complete) or not order.open_quantity
    order.move_to(OrderStatus.RECEIVED if done else OrderStatus.PARTIALLY_RECEIVED)
    orders.expect(order)
    if done:
        inventory.cancel_expected(f"subcontract_order:{order.id}")
    if came:
        emit(GOODS_RECEIVED, key=f"subcontract_receipt:{receipt.id}", subcontract_receipt_id=receipt.id)
    elif done and unsettled(order.id) is None:
        orders.announce_received(order)
    return {
        "receipt_id": receipt.id,
        "number": receipt.number,
        "complete": done,
        "open_quantity": format(order.open_quantity, "f"),
        "excess_loss": format(excess, "f"),
    }


def _check(order: SubcontractOrder, came: Decimal, gone: Decimal, *, complete: bool) -> None:
    if order.status not in {OrderStatus.IN_PROGRESS, OrderStatus.PARTIALLY_RECEIVED}:
        sentence = _("Subcontract order {number} is {status}.")
        raise DomainError(
            "not_out", sentence.format(number=order.number, status=status_label(order.status)), status=409
        )
    if not came and not gone and not complete:
        raise DomainError("nothing_arrived", _("Enter what came back."), field="quantity")
    most = order.quantity * (HUNDRED + masterdata.company().overrun_percent) / HUNDRED
    if order.form is Form.OPERATION:
        most = order.quantity
    if order.received + order.lost + came + gone > most:
        sentence = _("{quantity} would be more than the {ordered} ordered.")
        total, ordered = (
            format_quantity(order.received + order.lost + came + gone),
            format_quantity(order.quantity),
        )
        raise DomainError("too_much", sentence.format(quantity=total, ordered=ordered), field="quantity")


def _take_in(order: SubcontractOrder, receipt: SubcontractReceipt, today: date) -> Decimal:
    """Book the pieces that came and those that were lost; returns the loss beyond the allowance."""
    document = f"subcontract_order:{order.id}"
    if order.form is Form.OPERATION:
        held = inventory.location(order.site_id, LocationKind.SUBCONTRACTOR, order.supplier_id)
        back = inventory.location(order.site_id, LocationKind.WIP)
        if order.next_supplier_id:
            back = inventory.location(order.site_id, LocationKind.SUBCONTRACTOR, order.next_supplier_id)
        components.move_pieces(order, held, back, receipt.quantity)
        components.move_pieces(
            order, held, inventory.location(order.site_id, LocationKind.SCRAP), receipt.lost
        )
    elif receipt.quantity:
        receipt.lot_id = _lot(order, receipt, today).id
        inventory.post(
            order.item_id,
            receipt.quantity,
            source=inventory.location(order.site_id, LocationKind.WIP),
            target=inventory.location(order.site_id, LocationKind.INSPECTION),
            document=document,
            line="item",
            lot_id=receipt.lot_id,
            second_quantity=receipt.second_quantity,
            unit_cost=_unit_cost(order),
        )
    db.session.flush()
    allowed = allowance(order.quantity, order.loss_allowance * HUNDRED, places=order.item.unit_decimals)
    return max(ZERO, order.lost - allowed)


def _lot(order: SubcontractOrder, receipt: SubcontractReceipt, today: date) -> Lot:
    return inventory.make_lot(
        order.item,
        f"{order.item.number}-{receipt.number}",
        received_on=today,
        document=f"subcontract_order:{order.id}",
        status=LotStatus.QUARANTINE,
        supplier_id=order.supplier_id,
    )


def _unit_cost(order: SubcontractOrder) -> Decimal:
    """Give the fee per piece in company currency; the components' cost comes through the ledger."""
    return (queries.order_amount(order) / order.quantity).quantize(PLACES)


def _reconcile(
    order: SubcontractOrder, receipt: SubcontractReceipt, rows: Sequence[dict[str, Any]]
) -> Decimal:
    """Book what became of the components; returns what was lost beyond the allowance."""
    typed = {int(row.get("component_id") or 0): (index, row) for index, row in enumerate(rows)}
    excess = ZERO
    for component in order.components:
        index, row = typed.get(component.id, (0, {}))
        excess += _settle(order, component, receipt, row, f"components_back.{index}")
    return excess


def _settle(
    order: SubcontractOrder, component: SuppliedComponent, receipt: SubcontractReceipt, row: dict, place: str
) -> Decimal:
    places = component.item.unit_decimals
    back = decimal_input(row.get("returned"), field=f"{place}.returned", places=places, default=ZERO)
    gone = decimal_input(row.get("lost"), field=f"{place}.lost", places=places, default=ZERO)
    used = min((receipt.quantity * component.per).quantize(PLACES), component.remaining)
    allowed = allowance(order.quantity * component.per, order.loss_allowance * HUNDRED, places=places)
    try:
        found = reconcile(
            component.supplied,
            component.used + used,
            component.returned + back,
            component.allowed_loss + component.excess_loss + gone,
            allowed=allowed,
        )
    except ValueError:
        sentence = _("{item}: more is accounted for than was supplied.")
        raise DomainError(
            "reconciliation", sentence.format(item=component.item.number), field=place
        ) from None
    excess = found.excess_loss - component.excess_loss
    component.used, component.returned = found.used, found.returned
    component.allowed_loss, component.excess_loss = found.allowed_loss, found.excess_loss
    db.session.flush()
    for quantity, kind, reason in (
        (used, LocationKind.WIP, None),
        (back, LocationKind.INTERNAL, "returned"),
        (gone, LocationKind.SCRAP, "lost"),
    ):
        _move(order, component, quantity, kind, reason=reason, lot_id=receipt.lot_id)
    return excess


def _move(
    order: SubcontractOrder,
    component: SuppliedComponent,
    quantity: Decimal,
    kind: LocationKind,
    *,
    reason: str | None,
    lot_id: int | None,
) -> None:
    """Move a component away from the subcontractor, oldest first; what was used becomes genealogy."""
    source = inventory.location(order.site_id, LocationKind.SUBCONTRACTOR, order.supplier_id)
    balances = db.session.scalars(
        select(StockBalance)
        .where(
            StockBalance.location_id == source.id,
            StockBalance.item_id == component.item_id,
            StockBalance.quantity > 0,
        )
        .order_by(StockBalance.lot_id)
    )
    document, left = f"subcontract_order:{order.id}", quantity
    for balance in list(balances):
        taken = min(left, balance.quantity)
        if taken <= 0:
            break
        inventory.post(
            component.item_id,
            taken,
            source=source,
            target=inventory.location(order.site_id, kind),
            document=document,
            line="component",
            lot_id=balance.lot_id or None,
            owner_id=balance.owner_id or None,
            reason=reason,
        )
        if kind is LocationKind.WIP and lot_id and balance.lot_id:
            inventory.record_consumption(lot_id, balance.lot_id, taken, document)
        left -= taken


@operator
def receipt_facts(subcontract_receipt_id: str) -> dict:
    """Say what came back, for the inspection that follows.

    Returns ``order_id item_id lot_id quantity operation whole_item document`` and ``receipt``.
    """
    receipt = _load(int(subcontract_receipt_id))
    order = receipt.order
    return {
        "order_id": order.id,
        "item_id": order.item_id,
        "lot_id": receipt.lot_id,
        "quantity": format(receipt.quantity, "f"),
        "operation": order.operation,
        "work_order_id": order.work_order_id,
        "supplier_id": order.supplier_id,
        "site_id": order.site_id,
        "kind": "receipt" if order.form is Form.WHOLE_ITEM else "operation",
        "whole_item": order.form is Form.WHOLE_ITEM,
        "document": f"subcontract_order:{order.id}",
        "receipt": receipt.number,
    }


@operator
def accept(
    subcontract_receipt_id: str, inspection_id: str = "", passed: bool = True, good_quantity: str = ""
) -> dict:
    """Book what inspection left of a receipt: by the lot's status; of an operation's pieces ``good_quantity``.

    Returns ``accepted`` and ``rejected``, as text.
    """
    receipt = _load(int(subcontract_receipt_id))
    order = receipt.order
    sorted_out = decimal_input(good_quantity, field="good_quantity", default=receipt.quantity)
    good = _good(receipt, min(sorted_out, receipt.quantity) if passed else ZERO)
    bad = receipt.quantity - good
    order.accepted += good - receipt.accepted
    order.rejected += bad - receipt.rejected
    receipt.accepted, receipt.rejected = good, bad
    receipt.inspection_id = int(inspection_id) if inspection_id else receipt.inspection_id
    db.session.flush()
    audit.record(
        "subcontract_receipt.accepted",
        f"subcontract_order:{order.id}",
        after={"accepted": good, "rejected": bad},
    )
    emit(RECEIPT_SETTLED, key=f"subcontract_receipt:{receipt.id}", subcontract_receipt_id=receipt.id)
    _record(order)
    if order.status is OrderStatus.RECEIVED and unsettled(order.id) is None:
        orders.announce_received(order)
    return {"accepted": format(good, "f"), "rejected": format(bad, "f")}


def _good(receipt: SubcontractReceipt, in_process: Decimal) -> Decimal:
    """What was good: of a lot as the ledger has it, of pieces in process what inspection said."""
    if receipt.lot_id is None:
        return in_process
    lot = db.session.get_one(Lot, receipt.lot_id)
    released = lot.status is LotStatus.RELEASED
    kinds = (
        {LocationKind.REJECT, LocationKind.SCRAP, LocationKind.SUPPLIER}
        if released
        else {LocationKind.INTERNAL}
    )
    inspection = select(Location.id).where(Location.kind == LocationKind.INSPECTION)
    places = select(Location.id).where(Location.kind.in_(kinds))
    moved = db.session.scalars(
        select(StockMove.quantity).where(
            StockMove.lot_id == lot.id,
            StockMove.state == MoveState.DONE,
            StockMove.reverses_id.is_(None),
            StockMove.from_id.in_(inspection),
            StockMove.to_id.in_(places),
        )
    )
    out = min(sum(moved, ZERO), receipt.quantity)
    return receipt.quantity - out if released else out


def _record(order: SubcontractOrder) -> None:
    """Keep the delivery's facts for the supplier's score."""
    if order.supplier_id is None:
        return
    complete = order.status in {OrderStatus.RECEIVED, OrderStatus.CLOSED}
    last = db.session.scalars(
        select(SubcontractReceipt.received_on)
        .where(SubcontractReceipt.order_id == order.id)
        .order_by(SubcontractReceipt.id.desc())
        .limit(1)
    ).first()
    amount = queries.order_amount(order)
    scores.record_delivery(
        order.supplier_id,
        f"subcontract_order:{order.id}",
        "item",
        scores.Delivery(
            item_id=order.item_id,
            due_on=order.due_date,
            complete_on=last if complete else None,
            ordered=order.quantity,
            received=order.received,
            accepted=order.accepted,
            paid_value=amount,
            benchmark_value=amount,
        ),
    )


@operator
def receiving_state(subcontract_order_id: str) -> dict:
    """Say whether everything that came back has been accepted or rejected.

    Returns ``ready`` and ``waiting_for``, the key of a receipt that is still under inspection.
    """
    waiting = unsettled(int(subcontract_order_id))
    return {"ready": waiting is None, "waiting_for": f"subcontract_receipt:{waiting}" if waiting else ""}


def unsettled(order_id: int) -> int | None:
    """Find a receipt of an order that is neither accepted nor rejected yet."""
    receipts = db.session.scalars(
        select(SubcontractReceipt)
        .where(SubcontractReceipt.order_id == order_id)
        .order_by(SubcontractReceipt.id)
    )
    return next((receipt.id for receipt in receipts if not receipt.settled), None)


def _load(receipt_id: int) -> SubcontractReceipt:
    return db.session.scalars(
        select(SubcontractReceipt)
        .where(SubcontractReceipt.id == receipt_id)
        .options(selectinload(SubcontractReceipt.order).selectinload(SubcontractOrder.item))
        .with_for_update()
    ).one()
