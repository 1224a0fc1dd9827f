"""Reads for the shop floor's forms and boards."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.i18n import format_quantity, localized
from app.core.operators import source
from app.inventory import queries as stock
from app.masterdata.models import CodeKind, Item, Machine, ReasonCode
from app.scheduling import queries as orders
from app.scheduling.models import WorkOrder, WorkOrderOperation
from app.shopfloor.models import TimeLog


def _heading(order: WorkOrder) -> dict[str, Any]:
    return {
        "number": order.number,
        "item": f"{order.item.number} {localized(order.item.names)}",
        "quantity": format_quantity(order.quantity, order.item.unit),
    }


@source
def material_list(work_order_id: int) -> dict[str, Any]:
    """The materials of a work order with what is unissued and the lots FIFO would take."""
    order = orders.work_order(int(work_order_id))
    rows = []
    for material in order.materials:
        item = db.session.get_one(Item, material.item_id)
        rows.append(
            {
                "item": f"{item.number} {localized(item.names)}",
                "required": format_quantity(material.required, item.unit),
                "unissued": format_quantity(material.unissued, item.unit),
                "lots": _lots(order, material.item_id, material.unissued, material.owner_id),
            }
        )
    return {**_heading(order), "materials": rows}


def _lots(order: WorkOrder, item_id: int, quantity: Decimal, owner_id: int | None) -> str:
    taken = []
    for there in stock.usable(item_id, order.site_id, owner_id=owner_id):
        if quantity <= 0:
            break
        part = min(quantity, there.free)
        taken.append(f"{there.lot.number if there.lot else '–'}: {format_quantity(part)}")
        quantity -= part
    return "; ".join(taken)


@source
def operation_report(work_order_id: int, operation_id: int) -> dict[str, Any]:
    """What an operator sees of the operation to report, with its standard as the suggestion."""
    order = orders.work_order(int(work_order_id))
    operation = _operation(order, int(operation_id))
    before = [row for row in order.operations if row.number < operation.number]
    there = (before[-1].good if before else order.quantity) - operation.good - operation.scrap
    started = operation.good + operation.scrap > 0
    setup = Decimal(0) if started else operation.setup_minutes
    run = operation.run_minutes * there
    return {
        **_heading(order),
        "operation": f"{operation.number} {localized(operation.names)}",
        "instructions": localized(operation.instructions, "–"),
        "quantity": _text(there),
        "machine": operation.machine.code if operation.machine else "",
        "setup_minutes": _text(setup),
        "run_minutes": _text(run),
        "standard_minutes": format_quantity(setup + run),
    }


def _text(value: Decimal) -> str:
    """Return a number without trailing zeros, as a form's field holds it."""
    return f"{value.normalize():f}"


def _operation(order: WorkOrder, operation_id: int) -> WorkOrderOperation:
    return next(row for row in order.operations if row.id == operation_id)


@source
def machines_of_operation(operation_id: int) -> list[dict[str, str]]:
    """The machines an operation may run on."""
    operation = db.session.get_one(WorkOrderOperation, int(operation_id))
    rows = db.session.scalars(
        select(Machine)
        .where(Machine.work_centre_id == operation.work_centre_id, Machine.active)
        .order_by(Machine.code)
    )
    return [{"value": row.code, "label": row.code} for row in rows]


@source
def scrap_review(work_order_id: int) -> dict[str, Any]:
    """What was scrapped on a work order, against what its yield allows."""
    order = orders.work_order(int(work_order_id))
    codes = {
        row.code: localized(row.names)
        for row in db.session.scalars(select(ReasonCode).where(ReasonCode.kind == CodeKind.DEFECT))
    }
    rows = db.session.scalars(
        select(TimeLog)
        .where(TimeLog.work_order_id == order.id, TimeLog.scrap > 0)
        .options(selectinload(TimeLog.operation))
        .order_by(TimeLog.id)
    )
    reports = [
        {
            "operation": f"{row.operation.number} {localized(row.operation.names)}",
            "scrap": format_quantity(row.scrap),
            "reason": f"{row.scrap_reason} {codes.get(row.scrap_reason or '', '')}",
            "who": row.user_id or "–",
        }
        for row in rows
    ]
    allowed = order.quantity - order.expected_good
    return {
        **_heading(order),
        "scrap": format_quantity(order.scrap),
        "allowed": format_quantity(allowed),
        "reports": reports,
    }
