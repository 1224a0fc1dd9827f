"""Subcontract orders: from an approved plan, or for one operation of a work order."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict
from app.core.events import emit
from app.core.inputs import date_input, decimal_input
from app.core.numbering import next_number
from app.core.operators import operator
from app.inventory import services as inventory
from app.inventory.models import LocationKind
from app.masterdata import queries as masterdata
from app.masterdata.models import BomLine, Item, ItemUnit, Site, SupplierPrice
from app.planning import services as planning
from app.planning.models import PlannedOrder, PlannedStatus
from app.planning.models import Supply as PlannedSupply
from app.subcontracting import ORDER_CREATED, ORDER_RECEIVED, queries
from app.subcontracting.models import Form, OrderStatus, SubcontractOrder, SuppliedComponent
from app.subcontracting.reconciliation import required

ZERO = Decimal(0)


@operator
def order_from_plan(plan_id: str) -> dict:
    """Turn an approved plan's orders to subcontract into subcontract orders of the whole item.

    Returns ``subcontract_order_ids`` and ``count``. Calling it twice makes nothing twice.
    """
    planned_orders = db.session.scalars(
        select(PlannedOrder)
        .where(
            PlannedOrder.plan_id == int(plan_id),
            PlannedOrder.supply == PlannedSupply.SUBCONTRACT,
            PlannedOrder.status.in_((PlannedStatus.PLANNED, PlannedStatus.FIRM)),
        )
        .order_by(PlannedOrder.due_date, PlannedOrder.id)
        .with_for_update()
    )
    made = []
    for planned in planned_orders:
        order = _draft(
            planned.site_id, planned.item_id, planned.quantity, planned.release_date, planned.due_date
        )
        order.form, order.in_plan = Form.WHOLE_ITEM, True
        order.plan_id, order.planned_order_id = int(plan_id), planned.id
        made.append(_start(order))
        planning.mark_released(planned.id, f"subcontract_order:{order.id}")
    return {"subcontract_order_ids": [order.id for order in made], "count": len(made)}


@operator
def order_operation(
    *,
    work_order_id: str,
    operation_no: str,
    item_id: str,
    quantity: str,
    supplier_id: str,
    site_id: str,
    due_date: str = "",
    next_supplier_id: str = "",
) -> dict:
    """Have one operation of a work order done outside; the pieces stay work in process.

    Returns ``subcontract_order_id``, ``number`` and ``key``, which the arrival event will carry.
    """
    item = db.session.get_one(Item, int(item_id))
    site = db.session.get_one(Site, int(site_id))
    today = clock.today(site.timezone)
    wanted = decimal_input(quantity, field="quantity", places=item.unit_decimals)
    due = date_input(due_date, field="due_date", default=today)
    order = _draft(site.id, item.id, wanted, today, max(due, today))
    order.form, order.in_plan = Form.OPERATION, True
    order.work_order_id, order.operation = int(work_order_id), int(operation_no)
    order.supplier_id = int(supplier_id) if supplier_id else None
    order.next_supplier_id = int(next_supplier_id) if next_supplier_id else None
    if not due_date:
        order.due_date = masterdata.working_days(site.id).shift(today, _lead_days(order, today))
    _start(order)
    return {"subcontract_order_id": order.id, "number": order.number, "key": f"subcontract_order:{order.id}"}


def _draft(site_id: int, item_id: int, quantity: Decimal, release: date, due: date) -> SubcontractOrder:
    today = clock.today(db.session.get_one(Site, site_id).timezone)
    item = db.session.get_one(Item, item_id)
    return SubcontractOrder(
        number=next_number("SC", on=today),
        site_id=site_id,
        item_id=item_id,
        item=item,
        status=OrderStatus.DRAFT,
        quantity=quantity,
        price_unit=item.unit,
        currency=masterdata.company().currency,
        decimals=masterdata.company().document_decimals,
        ordered_on=today,
        release_date=max(release, today),
        due_date=due,
        requester_id=current_actor().user_id,
        created_at=clock.now(),
        components=[],
    )


def _start(order: SubcontractOrder) -> SubcontractOrder:
    """Price and save an order, announce its moves and start its process."""
    apply_price(order)
    if order.form is Form.WHOLE_ITEM:
        order.components = _components(order)
    db.session.add(order)
    db.session.flush()
    expect(order)
    emit(ORDER_CREATED, key=f"subcontract_order:{order.id}", subcontract_order_id=order.id)
    return order


def apply_price(order: SubcontractOrder) -> None:
    """Take the approved price in force; without a supplier the best ranked one's."""
    price = _price(order)
    if price is None:
        order.approved_price = False
        return
    item = db.session.get_one(Item, order.item_id)
    order.supplier_id = price.supplier_id
    order.price, order.price_unit, order.currency = price.price, price.unit, price.currency
    order.decimals = masterdata.money_decimals(price.currency)
    order.minimum_charge, order.loss_allowance = price.minimum_charge, price.loss_allowance
    order.approved_price = True
    unit = db.session.scalar(select(ItemUnit).where(ItemUnit.item_id == item.id, ItemUnit.unit == price.unit))
    order.numerator, order.denominator = (
        (unit.numerator, unit.denominator) if unit else (Decimal(1), Decimal(1))
    )
    order.by_weight = price.unit == "kg" and item.unit != "kg" and unit is None


def _price(order: SubcontractOrder) -> SupplierPrice | None:
    rows = masterdata.supplier_prices(order.item_id, order.ordered_on, order.operation)
    if order.supplier_id:
        rows = [row for row in rows if row.supplier_id == order.supplier_id]
    reached = [row for row in rows if row.minimum_quantity <= order.quantity]
    return reached[0] if reached else None


def _lead_days(order: SubcontractOrder, on: date) -> int:
    rows = masterdata.supplier_prices(order.item_id, on, order.operation)
    own = [row.lead_days for row in rows if row.supplier_id == order.supplier_id]
    return own[0] if own else 0


def _components(order: SubcontractOrder) -> list[SuppliedComponent]:
    """Explode the item one level, through phantoms, into what we supply."""
    per_item: dict[int, Decimal] = {}
    scrap: dict[int, Decimal] = {}
    for component_id, per, mark_up in _exploded(order.item_id, Decimal(1), Decimal(0), order.release_date):
        per_item[component_id] = per_item.get(component_id, ZERO) + per
        scrap[component_id] = max(scrap.get(component_id, ZERO), mark_up)
    made = []
    for component_id, per in per_item.items():
        item = db.session.get_one(Item, component_id)
        need = required(order.quantity, per, scrap=scrap[component_id], places=item.unit_decimals)
        made.append(SuppliedComponent(item_id=component_id, item=item, per=per, required=need))
    return made


def _exploded(item_id: int, per: Decimal, scrap: Decimal, on: date) -> list[tuple[int, Decimal, Decimal]]:
    lines = db.session.scalars(
        select(BomLine)
        .where(BomLine.parent_id == item_id, masterdata.effective(BomLine, on))
        .options(selectinload(BomLine.component))
        .order_by(BomLine.id)
    )
    found: list[tuple[int, Decimal, Decimal]] = []
    for line in lines:
        quantity, mark_up = per * line.quantity, (1 + scrap) * (1 + line.scrap) - 1
        if line.component.phantom:
            found += _exploded(line.component_id, quantity, mark_up, on)
        else:
            found.append((line.component_id, quantity, mark_up))
    return found


def expect(order: SubcontractOrder) -> None:
    """Announce components leaving and the item arriving; an outside operation announces nothing."""
    if order.form is Form.OPERATION:
        return
    document = f"subcontract_order:{order.id}"
    inventory.cancel_expected(document)
    store = inventory.location(order.site_id, LocationKind.INTERNAL)
    work = inventory.location(order.site_id, LocationKind.WIP)
    if order.open_quantity:
        on = order.promised_date or order.due_date
        inventory.expect(
            order.item_id,
            order.open_quantity,
            source=work,
            target=store,
            on=on,
            document=document,
            line="item",
        )
    for component in order.components:
        missing = component.required - component.supplied
        if missing > 0 and order.status in {OrderStatus.DRAFT, OrderStatus.APPROVED}:
            inventory.expect(
                component.item_id,
                missing,
                source=store,
                target=inventory.location(order.site_id, LocationKind.SUBCONTRACTOR, order.supplier_id),
                on=order.release_date,
                document=document,
                line="component",
            )


@operator
def order_facts(subcontract_order_id: str) -> dict:
    """Say what a subcontract order still lacks before it can go out.

    Returns ``order_id number document supplier_id has_supplier approved_price whole_item contract
    milestone chase components`` and ``amount`` (text).
    """
    return facts(load(int(subcontract_order_id)))


@operator
def approve_order(subcontract_order_id: str) -> dict:
    """Let an order go out to its supplier under the contract in force. Returns the order's facts."""
    order = load(int(subcontract_order_id))
    if order.supplier_id is None:
        raise Conflict(
            "no_supplier", _("Subcontract order {number} has no supplier.").format(number=order.number)
        )
    contract = queries.contract_in_force(order.supplier_id, clock.today())
    order.contract_id = contract.id if contract else None
    order.move_to(OrderStatus.APPROVED)
    audit.record(
        "subcontract_order.approved", f"subcontract_order:{order.id}", after={"supplier": order.supplier_id}
    )
    return facts(order)


@operator
def cancel_order(subcontract_order_id: str, reason: str = "") -> dict:
    """Cancel an order that has not gone out, and what it expected. Returns the order's facts."""
    order = load(int(subcontract_order_id))
    order.move_to(OrderStatus.CANCELLED)
    inventory.cancel_expected(f"subcontract_order:{order.id}")
    audit.record("subcontract_order.cancelled", f"subcontract_order:{order.id}", reason=reason)
    return facts(order)


@operator
def close_order(subcontract_order_id: str) -> dict:
    """Close an order that came back, was reconciled and invoiced. Returns the order's facts."""
    order = load(int(subcontract_order_id))
    order.move_to(OrderStatus.CLOSED)
    order.closed_at = clock.now()
    inventory.cancel_expected(f"subcontract_order:{order.id}")
    return facts(order)


def announce_received(order: SubcontractOrder) -> None:
    """Tell who waits that everything came back and was judged."""
    emit(
        ORDER_RECEIVED,
        key=f"subcontract_order:{order.id}",
        subcontract_order_id=order.id,
        accepted=format(order.accepted, "f"),
        rejected=format(order.rejected, "f"),
        lost=format(order.lost, "f"),
    )


def facts(order: SubcontractOrder) -> dict:
    """Give what a process needs to know about an order."""
    today = clock.today(db.session.get_one(Site, order.site_id).timezone)
    due = order.promised_date or order.due_date
    days = max(1, (due - today).days)
    contract = queries.contract_in_force(order.supplier_id, today) if order.supplier_id else None
    return {
        "order_id": order.id,
        "number": order.number,
        "document": f"subcontract_order:{order.id}",
        "supplier_id": order.supplier_id,
        "supplier": order.supplier.names if order.supplier else "",
        "has_supplier": order.supplier_id is not None,
        "approved_price": order.approved_price,
        "whole_item": order.form is Form.WHOLE_ITEM,
        "components": len(order.components),
        "contract": contract is not None,
        "amount": format(queries.order_amount(order), "f"),
        "due_date": due.isoformat(),
        "milestone": f"P{max(1, days // 2)}D",
        "chase": f"P{days + 1}D",
    }


def load(subcontract_order_id: int) -> SubcontractOrder:
    """Load an order with its components, item and supplier, locked."""
    return db.session.scalars(
        select(SubcontractOrder)
        .where(SubcontractOrder.id == subcontract_order_id)
        .options(
            selectinload(SubcontractOrder.components).selectinload(SuppliedComponent.item),
            selectinload(SubcontractOrder.item),
            selectinload(SubcontractOrder.supplier),
        )
        .execution_options(populate_existing=True)
        .with_for_update()
    ).one()
