"""What leaves for the subcontractor: components of a whole item, or the pieces of an outside operation."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.i18n import format_quantity
from app.core.inputs import decimal_input
from app.core.operators import operator
from app.inventory import queries as stock
from app.inventory import services as inventory
from app.inventory.models import Location, LocationKind
from app.subcontracting.models import Form, OrderStatus, SubcontractOrder, SuppliedComponent
from app.subcontracting.services import orders

ZERO = Decimal(0)


@operator
def components_ready(subcontract_order_id: str) -> dict:
    """Say whether all components of an order are in stock.

    Returns ``ready`` and ``waiting_for``, the key of the first item that is short.
    """
    order = orders.load(int(subcontract_order_id))
    for component in order.components:
        missing = component.required - component.supplied
        if stock.on_hand(component.item_id, order.site_id) < missing:
            return {"ready": False, "waiting_for": f"item:{component.item_id}"}
    return {"ready": True, "waiting_for": ""}


@operator
def ship_components(subcontract_order_id: str, lines: list | None = None) -> dict:
    """Send components, oldest lots first: rows with ``component_id quantity``; pieces for an operation.

    Returns the order's facts.
    """
    order = orders.load(int(subcontract_order_id))
    if order.form is Form.OPERATION:
        _send_pieces(order)
    else:
        _send_components(order, lines or [])
    if order.status is OrderStatus.APPROVED:
        order.move_to(OrderStatus.IN_PROGRESS)
    orders.expect(order)
    return orders.facts(order)


def _send_components(order: SubcontractOrder, rows: list) -> None:
    by_id = {component.id: component for component in order.components}
    for index, row in enumerate(rows):
        component = by_id.get(int(row.get("component_id") or 0))
        if component is None:
            raise DomainError("component", _("This component is not on the order."), field=f"lines.{index}")
        quantity = decimal_input(
            row.get("quantity"),
            field=f"lines.{index}.quantity",
            places=component.item.unit_decimals,
            default=ZERO,
        )
        if quantity:
            _ship(order, component, quantity, f"lines.{index}.quantity")


def _ship(order: SubcontractOrder, component: SuppliedComponent, quantity: Decimal, field: str) -> None:
    target = inventory.location(order.site_id, LocationKind.SUBCONTRACTOR, order.supplier_id)
    left = quantity
    for found in stock.usable(component.item_id, order.site_id):
        taken = min(left, found.free)
        if taken > 0:
            inventory.post(
                component.item_id,
                taken,
                source=found.balance.location,
                target=target,
                document=f"subcontract_order:{order.id}",
                line="component",
                lot_id=found.lot.id if found.lot else None,
            )
            left -= taken
        if not left:
            break
    if left:
        sentence = _("{item}: {wanted} wanted, {there} free in stock.")
        wanted, there = format_quantity(quantity, component.item.unit), format_quantity(quantity - left)
        raise DomainError(
            "short_of_stock",
            sentence.format(item=component.item.number, wanted=wanted, there=there),
            field=field,
            status=409,
        )
    component.supplied += quantity


def _send_pieces(order: SubcontractOrder) -> None:
    """Move the work order's pieces to the subcontractor; those sent straight on by another are there already."""
    if order.supplier_id is None:
        raise Conflict(
            "no_supplier", _("Subcontract order {number} has no supplier.").format(number=order.number)
        )
    if not _sent_straight_on(order):
        target = inventory.location(order.site_id, LocationKind.SUBCONTRACTOR, order.supplier_id)
        move_pieces(order, inventory.location(order.site_id, LocationKind.WIP), target, order.quantity)


def _sent_straight_on(order: SubcontractOrder) -> bool:
    earlier = select(SubcontractOrder.id).where(
        SubcontractOrder.work_order_id == order.work_order_id,
        SubcontractOrder.next_supplier_id == order.supplier_id,
        SubcontractOrder.operation < order.operation,
        SubcontractOrder.received > 0,
    )
    return db.session.scalar(earlier.limit(1)) is not None


def move_pieces(order: SubcontractOrder, source: Location, target: Location, quantity: Decimal) -> None:
    """Move pieces of a work order between two places, as work in process without a lot."""
    if quantity:
        inventory.post(
            order.item_id,
            quantity,
            source=source,
            target=target,
            document=f"subcontract_order:{order.id}",
            line=str(order.operation or ""),
        )
