"""Issue material, report operations, receive the finished lot."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.events import emit
from app.core.i18n import format_quantity
from app.core.operators import operator
from app.inventory import queries as stock
from app.inventory import services as inventory
from app.inventory.models import LocationKind, Lot, LotConsumption
from app.masterdata.models import Item, Machine
from app.masterdata.queries import company
from app.scheduling import queries as orders
from app.scheduling.models import (
    OperationStatus,
    WorkOrder,
    WorkOrderMaterial,
    WorkOrderOperation,
    WorkOrderStatus,
)
from app.scheduling.services import WORK_ORDER_FINISHED
from app.shopfloor.models import Downtime, TimeLog
from app.subcontracting.models import SubcontractOrder

ZERO = Decimal(0)


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
        "document": _document(order),
        "summary": f"{order.number} {order.item.number} × {_text(order.quantity)}",
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
def issue_materials(work_order_id: int) -> dict:
    """Issue everything still unissued, oldest lots first.

    Returns ``issued``, how many lots were touched.
    """
    order = orders.work_order(int(work_order_id))
    issued = sum(_issue(order, material) for material in order.materials if material.unissued)
    if order.status is WorkOrderStatus.RELEASED:
        order.move_to(WorkOrderStatus.IN_PROCESS)
    audit.record("work_order.materials_issued", _document(order), after={"lots": issued})
    return {"issued": issued}


def _issue(order: WorkOrder, material: WorkOrderMaterial) -> int:
    """Issue one component by FIFO. Returns from how many lots."""
    left, touched = material.unissued, 0
    wip = inventory.location(order.site_id, LocationKind.WIP)
    for there in stock.usable(material.item_id, order.site_id, owner_id=material.owner_id):
        taken = min(left, there.free)
        if taken <= 0:
            continue
        inventory.post(
            material.item_id,
            taken,
            source=there.balance.location,
            target=wip,
            document=_document(order),
            lot_id=there.lot.id if there.lot else None,
            owner_id=material.owner_id,
        )
        if there.lot and order.lot_id:
            inventory.record_consumption(order.lot_id, there.lot.id, taken, _document(order))
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
    inventory.reduce_expected(_document(order), material.item_id, material.unissued)
    material.issued = material.required
    return touched


@operator
def next_operation(work_order_id: int) -> dict:
    """Return the first unfinished operation of a work order.

    Returns ``kind`` (inside, outside or none) and, unless none, ``operation_id number name
    quantity work_centre supplier_id machine inspect``.
    """
    order = orders.work_order(int(work_order_id))
    for operation in order.operations:
        if operation.status is not OperationStatus.FINISHED:
            return _facts(order, operation)
    return {"kind": "none", "quantity": _text(_input(order, None)), "inspect": False}


def _facts(order: WorkOrder, operation: WorkOrderOperation) -> dict:
    return {
        "kind": "inside" if operation.work_centre_id else "outside",
        "operation_id": operation.id,
        "number": operation.number,
        "name": operation.names,
        "quantity": _text(_input(order, operation) - operation.good - operation.scrap),
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


@operator
def report_operation(work_order_id: int, operation_id: int, report: dict) -> dict:
    """Book what an operator reports: good and scrapped pieces, minutes, stops.

    ``report`` is the form: ``good scrap scrap_reason setup_minutes run_minutes machine stop_reason
    stop_minutes note``. Returns ``finished``, whether the operation is done, ``scrap``, the work order's
    scrap so far, and ``abnormal``, whether that is more than its yield allows.

    Raises:
        DomainError: more pieces than came in, or scrap without a reason.
    """
    order = orders.work_order(int(work_order_id))
    operation = next(row for row in order.operations if row.id == int(operation_id))
    good, scrap = Decimal(report.get("good") or 0), Decimal(report.get("scrap") or 0)
    _check_counts(order, operation, good, scrap, report.get("scrap_reason"))
    machine = db.session.scalar(select(Machine).where(Machine.code == (report.get("machine") or "")))
    machine_id = machine.id if machine else operation.machine_id
    setup, run = Decimal(report.get("setup_minutes") or 0), Decimal(report.get("run_minutes") or 0)
    db.session.add(
        TimeLog(
            work_order_id=order.id,
            operation_id=operation.id,
            machine_id=machine_id,
            user_id=current_actor().user_id,
            reported_at=clock.now(),
            good=good,
            scrap=scrap,
            scrap_reason=report.get("scrap_reason") or None,
            setup_minutes=setup,
            run_minutes=run,
            labour_minutes=setup + run * operation.crew,
            note=report.get("note") or None,
        )
    )
    _book_stop(operation, machine_id, report)
    _book_pieces(order, operation, good, scrap)
    return {
        "finished": operation.status is OperationStatus.FINISHED,
        "good": _text(operation.good),
        "scrap": _text(order.scrap),
        "abnormal": order.scrap > order.quantity - order.expected_good,
    }


def _check_counts(
    order: WorkOrder, operation: WorkOrderOperation, good: Decimal, scrap: Decimal, reason: str | None
) -> None:
    if good + scrap <= 0:
        raise DomainError("nothing_reported", _("Report good or scrapped pieces."), field="good")
    if scrap and not reason:
        raise DomainError("no_reason", _("Say why pieces were scrapped."), field="scrap_reason")
    there = _input(order, operation) - operation.good - operation.scrap
    allowed = there * (1 + company().overrun_percent / 100) if operation is order.operations[0] else there
    if good + scrap > allowed:
        raise DomainError(
            "more_than_there_is",
            _("{reported} reported, but only {there} came to this operation.").format(
                reported=format_quantity(good + scrap), there=format_quantity(there)
            ),
            field="good",
        )


def _book_stop(operation: WorkOrderOperation, machine_id: int | None, report: dict) -> None:
    minutes = Decimal(report.get("stop_minutes") or 0)
    if minutes:
        if not report.get("stop_reason"):
            raise DomainError("no_reason", _("Say why the machine stood."), field="stop_reason")
        db.session.add(
            Downtime(
                machine_id=machine_id,
                operation_id=operation.id,
                reason=report["stop_reason"],
                minutes=minutes,
                reported_at=clock.now(),
                user_id=current_actor().user_id,
            )
        )


def _book_pieces(order: WorkOrder, operation: WorkOrderOperation, good: Decimal, scrap: Decimal) -> None:
    """Count pieces at an operation; scrapped ones leave the order."""
    operation.good += good
    operation.scrap += scrap
    order.scrap += scrap
    operation.status = OperationStatus.STARTED
    if operation.good + operation.scrap >= _input(order, operation):
        operation.status = OperationStatus.FINISHED
    if scrap:
        lost = min(scrap, _expected(order))
        if lost and order.expected_good > order.quantity - order.scrap:
            inventory.reduce_expected(_document(order), order.item_id, lost)


def _expected(order: WorkOrder) -> Decimal:
    return max(ZERO, order.expected_good - order.good)


@operator
def complete_outside_operation(work_order_id: int, operation_id: int, subcontract_order_id: int) -> dict:
    """Count what came back accepted from an outside operation; the rest is scrap.

    Returns ``good`` and ``scrap`` of the operation.
    """
    order = orders.work_order(int(work_order_id))
    operation = next(row for row in order.operations if row.id == int(operation_id))
    came = _input(order, operation) - operation.good - operation.scrap
    good = min(db.session.get_one(SubcontractOrder, int(subcontract_order_id)).accepted, came)
    _book_pieces(order, operation, good, came - good)
    return {"good": _text(operation.good), "scrap": _text(operation.scrap)}


@operator
def finish_work_order(work_order_id: int) -> dict:
    """Receive the finished pieces into the inspection location, as the work order's lot.

    Returns ``lot_id``, ``item_id``, ``quantity`` (text) and ``document``.
    """
    order = orders.work_order(int(work_order_id))
    good = order.operations[-1].good
    order.good = good
    order.finished_at = clock.now()
    order.move_to(WorkOrderStatus.FINISHED)
    document = _document(order)
    inventory.cancel_expected(document)
    if good:
        inventory.post(
            order.item_id,
            good,
            source=inventory.location(order.site_id, LocationKind.WIP),
            target=inventory.location(order.site_id, LocationKind.INSPECTION),
            document=document,
            lot_id=order.lot_id,
        )
    emit(WORK_ORDER_FINISHED, key=document, work_order_id=order.id)
    audit.record("work_order.finished", document, after={"good": good, "scrap": order.scrap})
    return {"lot_id": order.lot_id, "item_id": order.item_id, "quantity": _text(good), "document": document}


@operator
def return_materials(work_order_id: int, item_id: int, quantity: str, reason: str) -> dict:
    """Return issued material that was not used to stock, into the lots it came from.

    Returns ``returned``, the quantity as text.
    """
    order = orders.work_order(int(work_order_id))
    material = next(row for row in order.materials if row.item_id == int(item_id))
    left = min(Decimal(quantity), material.issued)
    used = db.session.scalars(
        select(LotConsumption)
        .where(LotConsumption.document == _document(order), LotConsumption.lot_id == order.lot_id)
        .order_by(LotConsumption.id.desc())
    )
    returned = ZERO
    for row in used:
        if db.session.get_one(Lot, row.consumed_lot_id).item_id != material.item_id or not left:
            continue
        back = min(left, row.quantity)
        inventory.post(
            material.item_id,
            back,
            source=inventory.location(order.site_id, LocationKind.WIP),
            target=inventory.location(order.site_id, LocationKind.INTERNAL),
            document=_document(order),
            lot_id=row.consumed_lot_id,
            owner_id=material.owner_id,
            reason=reason,
        )
        left, returned = left - back, returned + back
        if back == row.quantity:
            db.session.delete(row)
        else:
            row.quantity -= back
    material.issued -= returned
    return {"returned": _text(returned)}


def _input(order: WorkOrder, operation: WorkOrderOperation | None) -> Decimal:
    """Return how many pieces come to an operation: what the one before let through."""
    before = [row for row in order.operations if operation is None or row.number < operation.number]
    return before[-1].good if before else order.quantity


def _document(order: WorkOrder) -> str:
    return f"work_order:{order.id}"


def _text(value: Decimal) -> str:
    return format(value, "f")
