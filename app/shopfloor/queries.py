"""Reads for the shop floor's forms and boards."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import format_quantity, localized
from app.core.operators import source
from app.inventory import queries as stock
from app.masterdata.models import CodeKind, Item, Machine, ReasonCode
from app.scheduling import queries as orders
from app.scheduling.models import WorkOrder, WorkOrderOperation
from app.shopfloor.models import Run, TimeLog


def _heading(order: WorkOrder) -> dict[str, Any]:
    return {
        "number": order.number,
        "item": f"{order.item.number} {localized(order.item.names)}",
        "quantity": format_quantity(order.quantity, order.item.unit),
    }


def find(order: WorkOrder, operation_id: int) -> WorkOrderOperation:
    """Return an operation of a work order.

    Raises:
        NotFound: the order has no such operation.
    """
    for operation in order.operations:
        if operation.id == int(operation_id):
            return operation
    raise NotFound(
        "no_operation", _("Work order {number} has no such operation.").format(number=order.number)
    )


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
    """What an operator sees of the operation to report; minutes as the clock took them, else as the standard."""
    order = orders.work_order(int(work_order_id))
    operation = find(order, int(operation_id))
    there = order.waiting(operation)
    first = operation.good + operation.scrap == 0
    setup = operation.setup_minutes if first else Decimal(0)
    run = operation.run_minutes * there
    measured = measured_minutes(operation.id)
    return {
        **_heading(order),
        "operation": f"{operation.number} {localized(operation.names)}",
        "instructions": localized(operation.instructions, "–"),
        "quantity": _text(there),
        "machine": operation.machine.code if operation.machine else "",
        "setup_minutes": _minutes(setup),
        "run_minutes": _minutes(run if measured is None else max(Decimal(0), measured - setup)),
        "measured_minutes": "–" if measured is None else format_quantity(measured),
        "standard_minutes": format_quantity(setup + run),
    }


def measured_minutes(operation_id: int) -> Decimal | None:
    """Return the minutes an operation ran by the clock since its last report; None when nobody started it."""
    rows = list(
        db.session.scalars(select(Run).where(Run.operation_id == operation_id, Run.reported.is_(False)))
    )
    if not rows:
        return None
    seconds = sum(((row.stopped_at or clock.now()) - row.started_at).total_seconds() for row in rows)
    return (Decimal(seconds) / 60).quantize(Decimal("0.1"))


def _text(value: Decimal) -> str:
    """Return a number without trailing zeros, as a form's field holds it."""
    return f"{value.normalize():f}"


def _minutes(value: Decimal) -> str:
    """Return minutes to the tenth."""
    return _text(value.quantize(Decimal("0.1"), ROUND_HALF_UP))


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
