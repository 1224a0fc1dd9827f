"""What does not hold between the books and what purchasing says is owed to suppliers."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from app.core.db import db
from app.core.documents import document_label
from app.core.money import ZERO, round_money
from app.costing.models import Account, CostEntry
from app.costing.queries import invoices, ledger
from app.costing.queries.wording import money
from app.masterdata import queries as masterdata
from app.purchasing.models import (
    OrderStatus,
    Payable,
    PurchaseOrder,
    PurchaseOrderLine,
    ReturnStatus,
    SupplierInvoice,
    SupplierReturn,
)


def problems() -> list[str]:
    """Say, one sentence each, which payables the books carry otherwise and which closed lines do not clear."""
    return _payables() + _uncleared()


def _payables() -> list[str]:
    """Each invoice and credit note in the books is owed there as purchasing says."""
    expected = _owed() | _credited()
    sentence = _("{document}: the books owe {booked}, purchasing {expected}.")
    return [
        sentence.format(
            document=document_label(document), booked=money(booked), expected=money(expected[document])
        )
        for document, booked in _booked().items()
        if booked != expected.get(document, booked)
    ]


def _booked() -> dict[str, Decimal]:
    """By document, what the payables account owes for it; a credit note is negative."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for column, sign in ((CostEntry.credit, 1), (CostEntry.debit, -1)):
        rows = db.session.execute(
            select(CostEntry.document, func.sum(CostEntry.amount))
            .where(column == Account.PAYABLE)
            .group_by(CostEntry.document)
        )
        for document, amount in rows:
            sums[document] += sign * amount
    return sums


def _owed() -> dict[str, Decimal]:
    rows = db.session.execute(
        select(SupplierInvoice.id, SupplierInvoice.invoice_date, SupplierInvoice.net, SupplierInvoice.tax)
        .add_columns(Payable.currency)
        .join(Payable, Payable.invoice_id == SupplierInvoice.id)
    )
    found = {}
    for row in rows:
        rate = masterdata.currency_rate(row.currency, row.invoice_date)
        found[f"supplier_invoice:{row.id}"] = _booked_amount(row.net, rate) + _booked_amount(row.tax, rate)
    return found


def _booked_amount(amount: Decimal, rate: Decimal) -> Decimal:
    return round_money(amount * rate, ledger.DECIMALS)


def _credited() -> dict[str, Decimal]:
    return {
        f"supplier_credit:{credit.id}": -invoices.net_credit(credit) - invoices.tax_credit(credit)
        for credit in invoices.credits_booked()
    }


def _uncleared() -> list[str]:
    """Lines of closed orders that still hold something received, not invoiced, and await no credit note."""
    held = invoices.received_not_invoiced()
    if not held:
        return []
    awaited = select(SupplierReturn.order_line_id).where(
        SupplierReturn.order_line_id.is_not(None),
        or_(SupplierReturn.status != ReturnStatus.SETTLED, SupplierReturn.id.in_(_unbooked())),
    )
    lines = db.session.execute(
        select(PurchaseOrderLine.order_id, PurchaseOrderLine.number, PurchaseOrder.number.label("order"))
        .join(PurchaseOrder)
        .where(
            PurchaseOrder.status == OrderStatus.CLOSED,
            PurchaseOrderLine.item_id.is_not(None),
            PurchaseOrderLine.id.not_in(awaited),
        )
    )
    sentence = _("{order} line {line} is closed, but {amount} stays received and not invoiced.")
    found = []
    for row in lines:
        amount = held.get(f"purchase_order:{row.order_id}:{row.number}")
        if amount:
            found.append(sentence.format(order=row.order, line=row.number, amount=money(amount)))
    return found


def _unbooked() -> list[int]:
    return [credit.id for credit in invoices.credits_to_post()]
