"""Material from the store to the shop and back, by lot."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit, clock
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.i18n import format_quantity
from app.core.inputs import decimal_input
from app.core.operators import operator
from app.core.words import status_label
from app.inventory import queries as stock
from app.inventory import services as inventory
from app.inventory.models import Location, LocationKind, Lot, LotConsumption
from app.masterdata.models import Item, Site
from app.scheduling import queries as orders
from app.scheduling.models import WorkOrder, WorkOrderMaterial, WorkOrderStatus
from app.shopfloor.services.progress import text

ZERO = Decimal(0)


@operator
def issue_materials(work_order_id: int) -> dict:
    """Issue everything still unissued, oldest lots first.

    Returns ``issued``, how many lots were touched.

    Raises:
        Conflict: the order is not open, or something is short.
    """
    order = orders.work_order(int(work_order_id))
    _check_open(order)
    wip, issued = inventory.location(order.site_id, LocationKind.WIP), 0
    for material in order.materials:
        quantity = material.unissued
        if quantity:
            issued += _issue(order, material, quantity, wip)
            inventory.reduce_expected(order.document, material.item_id, quantity)
    if order.status is WorkOrderStatus.RELEASED:
        order.move_to(WorkOrderStatus.IN_PROCESS)
    audit.record("work_order.materials_issued", order.document, after={"lots": issued})
    return {"issued": issued}


@operator
def issue_more(work_order_id: int, item_id: int, quantity: str, reason: str) -> dict:
    """Issue more of a component than the standard says, with the reason why.

    Returns ``issued``, all of it so far as text.
    """
    order = orders.work_order(int(work_order_id))
    _check_open(order)
    material = _material(order, item_id)
    more = _quantity(material, quantity)
    _check_reason(reason)
    wip = inventory.location(order.site_id, LocationKind.WIP)
    _issue(order, material, more, wip, reason=reason.strip())
    audit.record(
        "work_order.material_issued",
        order.document,
        after={"item": material.item_id, "quantity": more},
        reason=reason.strip(),
    )
    return {"issued": text(material.issued)}


def _issue(
    order: WorkOrder,
    material: WorkOrderMaterial,
    quantity: Decimal,
    wip: Location,
    reason: str | None = None,
) -> int:
    """Issue so much of one component by FIFO. Returns from how many lots."""
    left, touched = quantity, 0
    today = clock.today(db.session.get_one(Site, order.site_id).timezone)
    for there in stock.usable(material.item_id, order.site_id, owner_id=material.owner_id, on=today):
        taken = min(left, there.free)
        if taken <= 0:
            continue
        inventory.post(
            material.item_id,
            taken,
            source=there.balance.location,
            target=wip,
            document=order.document,
            lot_id=there.lot.id if there.lot else None,
            owner_id=material.owner_id,
            reason=reason,
        )
        if there.lot and order.lot_id:
            inventory.record_consumption(order.lot_id, there.lot.id, taken, order.document)
        left, touched = left - taken, touched + 1
        if not left:
            break
    if left:
        item = db.session.get_one(Item, material.item_id)
        raise Conflict(
            "short_of_stock",
            _("{item} is short by {quantity}.").format(
                item=item.number, quantity=format_quantity(left, item.unit)
            ),
        )
    material.issued += quantity
    return touched


@operator
def return_materials(work_order_id: int, item_id: int, quantity: str, reason: str) -> dict:
    """Return issued material that was not used to the store, into the lots it came from, newest first.

    Returns ``returned``, the quantity as text.

    Raises:
        DomainError: more than was issued, or without a reason.
    """
    order = orders.work_order(int(work_order_id))
    _check_open(order)
    material = _material(order, item_id)
    back = _quantity(material, quantity)
    _check_reason(reason)
    if back > material.issued:
        item = db.session.get_one(Item, material.item_id)
        sentence = _("Only {quantity} of {item} were issued.")
        raise DomainError(
            "more_than_issued",
            sentence.format(quantity=format_quantity(material.issued, item.unit), item=item.number),
            field="quantity",
        )
    left = back
    for row in _consumed(order, material):
        part = min(left, row.quantity)
        if not part:
            break
        _put_back(order, material, part, reason.strip(), row.consumed_lot_id)
        row.quantity -= part
        if not row.quantity:
            db.session.delete(row)
        left -= part
    if left:
        _put_back(order, material, left, reason.strip(), None)
    material.issued -= back
    audit.record(
        "work_order.material_returned",
        order.document,
        after={"item": material.item_id, "quantity": back},
        reason=reason.strip(),
    )
    return {"returned": text(back)}


def _consumed(order: WorkOrder, material: WorkOrderMaterial) -> list[LotConsumption]:
    rows = db.session.scalars(
        select(LotConsumption)
        .join(Lot, Lot.id == LotConsumption.consumed_lot_id)
        .where(
            LotConsumption.document == order.document,
            LotConsumption.lot_id == order.lot_id,
            Lot.item_id == material.item_id,
        )
        .order_by(LotConsumption.id.desc())
    )
    return list(rows)


def _put_back(
    order: WorkOrder, material: WorkOrderMaterial, quantity: Decimal, reason: str, lot_id: int | None
) -> None:
    inventory.post(
        material.item_id,
        quantity,
        source=inventory.location(order.site_id, LocationKind.WIP),
        target=inventory.location(order.site_id, LocationKind.INTERNAL),
        document=order.document,
        lot_id=lot_id,
        owner_id=material.owner_id,
        reason=reason,
    )


def _material(order: WorkOrder, item_id: int) -> WorkOrderMaterial:
    for material in order.materials:
        if material.item_id == int(item_id):
            return material
    raise DomainError(
        "no_material",
        _("Work order {number} does not use this item.").format(number=order.number),
        field="item_id",
    )


def _quantity(material: WorkOrderMaterial, quantity: str) -> Decimal:
    places = db.session.get_one(Item, material.item_id).unit_decimals
    return decimal_input(quantity, field="quantity", places=places, minimum=Decimal(1).scaleb(-places))


def _check_reason(reason: str) -> None:
    if not (reason or "").strip():
        raise DomainError("no_reason", _("Say why."), field="reason")


def _check_open(order: WorkOrder) -> None:
    if order.status not in {WorkOrderStatus.RELEASED, WorkOrderStatus.IN_PROCESS}:
        raise Conflict(
            "work_order_status",
            _("Work order {number} is already {status}.").format(
                number=order.number, status=status_label(order.status)
            ),
        )
