"""What decisions about subcontract orders and suppliers are based on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.db import db
from app.core.i18n import format_date, format_quantity, localized
from app.core.money import round_money
from app.masterdata import queries as masterdata
from app.masterdata.models import Item
from app.subcontracting.models import (
    Contract,
    ContractStatus,
    DeliveryRecord,
    Offer,
    Selection,
    SubcontractOrder,
    SubcontractReceipt,
    SupplierScore,
)
from app.subcontracting.reconciliation import charge
from app.subcontracting.scoring import Period

ZERO = Decimal(0)
QUARTER_MONTHS = 3


def order_amount(order: SubcontractOrder) -> Decimal:
    """Value the whole order at its price, in company currency, before tax."""
    quantity = order.quantity * order.denominator / order.numerator
    rate = masterdata.currency_rate(order.currency, order.ordered_on)
    amount = round_money(charge(quantity, order.price, minimum=order.minimum_charge), order.decimals)
    return round_money(amount * rate, masterdata.company().document_decimals)


def billable_quantity(order: SubcontractOrder) -> Decimal:
    """Give what the supplier may invoice: accepted pieces, or what was weighed of accepted receipts."""
    if not order.by_weight:
        return order.accepted
    receipts = db.session.scalars(select(SubcontractReceipt).where(SubcontractReceipt.order_id == order.id))
    shares = (
        (receipt.second_quantity or ZERO) * receipt.accepted / receipt.quantity
        for receipt in receipts
        if receipt.quantity
    )
    return sum((share.quantize(Decimal("0.001")) for share in shares), ZERO)


def contract_in_force(supplier_id: int, on: date) -> Contract | None:
    """Find the supplier's contract that is in force on a day."""
    return db.session.scalar(
        select(Contract)
        .where(
            Contract.supplier_id == supplier_id,
            Contract.status == ContractStatus.IN_FORCE,
            Contract.valid_from <= on,
            Contract.valid_to >= on,
        )
        .order_by(Contract.version.desc())
        .limit(1)
    )


def approval_lines(order_id: int) -> list[dict[str, str]]:
    """Show an order to its approvers the way a purchase order's lines are shown."""
    order = db.session.get_one(SubcontractOrder, order_id)
    item = db.session.get_one(Item, order.item_id)
    return [
        {
            "item": f"{item.number} {localized(item.names)}",
            "quantity": format_quantity(order.quantity, item.unit),
            "price": f"{format_quantity(order.price)} / {order.price_unit}",
            "list_price": format_quantity(order.price if order.approved_price else None),
            "due_date": format_date(order.due_date),
        }
    ]


def score_text(supplier_id: int) -> str:
    """Tell a supplier's latest score in a few words."""
    latest = db.session.scalar(
        select(SupplierScore)
        .where(SupplierScore.supplier_id == supplier_id)
        .order_by(SupplierScore.as_of.desc())
        .limit(1)
    )
    if latest is None or latest.total is None:
        return _("unrated")
    return f"{round_money(latest.total, 1)} {standing_label(latest.standing.value)}"


def standing_label(standing: str) -> str:
    """Name a standing in the reader's language."""
    names = {
        "preferred": _("preferred"),
        "approved": _("approved"),
        "warn": _("warned"),
        "blocked": _("blocked"),
        "unrated": _("unrated"),
    }
    return names.get(standing, standing)


def supplier_periods(as_of: date) -> dict[int, list[Period]]:
    """Gather every supplier's facts by quarter of age, from deliveries and offers up to a day."""
    found: dict[tuple[int, int], Period] = {}
    records = db.session.scalars(select(DeliveryRecord).where(DeliveryRecord.due_on <= as_of))
    for record in records:
        key = (record.supplier_id, _age(record.due_on, as_of))
        found[key] = _with_delivery(found.get(key, Period(key[1])), record)
    offers = db.session.execute(
        select(Offer, Selection.quantity).join(Selection, Selection.id == Offer.selection_id)
    )
    for offer, quantity in offers:
        invited = offer.invited_at.date()
        if invited <= as_of:
            key = (offer.supplier_id, _age(invited, as_of))
            found[key] = _with_offer(found.get(key, Period(key[1])), offer, quantity)
    periods: dict[int, list[Period]] = {}
    for (supplier_id, _quarter), period in sorted(found.items()):
        periods.setdefault(supplier_id, []).append(period)
    return periods


def _with_delivery(period: Period, record: DeliveryRecord) -> Period:
    on_time = record.complete_on is not None and record.complete_on <= record.due_on
    return replace(
        period,
        received=period.received + record.received,
        accepted=period.accepted + record.accepted,
        lines_due=period.lines_due + 1,
        lines_on_time=period.lines_on_time + on_time,
        benchmark_value=period.benchmark_value + record.benchmark_value,
        paid_value=period.paid_value + record.paid_value,
    )


def _with_offer(period: Period, offer: Offer, quantity: Decimal) -> Period:
    answered = offer.received_at is not None
    return replace(
        period,
        requested=period.requested + (quantity if answered else ZERO),
        confirmed=period.confirmed + min(quantity, offer.confirmed_quantity or ZERO),
        questions=period.questions + 1,
        answered=period.answered + answered,
    )


def _age(day: date, as_of: date) -> int:
    return max(0, (as_of.year - day.year) * 12 + as_of.month - day.month) // QUARTER_MONTHS
