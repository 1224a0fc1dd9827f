"""What a work order, or a subcontract order for a whole item, took and gave: the input of its costing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.core.money import ZERO, round_money
from app.costing import variances
from app.costing.queries import invoices, ledger, standards, wages
from app.masterdata import queries as masterdata
from app.masterdata.models import Item, Site
from app.scheduling.models import WorkOrder, WorkOrderOperation
from app.shopfloor.models import Downtime, TimeLog
from app.subcontracting import queries as subcontracting
from app.subcontracting.models import Form, SubcontractOrder
from app.subcontracting.reconciliation import charge

METHODS = ("moving_average", "fifo", "last_purchase")


@dataclass(frozen=True)
class Used:
    """One component: allowed by the standard and really used, valued by the posted and each other method."""

    item: Item
    allowed: Decimal
    quantity: Decimal
    standard_price: Decimal
    posted: Decimal
    by_method: dict[str, Decimal]


@dataclass(frozen=True)
class Production:
    """A produced quantity with everything its cost is made of; ``outside`` by subcontract order."""

    document: str
    number: str
    item: Item
    finished: bool
    order: variances.Order
    used: tuple[Used, ...]
    outside: dict[str, Decimal]


def work_order_facts(work_order_id: int) -> Production:
    """Read a work order with its issues, reports and outside operations.

    Raises:
        NotFound: there is no such work order.
    """
    order = db.session.scalar(
        select(WorkOrder)
        .options(
            selectinload(WorkOrder.item),
            selectinload(WorkOrder.operations).selectinload(WorkOrderOperation.work_centre),
        )
        .where(WorkOrder.id == work_order_id)
    )
    if order is None:
        raise NotFound("no_work_order", _("There is no such work order."))
    document = f"work_order:{order.id}"
    started = max(order.good + order.scrap, order.good)
    outside = _outside_orders(order)
    return _production(
        document,
        order.number,
        order.item,
        on=order.release_date,
        good=order.good,
        started=started,
        expected_scrap=order.expected_scrap,
        finished=order.finished_at is not None,
        works=_works(order, outside),
        outside=_costs(one for rows in outside.values() for one in rows),
    )


def subcontract_facts(subcontract_order_id: int) -> Production:
    """Read a subcontract order for a whole item with the components it used and its fee.

    Raises:
        NotFound: there is no such order, or it is for an operation only.
    """
    order = db.session.scalar(
        select(SubcontractOrder)
        .options(selectinload(SubcontractOrder.item))
        .where(SubcontractOrder.id == subcontract_order_id, SubcontractOrder.form == Form.WHOLE_ITEM)
    )
    if order is None:
        raise NotFound("no_subcontract_order", _("There is no such subcontract order."))
    work = variances.Work(
        0,
        order.received,
        outside_price=standards.outside_price(order.item, None, order.ordered_on),
        outside_quantity=order.accepted,
        outside_cost=outside_cost(order),
    )
    return _production(
        f"subcontract_order:{order.id}",
        order.number,
        order.item,
        on=order.ordered_on,
        good=order.received,
        started=order.received,
        expected_scrap=ZERO,
        finished=order.received + order.lost >= order.quantity or order.closed_at is not None,
        works=[work],
        outside=_costs([order]),
    )


def _costs(orders: Iterable[SubcontractOrder]) -> dict[str, Decimal]:
    return {f"subcontract_order:{order.id}": outside_cost(order) for order in orders}


def outside_cost(order: SubcontractOrder) -> Decimal:
    """The fee for what was accepted so far, in the company's currency: as invoiced, the rest as agreed."""
    quantity = subcontracting.billable_quantity(order)
    billed = invoices.billed_outside(order)
    if billed.quantity and billed.quantity >= quantity:
        return billed.amount
    quantity -= billed.quantity
    if not order.by_weight:
        quantity = quantity * order.denominator / order.numerator
    rate = masterdata.currency_rate(order.currency, order.ordered_on)
    minimum = ZERO if billed.quantity else order.minimum_charge
    amount = charge(quantity, order.price, minimum=minimum) * rate
    return billed.amount + round_money(amount, masterdata.company().document_decimals)


def _production(
    document: str,
    number: str,
    item: Item,
    *,
    on: date,
    good: Decimal,
    started: Decimal,
    expected_scrap: Decimal,
    finished: bool,
    works: list[variances.Work],
    outside: dict[str, Decimal],
) -> Production:
    standard = standards.in_force(item.id, on)
    used, by_products = _used(document, item, on, good)
    received = -sum((value for _item, value in _received(document, item)), ZERO)
    materials = [
        variances.Material(
            one.item.number,
            one.allowed / good if good else ZERO,
            one.standard_price,
            one.quantity,
            one.posted,
        )
        for one in used
    ]
    order = variances.Order(
        good=good,
        started=started,
        received_value=received,
        lot_size=standard.lot_size if standard else max(started, Decimal(1)),
        rates=standards.rates(),
        materials=materials,
        works=works,
        by_product_credit=by_products,
        expected_scrap=expected_scrap,
    )
    return Production(document, number, item, finished, order, tuple(used), outside)


def _received(document: str, item: Item) -> list[tuple[Item, Decimal]]:
    """What WIP was credited for the item itself, negative."""
    method = ledger.method_of(item, masterdata.company().costing_method)
    return [
        (item, -(value.value + value.difference))
        for value, move in ledger.document_values(document, method)
        if move.item_id == item.id
    ]


def _used(document: str, made: Item, on: date, good: Decimal) -> tuple[list[Used], Decimal]:
    """The components issued less returned, and the value of by-products that came out."""
    company = masterdata.company()
    sums: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for value, move in ledger.document_values(document):
        if move.item_id != made.id:
            sums[move.item_id][value.method.value] -= value.value + value.difference
            sums[move.item_id][f"{value.method.value} quantity"] -= value.quantity
    planned = {item.id: line.quantity * (1 + line.scrap) for line, item in standards.components(made.id, on)}
    items = {
        item.id: item
        for item in db.session.scalars(select(Item).where(Item.id.in_(sums.keys() | planned.keys())))
    }
    used, by_products = [], ZERO
    for item_id in sorted(items):
        item, values = items[item_id], sums[item_id]
        method = ledger.method_of(item, company.costing_method).value
        quantity = values[f"{method} quantity"]
        if quantity < 0 and item_id not in planned:
            by_products -= values[method]
            continue
        used.append(
            Used(
                item,
                good * planned.get(item_id, ZERO),
                quantity,
                standards.standard_of(item, on),
                values[method],
                {name: values[name] for name in METHODS},
            )
        )
    return used, by_products


def _works(order: WorkOrder, outside: dict[int, list[SubcontractOrder]]) -> list[variances.Work]:
    """The operations with what was reported on them."""
    zone = db.session.get_one(Site, order.site_id).timezone
    logged: dict[int, list[TimeLog]] = defaultdict(list)
    for log in db.session.scalars(select(TimeLog).where(TimeLog.work_order_id == order.id)):
        logged[log.operation_id].append(log)
    ids = [step.id for step in order.operations]
    stopped: dict[int, list[Downtime]] = defaultdict(list)
    for stop in db.session.scalars(select(Downtime).where(Downtime.operation_id.in_(ids))):
        stopped[stop.operation_id or 0].append(stop)
    found = []
    for step in order.operations:
        if step.work_centre is None:
            found.append(_outside_work(order, step, outside.get(step.number, [])))
        else:
            found.append(_inside_work(step, zone, logged[step.id], stopped[step.id]))
    return found


def _inside_work(
    step: WorkOrderOperation, zone: str, logged: list[TimeLog], stopped: list[Downtime]
) -> variances.Work:
    """An operation in the own shop; people who wait while a machine stands are paid: idle.

    What an hour really cost comes from payroll, by month; where none was entered, the standard wage.
    """
    centre = step.work_centre
    assert centre is not None  # noqa: S101 - the caller looked
    company = masterdata.company()
    wage = company.labour_per_hour if centre.labour_per_hour is None else centre.labour_per_hour
    setup = sum((log.setup_minutes for log in logged), ZERO)
    run = sum((log.run_minutes for log in logged), ZERO)
    paid = [(log.reported_at, log.labour_minutes) for log in logged]
    waited = [(stop.reported_at, stop.minutes * step.crew) for stop in stopped]
    cost = sum(
        (minutes * wages.paid_per_hour(centre.id, at, zone, wage) for at, minutes in paid + waited), ZERO
    )
    idle = sum((minutes for _at, minutes in waited), ZERO)
    return variances.Work(
        step.number,
        step.good + step.scrap,
        setup_minutes=step.setup_minutes,
        run_minutes=step.run_minutes,
        crew=step.crew,
        machine_rate=centre.machine_per_hour,
        labour_rate=wage,
        actual_setup_minutes=setup,
        actual_machine_minutes=setup + run,
        actual_labour_minutes=sum((minutes for _at, minutes in paid), idle),
        idle_minutes=idle,
        labour_cost=cost / variances.HOUR,
        machine_cost=(setup + run) * centre.machine_per_hour / variances.HOUR,
    )


def _outside_orders(order: WorkOrder) -> dict[int, list[SubcontractOrder]]:
    found: dict[int, list[SubcontractOrder]] = defaultdict(list)
    rows = select(SubcontractOrder).where(
        SubcontractOrder.work_order_id == order.id, SubcontractOrder.form == Form.OPERATION
    )
    for row in db.session.scalars(rows):
        found[row.operation or 0].append(row)
    return found


def _outside_work(order: WorkOrder, step: WorkOrderOperation, rows: list[SubcontractOrder]) -> variances.Work:
    """An operation at a subcontractor's; what was accepted is paid."""
    price = standards.outside_price(order.item, step.number, order.release_date, step.supplier_id)
    return variances.Work(
        step.number,
        step.good + step.scrap,
        outside_price=price,
        outside_quantity=sum((row.accepted for row in rows), ZERO),
        outside_cost=sum((outside_cost(row) for row in rows), ZERO),
    )
