"""What was done at an operation: pieces, minutes, stops; what inspection and subcontractors left of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.events import emit
from app.core.i18n import format_quantity
from app.core.inputs import decimal_input
from app.core.operators import operator
from app.core.words import status_label
from app.inventory import services as inventory
from app.inventory.models import LocationKind
from app.masterdata.models import Machine
from app.masterdata.queries import company
from app.scheduling import queries as orders
from app.scheduling.models import OperationStatus, WorkOrder, WorkOrderOperation, WorkOrderStatus
from app.scheduling.services import WORK_ORDER_FINISHED
from app.shopfloor.models import Downtime, TimeLog
from app.shopfloor.queries import find
from app.shopfloor.services import running
from app.shopfloor.services.progress import text
from app.subcontracting.models import SubcontractOrder

ZERO, HUNDRED = Decimal(0), Decimal(100)
MINUTES = 1


@dataclass(frozen=True)
class Report:
    """What an operator reports, read and checked."""

    good: Decimal
    scrap: Decimal
    scrap_reason: str | None
    setup: Decimal
    run: Decimal
    stop: Decimal
    stop_reason: str | None
    note: str | None


@operator
def report_operation(work_order_id: int, operation_id: int, report: dict) -> dict:
    """Book what an operator reports: good and scrapped pieces, minutes, stops.

    ``report`` is the form: ``good scrap scrap_reason setup_minutes run_minutes machine stop_reason
    stop_minutes note`` and ``complete``, no more pieces will come: the missing count as scrapped.
    Returns ``finished``, whether the operation is done, ``good`` of the operation, ``scrapped``
    now, ``scrap``, the work order's so far, and ``abnormal``, whether that is more than its yield allows.

    Raises:
        DomainError: more pieces than came in, or scrap or a stop without a reason.
        Conflict: the order's material is not issued yet, or the operation is done.
    """
    order = orders.work_order(int(work_order_id))
    operation = find(order, operation_id)
    _check_open(order, operation)
    told = _read(order, operation, report)
    machine = operation.machine = _machine(operation, report.get("machine"))
    db.session.add(
        TimeLog(
            work_order_id=order.id,
            operation_id=operation.id,
            machine_id=machine.id if machine else None,
            user_id=current_actor().user_id,
            reported_at=clock.now(),
            good=told.good,
            scrap=told.scrap,
            scrap_reason=told.scrap_reason if told.scrap else None,
            setup_minutes=told.setup,
            run_minutes=told.run,
            labour_minutes=told.setup + told.run * operation.crew,
            note=told.note,
        )
    )
    if told.stop:
        db.session.add(
            Downtime(
                machine_id=machine.id if machine else None,
                operation_id=operation.id,
                reason=told.stop_reason,
                minutes=told.stop,
                reported_at=clock.now(),
                user_id=current_actor().user_id,
            )
        )
    running.close(operation)
    _book_pieces(order, operation, told.good, told.scrap)
    return {
        "finished": operation.status is OperationStatus.FINISHED,
        "good": text(operation.good),
        "scrap": text(order.scrap),
        "scrapped": text(told.scrap),
        "abnormal": order.scrap > order.expected_scrap,
    }


def _check_open(order: WorkOrder, operation: WorkOrderOperation) -> None:
    if order.status is not WorkOrderStatus.IN_PROCESS:
        sentence = _("Nothing can be reported on work order {number}: it is {status}.")
        raise Conflict(
            "not_in_process", sentence.format(number=order.number, status=status_label(order.status))
        )
    if operation.status is OperationStatus.FINISHED:
        sentence = _("Operation {operation} of {number} is done already.")
        raise Conflict("operation_done", sentence.format(operation=operation.number, number=order.number))


def _read(order: WorkOrder, operation: WorkOrderOperation, report: dict[str, Any]) -> Report:
    places = order.item.unit_decimals
    good = decimal_input(report.get("good"), field="good", places=places, default=ZERO)
    scrap = decimal_input(report.get("scrap"), field="scrap", places=places, default=ZERO)
    if report.get("complete"):
        scrap += max(ZERO, order.waiting(operation) - good - scrap)
    told = Report(
        good=good,
        scrap=scrap,
        scrap_reason=report.get("scrap_reason") or None,
        setup=decimal_input(report.get("setup_minutes"), field="setup_minutes", places=MINUTES, default=ZERO),
        run=decimal_input(report.get("run_minutes"), field="run_minutes", places=MINUTES, default=ZERO),
        stop=decimal_input(report.get("stop_minutes"), field="stop_minutes", places=MINUTES, default=ZERO),
        stop_reason=report.get("stop_reason") or None,
        note=(report.get("note") or "").strip() or None,
    )
    if good + scrap <= 0:
        raise DomainError("nothing_reported", _("Report good or scrapped pieces."), field="good")
    if scrap and not told.scrap_reason:
        raise DomainError("no_reason", _("Say why pieces were scrapped."), field="scrap_reason")
    if told.stop and not told.stop_reason:
        raise DomainError("no_reason", _("Say why the machine stood."), field="stop_reason")
    _check_count(order, operation, good + scrap)
    return told


def _check_count(order: WorkOrder, operation: WorkOrderOperation, reported: Decimal) -> None:
    """Refuse more pieces than came; the first operation may make more than ordered within the tolerance."""
    there = order.coming(operation)
    most = there
    if operation is order.operations[0]:
        most = there * (HUNDRED + company().overrun_percent) / HUNDRED
    before = operation.good + operation.scrap
    if before + reported > most:
        raise DomainError(
            "more_than_there_is",
            _("{reported} reported, but only {there} came to this operation.").format(
                reported=format_quantity(before + reported), there=format_quantity(there)
            ),
            field="good",
        )


def _machine(operation: WorkOrderOperation, code: str | None) -> Machine | None:
    if not code:
        return operation.machine
    machine = db.session.scalar(select(Machine).where(Machine.code == code))
    if machine is None or machine.work_centre_id != operation.work_centre_id:
        sentence = _("Machine {machine} belongs to another work centre.")
        raise DomainError("other_work_centre", sentence.format(machine=code), field="machine")
    return machine


def _book_pieces(order: WorkOrder, operation: WorkOrderOperation, good: Decimal, scrap: Decimal) -> None:
    """Count pieces at an operation; scrapped ones leave the order."""
    operation.good += good
    operation.scrap += scrap
    operation.status = OperationStatus.STARTED
    if not order.waiting(operation):
        operation.status = OperationStatus.FINISHED
    _lose(order, scrap)


def _lose(order: WorkOrder, scrap: Decimal) -> None:
    """Count scrap on the order; what no longer can become good is no longer expected."""
    before = min(order.expected_good, max(ZERO, order.quantity - order.scrap))
    order.scrap += scrap
    lost = before - min(order.expected_good, max(ZERO, order.quantity - order.scrap))
    if lost > 0:
        inventory.reduce_expected(order.document, order.item_id, lost)
    db.session.flush()


@operator
def complete_outside_operation(work_order_id: int, operation_id: int, subcontract_order_id: int) -> dict:
    """Count what came back accepted from an outside operation; the rest is scrap.

    Returns ``good`` and ``scrap`` of the operation.
    """
    order = orders.work_order(int(work_order_id))
    operation = find(order, operation_id)
    came = order.waiting(operation)
    good = min(db.session.get_one(SubcontractOrder, int(subcontract_order_id)).accepted, came)
    _book_pieces(order, operation, good, came - good)
    return {"good": text(operation.good), "scrap": text(operation.scrap)}


@operator
def apply_inspection(
    work_order_id: int, operation_id: int, good_quantity: str, disposition: str | None = None
) -> dict:
    """Take the pieces an operation's inspection rejected out of the order.

    Returns ``good`` of the operation and ``rejected``, as text.
    """
    order = orders.work_order(int(work_order_id))
    operation = find(order, operation_id)
    left = decimal_input(good_quantity, field="good_quantity")
    rejected = max(ZERO, operation.good - left)
    if rejected:
        operation.good -= rejected
        operation.scrap += rejected
        _lose(order, rejected)
        audit.record(
            "operation.rejected",
            order.document,
            after={"operation": operation.number, "rejected": rejected, "disposition": disposition},
        )
    return {"good": text(operation.good), "rejected": text(rejected)}


@operator
def finish_work_order(work_order_id: int) -> dict:
    """Receive the finished pieces into the inspection location, as the work order's lot.

    Returns ``lot_id``, ``item_id``, ``quantity`` (text) and ``document``.

    Raises:
        Conflict: the order is finished already, or pieces still wait at an operation.
    """
    order = orders.work_order(int(work_order_id))
    for operation in order.operations:
        if operation.status is not OperationStatus.FINISHED and order.waiting(operation):
            sentence = _("Pieces still wait at operation {operation} of {number}.")
            raise Conflict("not_made", sentence.format(operation=operation.number, number=order.number))
    good = order.operations[-1].good
    order.good = good
    order.finished_at = clock.now()
    order.move_to(WorkOrderStatus.FINISHED)
    inventory.cancel_expected(order.document)
    if good:
        inventory.post(
            order.item_id,
            good,
            source=inventory.location(order.site_id, LocationKind.WIP),
            target=inventory.location(order.site_id, LocationKind.INSPECTION),
            document=order.document,
            lot_id=order.lot_id,
        )
    emit(WORK_ORDER_FINISHED, key=order.document, work_order_id=order.id)
    audit.record("work_order.finished", order.document, after={"good": good, "scrap": order.scrap})
    return {
        "lot_id": order.lot_id,
        "item_id": order.item_id,
        "quantity": text(good),
        "document": order.document,
    }
