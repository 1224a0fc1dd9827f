"""What the papers of goods that leave say, and what they cost."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.i18n import format_date, format_quantity
from app.costing import queries as costing
from app.inventory.models import Lot, StockBalance
from app.logistics.models import Shipment, ShipmentLine
from app.purchasing import queries as purchasing
from app.quality import queries as quality
from app.reports.queries.codes import code39, qr
from app.reports.queries.papers import Paper, found_or_refused, item_text, partner_facts
from app.sales.models import CustomerOrderLine


def delivery_note(key: int) -> Paper:
    """A delivery note with lots and the customer's part numbers. No prices."""
    shipment = found_or_refused(
        db.session.scalar(
            select(Shipment)
            .options(
                selectinload(Shipment.order),
                selectinload(Shipment.customer),
                selectinload(Shipment.packages),
                selectinload(Shipment.lines).selectinload(ShipmentLine.item),
                selectinload(Shipment.lines).selectinload(ShipmentLine.lot),
                selectinload(Shipment.lines).selectinload(ShipmentLine.order_line),
            )
            .where(Shipment.id == key)
        )
    )
    return {
        "title": _("Delivery note and packing list"),
        "number": shipment.number,
        "revision": None,
        "barcode": code39(shipment.number),
        "partner": partner_facts(shipment.customer),
        "partner_label": _("Customer"),
        "facts": [
            (_("Customer order"), shipment.order.number),
            (_("Customer's order"), shipment.order.customer_reference or ""),
            (_("Shipped on"), format_date(shipment.shipped_on) if shipment.shipped_on else ""),
            (_("Carrier"), shipment.carrier or ""),
            (_("Tracking"), shipment.tracking or ""),
            (_("Certificates"), "、".join(shipment.customer.certificates)),
        ],
        "lines": [_delivered(line) for line in shipment.lines],
        "packages": [
            {
                "number": one.number,
                "contents": one.contents or "",
                "gross": format_quantity(one.gross_kg, "kg"),
            }
            for one in shipment.packages
        ],
        "note": shipment.note,
    }


def supplier_return(key: int) -> Paper:
    """The slip that goes back to a supplier with its goods. No prices."""
    found = purchasing.supplier_return(key)
    reason = quality.nonconformance(found.nonconformance_id)
    order = found.order_line.order.number if found.order_line else ""
    return {
        "title": _("Return slip"),
        "number": found.number,
        "revision": None,
        "barcode": code39(found.number),
        "partner": partner_facts(found.supplier),
        "partner_label": _("Supplier"),
        "facts": [
            (_("Purchase order"), order),
            (_("Supplier's number for the return"), found.supplier_reference or ""),
            (_("Nonconformance"), reason.number),
            (_("Shipped on"), format_date(found.shipped_on) if found.shipped_on else ""),
            (_("Carrier"), found.carrier or ""),
            (_("Tracking"), found.tracking or ""),
            (_("Replacement"), _("requested") if found.replacement_id else _("none")),
        ],
        "item": item_text(found.item),
        "lot": found.lot.number if found.lot else "",
        "quantity": format_quantity(found.quantity, found.item.unit),
        "reason": reason.description,
        "note": found.note,
    }


def _delivered(line: ShipmentLine) -> Paper:
    ordered: CustomerOrderLine = line.order_line
    quantity = line.quantity if line.picked is None else line.picked
    return {
        "number": line.number,
        "item": item_text(line.item),
        "part": " / ".join(filter(None, (ordered.customer_part, ordered.drawing_revision))),
        "lot": line.lot.number if line.lot else "",
        "quantity": format_quantity(quantity, line.item.unit),
    }


def lot_label(key: int) -> Paper:
    """A label for each lot: what it is, how much, and codes to scan."""
    lot = found_or_refused(
        db.session.scalar(select(Lot).options(selectinload(Lot.item)).where(Lot.id == key))
    )
    stock = db.session.scalars(select(StockBalance.quantity).where(StockBalance.lot_id == lot.id)).all()
    there = sum((quantity for quantity in stock if quantity > 0), Decimal(0))
    return {
        "title": _("Lot label"),
        "number": lot.number,
        "revision": None,
        "barcode": code39(lot.number),
        "qr": qr(f"{lot.item.number}|{lot.number}"),
        "item": item_text(lot.item),
        "drawing": " / ".join(filter(None, (lot.item.drawing, lot.item.revision))),
        "quantity": format_quantity(there, lot.item.unit),
        "received": format_date(lot.received_on),
        "expires": format_date(lot.expires_on) if lot.expires_on else "",
        "supplier_lot": lot.supplier_lot or "",
    }


def cost_report(key: int) -> Paper:
    """A customer order's cost: elements, three methods, variances, the orders it came from."""
    sheet = costing.order_cost_sheet(key)
    return sheet | {
        "title": _("Cost report"),
        "revision": None,
        "barcode": code39(sheet["number"]),
        "facts": [
            (_("Customer"), sheet["customer"]),
            (_("Currency"), sheet["currency"]),
            (_("Revenue"), sheet["revenue"]),
            (_("Goods shipped"), sheet["goods"]),
            (_("Variances"), sheet["variance"]),
            (_("Cost"), sheet["cost"]),
            (_("Profit"), sheet["profit"]),
            (_("Margin"), sheet["margin"]),
            (_("Abnormal scrap, expensed"), sheet["abnormal_scrap"]),
        ],
    }
