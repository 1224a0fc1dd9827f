"""Supplier invoices as costing reads them: what receipts really cost, and what is received but not invoiced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, String, cast, exists, func, literal, not_, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from app.core.db import db
from app.core.money import ZERO, allocate, round_money
from app.costing.models import Account, CostEntry
from app.costing.queries import ledger
from app.masterdata import queries as masterdata
from app.purchasing import queries as purchasing
from app.purchasing.models import (
    InvoiceStatus,
    OrderStatus,
    PurchaseOrder,
    PurchaseOrderLine,
    SupplierInvoice,
    SupplierInvoiceLine,
    SupplierReturn,
)
from app.subcontracting.models import SubcontractOrder

RNI = Account.RECEIVED_NOT_INVOICED


@dataclass(frozen=True)
class Billed:
    """What was invoiced for one order line: in the line's unit, and in the company's currency."""

    quantity: Decimal = ZERO
    amount: Decimal = ZERO


def to_post() -> list[SupplierInvoice]:
    """Invoices that are owed and not in the books yet, oldest first."""
    document = literal("supplier_invoice:").concat(cast(SupplierInvoice.id, String))
    return list(
        db.session.scalars(
            select(SupplierInvoice)
            .options(selectinload(SupplierInvoice.lines).selectinload(SupplierInvoiceLine.order_line))
            .where(
                SupplierInvoice.status == InvoiceStatus.POSTED,
                not_(exists().where(CostEntry.document == document)),
            )
            .order_by(SupplierInvoice.id)
        )
    )


def amounts(invoice: SupplierInvoice) -> dict[int, Decimal]:
    """Each line's net amount at the rate of the invoice's day; together exactly the converted net sum."""
    rate = masterdata.currency_rate(invoice.currency, invoice.invoice_date)
    net = round_money(invoice.net * rate, ledger.DECIMALS)
    weights = [line.amount for line in invoice.lines]
    shares = allocate(net, weights, ledger.DECIMALS) if weights else []
    return {line.id: share for line, share in zip(invoice.lines, shares, strict=True)}


def settles(line: SupplierInvoiceLine) -> str:
    """The order line an invoice line settles."""
    ordered = line.order_line
    if ordered is None:
        return f"subcontract_order:{line.subcontract_order_id}"
    return f"purchase_order:{ordered.order_id}:{ordered.number}"


def _billed(column: InstrumentedAttribute[int | None], key: int) -> Billed:
    """Sum the owed invoice lines that name an order line, or a subcontract order, by its key."""
    found = db.session.scalars(
        select(SupplierInvoice)
        .join(SupplierInvoiceLine)
        .where(column == key, SupplierInvoice.status == InvoiceStatus.POSTED)
        .options(selectinload(SupplierInvoice.lines))
        .distinct()
    )
    quantity, amount = ZERO, ZERO
    for invoice in found:
        values = amounts(invoice)
        for line in invoice.lines:
            if getattr(line, column.key) == key:
                quantity += line.quantity
                amount += values[line.id]
    return Billed(quantity, amount)


def billed_outside(order: SubcontractOrder) -> Billed:
    """What a subcontractor invoiced for an order."""
    return _billed(SupplierInvoiceLine.subcontract_order_id, order.id)


def credits_to_post() -> list[SupplierReturn]:
    """Credit notes for returned goods that are not in the books yet, oldest first."""
    return list(db.session.scalars(_credits().where(not_(_in_the_books()))))


def credits_booked() -> list[SupplierReturn]:
    """Credit notes that are in the books, oldest first."""
    return list(db.session.scalars(_credits().where(_in_the_books())))


def _credits() -> Select[tuple[SupplierReturn]]:
    return (
        select(SupplierReturn)
        .options(selectinload(SupplierReturn.order_line).selectinload(PurchaseOrderLine.order))
        .where(SupplierReturn.credit_number.is_not(None), SupplierReturn.order_line_id.is_not(None))
        .order_by(SupplierReturn.id)
    )


def _in_the_books() -> ColumnElement[bool]:
    document = literal("supplier_credit:").concat(cast(SupplierReturn.id, String))
    return exists().where(CostEntry.document == document)


def credits_of(order_line_id: int) -> list[SupplierReturn]:
    """The credit notes a supplier gave for an order line."""
    return list(db.session.scalars(_credits().where(SupplierReturn.order_line_id == order_line_id)))


def net_credit(credit: SupplierReturn) -> Decimal:
    """A credit note before tax, in the company's currency at the rate of its day."""
    return round_money(credit.credit_net * _rate_of(credit), ledger.DECIMALS)


def tax_credit(credit: SupplierReturn) -> Decimal:
    """The tax of a credit note, in the company's currency."""
    return round_money(credit.credit_tax * _rate_of(credit), ledger.DECIMALS)


def _rate_of(credit: SupplierReturn) -> Decimal:
    day = credit.credit_date or credit.created_at.date()
    line = credit.order_line
    return masterdata.currency_rate(line.order.currency, day) if line is not None else Decimal(1)


def differences(
    item_id: int, rows: list[ledger.ValuedMove], standard_on: Callable[[date], Decimal]
) -> dict[int, Decimal]:
    """By receipt of an item, how much more than at the order's price its invoices came to.

    The difference of an order line is spread over its receipts by quantity. Where not all of a line has
    been invoiced, the rest stays at the order's price; what went back to the supplier is not invoiced.
    """
    lines = db.session.scalars(
        select(PurchaseOrderLine).where(PurchaseOrderLine.item_id == item_id, PurchaseOrderLine.invoiced > 0)
    )
    keys = {f"purchase_order:{line.order_id}:{line.number}": line for line in lines}
    if not keys:
        return {}
    receipts: dict[str, list[ledger.ValuedMove]] = defaultdict(list)
    back: dict[str, Decimal] = defaultdict(lambda: ZERO)
    names = ledger.settled_lines(rows)
    for row in rows:
        name = names.get(row.move.id)
        if name in keys and row.inward:
            receipts[name].append(row)
        elif name in keys:
            back[name] += row.move.quantity
    found: dict[int, Decimal] = {}
    for name, came in receipts.items():
        billed = _billed(SupplierInvoiceLine.order_line_id, keys[name].id)
        for credit in credits_of(keys[name].id):
            billed = Billed(billed.quantity - credit.credit_quantity, billed.amount - net_credit(credit))
        total = sum((row.move.quantity for row in came), ZERO)
        value = sum((ledger.accrued(row, standard_on(row.move.date)) for row in came), ZERO)
        more = _difference(billed, total, total - back[name], value)
        shares = allocate(more, [row.move.quantity for row in came], ledger.DECIMALS)
        found |= {row.move.id: share for row, share in zip(came, shares, strict=True)}
    return found


def _difference(billed: Billed, received: Decimal, kept: Decimal, value: Decimal) -> Decimal:
    """What all that was received cost above ``value``, when the kept part cost what was invoiced for it.

    Of what is invoiced and went back, the supplier owes a credit note: it does not make the rest dearer.
    """
    if billed.quantity <= 0 or kept <= 0:
        return ZERO
    if billed.quantity > kept:
        billed = Billed(kept, billed.amount * kept / billed.quantity)
    rest = max(ZERO, kept - billed.quantity) * value / received
    return round_money((billed.amount + rest) * received / kept - value, ledger.DECIMALS)


def open_balance(line: str) -> Decimal:
    """What an order line holds in goods received, not invoiced; credit positive."""
    return received_not_invoiced().get(line, ZERO)


def received_not_invoiced() -> dict[str, Decimal]:
    """By order line, what was received and not invoiced; credit positive, lines at zero left out."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    line = func.coalesce(CostEntry.settles, CostEntry.document)
    for column, sign in ((CostEntry.credit, 1), (CostEntry.debit, -1)):
        rows = db.session.execute(
            select(line, func.sum(CostEntry.amount)).where(column == RNI).group_by(line)
        )
        for name, amount in rows:
            sums[name] += sign * amount
    return {name: amount for name, amount in sorted(sums.items()) if amount}


@dataclass(frozen=True)
class Settled:
    """Whether nothing more will be invoiced for an order line, and whether pieces of it were rejected."""

    done: bool
    rejected: bool = False


def settled(line: str) -> Settled:
    """Say whether everything accepted of an order line was invoiced."""
    kind, _sep, rest = line.partition(":")
    if kind == "subcontract_order":
        return Settled(all(one.to_invoice <= 0 for one in purchasing.invoice_basis(line).lines))
    if kind != "purchase_order":
        return Settled(done=False)
    key, _sep, number = rest.partition(":")
    found = db.session.execute(
        select(PurchaseOrderLine, PurchaseOrder.status)
        .join(PurchaseOrder)
        .where(PurchaseOrder.id == int(key), PurchaseOrderLine.number == int(number or 0))
    ).first()
    if found is None:
        return Settled(done=False)
    ordered, status = found
    closed = status is OrderStatus.CLOSED
    invoiced = ordered.invoiced >= ordered.accepted and (closed or ordered.accepted > 0)
    return Settled(invoiced, rejected=closed and ordered.rejected > 0)
