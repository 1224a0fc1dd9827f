"""Reads for the shop floor's forms and boards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.models import User
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import format_quantity, localized
from app.core.operators import source
from app.core.words import labelled
from app.inventory import queries as stock
from app.masterdata.models import CodeKind, Item, Machine, ReasonCode, Site
from app.scheduling import queries as orders
from app.scheduling.capacity import DAY_MINUTES, overlap
from app.scheduling.models import WorkOrder, WorkOrderOperation
from app.shopfloor.models import Downtime, Run, TimeLog
from app.shopfloor.oee import ZERO, Effectiveness, effectiveness


def _heading(order: WorkOrder) -> dict[str, Any]:
    return {
        "number": order.number,
        "item": f"{order.item.number} {localized(order.item.names)}",
        "quantity": format_quantity(order.quantity, order.item.unit),
    }


def person(user_id: int | None) -> str:
    """Return a person's name; a dash for nobody."""
    user = db.session.get(User, user_id) if user_id else None
    return user.name if user else "–"


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
    used = select(Item).where(Item.id.in_([material.item_id for material in order.materials]))
    items = {item.id: item for item in db.session.scalars(used)}
    rows = []
    for material in order.materials:
        item = items[material.item_id]
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
        taken.append(labelled(there.lot.number if there.lot else "–", format_quantity(part)))
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
        .options(joinedload(Machine.work_centre))
        .where(Machine.work_centre_id == operation.work_centre_id, Machine.active)
        .order_by(Machine.code)
    )
    return [
        {"value": row.code, "label": f"{row.code} {localized(row.names or row.work_centre.names)}"}
        for row in rows
    ]


@source
def scrap_review(work_order_id: int) -> dict[str, Any]:
    """What was scrapped on a work order, against what its yield allows."""
    order = orders.work_order(int(work_order_id))
    codes = reason_names(CodeKind.DEFECT)
    rows = db.session.scalars(
        select(TimeLog)
        .where(TimeLog.work_order_id == order.id, TimeLog.scrap > 0)
        .options(selectinload(TimeLog.operation))
        .order_by(TimeLog.id)
    )
    rows_shown = [
        {
            "operation": f"{row.operation.number} {localized(row.operation.names)}",
            "scrap": format_quantity(row.scrap),
            "reason": f"{row.scrap_reason} {codes.get(row.scrap_reason or '', '')}",
            "who": person(row.user_id),
        }
        for row in rows
    ]
    allowed = order.expected_scrap
    return {
        **_heading(order),
        "scrap": format_quantity(order.scrap),
        "allowed": format_quantity(allowed),
        "reports": rows_shown,
    }


@dataclass(frozen=True)
class Equipment:
    """How well a machine was used in a period, and why it stood."""

    machine: Machine
    planned: Decimal
    run: Decimal
    total: Decimal
    good: Decimal
    figures: Effectiveness
    stops: list[tuple[str, Decimal]]


def equipment(site: Site, first: date, days: int) -> list[Equipment]:
    """Return each machine's effectiveness over ``days`` days from ``first``, by what was reported.

    Planned are the working minutes of its calendar that have passed; set-up and
    stops are lost time, the standard minutes of what was made the ideal.
    """
    span = orders.horizon(site, first, days)
    now = span.minute(clock.now())
    working = orders.working_minutes(span)
    begin, end = span.instant(0), span.instant(days * DAY_MINUTES)
    logs = _logs_by_machine(begin, end)
    stops = _stops_by_machine(begin, end)
    found = []
    for centre in orders.work_centres(site.id):
        for machine in centre.machines:
            if machine.active:
                planned = Decimal(overlap(working[machine.code], 0, min(days * DAY_MINUTES, now)))
                found.append(
                    _equipment(machine, planned, logs.get(machine.id, []), stops.get(machine.id, []))
                )
    return found


def _equipment(
    machine: Machine, planned: Decimal, logs: list[TimeLog], stops: list[tuple[str, Decimal]]
) -> Equipment:
    run = sum((log.run_minutes for log in logs), ZERO)
    good = sum((log.good for log in logs), ZERO)
    total = good + sum((log.scrap for log in logs), ZERO)
    ideal = sum((log.operation.run_minutes * (log.good + log.scrap) for log in logs), ZERO)
    figures = effectiveness(
        planned=planned, run=run, ideal_cycle=ideal / total if total else ZERO, total=total, good=good
    )
    return Equipment(machine, planned, run, total, good, figures, stops)


def _logs_by_machine(begin: datetime, end: datetime) -> dict[int, list[TimeLog]]:
    rows = db.session.scalars(
        select(TimeLog)
        .where(TimeLog.machine_id.is_not(None), TimeLog.reported_at >= begin, TimeLog.reported_at < end)
        .options(selectinload(TimeLog.operation))
    )
    found: dict[int, list[TimeLog]] = {}
    for row in rows:
        found.setdefault(row.machine_id or 0, []).append(row)
    return found


def _stops_by_machine(begin: datetime, end: datetime) -> dict[int, list[tuple[str, Decimal]]]:
    names = reason_names(CodeKind.STOP)
    rows = db.session.execute(
        select(Downtime.machine_id, Downtime.reason, func.sum(Downtime.minutes))
        .where(Downtime.machine_id.is_not(None), Downtime.reported_at >= begin, Downtime.reported_at < end)
        .group_by(Downtime.machine_id, Downtime.reason)
        .order_by(func.sum(Downtime.minutes).desc())
    )
    found: dict[int, list[tuple[str, Decimal]]] = {}
    for machine_id, reason, minutes in rows:
        if machine_id is not None:
            found.setdefault(machine_id, []).append((f"{reason} {names.get(reason, '')}".strip(), minutes))
    return found


def reason_names(kind: CodeKind) -> dict[str, str]:
    """Return the reason codes of a kind with their meaning in the reader's language."""
    rows = db.session.scalars(select(ReasonCode).where(ReasonCode.kind == kind).order_by(ReasonCode.code))
    return {row.code: localized(row.names) for row in rows}


def reports(work_order_id: int) -> list[TimeLog]:
    """Return what was reported on a work order, oldest first."""
    query = (
        select(TimeLog)
        .where(TimeLog.work_order_id == work_order_id)
        .options(selectinload(TimeLog.operation))
        .order_by(TimeLog.id)
    )
    return list(db.session.scalars(query))


def downtimes(order: WorkOrder) -> list[Downtime]:
    """Return the stops of a work order's operations, oldest first."""
    ids = [operation.id for operation in order.operations]
    return list(
        db.session.scalars(select(Downtime).where(Downtime.operation_id.in_(ids)).order_by(Downtime.id))
    )


def running() -> dict[int, Run]:
    """Return what runs now, by operation."""
    return {row.operation_id: row for row in db.session.scalars(select(Run).where(Run.stopped_at.is_(None)))}


def workers(document: str) -> set[int]:
    """Return who reported or ran operations of a work order named like ``work_order:7``; nobody for others."""
    kind, _colon, number = document.partition(":")
    if kind != "work_order" or not number.isdecimal():
        return set()
    reported = select(TimeLog.user_id).where(TimeLog.work_order_id == int(number))
    ran = (
        select(Run.user_id)
        .join(WorkOrderOperation, WorkOrderOperation.id == Run.operation_id)
        .where(WorkOrderOperation.work_order_id == int(number))
    )
    return {user for user in db.session.scalars(reported.union(ran)) if user is not None}
