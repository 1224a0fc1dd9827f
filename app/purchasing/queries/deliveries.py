"""Reads of deliveries that came without an order."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import format_date, format_quantity, localized
from app.core.operators import source
from app.purchasing.models import OrderStatus, PurchaseOrder, PurchaseOrderLine, Receipt, ReceiptLine


def deliveries_query() -> Select[Any]:
    """Select the deliveries no order was known for, with what a list shows."""
    return (
        select(Receipt)
        .where(Receipt.unordered.is_(True))
        .options(
            selectinload(Receipt.supplier),
            selectinload(Receipt.order),
            selectinload(Receipt.lines).selectinload(ReceiptLine.item),
        )
    )


def delivery(receipt_id: int) -> Receipt:
    """Return one of them.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalar(deliveries_query().where(Receipt.id == receipt_id))
    if found is None:
        raise NotFound("no_delivery", _("There is no such delivery."))
    return found


@source
def delivery_sheet(receipt_id: int) -> dict[str, Any]:
    """A delivery as the buyer sees it who decides what becomes of it."""
    found = delivery(int(receipt_id))
    return {
        "number": found.number,
        "supplier": f"{found.supplier.code} {localized(found.supplier.names)}",
        "received_on": format_date(found.received_on),
        "delivery_note": found.delivery_note or "–",
        "lines": [
            {
                "item": f"{line.item.number} {localized(line.item.names)}" if line.item else "",
                "quantity": format_quantity(line.quantity, line.item.unit if line.item else ""),
                "second_quantity": format_quantity(
                    line.second_quantity, (line.item.second_unit if line.item else "") or ""
                ),
            }
            for line in found.lines
        ],
        "orders": len(fitting_orders(found)),
    }


@source
def fitting_order_choices(receipt_id: int) -> list[dict[str, str]]:
    """The supplier's open orders that have all that came, to choose from."""
    return [
        {"value": str(order.id), "label": f"{order.number} ({format_date(order.ordered_on)})"}
        for order in fitting_orders(delivery(int(receipt_id)))
    ]


def fitting_orders(receipt: Receipt) -> list[PurchaseOrder]:
    """List the supplier's orders at the site on which every item that came is still open."""
    rows = db.session.scalars(
        select(PurchaseOrder)
        .where(
            PurchaseOrder.supplier_id == receipt.supplier_id,
            PurchaseOrder.site_id == receipt.site_id,
            PurchaseOrder.status.in_((OrderStatus.SENT, OrderStatus.PARTIALLY_RECEIVED)),
        )
        .options(selectinload(PurchaseOrder.lines).selectinload(PurchaseOrderLine.item))
        .order_by(PurchaseOrder.id)
    )
    came = {line.item_id for line in receipt.lines}
    return [order for order in rows if came <= _open_items(order)]


def _open_items(order: PurchaseOrder) -> set[int | None]:
    return {line.item_id for line in order.lines if line.received < line.quantity}
