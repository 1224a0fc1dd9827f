"""What the task forms of purchasing show: form sources."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.db import db
from app.core.i18n import format_date, format_money, format_quantity, localized, unit_name
from app.core.operators import source
from app.masterdata import queries as masterdata
from app.masterdata.models import Item
from app.purchasing.models import (
    Match,
    PurchaseOrder,
    PurchaseOrderLine,
    Quotation,
    QuotationLine,
    QuotationStatus,
    RequestForQuotation,
    Requisition,
    RequisitionLine,
    SupplierInvoice,
)
from app.purchasing.queries.basis import ApprovalBasis, approval_basis, invoice_basis, order_amount
from app.subcontracting import queries as subcontracting


def _what(item: Item | None, description: str | None) -> str:
    return f"{item.number} {localized(item.names)}" if item else description or ""


@source
def requisition_review(requisition_id: str) -> dict[str, Any]:
    """A requisition's lines, and who could be asked."""
    requisition = db.session.scalars(
        select(Requisition)
        .where(Requisition.id == int(requisition_id))
        .options(selectinload(Requisition.lines).selectinload(RequisitionLine.item))
    ).one()
    lines = [
        {
            "item": _what(line.item, line.description),
            "quantity": format_quantity(line.quantity, line.item.unit if line.item else ""),
            "needed_on": format_date(line.needed_on),
        }
        for line in requisition.lines
    ]
    usual = {line.item.supplier_id for line in requisition.lines if line.item and line.item.supplier_id}
    return {
        "number": requisition.number,
        "lines": lines,
        "suppliers": [{"supplier_id": str(supplier_id)} for supplier_id in sorted(usual)],
        "reply_by": (clock.today() + timedelta(days=7)).isoformat(),
    }


def _request(request_id: str) -> RequestForQuotation:
    quotations = selectinload(RequestForQuotation.quotations)
    requisition = selectinload(RequestForQuotation.requisition)
    return db.session.scalars(
        select(RequestForQuotation)
        .where(RequestForQuotation.id == int(request_id))
        .options(
            quotations.selectinload(Quotation.supplier),
            quotations.selectinload(Quotation.lines).selectinload(QuotationLine.requisition_line),
            requisition.selectinload(Requisition.lines).selectinload(RequisitionLine.item),
        )
    ).one()


@source
def quotation_entry(request_id: str) -> dict[str, Any]:
    """One row per invited supplier and line, to enter prices into."""
    request = _request(request_id)
    rows = []
    for quotation in request.quotations:
        known = {line.requisition_line_id: line.price for line in quotation.lines}
        rows += [
            {
                "quotation_id": str(quotation.id),
                "line_id": str(line.id),
                "supplier": f"{quotation.supplier.code} {localized(quotation.supplier.names)}",
                "item": _what(line.item, line.description),
                "quantity": format_quantity(line.quantity, line.item.unit if line.item else ""),
                "price": format(known[line.id], "f") if line.id in known else "",
                "lead_days": "" if quotation.lead_days is None else str(quotation.lead_days),
                "valid_until": quotation.valid_until.isoformat() if quotation.valid_until else "",
            }
            for line in request.requisition.lines
        ]
    return {"number": request.number, "lines": rows, "reply_by": format_date(request.reply_by)}


@source
def quotation_comparison(request_id: str) -> dict[str, Any]:
    """The quotations beside each other: total, price, delivery and the supplier's score."""
    request = _request(request_id)
    rows = []
    for quotation in request.quotations:
        total = sum((line.price * line.requisition_line.quantity for line in quotation.lines), Decimal(0))
        answered = quotation.status is not QuotationStatus.INVITED
        places = masterdata.money_decimals(quotation.currency)
        rows.append(
            {
                "supplier": f"{quotation.supplier.code} {localized(quotation.supplier.names)}",
                "total": f"{format_money(total, places)} {quotation.currency}" if answered else "–",
                "lead_days": "–" if quotation.lead_days is None else str(quotation.lead_days),
                "valid_until": format_date(quotation.valid_until),
                "score": subcontracting.score_text(quotation.supplier_id),
                "awarded": "✓" if quotation.status is QuotationStatus.AWARDED else "",
            }
        )
    return {"number": request.number, "quotations": rows, "award_reason": request.award_reason or ""}


@source
def quotations_received(request_id: str) -> list[dict[str, str]]:
    """The quotations that were answered, to choose from."""
    return [
        {
            "value": str(quotation.id),
            "label": f"{quotation.supplier.code} {localized(quotation.supplier.names)}",
        }
        for quotation in _request(request_id).quotations
        if quotation.status is not QuotationStatus.INVITED
    ]


def _order(order_id: str) -> PurchaseOrder:
    return db.session.scalars(
        select(PurchaseOrder)
        .where(PurchaseOrder.id == int(order_id))
        .options(
            selectinload(PurchaseOrder.lines).selectinload(PurchaseOrderLine.item),
            selectinload(PurchaseOrder.supplier),
        )
    ).one()


@source
def order_review(order_id: str) -> dict[str, Any]:
    """An order's lines with their prices, for the buyer."""
    order = _order(order_id)
    return {
        "number": order.number,
        "supplier": f"{order.supplier.code} {localized(order.supplier.names)}",
        "amount": f"{format_money(order_amount(order), order.decimals)} {order.currency}",
        "score": subcontracting.score_text(order.supplier_id),
        "after_the_fact": after_the_fact_text(order),
        "lines": [
            {
                "line_id": str(line.id),
                "item": _what(line.item, line.description),
                "quantity": format_quantity(line.quantity, line.item.unit if line.item else ""),
                "price": format(line.price, "f"),
                "price_unit": unit_name(line.price_unit),
                "due_date": line.due_date.isoformat(),
            }
            for line in order.lines
        ],
    }


@source
def approval_review(document: str) -> dict[str, Any]:
    """What an approver sees of a purchase or subcontract order."""
    basis = approval_basis(document)
    company = masterdata.company()
    currency, places = company.currency, company.document_decimals
    return {
        "summary": basis.summary,
        "amount": f"{format_money(basis.amount, places)} {currency}",
        "month_total": f"{format_money(basis.month_total, places)} {currency}",
        "in_plan": basis.in_plan,
        "supplier_approved": basis.supplier_approved,
        "after_the_fact": after_the_fact_text(basis),
        "lines": _approval_lines(document),
    }


def after_the_fact_text(found: ApprovalBasis | PurchaseOrder) -> str:
    """Say when something was bought before its order, why, and whether that was recorded too late."""
    if not found.after_the_fact:
        return "–"
    sentence = _("bought on {day}: {reason}")
    if found.recorded_late:
        sentence = _("bought on {day}, recorded too late: {reason}")
    return sentence.format(day=format_date(found.bought_on), reason=found.reason or "–")


def _approval_lines(document: str) -> list[dict[str, str]]:
    if not document.startswith("purchase_order:"):
        return subcontracting.approval_lines(int(document.partition(":")[2]))
    return [
        {
            "item": _what(line.item, line.description),
            "quantity": format_quantity(line.quantity, line.item.unit if line.item else ""),
            "price": f"{format_quantity(line.price)} / {unit_name(line.price_unit)}",
            "list_price": format_quantity(line.list_price),
            "due_date": format_date(line.due_date),
        }
        for line in _order(document.partition(":")[2]).lines
    ]


@source
def receiving(order_id: str) -> dict[str, Any]:
    """An order's open lines, to enter what arrived."""
    order = _order(order_id)
    today = clock.today()
    return {
        "number": order.number,
        "supplier": f"{order.supplier.code} {localized(order.supplier.names)}",
        "lines": [
            {
                "line_id": str(line.id),
                "item": _what(line.item, line.description),
                "ordered": format_quantity(line.quantity, line.item.unit if line.item else ""),
                "received": format_quantity(line.received),
                "quantity": format(max(Decimal(0), line.quantity - line.received), "f"),
                "second_quantity": "",
                "second_unit": unit_name(line.item.second_unit or "") if line.item else "",
                "lot": "",
                "certificate": "",
            }
            for line in order.lines
            if line.received < line.quantity
        ],
        "due": format_date(min(line.promised_date or line.due_date for line in order.lines)),
        "late": any((line.promised_date or line.due_date) < today for line in order.lines),
    }


@source
def invoice_entry(document: str) -> dict[str, Any]:
    """What may be invoiced for an order, prefilled with what was accepted."""
    basis = invoice_basis(document)
    return {
        "document": basis.document,
        "currency": basis.currency,
        "today": clock.today(basis.timezone).isoformat(),
        "lines": [
            {
                "line_id": str(line.line_id),
                "item": line.label,
                "accepted": format_quantity(line.accepted, line.unit),
                "quantity": format(line.to_invoice, "f"),
                "price": format(line.price, "f"),
            }
            for line in basis.lines
        ],
    }


@source
def match_review(invoice_id: str) -> dict[str, Any]:
    """The differences the last match of an invoice found."""
    invoice = db.session.get_one(SupplierInvoice, int(invoice_id))
    last = db.session.scalars(
        select(Match).where(Match.invoice_id == invoice.id).order_by(Match.id.desc()).limit(1)
    ).one()
    findings = [
        {
            "difference": difference_label(finding["difference"]),
            "amount": f"{format_money(Decimal(finding['amount']), invoice.decimals)} {invoice.currency}",
            "within": "✓" if finding["within"] else "✗",
        }
        for finding in last.findings
    ]
    return {
        "number": invoice.invoice_number,
        "total": f"{format_money(invoice.total, invoice.decimals)} {invoice.currency}",
        "findings": findings,
    }


def difference_label(kind: str) -> str:
    """Name a difference in the reader's language."""
    names = {"quantity": _("Quantity"), "price": _("Price"), "not_ordered": _("Not ordered")}
    return names.get(kind, kind)
