"""Divide a work order that has not begun: what can be made now, and the rest later."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import audit, clock
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.events import emit
from app.core.inputs import date_input, decimal_input
from app.core.numbering import next_number
from app.inventory import services as inventory
from app.inventory.models import LotStatus
from app.masterdata.models import Site
from app.scheduling.models import WorkOrder, WorkOrderMaterial, WorkOrderOperation, WorkOrderStatus
from app.scheduling.services.release import WORK_ORDER_RELEASED, announce

COPIED = [
    "number",
    "names",
    "work_centre_id",
    "supplier_id",
    "machine_id",
    "setup_minutes",
    "run_minutes",
    "crew",
    "outside_lead_days",
    "inspect",
    "instructions",
]


def split_work_order(work_order_id: int, quantity: str, due_date: str) -> WorkOrder:
    """Take ``quantity`` pieces off a released order into a new one that is due later. Returns the new order.

    Both keep plan, drawing revision, operations and their share of the material; each needs the other's
    material no longer.

    Raises:
        Conflict: material was issued, or something was reported.
        DomainError: not a quantity below the order's, or no date.
    """
    order = db.session.scalars(
        select(WorkOrder)
        .where(WorkOrder.id == work_order_id)
        .options(
            selectinload(WorkOrder.operations),
            selectinload(WorkOrder.materials).selectinload(WorkOrderMaterial.item),
            selectinload(WorkOrder.item),
        )
        .with_for_update()
    ).one()
    if order.status is not WorkOrderStatus.RELEASED:
        raise Conflict("has_begun", _("Only a work order that has not begun can be split."))
    taken = decimal_input(quantity, field="quantity", places=order.item.unit_decimals)
    if not 0 < taken < order.quantity:
        sentence = _("Split off more than nothing and less than {quantity}.")
        raise DomainError("quantity", sentence.format(quantity=order.quantity), field="quantity")
    due = date_input(due_date, field="due_date")
    rest = _rest(order, taken)
    rest.due_date = max(due, rest.release_date)
    _take_off(order, taken)
    db.session.add(rest)
    db.session.flush()
    rest.lot_id = inventory.make_lot(
        order.item,
        f"{order.item.number}-{rest.number}",
        received_on=rest.due_date,
        document=rest.document,
        status=LotStatus.QUARANTINE,
    ).id
    for one in (order, rest):
        inventory.cancel_expected(one.document)
        announce(one, one.document)
    audit.record("work_order.split", order.document, after={"into": rest.number, "quantity": taken})
    emit(WORK_ORDER_RELEASED, key=rest.document, work_order_id=rest.id)
    return rest


def _rest(order: WorkOrder, taken: Decimal) -> WorkOrder:
    """The new order with its share; good pieces expected in proportion, rounded down."""
    today = clock.today(db.session.get_one(Site, order.site_id).timezone)
    step = Decimal(1).scaleb(-order.item.unit_decimals)
    rest = WorkOrder(
        number=next_number("MO", on=today, width=3),
        site_id=order.site_id,
        item_id=order.item_id,
        plan_id=order.plan_id,
        revision=order.revision,
        quantity=taken,
        expected_good=order.expected_good * taken // (order.quantity * step) * step,
        release_date=order.release_date,
        created_at=clock.now(),
    )
    rest.operations = [
        WorkOrderOperation(**{name: getattr(row, name) for name in COPIED}) for row in order.operations
    ]
    rest.materials = [
        WorkOrderMaterial(
            item_id=row.item_id,
            owner_id=row.owner_id,
            required=_share(row, taken, order.quantity),
        )
        for row in order.materials
    ]
    return rest


def _share(row: WorkOrderMaterial, taken: Decimal, whole: Decimal) -> Decimal:
    """A material's share for the pieces taken off, cut to the item's places."""
    step = Decimal(1).scaleb(-row.item.unit_decimals)
    return row.required * taken // (whole * step) * step


def _take_off(order: WorkOrder, taken: Decimal) -> None:
    """Leave the first order what the new one does not take; what both leave of a box stays with the first."""
    step = Decimal(1).scaleb(-order.item.unit_decimals)
    for row in order.materials:
        row.required -= _share(row, taken, order.quantity)
    order.expected_good -= order.expected_good * taken // (order.quantity * step) * step
    order.quantity -= taken
