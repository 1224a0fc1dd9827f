"""Transfers: stock from one place to another, through transit between sites."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.events import emit, event
from app.core.i18n import format_quantity
from app.core.inputs import date_input, decimal_input
from app.core.numbering import next_number
from app.core.operators import operator
from app.inventory.models import Location, LocationKind, StockBalance, StockTransfer, TransferStatus
from app.inventory.queries import movements
from app.inventory.services import ledger
from app.masterdata.models import Item, Site

TRANSFER_REQUESTED = event(
    "inventory.transfer_requested",
    "Stock is to go somewhere else; key stock_transfer:ID, payload transfer_id.",
)


def request_transfer(
    balance_id: int, to_id: int, quantity: str, *, reason: str, needed_on: str = ""
) -> StockTransfer:
    """Ask for part of a balance to be moved to another place of the store, of this or another site.

    Raises:
        DomainError: not that much is free, no reason, or the place is not of a store.
    """
    balance, target = movements.balance(balance_id), db.session.get(Location, to_id)
    item, source = db.session.get_one(Item, balance.item_id), balance.location
    if target is None or target.kind is not LocationKind.INTERNAL or not target.active:
        raise DomainError("location", _("This is no location of the store."), field="to_id")
    if target.id == source.id or source.kind is not LocationKind.INTERNAL:
        raise DomainError("same_place", _("Choose two different places of the store."), field="to_id")
    amount = decimal_input(quantity, field="quantity", places=item.unit_decimals)
    free = balance.quantity - balance.reserved
    if not 0 < amount <= free:
        sentence = _("Enter a quantity above 0 and at most the {free} that are free.")
        raise DomainError(
            "quantity", sentence.format(free=format_quantity(free, item.unit)), field="quantity"
        )
    if not reason.strip():
        raise DomainError("reason", _("Say why the goods are moved."), field="reason")
    today = clock.today(db.session.get_one(Site, source.site_id).timezone)
    made = StockTransfer(
        number=next_number("TR", on=today),
        site_id=source.site_id,
        item_id=item.id,
        lot_id=balance.lot_id or None,
        owner_id=balance.owner_id or None,
        from_id=source.id,
        to_id=target.id,
        quantity=amount,
        needed_on=date_input(needed_on, field="needed_on", default=today),
        reason=reason.strip(),
        requested_by_id=current_actor().user_id,
        created_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    ledger.reserve(balance, amount, made.key)
    if target.site_id != source.site_id:
        _expect(made, source, target)
    audit.record("stock_transfer.requested", made.key, after=_plain(made), reason=made.reason)
    emit(TRANSFER_REQUESTED, key=made.key, transfer_id=made.id)
    return made


def _expect(transfer: StockTransfer, source: Location, target: Location) -> None:
    """Tell both sites' planning: it leaves the one and comes to the other."""
    transit = ledger.location(source.site_id, LocationKind.TRANSIT)
    for begin, end in ((source, transit), (transit, target)):
        ledger.expect(
            transfer.item_id,
            transfer.quantity,
            source=begin,
            target=end,
            on=transfer.needed_on,
            document=transfer.key,
            line="out" if end is transit else "in",
            owner_id=transfer.owner_id,
        )


@operator
def send_transfer(transfer_id: str, quantity: str, cancel: bool = False) -> dict:
    """Let the goods of a transfer leave their place, or withdraw it.

    Within a site they are there at once; between sites they are in transit.
    Returns ``moving``, whether somebody has to receive them, and ``status``.
    """
    transfer = movements.transfer(int(transfer_id))
    if transfer.status is not TransferStatus.REQUESTED:
        raise Conflict("transfer_status", _("Transfer {number} has left.").format(number=transfer.number))
    ledger.release_reservations(transfer.key)
    ledger.cancel_expected(transfer.key, line="out")
    if cancel:
        ledger.cancel_expected(transfer.key)
        return _moved(transfer, TransferStatus.CANCELLED, moving=False)
    amount = decimal_input(quantity, field="quantity", places=transfer.item.unit_decimals)
    if not 0 < amount <= transfer.quantity:
        sentence = _("At most {quantity} were asked for.")
        raise DomainError(
            "quantity", sentence.format(quantity=format_quantity(transfer.quantity)), field="quantity"
        )
    transfer.quantity = amount
    between = transfer.source.site_id != transfer.target.site_id
    target = ledger.location(transfer.source.site_id, LocationKind.TRANSIT) if between else transfer.target
    _post(transfer, amount, transfer.source, target, transfer.reason)
    if not between:
        transfer.received = amount
    return _moved(transfer, TransferStatus.SENT if between else TransferStatus.RECEIVED, moving=between)


@operator
def receive_transfer(transfer_id: str, quantity: str, reason: str = "") -> dict:
    """Take in what arrived of a transfer; what is missing is a count difference with its reason.

    Returns ``moving`` (nothing is, any more) and ``status``.
    """
    transfer = movements.transfer(int(transfer_id))
    if transfer.status is not TransferStatus.SENT:
        raise Conflict(
            "transfer_status", _("Transfer {number} is not on its way.").format(number=transfer.number)
        )
    amount = decimal_input(quantity, field="quantity", places=transfer.item.unit_decimals)
    missing = transfer.quantity - amount
    if missing < 0:
        sentence = _("Only {quantity} were sent.")
        raise DomainError(
            "quantity", sentence.format(quantity=format_quantity(transfer.quantity)), field="quantity"
        )
    if missing and not (reason or "").strip():
        raise DomainError("reason", _("Say why pieces are missing."), field="reason")
    ledger.cancel_expected(transfer.key)
    transit = ledger.location(transfer.source.site_id, LocationKind.TRANSIT)
    if amount:
        _post(transfer, amount, transit, transfer.target, transfer.reason)
    if missing:
        transfer.difference_reason = reason.strip()
        lost = ledger.location(transfer.target.site_id, LocationKind.ADJUSTMENT)
        _post(transfer, missing, transit, lost, transfer.difference_reason)
    transfer.received = amount
    return _moved(transfer, TransferStatus.RECEIVED, moving=False)


def _post(
    transfer: StockTransfer, quantity: Decimal, source: Location, target: Location, reason: str
) -> None:
    place = db.session.query(StockBalance).filter_by(
        location_id=source.id,
        item_id=transfer.item_id,
        lot_id=transfer.lot_id or 0,
        owner_id=transfer.owner_id or 0,
    )
    ledger.post(
        transfer.item_id,
        quantity,
        source=source,
        target=target,
        document=transfer.key,
        lot_id=transfer.lot_id,
        owner_id=transfer.owner_id,
        second_quantity=movements.second_share(place.first(), quantity),
        reason=reason,
    )


def _moved(transfer: StockTransfer, status: TransferStatus, *, moving: bool) -> dict:
    before, transfer.status = transfer.status, status
    audit.record(
        f"stock_transfer.{status.value}",
        transfer.key,
        before={"status": before.value},
        after=_plain(transfer),
        reason=transfer.difference_reason,
    )
    db.session.flush()
    return {"moving": moving, "status": status.value}


def _plain(transfer: StockTransfer) -> dict:
    return {
        "number": transfer.number,
        "quantity": transfer.quantity,
        "received": transfer.received or Decimal(0),
    }
