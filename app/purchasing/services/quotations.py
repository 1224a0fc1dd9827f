"""Request for quotation, comparison, award, price approval."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import audit, clock
from app.core.db import db
from app.core.errors import DomainError
from app.core.inputs import date_input, decimal_input
from app.core.money import round_money
from app.core.numbering import next_number
from app.core.operators import operator
from app.masterdata import queries as masterdata
from app.masterdata.models import Item, Partner, Site, SupplierPrice
from app.purchasing.models import (
    Quotation,
    QuotationLine,
    QuotationStatus,
    RequestForQuotation,
    RequestStatus,
    Requisition,
    RequisitionLine,
    RequisitionStatus,
)
from app.purchasing.services import requisitions


@operator
def request_quotations(requisition_id: str, suppliers: list, reply_by: str) -> dict:
    """Ask suppliers for quotations on a requisition; ``suppliers`` are rows with ``supplier_id``.

    Returns ``request_id``, ``number`` and ``invited``, how many were asked.
    """
    requisition = requisitions.load(int(requisition_id))
    today = clock.today(db.session.get_one(Site, requisition.site_id).timezone)
    until = date_input(reply_by, field="reply_by", default=today)
    if until < today:
        raise DomainError("reply_by", _("The reply date lies in the past."), field="reply_by")
    invited = list(
        dict.fromkeys(int(row["supplier_id"]) for row in suppliers or [] if row.get("supplier_id"))
    )
    if not invited:
        raise DomainError("no_suppliers", _("Invite at least one supplier."), field="suppliers")
    request = RequestForQuotation(
        number=next_number("RQ", on=today),
        requisition_id=requisition.id,
        reply_by=until,
        status=RequestStatus.OPEN,
        created_at=clock.now(),
        quotations=[_invitation(supplier_id) for supplier_id in invited],
    )
    if requisition.status is not RequisitionStatus.QUOTING:
        requisition.move_to(RequisitionStatus.QUOTING)
    db.session.add(request)
    db.session.flush()
    return {"request_id": request.id, "number": request.number, "invited": len(invited)}


def _invitation(supplier_id: int) -> Quotation:
    supplier = db.session.get(Partner, supplier_id)
    if supplier is None:
        raise DomainError("supplier", _("There is no such supplier."), field="suppliers")
    return Quotation(supplier_id=supplier.id, status=QuotationStatus.INVITED, currency=supplier.currency)


@operator
def record_quotations(request_id: str, lines: list) -> dict:
    """Enter suppliers' prices: rows with ``quotation_id line_id price lead_days valid_until``.

    Rows without a price mean no answer. Returns ``request_id`` and ``received``, how many suppliers answered.
    """
    request = load(int(request_id))
    quotations = {quotation.id: quotation for quotation in request.quotations}
    for index, row in enumerate(lines or []):
        if str(row.get("price") or "").strip():
            _record(quotations, row, f"lines.{index}")
    db.session.flush()
    received = [q for q in request.quotations if q.status is QuotationStatus.RECEIVED]
    if not received:
        raise DomainError("no_quotations", _("Enter at least one supplier's price."), field="lines")
    return {"request_id": request.id, "received": len(received)}


def _record(quotations: dict[int, Quotation], row: dict[str, Any], place: str) -> None:
    quotation = quotations.get(int(row.get("quotation_id") or 0))
    if quotation is None:
        raise DomainError("quotation", _("This supplier was not invited."), field=place)
    price = decimal_input(row["price"], field=f"{place}.price", places=masterdata.price_decimals())
    line_id = int(row["line_id"])
    known = {line.requisition_line_id: line for line in quotation.lines}
    if line_id in known:
        known[line_id].price = price
    else:
        quotation.lines.append(QuotationLine(requisition_line_id=line_id, price=price))
    quotation.lead_days = int(
        decimal_input(row.get("lead_days"), field=f"{place}.lead_days", places=0, default=Decimal(0))
    )
    today = clock.today()
    quotation.valid_until = date_input(row.get("valid_until"), field=f"{place}.valid_until", default=today)
    quotation.status, quotation.received_at = QuotationStatus.RECEIVED, clock.now()


@operator
def award(request_id: str, quotation_id: str, reason: str = "") -> dict:
    """Choose one supplier's quotation; a dearer one than the cheapest needs a reason.

    Returns ``request_id``, ``quotation_id``, ``supplier_id``, ``supplier``, ``total``, ``cheapest``,
    and ``amount``, the total in company currency.
    """
    request = load(int(request_id))
    chosen = next((q for q in request.quotations if q.id == int(quotation_id)), None)
    if chosen is None or chosen.status is QuotationStatus.INVITED:
        raise DomainError("quotation", _("Choose a quotation that was received."), field="quotation_id")
    totals = {q.id: total(q) for q in request.quotations if q.lines}
    wanted = {line.id for line in request.requisition.lines}
    if wanted - {line.requisition_line_id for line in chosen.lines}:
        raise DomainError("incomplete", _("This quotation does not price every line."), field="quotation_id")
    if totals[chosen.id] > min(totals.values()) and not (reason or "").strip():
        raise DomainError("reason_missing", _("Say why not the cheapest quotation."), field="reason")
    for quotation in request.quotations:
        if quotation.status is QuotationStatus.AWARDED:
            quotation.status = QuotationStatus.RECEIVED
    chosen.status = QuotationStatus.AWARDED
    request.award_reason = (reason or "").strip() or None
    if request.requisition.status is RequisitionStatus.QUOTING:
        request.requisition.move_to(RequisitionStatus.AWARDED)
    today = clock.today(db.session.get_one(Site, request.requisition.site_id).timezone)
    amount = totals[chosen.id] * masterdata.currency_rate(chosen.currency, today)
    return {
        "request_id": request.id,
        "quotation_id": chosen.id,
        "supplier_id": chosen.supplier_id,
        "supplier": chosen.supplier.names,
        "total": format(totals[chosen.id], "f"),
        "amount": format(round_money(amount, masterdata.company().document_decimals), "f"),
        "cheapest": totals[chosen.id] == min(totals.values()),
    }


@operator
def refuse_award(request_id: str, reason: str = "") -> dict:
    """Take an award back, so that another quotation can be chosen. Returns ``request_id``."""
    request = load(int(request_id))
    for quotation in request.quotations:
        if quotation.status is QuotationStatus.AWARDED:
            quotation.status = QuotationStatus.RECEIVED
    audit.record("award.refused", f"request_for_quotation:{request.id}", reason=reason)
    return {"request_id": request.id}


@operator
def approve_price(request_id: str, valid_until: str) -> dict:
    """Put the awarded prices on the approved list until a date, and name the requisition's supplier.

    Returns ``supplier_id``, ``requisition_id`` and ``prices``, how many were approved.
    """
    request = load(int(request_id))
    chosen = next(q for q in request.quotations if q.status is QuotationStatus.AWARDED)
    requisition = request.requisition
    today = clock.today(db.session.get_one(Site, requisition.site_id).timezone)
    until = date_input(valid_until, field="valid_until", default=chosen.valid_until)
    if until <= today:
        raise DomainError("valid_until", _("The price must stay approved after today."), field="valid_until")
    approved = [_approve(chosen, line, today, until) for line in chosen.lines]
    requisition.supplier_id = chosen.supplier_id
    request.status = RequestStatus.AWARDED
    audit.record(
        "price.approved",
        f"request_for_quotation:{request.id}",
        after={"prices": [price for price in approved if price], "until": until.isoformat()},
    )
    return {"supplier_id": chosen.supplier_id, "requisition_id": requisition.id, "prices": len(approved)}


def _approve(quotation: Quotation, line: QuotationLine, today: Any, until: Any) -> str | None:
    """Write one approved price, in place of the supplier's earlier one for the item."""
    item_id = line.requisition_line.item_id
    if item_id is None:
        return None
    item = db.session.get_one(Item, item_id)
    earlier = db.session.scalars(
        select(SupplierPrice).where(
            SupplierPrice.supplier_id == quotation.supplier_id,
            SupplierPrice.item_id == item_id,
            SupplierPrice.operation.is_(None),
        )
    )
    price: SupplierPrice | None = None
    for row in earlier:
        if row.valid_from == today and not row.minimum_quantity:
            price = row
        elif row.valid_to is None or row.valid_to > today:
            row.valid_to = today
    if price is None:
        price = SupplierPrice(supplier_id=quotation.supplier_id, item_id=item_id, valid_from=today)
        db.session.add(price)
    price.price, price.currency, price.unit = line.price, quotation.currency, item.unit
    price.lead_days, price.valid_to, price.approved = quotation.lead_days or 0, until, True
    db.session.flush()
    return f"{item.number} {format(line.price, 'f')} {quotation.currency}"


def total(quotation: Quotation) -> Decimal:
    """Sum what a quotation asks for the whole requisition, in its own currency."""
    return sum((line.price * line.requisition_line.quantity for line in quotation.lines), Decimal(0))


def load(request_id: int) -> RequestForQuotation:
    """Load a request with its quotations, lines and requisition."""
    lines = selectinload(RequestForQuotation.quotations).selectinload(Quotation.lines)
    needs = selectinload(RequestForQuotation.requisition).selectinload(Requisition.lines)
    return db.session.scalars(
        select(RequestForQuotation)
        .where(RequestForQuotation.id == request_id)
        .options(
            lines.selectinload(QuotationLine.requisition_line).selectinload(RequisitionLine.item),
            selectinload(RequestForQuotation.quotations).selectinload(Quotation.supplier),
            needs.selectinload(RequisitionLine.item),
        )
    ).one()
