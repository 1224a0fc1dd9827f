"""What changes things in logistics: put away, pick, ship, prove delivery."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.events import emit, event
from app.core.numbering import next_number
from app.core.operators import operator
from app.inventory import fifo
from app.inventory import queries as inventory_queries
from app.inventory import services as inventory
from app.inventory.models import Location, LocationKind
from app.logistics import picking, queries
from app.logistics.models import Package, Shipment, ShipmentLine, ShipmentStatus
from app.masterdata.models import Site
from app.quality.services import clearance
from app.sales.queries import next_delivery

SHIPPED = event(
    "logistics.shipped", "Goods left for a customer; key customer_order:ID, payload order_id and shipment_id."
)

ZERO = Decimal(0)


@operator
def order_ready(order_id: int) -> dict[str, Any]:
    """Say whether accepted stock covers an order's next delivery. Returns ``ready`` and ``waiting_for``."""
    return clearance(order_id)


@operator
def pick(order_id: int) -> dict[str, Any]:
    """Make the pick list of an order's next delivery and reserve what it names.

    Lots leave first in first out; among lots that expire, the first to expire leaves first.

    Returns ``shipment_id``, ``number``, ``picks`` and ``short``, the count of lines not covered in full.

    Raises:
        Conflict: there is nothing in stock to pick, or nothing left to ship.
    """
    order = queries.order_with_lines(int(order_id))
    lines = next_delivery(order)
    demands = [picking.Demand(line.id, line.item_id, line.quantity - line.shipped) for line in lines]
    today = clock.today(db.session.get_one(Site, order.site_id).timezone)
    found = [
        stock
        for item_id in dict.fromkeys(line.item_id for line in lines)
        for stock in _in_order(inventory_queries.usable(item_id, order.site_id, on=today), today)
    ]
    plan = picking.plan(demands, [_shelf(stock) for stock in found])
    if not plan.picks:
        raise Conflict(
            "nothing_to_pick", _("There is no stock to pick for order {number}.").format(number=order.number)
        )
    shipment = _make_shipment(order.id, order.site_id, order.customer_id, today)
    balances = {(s.balance.location_id, s.balance.item_id, s.balance.lot_id): s.balance for s in found}
    for number, one in enumerate(plan.picks, start=1):
        db.session.add(_line(shipment.id, number, one))
        inventory.reserve(balances[one.location_id, one.item_id, one.lot_id or 0], one.quantity, shipment.key)
    db.session.flush()
    return {
        "shipment_id": shipment.id,
        "number": shipment.number,
        "picks": len(plan.picks),
        "short": len(plan.short),
    }


def _in_order(stock: list[inventory_queries.Stock], on: date) -> list[inventory_queries.Stock]:
    """Return what is free in the order it has to leave."""
    by_place = {(one.balance.lot_id or None, one.balance.location_id): one for one in stock}
    lots = [
        fifo.LotStock(
            lot_id,
            location_id,
            one.free,
            one.lot.received_on if one.lot else None,
            one.lot.expires_on if one.lot else None,
        )
        for (lot_id, location_id), one in by_place.items()
        if one.free > 0
    ]
    return [by_place[lot.lot_id, lot.location_id] for lot in fifo.first_expiring_first(lots, on)]


def _shelf(stock: inventory_queries.Stock) -> picking.Stock:
    balance = stock.balance
    return picking.Stock(
        balance.item_id, balance.lot_id or None, balance.location_id, stock.free, balance.location.code
    )


def _make_shipment(order_id: int, site_id: int, customer_id: int, on: date) -> Shipment:
    shipment = Shipment(
        number=next_number("DN", on=on),
        site_id=site_id,
        order_id=order_id,
        customer_id=customer_id,
        created_at=clock.now(),
    )
    db.session.add(shipment)
    db.session.flush()
    return shipment


def _line(shipment_id: int, number: int, one: picking.Pick) -> ShipmentLine:
    return ShipmentLine(
        shipment_id=shipment_id,
        number=number,
        order_line_id=one.line_id,
        item_id=one.item_id,
        lot_id=one.lot_id,
        location_id=one.location_id,
        quantity=one.quantity,
    )


@operator
def record_pick(shipment_id: int, picks: list[dict[str, Any]]) -> dict[str, Any]:
    """Write what was really taken; what was not found stays open on the order.

    Args:
        picks: rows with ``line_id`` and ``picked``.

    Returns ``lines``, the count of lines with something picked.

    Raises:
        DomainError: a row is unknown, more was picked than asked for, or nothing at all.
    """
    shipment = queries.shipment(int(shipment_id))
    lines = {line.id: line for line in shipment.lines}
    for place, row in enumerate(picks):
        line = lines.get(int(row.get("line_id") or 0))
        picked = _quantity(row.get("picked"))
        if line is None or picked is None or not 0 <= picked <= line.quantity:
            raise DomainError(
                "picked",
                _("Row {row}: {picked} cannot have been picked.").format(
                    row=place + 1, picked=row.get("picked")
                ),
                field=f"picks.{place}.picked",
            )
        line.picked = picked
    if not any(line.picked for line in lines.values()):
        raise DomainError("nothing_picked", _("Nothing was picked."), field="picks")
    shipment.picked_by = current_actor().name or current_actor().login
    shipment.move_to(ShipmentStatus.PICKED)
    db.session.flush()
    return {"lines": sum(1 for line in lines.values() if line.picked)}


def _quantity(value: Any) -> Decimal | None:
    try:
        quantity = Decimal(str(value))
    except InvalidOperation:
        return None
    return quantity if quantity.is_finite() else None


@operator
def ship(
    shipment_id: int,
    packages: list[dict[str, Any]] | None = None,
    carrier: str | None = None,
    tracking: str | None = None,
) -> dict[str, Any]:
    """Let the picked goods leave the store for the customer, with a delivery note.

    Args:
        packages: rows with ``gross_kg`` and ``contents``, one per carton or pallet.

    Returns ``number`` of the delivery note and ``order_id``.
    """
    shipment = queries.shipment(int(shipment_id))
    inventory.release_reservations(shipment.key)
    customers = inventory.location(shipment.site_id, LocationKind.CUSTOMER)
    document = f"customer_order:{shipment.order_id}"
    for line in shipment.lines:
        if line.picked:
            _leave(shipment, line, customers, document)
    for number, row in enumerate(packages or [], start=1):
        gross = _quantity(row.get("gross_kg")) if row.get("gross_kg") else None
        db.session.add(
            Package(shipment_id=shipment.id, number=number, gross_kg=gross, contents=row.get("contents"))
        )
    shipment.carrier, shipment.tracking = carrier, tracking
    shipment.shipped_at = clock.now()
    shipment.shipped_on = clock.today(db.session.get_one(Site, shipment.site_id).timezone)
    shipment.move_to(ShipmentStatus.SHIPPED)
    audit.record(
        "shipment.shipped", shipment.key, after={"number": shipment.number, "order": shipment.order_id}
    )
    emit(SHIPPED, key=document, order_id=shipment.order_id, shipment_id=shipment.id)
    db.session.flush()
    return {"number": shipment.number, "order_id": shipment.order_id}


def _leave(shipment: Shipment, line: ShipmentLine, customers: Location, document: str) -> None:
    """Move one pick out of the store, count it on the order line and take it off what was expected."""
    inventory.post(
        line.item_id,
        line.picked or ZERO,
        source=line.location,
        target=customers,
        document=shipment.key,
        line=str(line.order_line.number),
        lot_id=line.lot_id,
        reason=shipment.number,
    )
    inventory.reduce_expected(document, line.item_id, line.picked or ZERO)
    line.order_line.shipped += line.picked or ZERO


@operator
def record_proof(shipment_id: int, received_by: str, received_on: str) -> dict[str, Any]:
    """Write who received the goods and when. Returns ``number``.

    Raises:
        DomainError: the goods would have arrived before they left.
    """
    shipment = queries.shipment(int(shipment_id))
    day = date.fromisoformat(received_on)
    if shipment.shipped_on and day < shipment.shipped_on:
        raise DomainError(
            "received_on",
            _("The goods left on {date}; they cannot have arrived before.").format(date=shipment.shipped_on),
            field="received_on",
        )
    shipment.received_by, shipment.received_on = received_by, day
    shipment.move_to(ShipmentStatus.DELIVERED)
    audit.record("shipment.delivered", shipment.key, after={"received_by": received_by, "on": received_on})
    return {"number": shipment.number}


@operator
def suggest_place(lot_id: int) -> dict[str, Any]:
    """Say where a lot in the store belongs.

    Returns ``needed`` (it lies somewhere else than its rule says) and ``location_id``.
    """
    balances = queries.store_balances(int(lot_id))
    rule = queries.put_away_rule(balances[0].location.site_id, balances[0].item_id) if balances else None
    elsewhere = rule is not None and any(row.location_id != rule.location_id for row in balances)
    return {"needed": elsewhere, "location_id": rule.location_id if rule else None}


@operator
def put_away(lot_id: int, location_id: int) -> dict[str, Any]:
    """Move what is free of a lot in the store to one location. Returns ``moved``.

    Raises:
        DomainError: the location is not one of the store's.
    """
    target = db.session.get(Location, int(location_id))
    if target is None or target.kind is not LocationKind.INTERNAL:
        raise DomainError("location", _("This is no location of the store."), field="location_id")
    moved = ZERO
    for balance in queries.store_balances(int(lot_id)):
        free = balance.quantity - balance.reserved
        if balance.location_id == target.id or free <= 0:
            continue
        inventory.post(
            balance.item_id,
            free,
            source=balance.location,
            target=target,
            document=f"lot:{lot_id}",
            lot_id=int(lot_id),
            owner_id=balance.owner_id or None,
            reason=_("Put away"),
        )
        moved += free
    return {"moved": str(moved)}
