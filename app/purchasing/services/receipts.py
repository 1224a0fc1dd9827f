"""Receiving: goods go to the inspection area as quarantined lots, against an order or without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.services import duties
from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError, Forbidden
from app.core.events import emit
from app.core.i18n import format_quantity
from app.core.inputs import decimal_input
from app.core.numbering import next_number
from app.core.operators import operator
from app.core.words import status_label
from app.inventory import services as inventory
from app.inventory.models import LocationKind, Lot, LotStatus
from app.masterdata import queries as masterdata
from app.masterdata.models import Item, Partner, Site
from app.purchasing import GOODS_RECEIVED, UNORDERED_RECEIVED, queries
from app.purchasing.models import (
    OrderStatus,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
    ReceiptStatus,
)
from app.purchasing.services import orders


@dataclass(frozen=True)
class Arrival:
    """One lot as the warehouse counted it."""

    item: Item | None
    quantity: Decimal
    second_quantity: Decimal | None = None
    lot: str | None = None
    certificate: str | None = None
    line: PurchaseOrderLine | None = None


@operator
def receive(order_id: str, lines: list, delivery_note: str = "", complete: bool = False) -> dict:
    """Take in what arrived for an order: rows with ``line_id quantity second_quantity lot certificate``.

    Rows without a quantity did not arrive. ``complete``: nothing more will come, what is open is dropped.
    Returns ``order_id``, ``receipt_id``, ``number`` and ``complete``.
    """
    order = orders.load(int(order_id))
    if order.status not in {OrderStatus.SENT, OrderStatus.PARTIALLY_RECEIVED}:
        sentence = _("Purchase order {number} is {status}.")
        raise DomainError("not_sent", sentence.format(number=order.number, status=status_label(order.status)))
    _refuse_buyer(order)
    arrivals = _arrivals(order, lines)
    if not arrivals and not complete:
        raise DomainError("nothing_arrived", _("Enter at least one quantity."), field="lines")
    receipt = (
        _save(order.site_id, order.supplier_id, arrivals, delivery_note, order=order) if arrivals else None
    )
    done = bool(complete) or all(line.received >= line.quantity for line in order.lines)
    if done:
        inventory.cancel_expected(f"purchase_order:{order.id}")
    order.move_to(OrderStatus.RECEIVED if done else OrderStatus.PARTIALLY_RECEIVED)
    return {
        "order_id": order.id,
        "receipt_id": receipt.id if receipt else None,
        "number": receipt.number if receipt else "",
        "complete": done,
    }


def _refuse_buyer(order: PurchaseOrder) -> None:
    """Who bought something does not count it in, in whatever case or as whoever's deputy."""
    actor = current_actor()
    bought = order.buyer_id is not None and order.buyer_id in {actor.user_id, actor.on_behalf_of}
    if bought and not duties.excused("receives_own_purchase", f"purchase_order:{order.id}"):
        sentence = _("You bought what {number} orders; somebody else receives it.")
        raise Forbidden("receives_own_purchase", sentence.format(number=order.number))


def _arrivals(order: PurchaseOrder, rows: Sequence[dict[str, Any]]) -> list[Arrival]:
    """Check the rows against the order's lines."""
    by_id = {line.id: line for line in order.lines}
    arrivals = []
    for index, row in enumerate(rows or []):
        place = f"lines.{index}"
        line = by_id.get(int(row.get("line_id") or 0))
        if line is None:
            raise DomainError("line", _("This line is not on the order."), field=place)
        arrival = _arrival(line.item, row, place, line=line)
        if arrival is not None:
            refuse_too_much(line, arrival.quantity, f"{place}.quantity")
            arrivals.append(arrival)
    return arrivals


def _arrival(
    item: Item | None, row: dict[str, Any], place: str, *, line: PurchaseOrderLine | None = None
) -> Arrival | None:
    places = item.unit_decimals if item else 6
    quantity = decimal_input(
        row.get("quantity"), field=f"{place}.quantity", places=places, default=Decimal(0)
    )
    if not quantity:
        return None
    second = None
    if item is not None and item.second_unit:
        second = (
            decimal_input(row.get("second_quantity"), field=f"{place}.second_quantity", default=Decimal(0))
            or None
        )
    lot, certificate = (_text(row.get(key)) for key in ("lot", "certificate"))
    return Arrival(item, quantity, second, lot, certificate, line)


def refuse_too_much(line: PurchaseOrderLine, quantity: Decimal, field: str) -> None:
    """Refuse more than was ordered and the company tolerates."""
    company = masterdata.company()
    percent = company.overrun_percent
    if line.item is not None and line.item.second_unit:
        percent = max(percent, company.weighed_percent)
    most = line.quantity * (100 + percent) / 100
    if line.received + quantity > most:
        sentence = _("{quantity} would be more than the {ordered} ordered.")
        unit = line.item.unit if line.item else ""
        arrived, ordered = (
            format_quantity(line.received + quantity, unit),
            format_quantity(line.quantity, unit),
        )
        raise DomainError("too_much", sentence.format(quantity=arrived, ordered=ordered), field=field)


@operator
def receive_without_order(site_id: str, supplier_id: str, lines: list, delivery_note: str = "") -> dict:
    """Take in goods nobody has ordered on paper yet: rows with ``item_id quantity second_quantity lot``.

    They stay in quarantine, uninspected, until the buyer decides what they are. Returns ``receipt_id`` and ``number``.
    """
    arrivals = []
    for index, row in enumerate(lines or []):
        item = db.session.get(Item, int(row.get("item_id") or 0))
        if item is None:
            raise DomainError("item", _("There is no such item."), field=f"lines.{index}.item_id")
        arrival = _arrival(item, row, f"lines.{index}")
        if arrival is not None:
            arrivals.append(arrival)
    if not arrivals:
        raise DomainError("nothing_arrived", _("Enter at least one quantity."), field="lines")
    if db.session.get(Site, int(site_id or 0)) is None:
        raise DomainError("site", _("There is no such site."), field="site_id")
    if db.session.get(Partner, int(supplier_id or 0)) is None:
        raise DomainError("supplier", _("There is no such supplier."), field="supplier_id")
    receipt = _save(int(site_id), int(supplier_id), arrivals, delivery_note)
    receipt.unordered = True
    audit.record(
        "receipt.entered", f"receipt:{receipt.id}", after={"number": receipt.number, "lots": len(arrivals)}
    )
    emit(UNORDERED_RECEIVED, key=f"receipt:{receipt.id}", receipt_id=receipt.id)
    return {"receipt_id": receipt.id, "number": receipt.number}


def _save(
    site_id: int,
    supplier_id: int,
    arrivals: Sequence[Arrival],
    delivery_note: str,
    *,
    order: PurchaseOrder | None = None,
) -> Receipt:
    """Write the receipt, its lots and its moves into the inspection area."""
    today = clock.today(db.session.get_one(Site, site_id).timezone)
    receipt = Receipt(
        number=next_number("GR", on=today),
        site_id=site_id,
        supplier_id=supplier_id,
        order_id=order.id if order else None,
        received_on=today,
        delivery_note=_text(delivery_note),
        status=ReceiptStatus.RECEIVED,
        received_by_id=current_actor().user_id,
        created_at=clock.now(),
    )
    db.session.add(receipt)
    db.session.flush()
    for arrival in arrivals:
        _take_in(receipt, arrival, order, today)
    db.session.flush()
    return receipt


def _take_in(receipt: Receipt, arrival: Arrival, order: PurchaseOrder | None, today: date) -> None:
    """Write one lot; what is not stocked is accepted as it stands."""
    line = ReceiptLine(
        receipt_id=receipt.id,
        order_line_id=arrival.line.id if arrival.line else None,
        item_id=arrival.item.id if arrival.item else None,
        quantity=arrival.quantity,
        second_quantity=arrival.second_quantity,
        certificate=arrival.certificate,
        accepted=Decimal(0),
        rejected=Decimal(0),
    )
    db.session.add(line)
    if arrival.line is not None:
        arrival.line.received += arrival.quantity
    if arrival.item is None:
        line.accepted = arrival.quantity
        if arrival.line is not None:
            arrival.line.accepted += arrival.quantity
        db.session.flush()
        return
    line.lot_id = _lot(receipt, arrival, today).id
    db.session.flush()
    document = f"purchase_order:{order.id}" if order else f"receipt:{receipt.id}"
    number = str(arrival.line.number) if arrival.line else None
    inventory.reduce_expected(document, arrival.item.id, arrival.quantity, number)
    inventory.post(
        arrival.item.id,
        arrival.quantity,
        source=inventory.location(receipt.site_id, LocationKind.SUPPLIER),
        target=inventory.location(receipt.site_id, LocationKind.INSPECTION),
        document=document,
        line=number,
        lot_id=line.lot_id,
        second_quantity=arrival.second_quantity,
        unit_cost=queries.stock_unit_cost(order, arrival.line) if order and arrival.line else None,
    )
    if order is not None:
        emit(GOODS_RECEIVED, key=f"receipt_line:{line.id}", receipt_line_id=line.id)


def _lot(receipt: Receipt, arrival: Arrival, today: date) -> Lot:
    """Make the lot in quarantine; the number is the supplier's paper or item and day."""
    item = arrival.item
    if item is None:
        raise DomainError("no_item", _("Only items have lots."))
    number = arrival.lot or _free_number(item, f"{item.number}-{today:%y%m%d}")
    if arrival.lot and _known(item, number):
        sentence = _("Lot {lot} of {item} exists already.")
        raise DomainError("lot_exists", sentence.format(lot=number, item=item.number), field="lines")
    return inventory.make_lot(
        item,
        number,
        received_on=today,
        document=f"receipt:{receipt.id}",
        status=LotStatus.QUARANTINE,
        supplier_id=receipt.supplier_id,
        certificate=arrival.certificate,
    )


def _free_number(item: Item, number: str) -> str:
    suffix, candidate = 1, number
    while _known(item, candidate):
        suffix += 1
        candidate = f"{number}-{suffix}"
    return candidate


def _known(item: Item, number: str) -> bool:
    return db.session.scalar(select(Lot.id).where(Lot.item_id == item.id, Lot.number == number)) is not None


@operator
def receiving_state(order_id: str) -> dict:
    """Say whether everything that arrived for an order has been accepted or rejected.

    Returns ``ready`` and ``waiting_for``, the key of a receipt line that is still under inspection.
    """
    waiting = queries.unsettled_line(int(order_id))
    return {"ready": waiting is None, "waiting_for": f"receipt_line:{waiting}" if waiting else ""}


def _text(value: Any) -> str | None:
    return str(value).strip() or None if value is not None else None
