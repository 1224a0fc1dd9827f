"""Choosing a subcontractor: invite, enter offers, propose, award or refuse."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import audit, clock
from app.core.db import db
from app.core.errors import DomainError
from app.core.inputs import date_input, decimal_input
from app.core.money import round_money
from app.core.numbering import next_number
from app.core.operators import operator
from app.masterdata import queries as masterdata
from app.masterdata.models import Partner, SupplierPrice
from app.subcontracting.models import Offer, OfferStatus, Selection, SelectionStatus
from app.subcontracting.reconciliation import charge
from app.subcontracting.services import orders

ZERO, HUNDRED = Decimal(0), Decimal(100)


@operator
def start_selection(subcontract_order_id: str) -> dict:
    """Begin looking for a subcontractor for an order. Returns ``selection_id`` and ``number``."""
    order = orders.load(int(subcontract_order_id))
    selection = Selection(
        number=next_number("SS", on=order.ordered_on),
        subcontract_order_id=order.id,
        item_id=order.item_id,
        operation=order.operation,
        quantity=order.quantity,
        needed_on=order.due_date,
        status=SelectionStatus.INVITING,
        created_at=clock.now(),
    )
    db.session.add(selection)
    db.session.flush()
    return {"selection_id": selection.id, "number": selection.number}


@operator
def invite_offers(selection_id: str, suppliers: list, reply_by: str = "") -> dict:
    """Ask subcontractors for offers: rows with ``supplier_id``. Returns ``invited``, how many in all."""
    selection = load(int(selection_id))
    known = {offer.supplier_id for offer in selection.offers}
    for row in suppliers or []:
        supplier = db.session.get(Partner, int(row.get("supplier_id") or 0))
        if supplier is None:
            raise DomainError("supplier", _("There is no such supplier."), field="suppliers")
        if supplier.id not in known:
            known.add(supplier.id)
            selection.offers.append(
                Offer(supplier_id=supplier.id, status=OfferStatus.INVITED, invited_at=clock.now())
            )
    if not known:
        raise DomainError("no_suppliers", _("Invite at least one supplier."), field="suppliers")
    selection.reply_by = date_input(reply_by, field="reply_by", default=clock.today())
    db.session.flush()
    return {"selection_id": selection.id, "invited": len(known)}


@operator
def record_offers(selection_id: str, lines: list) -> dict:
    """Enter offers: rows with ``offer_id price minimum_charge lead_days confirmed_quantity loss_percent``.

    Rows without a price mean no answer. Returns ``received``, how many offers there are.
    """
    selection = load(int(selection_id))
    by_id = {offer.id: offer for offer in selection.offers}
    for index, row in enumerate(lines or []):
        if str(row.get("price") or "").strip():
            offer = by_id.get(int(row.get("offer_id") or 0))
            if offer is None:
                raise DomainError("offer", _("This supplier was not invited."), field=f"lines.{index}")
            _enter(offer, row, f"lines.{index}", selection.quantity)
    db.session.flush()
    received = sum(1 for offer in selection.offers if offer.price is not None)
    if not received:
        raise DomainError("no_offers", _("Enter at least one offer."), field="lines")
    return {"selection_id": selection.id, "received": received}


def _enter(offer: Offer, row: dict[str, Any], place: str, quantity: Decimal) -> None:
    places = masterdata.price_decimals()
    offer.price = decimal_input(row["price"], field=f"{place}.price", places=places)
    offer.minimum_charge = decimal_input(
        row.get("minimum_charge"), field=f"{place}.minimum_charge", default=ZERO
    )
    offer.lead_days = int(
        decimal_input(row.get("lead_days"), field=f"{place}.lead_days", default=ZERO, places=0)
    )
    offer.confirmed_quantity = decimal_input(
        row.get("confirmed_quantity"), field=f"{place}.confirmed_quantity", default=quantity
    )
    percent = decimal_input(row.get("loss_percent"), field=f"{place}.loss_percent", default=ZERO, places=4)
    if percent > HUNDRED:
        raise DomainError("percent", _("A percentage is at most 100."), field=f"{place}.loss_percent")
    offer.loss_allowance = percent / HUNDRED
    if row.get("valid_until"):
        offer.valid_until = date_input(row["valid_until"], field=f"{place}.valid_until")
    offer.status, offer.received_at = OfferStatus.RECEIVED, offer.received_at or clock.now()


@operator
def propose_offer(selection_id: str, offer_id: str, reason: str) -> dict:
    """Propose one offer with the reason.

    Returns ``offer_id supplier_id supplier`` and ``amount``, what the work would cost (text).
    """
    selection = load(int(selection_id))
    offer = next((one for one in selection.offers if one.id == int(offer_id)), None)
    if offer is None or offer.price is None:
        raise DomainError("offer", _("Choose an offer that was received."), field="offer_id")
    if not (reason or "").strip():
        raise DomainError("reason_missing", _("Say why this offer."), field="reason")
    selection.move_to(SelectionStatus.PROPOSED)
    offer.status, selection.reason = OfferStatus.PROPOSED, reason.strip()
    amount = charge(selection.quantity, offer.price, minimum=offer.minimum_charge)
    return {
        "selection_id": selection.id,
        "offer_id": offer.id,
        "supplier_id": offer.supplier_id,
        "supplier": offer.supplier.names,
        "amount": format(round_money(amount, masterdata.company().document_decimals), "f"),
    }


@operator
def refuse_offer(selection_id: str, reason: str) -> dict:
    """Refuse the proposal with a reason; the selection goes round again. Returns ``selection_id``."""
    selection = load(int(selection_id))
    if not (reason or "").strip():
        raise DomainError("reason_missing", _("A refusal needs a reason."), field="reason")
    selection.move_to(SelectionStatus.INVITING)
    selection.refusal = reason.strip()
    for offer in selection.offers:
        if offer.status is OfferStatus.PROPOSED:
            offer.status = OfferStatus.RECEIVED
    audit.record("offer.refused", f"selection:{selection.id}", reason=selection.refusal)
    return {"selection_id": selection.id}


@operator
def award_offer(selection_id: str) -> dict:
    """Award the proposed offer: its price is approved, and its order goes to that supplier.

    Returns ``supplier_id``.
    """
    selection = load(int(selection_id))
    selection.move_to(SelectionStatus.AWARDED)
    for offer in selection.offers:
        won = offer.status is OfferStatus.PROPOSED
        if won:
            _approve_price(selection, offer)
        offer.status = OfferStatus.AWARDED if won else OfferStatus.REFUSED
    winner = next(offer for offer in selection.offers if offer.status is OfferStatus.AWARDED)
    if selection.subcontract_order_id:
        order = orders.load(selection.subcontract_order_id)
        order.supplier_id = winner.supplier_id
        orders.apply_price(order)
        orders.expect(order)
    audit.record("offer.awarded", f"selection:{selection.id}", after={"supplier": winner.supplier_id})
    return {"supplier_id": winner.supplier_id, "selection_id": selection.id}


def _approve_price(selection: Selection, offer: Offer) -> None:
    """Write the winner's price to the approved list, until the offer ends."""
    today = clock.today()
    same = SupplierPrice.operation == selection.operation
    if selection.operation is None:
        same = SupplierPrice.operation.is_(None)
    price = db.session.scalar(
        select(SupplierPrice).where(
            SupplierPrice.supplier_id == offer.supplier_id,
            SupplierPrice.item_id == selection.item_id,
            SupplierPrice.valid_from == today,
            SupplierPrice.minimum_quantity == 0,
            same,
        )
    )
    if price is None:
        price = SupplierPrice(
            supplier_id=offer.supplier_id,
            item_id=selection.item_id,
            operation=selection.operation,
            valid_from=today,
        )
        db.session.add(price)
    price.price, price.unit = offer.price or ZERO, selection.item.unit
    price.currency = masterdata.company().currency
    price.minimum_charge, price.loss_allowance = offer.minimum_charge, offer.loss_allowance
    price.lead_days, price.approved = offer.lead_days or 0, True
    price.valid_to = offer.valid_until if offer.valid_until and offer.valid_until > today else None
    db.session.flush()


def load(selection_id: int) -> Selection:
    """Load a selection with its offers and their suppliers, locked."""
    return db.session.scalars(
        select(Selection)
        .where(Selection.id == selection_id)
        .options(selectinload(Selection.offers).selectinload(Offer.supplier), selectinload(Selection.item))
        .execution_options(populate_existing=True)
        .with_for_update()
    ).one()
