"""Work orders of the demo's past: released, issued, reported, worked on outside, received and costed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.core.db import db
from app.costing import services as costing
from app.masterdata.models import Item
from app.quality import services as quality
from app.scheduling import queries as scheduling
from app.scheduling import services as releasing
from app.scheduling.models import WorkOrder, WorkOrderOperation
from app.shopfloor import services as shopfloor
from app.subcontracting import services as subcontracting
from app.subcontracting.models import SubcontractOrder, SubcontractReceipt

if TYPE_CHECKING:
    from app.demo.history import Past

WORKERS = {"LATHE": "hung_v", "MILL": "hsu", "GRIND": "cheng", "WASH": "siti"}
SLOWER = Decimal("1.04")


@dataclass(frozen=True)
class Job:
    """One work order of the past: scrap by operation, days that outside work came late, and what was wrong."""

    released: date
    item: Item
    started: int
    scrap: dict[int, int]
    late: dict[int, int]
    defects: dict[int, str]


def make(past: Past, job: Job) -> None:
    """Make a quantity of one item, two days an operation."""
    released, item, started = job.released, job.item, job.started
    due = released + timedelta(days=21)
    with past.at(released, "wu") as day:
        made = releasing.make_work_order(
            past.site.id,
            item.id,
            Decimal(started),
            expected_good=(started * item.yield_ratio).to_integral_value(),
            release_date=day,
            due_date=due + past.shift,
        )
    with past.at(released, "liu", hour=3):
        shopfloor.issue_materials(made.id)
    order = scheduling.work_order(made.id)
    on = released
    for operation in order.operations:
        on += timedelta(days=2)
        lost = job.scrap.get(operation.number, 0)
        if operation.work_centre is None:
            late = job.late.get(operation.number, 0)
            wrong = job.defects.get(operation.number)
            on = _outside(past, on, order, operation, rejected=lost, late=late, defect=wrong)
        else:
            _inside(past, on, order, operation, lost, defect=job.defects.get(operation.number))
    with past.at(on, "siti", hour=7):
        done = shopfloor.finish_work_order(order.id)
    with past.at(on, "chou", hour=7):
        quality.request_inspection(
            "final", done["item_id"], done["lot_id"], done["quantity"], done["document"]
        )
    with past.at(on, "yang", hour=10):
        costing.close_work_order(order.id)


def _inside(
    past: Past, on: date, order: WorkOrder, operation: WorkOrderOperation, lost: int, *, defect: str | None
) -> None:
    from app.demo.history import inspect

    came = order.waiting(operation)
    told = {
        "good": str(came - lost),
        "scrap": str(lost),
        "scrap_reason": defect if lost else None,
        "setup_minutes": str(operation.setup_minutes + 5),
        "run_minutes": str(round(came * operation.run_minutes * SLOWER, 1)),
    }
    centre = operation.work_centre.code if operation.work_centre else ""
    with past.at(on, WORKERS[centre], hour=7):
        shopfloor.report_operation(order.id, operation.id, told)
    if operation.inspect:
        inspect(past, on, "operation", _pieces(order, operation, order.document, came - lost), 0)


def _pieces(
    order: WorkOrder, operation: WorkOrderOperation, document: str, quantity: Decimal
) -> dict[str, Any]:
    return {
        "item_id": order.item_id,
        "lot_id": None,
        "quantity": format(quantity, "f"),
        "document": document,
        "operation": operation.number,
        "site_id": order.site_id,
        "supplier_id": operation.supplier_id,
    }


def _outside(
    past: Past,
    on: date,
    order: WorkOrder,
    operation: WorkOrderOperation,
    *,
    rejected: int,
    late: int,
    defect: str | None,
) -> date:
    """Have an operation done outside. Returns the day the pieces came back."""
    from app.demo.history import inspect, pay

    came = order.waiting(operation)
    with past.at(on, "tsai"):
        sent = subcontracting.order_operation(
            work_order_id=str(order.id),
            operation_no=str(operation.number),
            item_id=str(order.item_id),
            quantity=format(came, "f"),
            supplier_id=str(operation.supplier_id),
            site_id=str(order.site_id),
        )
        key = str(sent["subcontract_order_id"])
        subcontracting.approve_order(key)
    with past.at(on, "liu", hour=3):
        subcontracting.ship_components(key)
    ordered = db.session.get_one(SubcontractOrder, int(key))
    back = ordered.due_date - past.shift + timedelta(days=late)
    weighed = format(came * Decimal("0.726"), "f") if ordered.by_weight else ""
    with past.at(back, "liu"):
        receipt = subcontracting.receive(
            key, quantity=format(came, "f"), second_quantity=weighed, complete=True
        )
    document = f"subcontract_order:{key}"
    inspection_id = None
    if operation.inspect:
        pieces = _pieces(order, operation, document, came)
        inspection_id = inspect(past, back, "operation", pieces, rejected, code=defect)
    with past.at(back, "chou", hour=6):
        found = db.session.get_one(SubcontractReceipt, receipt["receipt_id"])
        subcontracting.accept(
            str(found.id), str(inspection_id or ""), passed=True, good_quantity=format(came - rejected, "f")
        )
    pay(past, back, document)
    with past.at(back, "tsai", hour=9):
        subcontracting.close_order(key)
        shopfloor.complete_outside_operation(order.id, operation.id, int(key))
    return back
