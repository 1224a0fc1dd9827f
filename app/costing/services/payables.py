"""Supplier invoices into the books: what was received, not invoiced becomes what is owed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.core.db import db
from app.core.money import ZERO, round_money
from app.costing.models import Account, CostEntry, ProductionCost
from app.costing.queries import invoices, ledger
from app.costing.services.entries import closed_months, open_date, transfer
from app.masterdata import queries as masterdata
from app.purchasing.models import SupplierInvoice, SupplierReturn
from app.subcontracting.models import Form, SubcontractOrder


def post_invoices() -> tuple[set[int], int]:
    """Post every invoice and credit note that is not in the books. Returns the items they value, and entries."""
    items: set[int] = set()
    count = 0
    for invoice in invoices.to_post():
        items |= _post(invoice)
        count += len(invoice.lines) + bool(invoice.tax)
        db.session.flush()
        for line in invoice.lines:
            if line.subcontract_order_id is not None:
                settle_outside(line.subcontract_order_id, f"supplier_invoice:{invoice.id}")
    for credit in invoices.credits_to_post():
        items.add(credit.item_id)
        count += _post_credit(credit)
    db.session.flush()
    return items, count


def _post_credit(credit: SupplierReturn) -> int:
    """Owe so much less for returned goods that were invoiced. Returns the count of entries."""
    line = credit.order_line
    if line is None:
        return 0
    on = open_date(credit.credit_date or credit.created_at.date(), closed_months())
    document = f"supplier_credit:{credit.id}"
    key = f"purchase_order:{line.order_id}:{line.number}"
    net, tax = invoices.net_credit(credit), invoices.tax_credit(credit)
    facts: dict[str, Any] = {"on": on, "document": document, "item_id": credit.item_id}
    received = Account.RECEIVED_NOT_INVOICED
    transfer(Account.PAYABLE, received, net, name="credit", settles=key, **facts)
    transfer(Account.PAYABLE, Account.INPUT_TAX, tax, name="input_tax", **facts)
    return bool(net) + bool(tax)


def _post(invoice: SupplierInvoice) -> set[int]:
    """Owe one invoice: stock and outside work against what was received, other things as expense."""
    on = open_date(invoice.invoice_date, closed_months())
    document = f"supplier_invoice:{invoice.id}"
    items = set()
    values = invoices.amounts(invoice)
    for line in invoice.lines:
        item_id = line.order_line.item_id if line.order_line else None
        stocked = item_id is not None or line.subcontract_order_id is not None
        transfer(
            Account.RECEIVED_NOT_INVOICED if stocked else Account.EXPENSE,
            Account.PAYABLE,
            values[line.id],
            on=on,
            name="invoice",
            document=document,
            item_id=item_id,
            settles=invoices.settles(line) if stocked else None,
        )
        if item_id is not None:
            items.add(item_id)
    rate = masterdata.currency_rate(invoice.currency, invoice.invoice_date)
    tax = round_money(invoice.tax * rate, ledger.DECIMALS)
    transfer(Account.INPUT_TAX, Account.PAYABLE, tax, on=on, name="input_tax", document=document)
    return items


def settle_outside(subcontract_order_id: int, document: str) -> None:
    """Where outside work was costed before its last invoice came, post what differs as its price variance."""
    order = db.session.get_one(SubcontractOrder, subcontract_order_id)
    made = (
        f"subcontract_order:{order.id}"
        if order.form is Form.WHOLE_ITEM
        else f"work_order:{order.work_order_id}"
    )
    key = f"subcontract_order:{order.id}"
    costed = db.session.scalar(select(ProductionCost.id).where(ProductionCost.document == made))
    if costed is None or not invoices.settled(key).done:
        return
    _clear(key, Account.VARIANCE, "subcontract_price", document)


def post_remainders() -> int:
    """Post what is left of order lines that are invoiced in full. Returns the count of entries.

    Cents are rounding. Rejected pieces that were not sent back are never invoiced: they cost nothing, which
    is taken off the scrap they became.
    """
    count = 0
    for line, amount in invoices.received_not_invoiced().items():
        found = invoices.settled(line)
        if line.startswith("subcontract_order:") or not found.done:
            continue
        if found.rejected and amount >= 1:
            _clear(line, Account.SCRAP, "rejected_not_invoiced", line.rpartition(":")[0])
            count += 1
        elif abs(amount) < 1:
            _clear(line, Account.PRICE_DIFFERENCE, "rounding", line.rpartition(":")[0])
            count += 1
    return count


def _clear(line: str, account: Account, name: str, document: str) -> None:
    """Bring an order line's goods received, not invoiced to zero against an account."""
    last = db.session.scalars(
        select(CostEntry.date).where(CostEntry.settles == line).order_by(CostEntry.date.desc()).limit(1)
    ).first()
    amount = invoices.open_balance(line)
    if last is None or amount == ZERO:
        return
    transfer(
        Account.RECEIVED_NOT_INVOICED,
        account,
        amount,
        on=open_date(last, closed_months()),
        name=name,
        document=document,
        settles=line,
    )
