"""Supplier invoices: entered, matched with order and receipt, accepted or refused, payable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.inputs import date_input, decimal_input
from app.core.money import round_money
from app.core.numbering import next_number
from app.core.operators import operator
from app.masterdata import queries as masterdata
from app.masterdata.models import Partner
from app.purchasing import matching, queries, terms
from app.purchasing.models import (
    InvoiceStatus,
    Match,
    Payable,
    SupplierInvoice,
    SupplierInvoiceLine,
)
from app.subcontracting.models import SubcontractOrder

UNIFORM_INVOICE = re.compile(r"[A-Z]{2}\d{8}")


@operator
def record_invoice(document: str, invoice_number: str, invoice_date: str, lines: list) -> dict:
    """Enter a supplier's invoice for a purchase or subcontract order: rows with ``line_id quantity price``.

    The tax is worked out once on the net sum, half up. Returns ``invoice_id``, ``number``, ``net``,
    ``tax`` and ``total``.
    """
    basis = queries.invoice_basis(document)
    supplier = db.session.get_one(Partner, basis.supplier_id)
    number = _checked_number(invoice_number, supplier)
    company = masterdata.company()
    made = _lines(basis, lines, masterdata.price_decimals())
    net = sum((line.amount for line in made), Decimal(0))
    tax = Decimal(0)
    if supplier.vat == "taxable":
        tax = matching.value_added_tax(net, company.vat_percent, decimals=basis.decimals)
    today = clock.today(basis.timezone)
    on = date_input(invoice_date, field="invoice_date", default=today)
    if on > today:
        raise DomainError("invoice_date", _("The invoice is dated in the future."), field="invoice_date")
    invoice = SupplierInvoice(
        number=next_number("AP", on=today),
        supplier_id=supplier.id,
        invoice_number=number,
        invoice_date=on,
        currency=basis.currency,
        decimals=basis.decimals,
        net=net,
        tax=tax,
        status=InvoiceStatus.ENTERED,
        entered_by_id=current_actor().user_id,
        created_at=clock.now(),
        lines=made,
    )
    db.session.add(invoice)
    db.session.flush()
    return _facts(invoice)


def _checked_number(typed: str, supplier: Partner) -> str:
    number = (typed or "").strip().upper().replace("-", "").replace(" ", "")
    if not number:
        raise DomainError("invoice_number", _("Enter the invoice number."), field="invoice_number")
    if supplier.country == "TW" and supplier.vat == "taxable" and not UNIFORM_INVOICE.fullmatch(number):
        sentence = _("{number} is not a uniform-invoice number: two letters and eight digits.")
        raise DomainError("invoice_number", sentence.format(number=number), field="invoice_number")
    known = select(SupplierInvoice.id).where(
        SupplierInvoice.supplier_id == supplier.id,
        SupplierInvoice.invoice_number == number,
        SupplierInvoice.status != InvoiceStatus.REFUSED,
    )
    if db.session.scalar(known) is not None:
        sentence = _("Invoice {number} of this supplier was entered before.")
        raise DomainError("invoice_known", sentence.format(number=number), field="invoice_number")
    return number


def _lines(
    basis: queries.InvoiceBasis, rows: Sequence[dict[str, Any]], places: int
) -> list[SupplierInvoiceLine]:
    """Check the rows and value each, rounded to the document's decimals; ``places``: the most of a price."""
    by_id = {line.line_id: line for line in basis.lines}
    made = []
    for index, row in enumerate(rows or []):
        line = by_id.get(int(row.get("line_id") or 0))
        if line is None:
            raise DomainError("line", _("This line is not on the order."), field=f"lines.{index}")
        quantity = decimal_input(row.get("quantity"), field=f"lines.{index}.quantity", default=Decimal(0))
        if not quantity:
            continue
        price = decimal_input(
            row.get("price"), field=f"lines.{index}.price", default=line.price, places=places
        )
        amount = round_money(line.amount_of(quantity, price), basis.decimals)
        own = {"subcontract_order_id": line.line_id} if basis.subcontract else {"order_line_id": line.line_id}
        made.append(SupplierInvoiceLine(quantity=quantity, price=price, amount=amount, **own))
    if not made:
        raise DomainError("no_lines", _("An invoice needs at least one line with a quantity."), field="lines")
    return made


@operator
def match_invoice(invoice_id: str) -> dict:
    """Match an invoice with what was ordered and accepted.

    Returns ``within`` (tolerance), ``differences``, how many were found, and ``over``, what they cost.
    """
    invoice = load(int(invoice_id))
    findings = matching.match(queries.match_lines(invoice), _tolerance(invoice))
    within = matching.matched(findings)
    rows = [
        {
            "line": finding.line_id,
            "difference": finding.difference.value,
            "amount": format(round(finding.amount, 6).normalize(), "f"),
            "within": finding.within,
        }
        for finding in findings
    ]
    db.session.add(Match(invoice_id=invoice.id, at=clock.now(), within_tolerance=within, findings=rows))
    invoice.move_to(InvoiceStatus.MATCHED if within else InvoiceStatus.DISPUTED)
    over = sum((finding.amount for finding in findings if not finding.within), Decimal(0))
    return _facts(invoice) | {"within": within, "differences": len(rows), "over": format(round(over, 2), "f")}


def _tolerance(invoice: SupplierInvoice) -> matching.Tolerance:
    """The company's tolerance; its amount is in the company's currency."""
    company = masterdata.company()
    rate = masterdata.currency_rate(invoice.currency, invoice.invoice_date)
    return matching.Tolerance(
        price_percent=company.match_price_percent,
        quantity_percent=company.match_quantity_percent,
        amount=company.match_amount / rate,
    )


@operator
def resolve_match(invoice_id: str, decision: str, reason: str) -> dict:
    """Settle a disputed invoice: ``accept`` it as it is, or ``refuse`` it so that a corrected one comes.

    Returns the invoice's facts and ``accepted``.
    """
    invoice = load(int(invoice_id))
    if not (reason or "").strip():
        raise DomainError("reason_missing", _("Say why."), field="reason")
    accepted = decision == "accept"
    if not accepted and decision != "refuse":
        raise DomainError("decision", _("Accept or refuse the invoice."), field="decision")
    invoice.move_to(InvoiceStatus.MATCHED if accepted else InvoiceStatus.REFUSED)
    last = db.session.scalars(
        select(Match).where(Match.invoice_id == invoice.id).order_by(Match.id.desc()).limit(1)
    ).one()
    last.reason = reason.strip()
    last.accepted_by_id = current_actor().user_id if accepted else None
    audit.record(
        "invoice.accepted" if accepted else "invoice.refused",
        f"supplier_invoice:{invoice.id}",
        reason=last.reason,
    )
    return _facts(invoice) | {"accepted": accepted}


@operator
def post_payable(invoice_id: str) -> dict:
    """Owe a matched invoice; due by the supplier's cut-off day and terms.

    Returns ``payable_id``, ``amount`` and ``due_date``.
    """
    invoice = load(int(invoice_id))
    invoice.move_to(InvoiceStatus.POSTED)
    for line in invoice.lines:
        if line.order_line is not None:
            line.order_line.invoiced += line.quantity
        if line.subcontract_order_id is not None:
            db.session.get_one(SubcontractOrder, line.subcontract_order_id).invoiced += line.quantity
    supplier = invoice.supplier
    payable = Payable(
        invoice_id=invoice.id,
        supplier_id=supplier.id,
        amount=invoice.total,
        currency=invoice.currency,
        statement_date=terms.statement_date(invoice.invoice_date, supplier.cut_off_day),
        due_date=_due(invoice.invoice_date, supplier),
    )
    db.session.add(payable)
    db.session.flush()
    return {
        "payable_id": payable.id,
        "amount": format(payable.amount, "f"),
        "due_date": payable.due_date.isoformat(),
    }


def _due(invoiced: date, supplier: Partner) -> date:
    return terms.due_date(invoiced, cut_off_day=supplier.cut_off_day, net_days=supplier.payment_days)


@operator
def invoice_state(document: str) -> dict:
    """Say whether everything accepted for an order has been invoiced.

    Returns ``complete`` and ``open_amount``, what is still to be invoiced before tax.
    """
    basis = queries.invoice_basis(document)
    open_lines = [line for line in basis.lines if line.to_invoice > 0]
    amount = sum((line.amount_of(line.to_invoice, line.price) for line in open_lines), Decimal(0))
    return {"complete": not open_lines, "open_amount": format(round(amount, 2), "f")}


def load(invoice_id: int) -> SupplierInvoice:
    """Load an invoice with its lines, their order lines and its supplier, locked."""
    return db.session.scalars(
        select(SupplierInvoice)
        .where(SupplierInvoice.id == invoice_id)
        .options(
            selectinload(SupplierInvoice.lines).selectinload(SupplierInvoiceLine.order_line),
            selectinload(SupplierInvoice.supplier),
        )
        .with_for_update()
    ).one()


def _facts(invoice: SupplierInvoice) -> dict:
    return {
        "invoice_id": invoice.id,
        "number": invoice.invoice_number,
        "net": format(invoice.net, "f"),
        "tax": format(invoice.tax, "f"),
        "total": format(invoice.total, "f"),
    }
