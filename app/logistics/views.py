"""Pages of shipments."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.i18n import format_quantity, localized, unit_name
from app.core.permissions import requires
from app.core.web import Column, Filter, document_provider, listing, url_if
from app.logistics import READ, queries
from app.logistics.models import Shipment, ShipmentLine, ShipmentStatus

blueprint = Blueprint("logistics", __name__, url_prefix="/logistics")

STATES = {
    ShipmentStatus.PICKING: lazy_gettext("Picking"),
    ShipmentStatus.PICKED: lazy_gettext("Picked"),
    ShipmentStatus.SHIPPED: lazy_gettext("Shipped"),
    ShipmentStatus.DELIVERED: lazy_gettext("Delivered"),
    ShipmentStatus.CANCELLED: lazy_gettext("Cancelled"),
}


@blueprint.route("/shipments")
@requires(READ)
def shipments() -> Any:
    """Show all shipments."""
    page = listing(
        select(Shipment).options(selectinload(Shipment.order), selectinload(Shipment.customer)),
        [
            Column("number", _("Number"), href=lambda row: url_for(".shipment", shipment_id=row.id)),
            Column("order", _("Customer order"), value=lambda row: row.order.number, sort=Shipment.order_id),
            Column(
                "customer",
                _("Customer"),
                value=lambda row: localized(row.customer.names),
                sort=Shipment.customer_id,
            ),
            Column("status", _("Status"), "status", display=lambda row: str(STATES[row.status])),
            Column("shipped_on", _("Shipped on"), "date"),
            Column("carrier", _("Carrier")),
            Column("received_on", _("Signed for on"), "date"),
            Column("received_by", _("Received by")),
        ],
        title=_("Shipments"),
        search=[Shipment.number, Shipment.carrier, Shipment.tracking],
        filters=[Filter("status", _("Status"), list(STATES.items()), lambda v: Shipment.status == v)],
        sort="-number",
    )
    return page.export or render_template("logistics/shipments.html", page=page)


@blueprint.route("/shipments/<int:shipment_id>")
@requires(READ)
def shipment(shipment_id: int) -> Any:
    """Show one shipment with its picks, lots and packages."""
    found = queries.shipment(shipment_id)
    gross = sum((package.gross_kg or Decimal(0) for package in found.packages), Decimal(0))
    return render_template(
        "logistics/shipment.html",
        shipment=found,
        status_word=str(STATES[found.status]),
        head=[
            (_("Customer order"), found.order.number),
            (_("Customer"), localized(found.customer.names)),
            (_("Customer's reference"), found.order.customer_reference),
            (_("Picked by"), found.picked_by),
            (_("Shipped on"), found.shipped_on),
            (_("Carrier"), found.carrier),
            (_("Tracking number"), found.tracking),
            (_("Gross weight"), format_quantity(gross, "kg") if gross else None),
            (_("Received by"), found.received_by),
            (_("Signed for on"), found.received_on),
        ],
        note_url=url_if("reports.delivery_note", shipment_id=found.id),
        columns=[
            Column("number", _("No."), "number"),
            Column("location", _("Location"), value=lambda row: row.location.label),
            Column("item", _("Item"), value=lambda row: f"{row.item.number} {localized(row.item.names)}"),
            Column("lot", _("Lot"), value=lambda row: row.lot.number if row.lot else "", href=_lot_url),
            Column("quantity", _("To pick"), "number"),
            Column("picked", _("Picked"), "number"),
            Column("unit", _("Unit"), value=lambda row: unit_name(row.item.unit)),
        ],
        package_columns=[
            Column("number", _("No."), "number"),
            Column("contents", _("Contents")),
            Column("gross_kg", _("Gross weight (kg)"), "number"),
        ],
    )


def _lot_url(line: ShipmentLine) -> str | None:
    return url_if("inventory.lot", lot_id=line.lot_id) if line.lot_id else None


@document_provider
def documents(order_id: int) -> list[dict[str, Any]]:
    """Name the shipments of a customer order for its cockpit."""
    return [
        {
            "step": 7,
            "number": row.number,
            "label": _("Delivery note"),
            "status": row.status.value,
            "url": url_for("logistics.shipment", shipment_id=row.id),
            "date": row.shipped_on or row.created_at.date(),
        }
        for row in queries.of_order(order_id)
    ]
