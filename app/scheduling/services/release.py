"""From planned make orders to work orders with operations, materials and expected moves."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_CEILING, Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit, clock
from app.core.db import db
from app.core.errors import DomainError
from app.core.events import emit, event
from app.core.numbering import next_number
from app.core.operators import operator
from app.inventory import services as inventory
from app.inventory.models import LocationKind, LotStatus
from app.masterdata import queries as master
from app.masterdata.models import BomLine, Item, RoutingOperation, Site, Supply, WorkCentre
from app.planning.models import PlannedOrder, PlannedStatus
from app.planning.services import mark_released
from app.scheduling.models import WorkOrder, WorkOrderMaterial, WorkOrderOperation

NAMED = 3
"""How many work orders the inbox names."""

WORK_ORDER_RELEASED = event(
    "scheduling.work_order_released", "A work order was released; key work_order:ID, payload work_order_id."
)
WORK_ORDER_FINISHED = event(
    "scheduling.work_order_finished",
    "A work order's pieces are made; key work_order:ID, payload work_order_id.",
)


@operator
def release_work_orders(plan_id: int) -> dict:
    """Turn a plan's make orders into work orders with operations and materials.

    Returns ``work_orders``, how many, ``work_order_ids`` and ``summary``, the first few numbers.
    Calling it twice releases nothing twice.
    """
    planned = db.session.scalars(
        select(PlannedOrder)
        .where(
            PlannedOrder.plan_id == plan_id,
            PlannedOrder.supply == Supply.MAKE,
            PlannedOrder.status.in_((PlannedStatus.PLANNED, PlannedStatus.FIRM)),
        )
        .order_by(PlannedOrder.release_date, PlannedOrder.id)
        .with_for_update()
    )
    made = [_release(row) for row in planned]
    named = ", ".join(order.number for order in made[:NAMED]) + (" …" if len(made) > NAMED else "")
    return {"work_orders": len(made), "work_order_ids": [order.id for order in made], "summary": named}


def _release(planned: PlannedOrder) -> WorkOrder:
    order = make_work_order(
        planned.site_id,
        planned.item_id,
        planned.quantity,
        expected_good=planned.good_quantity,
        release_date=planned.release_date,
        due_date=planned.due_date,
        plan_id=planned.plan_id,
    )
    mark_released(planned.id, order.document)
    return order


def make_work_order(
    site_id: int,
    item_id: int,
    quantity: Decimal,
    *,
    expected_good: Decimal,
    release_date: date,
    due_date: date,
    plan_id: int | None = None,
) -> WorkOrder:
    """Release a work order with the routing and the bill of material in force on its release date."""
    item = db.session.get_one(Item, item_id)
    order = WorkOrder(
        number=next_number("MO", on=clock.today(db.session.get_one(Site, site_id).timezone), width=3),
        site_id=site_id,
        item_id=item.id,
        plan_id=plan_id,
        revision=item.revision,
        quantity=quantity,
        expected_good=expected_good,
        release_date=release_date,
        due_date=due_date,
        created_at=clock.now(),
    )
    order.operations = _operations(item, release_date)
    order.materials = _materials(item, quantity, release_date)
    db.session.add(order)
    db.session.flush()
    lot = inventory.make_lot(
        item,
        f"{item.number}-{order.number}",
        received_on=due_date,
        document=order.document,
        status=LotStatus.QUARANTINE,
    )
    order.lot_id = lot.id
    announce(order, order.document)
    audit.record(
        "work_order.released", order.document, after={"number": order.number, "quantity": order.quantity}
    )
    emit(WORK_ORDER_RELEASED, key=order.document, work_order_id=order.id)
    return order


def _operations(item: Item, on: date) -> list[WorkOrderOperation]:
    rows = db.session.scalars(
        select(RoutingOperation)
        .where(RoutingOperation.item_id == item.id, master.effective(RoutingOperation, on))
        .order_by(RoutingOperation.number)
    )
    made = []
    for row in rows:
        centre = db.session.get(WorkCentre, row.work_centre_id) if row.work_centre_id else None
        made.append(
            WorkOrderOperation(
                number=row.number,
                names=row.names,
                work_centre_id=row.work_centre_id,
                supplier_id=row.supplier_id,
                setup_minutes=row.setup_minutes,
                run_minutes=row.run_minutes,
                crew=centre.crew if centre else Decimal(0),
                outside_lead_days=row.outside_lead_days,
                inspect=row.inspect,
                instructions=row.instructions,
            )
        )
    if not made:
        raise DomainError("no_routing", _("{item} has no routing.").format(item=item.number))
    return made


def _materials(item: Item, quantity: Decimal, on: date) -> list[WorkOrderMaterial]:
    """Return what the bill of material asks for: phantoms dissolved, needs rounded up to the item's places."""
    needed: dict[int, Decimal] = {}
    _explode(item.id, quantity, on, needed)
    made = []
    for component_id, amount in needed.items():
        component = db.session.get_one(Item, component_id)
        step = Decimal(1).scaleb(-component.unit_decimals)
        made.append(
            WorkOrderMaterial(
                item_id=component_id,
                required=amount.quantize(step, ROUND_CEILING),
                owner_id=component.owner_id,
            )
        )
    return made


def _explode(parent_id: int, quantity: Decimal, on: date, needed: dict[int, Decimal]) -> None:
    lines = db.session.scalars(
        select(BomLine)
        .where(BomLine.parent_id == parent_id, master.effective(BomLine, on))
        .order_by(BomLine.id)
    )
    for line in lines:
        amount = quantity * line.quantity * (1 + line.scrap)
        if db.session.get_one(Item, line.component_id).phantom:
            _explode(line.component_id, amount, on, needed)
        else:
            needed[line.component_id] = needed.get(line.component_id, Decimal(0)) + amount


def announce(order: WorkOrder, document: str) -> None:
    """Tell the ledger what will go in and what will come out."""
    store = inventory.location(order.site_id, LocationKind.INTERNAL)
    wip = inventory.location(order.site_id, LocationKind.WIP)
    inventory.expect(
        order.item_id, order.expected_good, source=wip, target=store, on=order.due_date, document=document
    )
    for material in order.materials:
        inventory.expect(
            material.item_id,
            material.required,
            source=store,
            target=wip,
            on=order.release_date,
            document=document,
            owner_id=material.owner_id,
        )
