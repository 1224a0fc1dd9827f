"""Reads of logistics: shipments, pick lists, delivery notes, where goods belong."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import format_quantity, localized
from app.core.operators import source
from app.core.words import listed
from app.inventory.models import Location, LocationKind, Lot, StockBalance
from app.logistics.models import PutAwayRule, Shipment, ShipmentLine
from app.sales.models import CustomerOrder

ZERO = Decimal(0)


def shipment(shipment_id: int) -> Shipment:
    """Return a shipment with its order, customer, lines and packages.

    Raises:
        NotFound: there is none.
    """
    lines = selectinload(Shipment.lines)
    found = db.session.scalar(
        select(Shipment)
        .options(
            selectinload(Shipment.order),
            selectinload(Shipment.customer),
            selectinload(Shipment.packages),
            lines.selectinload(ShipmentLine.item),
            lines.selectinload(ShipmentLine.lot),
            lines.selectinload(ShipmentLine.location),
            lines.selectinload(ShipmentLine.order_line),
        )
        .where(Shipment.id == shipment_id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("no_shipment", _("There is no shipment %(id)s.", id=shipment_id))
    return found


def order_with_lines(order_id: int) -> CustomerOrder:
    """Return a customer order with its lines, its items and its customer.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalar(
        select(CustomerOrder)
        .options(selectinload(CustomerOrder.lines), selectinload(CustomerOrder.customer))
        .where(CustomerOrder.id == order_id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("no_order", _("There is no order %(id)s.", id=order_id))
    return found


@source
def pick_sheet(shipment_id: int) -> dict[str, Any]:
    """What the warehouse confirms: one row per lot and location, in walking order."""
    found = shipment(int(shipment_id))
    return {
        "number": found.number,
        "order_number": found.order.number,
        "customer": localized(found.customer.names),
        "rows": [
            {
                "line_id": str(line.id),
                "location": line.location.label,
                "item": f"{line.item.number} {localized(line.item.names)}",
                "lot": line.lot.number if line.lot else "–",
                "quantity": format_quantity(line.quantity, line.item.unit),
                "picked": line.quantity,
            }
            for line in found.lines
        ],
    }


@source
def packing_sheet(shipment_id: int) -> dict[str, Any]:
    """What is packed and shipped: totals per item, and the papers the customer wants."""
    note = delivery_note(int(shipment_id))
    return {
        "number": note["shipment"].number,
        "order_number": note["order"].number,
        "customer": localized(note["customer"].names),
        "address": note["customer"].address or "–",
        "incoterm": note["customer"].incoterm or "–",
        "papers": listed(note["customer"].certificates) or "–",
        "rows": [
            {
                "item": f"{row['item'].number} {localized(row['item'].names)}",
                "customer_part": row["customer_part"] or "–",
                "quantity": format_quantity(row["quantity"], row["item"].unit),
                "lots": listed(lot for lot, _quantity in row["lots"]),
            }
            for row in note["rows"]
        ],
    }


def delivery_note(shipment_id: int) -> dict[str, Any]:
    """Return all a delivery note shows: head, one row per order line with its lots, packages."""
    found = shipment(shipment_id)
    rows: dict[int, dict[str, Any]] = {}
    for line in found.lines:
        picked = line.quantity if line.picked is None else line.picked
        if not picked:
            continue
        row = rows.setdefault(
            line.order_line_id,
            {
                "line": line.order_line.number,
                "item": line.item,
                "customer_part": line.order_line.customer_part,
                "drawing_revision": line.order_line.drawing_revision,
                "quantity": ZERO,
                "lots": [],
            },
        )
        row["quantity"] += picked
        row["lots"].append((line.lot.number if line.lot else "–", picked))
    return {
        "shipment": found,
        "order": found.order,
        "customer": found.customer,
        "rows": sorted(rows.values(), key=lambda row: row["line"]),
        "packages": found.packages,
        "gross_kg": sum((package.gross_kg or ZERO for package in found.packages), ZERO),
    }


def put_away_rule(site_id: int, item_id: int) -> PutAwayRule | None:
    """Return the rule for an item, else the site's rule for all items, else none."""
    rules = db.session.scalars(
        select(PutAwayRule)
        .options(selectinload(PutAwayRule.location))
        .where(
            PutAwayRule.site_id == site_id, PutAwayRule.item_id.in_([item_id]) | PutAwayRule.item_id.is_(None)
        )
    )
    return max(rules, key=lambda rule: rule.item_id is not None, default=None)


def store_balances(lot_id: int) -> list[StockBalance]:
    """Return where a lot lies in the store."""
    rows = db.session.scalars(
        select(StockBalance)
        .join(Location, Location.id == StockBalance.location_id)
        .options(selectinload(StockBalance.location))
        .where(
            StockBalance.lot_id == lot_id, StockBalance.quantity > 0, Location.kind == LocationKind.INTERNAL
        )
        .order_by(StockBalance.id)
    )
    return list(rows)


@source
def put_away_sheet(lot_id: int) -> dict[str, Any]:
    """What is put away: the lot, where it lies and where it may go."""
    lot = db.session.scalars(select(Lot).options(selectinload(Lot.item)).where(Lot.id == int(lot_id))).one()
    balances = store_balances(lot.id)
    site_id = balances[0].location.site_id if balances else None
    places = db.session.scalars(
        select(Location)
        .where(Location.kind == LocationKind.INTERNAL, Location.active, Location.site_id == site_id)
        .order_by(Location.code)
    )
    rule = put_away_rule(site_id, lot.item_id) if site_id else None
    return {
        "item": f"{lot.item.number} {localized(lot.item.names)}",
        "lot": lot.number,
        "quantity": format_quantity(sum((row.quantity for row in balances), ZERO), lot.item.unit),
        "lies_at": listed(row.location.label for row in balances) or "–",
        "suggested": str(rule.location_id) if rule else "",
        "places": [{"value": str(place.id), "label": place.label} for place in places],
    }


def of_order(order_id: int) -> list[Shipment]:
    """Return the shipments of a customer order, newest first."""
    return list(
        db.session.scalars(select(Shipment).where(Shipment.order_id == order_id).order_by(Shipment.id.desc()))
    )


def shipped_lots(order_id: int) -> dict[int, Decimal]:
    """Return what was shipped of each lot for a customer order."""
    rows = db.session.execute(
        select(ShipmentLine.lot_id, ShipmentLine.picked)
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .where(Shipment.order_id == order_id, ShipmentLine.lot_id.is_not(None), ShipmentLine.picked > 0)
    )
    totals: defaultdict[int, Decimal] = defaultdict(lambda: ZERO)
    for lot_id, picked in rows.all():
        if lot_id and picked:
            totals[lot_id] += picked
    return dict(totals)
