"""What changes the ledger. Everything that moves stock goes through ``expect`` and ``post``."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db, insert_missing
from app.core.documents import document_label
from app.core.errors import Conflict, DomainError
from app.core.events import emit, event
from app.core.i18n import format_quantity
from app.core.words import listed
from app.inventory.models import (
    PHYSICAL,
    Location,
    LocationKind,
    Lot,
    LotConsumption,
    LotStatus,
    MoveState,
    Reservation,
    StockBalance,
    StockMove,
)
from app.masterdata.models import Item, NegativeStock, Partner, Site

STOCK_ARRIVED = event(
    "inventory.stock_arrived", "Stock of an item came in or was released; key item:ID, payload item_id."
)

LARGEST = Decimal(10) ** 9


def location(site_id: int, kind: LocationKind, partner_id: int | None = None) -> Location:
    """Return a site's first location of a kind (a subcontractor's: of that partner), made when missing."""
    found = db.session.scalar(
        select(Location)
        .where(Location.site_id == site_id, Location.kind == kind, Location.active)
        .where(Location.partner_id == partner_id if partner_id else Location.partner_id.is_(None))
        .order_by(Location.id)
        .limit(1)
    )
    return found or _make_location(site_id, kind, partner_id)


def _make_location(site_id: int, kind: LocationKind, partner_id: int | None) -> Location:
    partner = db.session.get(Partner, partner_id) if partner_id else None
    made = Location(
        site_id=site_id,
        code=f"{kind.value.upper()}-{partner.code}" if partner else kind.value.upper(),
        names=partner.names if partner else {"en": _KIND_NAMES[kind][0], "zh_Hant": _KIND_NAMES[kind][1]},
        kind=kind,
        partner_id=partner_id,
    )
    db.session.add(made)
    db.session.flush()
    return made


_KIND_NAMES: dict[LocationKind, tuple[str, str]] = {
    LocationKind.SUPPLIER: ("Suppliers", "廠商"),
    LocationKind.CUSTOMER: ("Customers", "客戶"),
    LocationKind.INTERNAL: ("Main store", "主倉"),
    LocationKind.WIP: ("Work in process", "在製品"),
    LocationKind.SUBCONTRACTOR: ("Subcontractors", "協力廠商"),
    LocationKind.INSPECTION: ("Incoming inspection", "待驗區"),
    LocationKind.REJECT: ("Rejected goods", "不良品區"),
    LocationKind.SCRAP: ("Scrap", "報廢"),
    LocationKind.TRANSIT: ("In transit", "在途"),
    LocationKind.ADJUSTMENT: ("Count differences", "盤點差異"),
}


def make_lot(
    item: Item,
    number: str,
    *,
    received_on: date,
    document: str | None = None,
    status: LotStatus = LotStatus.RELEASED,
    supplier_id: int | None = None,
    supplier_lot: str | None = None,
    certificate: str | None = None,
) -> Lot:
    """Return the item's lot with ``number``, made with its expiry date when it does not exist."""
    lot = db.session.scalar(select(Lot).where(Lot.item_id == item.id, Lot.number == number))
    if lot is not None:
        return lot
    lot = Lot(
        item_id=item.id,
        number=number,
        status=status,
        supplier_id=supplier_id,
        supplier_lot=supplier_lot,
        certificate=certificate,
        document=document,
        received_on=received_on,
        expires_on=received_on + timedelta(days=item.shelf_life_days) if item.shelf_life_days else None,
    )
    db.session.add(lot)
    db.session.flush()
    return lot


def expect(
    item_id: int,
    quantity: Decimal,
    *,
    source: Location,
    target: Location,
    on: date,
    document: str,
    line: str | None = None,
    owner_id: int | None = None,
    unit_cost: Decimal | None = None,
) -> StockMove:
    """Announce a move: tomorrow's ledger, which planning reads."""
    move = StockMove(
        site_id=target.site_id if target.kind in PHYSICAL else source.site_id,
        item_id=item_id,
        quantity=_checked(quantity),
        from_id=source.id,
        to_id=target.id,
        date=on,
        state=MoveState.EXPECTED,
        document=document,
        line=line,
        owner_id=owner_id,
        unit_cost=unit_cost,
        user_id=current_actor().user_id,
    )
    db.session.add(move)
    db.session.flush()
    return move


def cancel_expected(document: str, line: str | None = None, item_id: int | None = None) -> int:
    """Withdraw what a document still expected. Returns how many moves that were."""
    query = select(StockMove).where(StockMove.document == document, StockMove.state == MoveState.EXPECTED)
    if line is not None:
        query = query.where(StockMove.line == line)
    if item_id is not None:
        query = query.where(StockMove.item_id == item_id)
    moves = list(db.session.scalars(query.with_for_update()))
    for move in moves:
        move.state = MoveState.CANCELLED
    return len(moves)


def reduce_expected(document: str, item_id: int, quantity: Decimal, line: str | None = None) -> None:
    """Take ``quantity`` off what a document still expects, earliest first: it has now been done."""
    query = (
        select(StockMove)
        .where(
            StockMove.document == document,
            StockMove.item_id == item_id,
            StockMove.state == MoveState.EXPECTED,
        )
        .order_by(StockMove.date, StockMove.id)
    )
    if line is not None:
        query = query.where(StockMove.line == line)
    for move in db.session.scalars(query.with_for_update()):
        taken = min(quantity, move.quantity)
        quantity -= taken
        if taken == move.quantity:
            move.state = MoveState.CANCELLED
        else:
            move.quantity -= taken
        if not quantity:
            return


def post(
    item_id: int,
    quantity: Decimal,
    *,
    source: Location,
    target: Location,
    document: str,
    line: str | None = None,
    lot_id: int | None = None,
    owner_id: int | None = None,
    second_quantity: Decimal | None = None,
    unit_cost: Decimal | None = None,
    reason: str | None = None,
    on: date | None = None,
    reverses_id: int | None = None,
) -> StockMove:
    """Move stock now, and keep both balances.

    Raises:
        Conflict: a physical location would go below zero; says what is there and who reserved it.
    """
    site = db.session.get_one(Site, target.site_id if target.kind in PHYSICAL else source.site_id)
    move = StockMove(
        site_id=site.id,
        item_id=item_id,
        lot_id=lot_id,
        owner_id=owner_id,
        from_id=source.id,
        to_id=target.id,
        quantity=_checked(quantity),
        second_quantity=second_quantity,
        state=MoveState.DONE,
        date=on or clock.today(site.timezone),
        done_at=clock.now(),
        document=document,
        line=line,
        reason=reason,
        unit_cost=unit_cost,
        reverses_id=reverses_id,
        user_id=current_actor().user_id,
    )
    db.session.add(move)
    _change_balances(move, source, target)
    db.session.flush()
    if target.kind is LocationKind.INTERNAL or (
        target.kind is LocationKind.INSPECTION and source.kind not in {LocationKind.INTERNAL}
    ):
        emit(STOCK_ARRIVED, key=f"item:{item_id}", item_id=item_id)
    return move


def reverse(move_id: int, reason: str) -> StockMove:
    """Undo a done move by its opposite; a move is reversed at most once."""
    move = db.session.get_one(StockMove, move_id)
    if move.state is not MoveState.DONE:
        raise Conflict("not_done", _("Only a done move can be reversed."))
    return post(
        move.item_id,
        move.quantity,
        source=db.session.get_one(Location, move.to_id),
        target=db.session.get_one(Location, move.from_id),
        document=move.document,
        line=move.line,
        lot_id=move.lot_id,
        owner_id=move.owner_id,
        second_quantity=move.second_quantity,
        unit_cost=move.unit_cost,
        reason=reason,
        reverses_id=move.id,
    )


def _change_balances(move: StockMove, source: Location, target: Location) -> None:
    """Take a move off one balance and add it to the other, both locked, the lower location first."""
    balances = _balances(move, sorted({source.id, target.id}))
    for place, sign in ((source, -1), (target, 1)):
        balance = balances[place.id]
        left = balance.quantity + sign * move.quantity
        if sign < 0 and place.kind in PHYSICAL and left < balance.reserved:
            _refuse_shortage(place, move, balance)
        balance.quantity = left
        balance.second_quantity += sign * (move.second_quantity or 0)


def _balances(move: StockMove, places: list[int]) -> dict[int, StockBalance]:
    """The balances of what is moved at some locations, one locked after the other, made where missing.

    Whoever made or locked a later one first would hold it while it waits for an earlier one.
    """
    key = {"item_id": move.item_id, "lot_id": move.lot_id or 0, "owner_id": move.owner_id or 0}
    zero = dict.fromkeys(("quantity", "second_quantity", "reserved"), Decimal(0))
    found = {}
    for place in places:
        there = select(StockBalance).filter_by(location_id=place, **key).with_for_update()
        balance = db.session.scalar(there)
        if balance is None:
            insert_missing(StockBalance, location_id=place, **key, **zero)
            balance = db.session.scalars(there).one()
        found[place] = balance
    return found


def _refuse_shortage(place: Location, move: StockMove, balance: StockBalance) -> None:
    item = db.session.get_one(Item, move.item_id)
    if item.negative_stock is NegativeStock.WARN_AND_SETTLE and balance.reserved == 0:
        return
    holders = db.session.scalars(select(Reservation.document).where(Reservation.balance_id == balance.id))
    raise Conflict(
        "short_of_stock",
        _(
            "%(item)s at %(place)s: %(wanted)s wanted, %(there)s there, %(reserved)s reserved by %(holders)s.",
            item=item.number,
            place=place.label,
            wanted=format_quantity(move.quantity, item.unit),
            there=format_quantity(balance.quantity, item.unit),
            reserved=format_quantity(balance.reserved, item.unit),
            holders=listed(sorted(document_label(one) for one in set(holders))) or "–",
        ),
    )


def reserve(balance: StockBalance, quantity: Decimal, document: str) -> Reservation:
    """Keep part of a balance for a document.

    Raises:
        Conflict: less than that is free.
    """
    db.session.refresh(balance, with_for_update=True)
    free = balance.quantity - balance.reserved
    if _checked(quantity) > free:
        raise Conflict(
            "short_of_stock",
            _(
                "%(wanted)s wanted, %(free)s free.",
                wanted=format_quantity(quantity),
                free=format_quantity(free),
            ),
        )
    balance.reserved += quantity
    reservation = Reservation(balance_id=balance.id, quantity=quantity, document=document)
    db.session.add(reservation)
    db.session.flush()
    return reservation


def release_reservations(document: str) -> None:
    """Give back everything a document had reserved."""
    held = select(Reservation).where(Reservation.document == document).order_by(Reservation.balance_id)
    for reservation in db.session.scalars(held):
        balance = db.session.get_one(StockBalance, reservation.balance_id, with_for_update=True)
        balance.reserved -= reservation.quantity
        db.session.delete(reservation)
    db.session.flush()


def release_lot(lot_id: int) -> None:
    """Let a lot be used."""
    lot = db.session.get_one(Lot, lot_id)
    lot.status = LotStatus.RELEASED
    emit(STOCK_ARRIVED, key=f"item:{lot.item_id}", item_id=lot.item_id)


def record_consumption(lot_id: int, consumed_lot_id: int, quantity: Decimal, document: str) -> None:
    """Note that so much of one lot went into another."""
    db.session.add(
        LotConsumption(
            lot_id=lot_id, consumed_lot_id=consumed_lot_id, quantity=_checked(quantity), document=document
        )
    )


def _checked(quantity: Decimal) -> Decimal:
    """Return a quantity the ledger can hold: finite, above zero, not absurd, six places."""
    if not quantity.is_finite() or quantity <= 0 or quantity > LARGEST:
        raise DomainError(
            "quantity",
            _(
                "A quantity must be above 0 and at most %(largest)s; got %(quantity)s.",
                largest=LARGEST,
                quantity=quantity,
            ),
            field="quantity",
        )
    return quantity.quantize(Decimal("0.000001")).normalize() + Decimal(0)
