"""Purchase orders: made from requisitions, approved by limit, sent, followed up, closed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.events import emit
from app.core.inputs import date_input, decimal_input
from app.core.money import round_money
from app.core.numbering import next_number
from app.core.operators import operator
from app.core.words import status_label
from app.inventory import services as inventory
from app.inventory.models import LocationKind
from app.masterdata import queries as masterdata
from app.masterdata.models import Item, Partner, Site
from app.purchasing import PURCHASE_ORDER_CLOSED, REQUISITION_DECIDED, queries
from app.purchasing.models import (
    OrderStatus,
    PurchaseOrder,
    PurchaseOrderLine,
    Requisition,
    RequisitionLine,
    RequisitionStatus,
)
from app.purchasing.services import after_fact, pricing, requisitions
from app.purchasing.sourcing import percent_over


@operator
def create_order(requisition_id: str) -> dict:
    """Draft the purchase order of a requisition at the approved prices in force.

    Returns ``order_id``, ``number``, ``supplier``, ``amount`` and ``due_date``, the first line's.
    """
    requisition = requisitions.load(int(requisition_id))
    if requisition.supplier_id is None:
        raise DomainError(
            "no_supplier", _("Requisition {number} has no supplier.").format(number=requisition.number)
        )
    supplier = db.session.get_one(Partner, requisition.supplier_id)
    today = clock.today(db.session.get_one(Site, requisition.site_id).timezone)
    requisition.move_to(RequisitionStatus.ORDERED)
    order = _draft(requisition, supplier, today)
    order.lines = [_line(line, supplier, today) for line in requisition.lines]
    db.session.add(order)
    db.session.flush()
    if requisition.after_the_fact and requisition.bought_on:
        recorded = requisition.created_at.astimezone(ZoneInfo(_site(order).timezone)).date()
        after_fact.mark(order, requisition.bought_on, requisition.reason or "", recorded)
    inventory.cancel_expected(f"requisition:{requisition.id}")
    expect(order)
    return facts(order)


def _site(order: PurchaseOrder) -> Site:
    return db.session.get_one(Site, order.site_id)


def _draft(requisition: Requisition, supplier: Partner, today: date) -> PurchaseOrder:
    return PurchaseOrder(
        number=next_number("PO", on=today),
        site_id=requisition.site_id,
        supplier_id=supplier.id,
        supplier=supplier,
        requisition_id=requisition.id,
        requester_id=requisition.requester_id,
        status=OrderStatus.DRAFT,
        ordered_on=today,
        currency=supplier.currency,
        decimals=masterdata.money_decimals(supplier.currency),
        rate=masterdata.currency_rate(supplier.currency, today),
        vat_percent=masterdata.company().vat_percent if supplier.vat == "taxable" else Decimal(0),
        in_plan=requisition.plan_id is not None,
        created_at=clock.now(),
    )


def _line(line: RequisitionLine, supplier: Partner, today: date) -> PurchaseOrderLine:
    """Price one line: at the approved price in force, else at nothing until the buyer says."""
    made = PurchaseOrderLine(
        number=line.number,
        item_id=line.item_id,
        description=line.description,
        quantity=line.quantity,
        price=Decimal(0),
        price_unit="",
        due_date=line.needed_on,
        planned_order_id=line.planned_order_id,
    )
    if line.item_id is None:
        return made
    item = db.session.get_one(Item, line.item_id)
    made.item, made.price_unit = item, item.unit
    price = pricing.in_force(item.id, supplier.id, line.quantity, today)
    if price is not None:
        units = pricing.ratio(item, price.unit)
        made.price_unit, made.numerator, made.denominator = price.unit, units.numerator, units.denominator
        to_order = masterdata.currency_rate(price.currency, today) / masterdata.currency_rate(
            supplier.currency, today
        )
        places = masterdata.price_decimals()
        own = price.currency == supplier.currency
        made.price = made.list_price = price.price if own else round_money(price.price * to_order, places)
    return made


def expect(order: PurchaseOrder) -> None:
    """Announce what an order still has to bring, in place of what it announced before."""
    document = f"purchase_order:{order.id}"
    inventory.cancel_expected(document)
    source = inventory.location(order.site_id, LocationKind.SUPPLIER)
    target = inventory.location(order.site_id, LocationKind.INTERNAL)
    for line in order.lines:
        still_open = line.quantity - line.received
        if line.item_id and still_open > 0:
            inventory.expect(
                line.item_id,
                still_open,
                source=source,
                target=target,
                on=line.promised_date or line.due_date,
                document=document,
                line=str(line.number),
                unit_cost=queries.stock_unit_cost(order, line),
            )


@operator
def prepare_order(
    order_id: str,
    lines: list,
    note: str = "",
    send: bool = True,
    *,
    bought_on: str = "",
    reason: str = "",
) -> dict:
    """Take over what the buyer settled per line: rows with ``line_id price due_date``.

    ``bought_on``: the goods or the invoice came before the order; ``reason`` says why it is written after.
    Returns the order's facts and ``send``, whether the buyer wants it sent.
    """
    order = load(int(order_id))
    _refuse_unless(order, OrderStatus.DRAFT)
    by_id = {line.id: line for line in order.lines}
    places = masterdata.price_decimals()
    for index, row in enumerate(lines or []):
        line = by_id.get(int(row.get("line_id") or 0))
        if line is None:
            raise DomainError("line", _("This line is not on the order."), field=f"lines.{index}")
        line.price = decimal_input(
            row.get("price"), field=f"lines.{index}.price", default=line.price, places=places
        )
        line.due_date = date_input(
            row.get("due_date"), field=f"lines.{index}.due_date", default=line.due_date
        )
    if send and any(not line.price for line in order.lines):
        raise DomainError("no_price", _("Every line needs a price before the order is sent."), field="lines")
    order.note = (note or "").strip() or None
    order.buyer_id = current_actor().user_id
    if bought_on and send:
        day = after_fact.bought_day(bought_on, order.site_id)
        after_fact.mark(order, day, reason or "", clock.today(_site(order).timezone))
    db.session.flush()
    expect(order)
    return facts(order) | {"send": bool(send)}


@operator
def approval_facts(document: str) -> dict:
    """Gather what the approval limits ask about a purchase or subcontract order.

    Returns ``month_total`` of its supplier and requester, ``regular`` (approved price and plan),
    ``exceptional`` (too far above list by the company's setting, or supplier not approved), as yes or no, and ``after_the_fact``: yes, no or late,
    with ``document`` and ``summary``.
    """
    found = queries.approval_basis(document)
    over = max(
        (percent_over(price, listed) for price, listed in found.prices if listed is not None),
        default=Decimal(0),
    )
    unlisted = any(listed is None for _price, listed in found.prices)
    exceptional = over > masterdata.company().dear_percent or not found.supplier_approved
    return {
        "document": document,
        "summary": found.summary,
        "month_total": format(found.month_total, "f"),
        "amount": format(found.amount, "f"),
        "over_percent": format(over.quantize(Decimal("0.01")), "f"),
        "regular": _yes(found.in_plan and not unlisted and over <= 0 and found.supplier_approved),
        "exceptional": _yes(exceptional),
        "after_the_fact": "late" if found.recorded_late else _yes(found.after_the_fact),
    }


@operator
def send_order(order_id: str) -> dict:
    """Send an approved order to the supplier. Returns its facts and ``follow_up``, when to chase it."""
    order = load(int(order_id))
    if order.status is OrderStatus.DRAFT:
        order.move_to(OrderStatus.SENT)
        order.sent_at = clock.now()
        _decided(order)
        audit.record("purchase_order.sent", f"purchase_order:{order.id}", after={"number": order.number})
    return facts(order)


@operator
def cancel_order(order_id: str, reason: str = "") -> dict:
    """Cancel an order that nothing has arrived for, and what it expected. Returns its facts."""
    order = load(int(order_id))
    order.move_to(OrderStatus.CANCELLED)
    inventory.cancel_expected(f"purchase_order:{order.id}")
    _decided(order)
    audit.record("purchase_order.cancelled", f"purchase_order:{order.id}", reason=reason)
    return facts(order)


def _decided(order: PurchaseOrder) -> None:
    """Tell who waits for what becomes of the order's requisition."""
    if order.requisition_id is not None:
        emit(REQUISITION_DECIDED, key=f"requisition:{order.requisition_id}", order_id=order.id)


@operator
def close_order(order_id: str) -> dict:
    """Close an order that is received, invoiced and matched, and tell who waits. Returns its facts."""
    order = load(int(order_id))
    order.move_to(OrderStatus.CLOSED)
    order.closed_at = clock.now()
    inventory.cancel_expected(f"purchase_order:{order.id}")
    emit(PURCHASE_ORDER_CLOSED, key=f"purchase_order:{order.id}", purchase_order_id=order.id)
    return facts(order)


def facts(order: PurchaseOrder) -> dict:
    """Give what a process needs to know about an order."""
    due = min(line.promised_date or line.due_date for line in order.lines)
    days = max(1, (due - clock.today(db.session.get_one(Site, order.site_id).timezone)).days + 1)
    return {
        "order_id": order.id,
        "number": order.number,
        "supplier": order.supplier.names,
        "amount": format(queries.order_amount(order), "f"),
        "due_date": due.isoformat(),
        "follow_up": f"P{days}D",
        "after_the_fact": order.after_the_fact,
    }


def load(order_id: int) -> PurchaseOrder:
    """Load an order with its lines, their items and its supplier, locked."""
    return db.session.scalars(
        select(PurchaseOrder)
        .where(PurchaseOrder.id == order_id)
        .options(
            selectinload(PurchaseOrder.lines).selectinload(PurchaseOrderLine.item),
            selectinload(PurchaseOrder.supplier),
        )
        .with_for_update()
    ).one()


def _refuse_unless(order: PurchaseOrder, status: OrderStatus) -> None:
    if order.status is not status:
        sentence = _("Purchase order {number} is {status}.")
        raise Conflict(
            "purchase_order_status", sentence.format(number=order.number, status=status_label(order.status))
        )


def _yes(condition: bool) -> str:
    return "yes" if condition else "no"
