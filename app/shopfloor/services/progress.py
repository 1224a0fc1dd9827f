"""Where a work order stands: its facts, its next operation, how many pieces come to it."""

from __future__ import annotations

from decimal import Decimal

from app.core.db import db
from app.core.operators import operator
from app.masterdata.models import Item
from app.scheduling import queries as orders
from app.scheduling.models import OperationStatus, WorkOrder, WorkOrderOperation


def text(value: Decimal) -> str:
    """Return a quantity as it travels in process data."""
    return format(value, "f")


@operator
def work_order_facts(work_order_id: int) -> dict:
    """Return what the process says of a work order.

    Returns ``number item_id lot_id site_id document summary``.
    """
    order = orders.work_order(int(work_order_id))
    return {
        "number": order.number,
        "item_id": order.item_id,
        "lot_id": order.lot_id,
        "site_id": order.site_id,
        "document": order.document,
        "summary": f"{order.number} {order.item.number} × {text(order.quantity)}",
    }


@operator
def check_materials(work_order_id: int) -> dict:
    """Look whether everything a work order needs is on hand.

    Returns ``ready``; ``waiting_for``, the key of the first short item; ``short``, the short items' numbers.
    """
    short = orders.shortage(int(work_order_id))
    numbers = [db.session.get_one(Item, item_id).number for item_id, _quantity in short]
    return {"ready": not short, "waiting_for": f"item:{short[0][0]}" if short else "", "short": numbers}


@operator
def next_operation(work_order_id: int) -> dict:
    """Return the first unfinished operation of a work order.

    Operations no piece comes to are passed over.

    Returns ``kind`` (inside, outside or none) and, unless none, ``operation_id number name
    quantity work_centre supplier_id machine inspect``.
    """
    order = orders.work_order(int(work_order_id))
    for operation in order.operations:
        if operation.status is not OperationStatus.FINISHED and order.coming(operation):
            return _facts(order, operation)
    return {"kind": "none", "quantity": text(order.coming(None)), "inspect": False}


def _facts(order: WorkOrder, operation: WorkOrderOperation) -> dict:
    return {
        "kind": "inside" if operation.work_centre_id else "outside",
        "operation_id": operation.id,
        "number": operation.number,
        "name": operation.names,
        "quantity": text(order.waiting(operation)),
        "work_centre": operation.work_centre.code if operation.work_centre else "",
        "machine": operation.machine.code if operation.machine else "",
        "supplier_id": str(operation.supplier_id or ""),
        "next_supplier_id": str(_next_supplier(order, operation) or ""),
        "inspect": operation.inspect,
    }


def _next_supplier(order: WorkOrder, operation: WorkOrderOperation) -> int | None:
    """Return the supplier of the next operation when pieces go straight on to it."""
    following = [other for other in order.operations if other.number > operation.number]
    return following[0].supplier_id if following else None
