"""What the task forms of subcontracting show: form sources."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.db import db
from app.core.i18n import format_date, format_money, format_quantity, localized
from app.core.operators import source
from app.inventory import queries as inventory
from app.masterdata import queries as masterdata
from app.masterdata.models import Item, Partner, SupplierPrice
from app.subcontracting.models import (
    Contract,
    ContractPrice,
    Form,
    Offer,
    OfferStatus,
    ProgressReport,
    Selection,
    SubcontractOrder,
    SuppliedComponent,
)
from app.subcontracting.queries.basis import score_text

ZERO = Decimal(0)


def _what(item: Item) -> str:
    return f"{item.number} {localized(item.names)}"


@source
def subcontractors() -> list[dict[str, str]]:
    """Active suppliers that do work for others, to choose from, with their score."""
    rows = db.session.scalars(
        select(Partner)
        .where(Partner.active, Partner.is_supplier | Partner.is_subcontractor)
        .order_by(Partner.code)
    )
    return [
        {"value": str(row.id), "label": f"{row.code} {localized(row.names)} · {score_text(row.id)}"}
        for row in rows
    ]


@source
def selection_invite(selection_id: str) -> dict[str, Any]:
    """What work is offered, and why the last proposal was refused."""
    selection = _selection(selection_id)
    known = db.session.scalars(
        select(SupplierPrice.supplier_id)
        .where(SupplierPrice.item_id == selection.item_id, SupplierPrice.operation == selection.operation)
        .distinct()
    )
    invited = {offer.supplier_id for offer in selection.offers} | set(known)
    return {
        "number": selection.number,
        "item": _what(selection.item),
        "quantity": format_quantity(selection.quantity, selection.item.unit),
        "needed_on": format_date(selection.needed_on),
        "refusal": selection.refusal or "",
        "suppliers": [{"supplier_id": str(one)} for one in sorted(invited)],
        "reply_by": (clock.today() + timedelta(days=5)).isoformat(),
    }


def _selection(selection_id: str) -> Selection:
    return db.session.scalars(
        select(Selection)
        .where(Selection.id == int(selection_id))
        .options(selectinload(Selection.item), selectinload(Selection.offers).selectinload(Offer.supplier))
    ).one()


@source
def offer_entry(selection_id: str) -> dict[str, Any]:
    """One row per invited subcontractor, to enter the offer into."""
    selection = _selection(selection_id)
    rows = [
        {
            "offer_id": str(offer.id),
            "supplier": f"{offer.supplier.code} {localized(offer.supplier.names)}",
            "price": format(offer.price, "f") if offer.price is not None else "",
            "minimum_charge": format(offer.minimum_charge, "f"),
            "lead_days": "" if offer.lead_days is None else str(offer.lead_days),
            "confirmed_quantity": format(offer.confirmed_quantity or selection.quantity, "f"),
            "loss_percent": format(offer.loss_allowance * 100, "f"),
            "valid_until": offer.valid_until.isoformat() if offer.valid_until else "",
        }
        for offer in selection.offers
    ]
    return {"number": selection.number, "item": _what(selection.item), "lines": rows}


@source
def offer_comparison(selection_id: str) -> dict[str, Any]:
    """The offers beside each other with the supplier's score."""
    selection = _selection(selection_id)
    rows = []
    for offer in selection.offers:
        answered = offer.price is not None
        total = max((offer.price or ZERO) * selection.quantity, offer.minimum_charge)
        rows.append(
            {
                "supplier": f"{offer.supplier.code} {localized(offer.supplier.names)}",
                "score": score_text(offer.supplier_id),
                "price": format_quantity(offer.price) if answered else "–",
                "total": format_money(total, masterdata.company().document_decimals) if answered else "–",
                "lead_days": "–" if offer.lead_days is None else str(offer.lead_days),
                "confirmed": format_quantity(offer.confirmed_quantity),
                "proposed": "✓" if offer.status is OfferStatus.PROPOSED else "",
            }
        )
    return {
        "number": selection.number,
        "item": _what(selection.item),
        "quantity": format_quantity(selection.quantity, selection.item.unit),
        "offers": rows,
        "reason": selection.reason or "",
        "refusal": selection.refusal or "",
    }


@source
def offers_received(selection_id: str) -> list[dict[str, str]]:
    """The offers that were answered, to choose from."""
    return [
        {"value": str(offer.id), "label": f"{offer.supplier.code} {localized(offer.supplier.names)}"}
        for offer in _selection(selection_id).offers
        if offer.price is not None
    ]


@source
def contract_draft(supplier_id: str) -> dict[str, Any]:
    """What the next version of a supplier's contract starts from: the last one, else its prices."""
    supplier = db.session.get_one(Partner, int(supplier_id))
    last = db.session.scalars(
        select(Contract)
        .where(Contract.supplier_id == supplier.id)
        .options(selectinload(Contract.prices))
        .order_by(Contract.year.desc(), Contract.version.desc())
        .limit(1)
    ).first()
    today = clock.today()
    return {
        "supplier": f"{supplier.code} {localized(supplier.names)}",
        "score": score_text(supplier.id),
        "valid_from": today.isoformat(),
        "valid_to": today.replace(month=12, day=31).isoformat(),
        "production_standard": last.production_standard if last else "",
        "delivery_terms": last.delivery_terms if last else "",
        "quality_terms": last.quality_terms if last else "",
        "penalties": last.penalties if last else "",
        "amount": format(last.amount, "f") if last else "",
        "prices": _price_rows(last.prices) if last and last.prices else _list_rows(supplier.id),
    }


def _price_rows(prices: list[ContractPrice]) -> list[dict[str, str]]:
    return [
        {
            "item_id": str(row.item_id),
            "operation": "" if row.operation is None else str(row.operation),
            "price": format(row.price, "f"),
            "minimum_charge": format(row.minimum_charge, "f"),
            "loss_percent": format(row.loss_allowance * 100, "f"),
        }
        for row in prices
    ]


def _list_rows(supplier_id: int) -> list[dict[str, str]]:
    rows = db.session.scalars(
        select(SupplierPrice).where(SupplierPrice.supplier_id == supplier_id, SupplierPrice.approved)
    )
    latest = {(row.item_id, row.operation): row for row in rows}
    return [
        {
            "item_id": str(row.item_id),
            "operation": "" if row.operation is None else str(row.operation),
            "price": format(row.price, "f"),
            "minimum_charge": format(row.minimum_charge, "f"),
            "loss_percent": format(row.loss_allowance * 100, "f"),
        }
        for row in latest.values()
    ]


@source
def contract_review(contract_id: str) -> dict[str, Any]:
    """A contract as its reviewers and approvers read it."""
    contract = db.session.scalars(
        select(Contract)
        .where(Contract.id == int(contract_id))
        .options(
            selectinload(Contract.supplier),
            selectinload(Contract.prices).selectinload(ContractPrice.item),
            selectinload(Contract.reviews),
        )
    ).one()
    return {
        "number": f"{contract.number} v{contract.version}",
        "supplier": f"{contract.supplier.code} {localized(contract.supplier.names)}",
        "period": f"{format_date(contract.valid_from)} – {format_date(contract.valid_to)}",
        "amount": format_money(contract.amount, masterdata.company().document_decimals),
        "production_standard": contract.production_standard or "–",
        "delivery_terms": contract.delivery_terms or "–",
        "quality_terms": contract.quality_terms or "–",
        "penalties": contract.penalties or "–",
        "prices": [
            {
                "item": _what(row.item),
                "operation": "" if row.operation is None else str(row.operation),
                "price": format_quantity(row.price),
                "minimum_charge": format_money(row.minimum_charge, masterdata.company().document_decimals),
                "loss_percent": format_quantity(row.loss_allowance * 100),
            }
            for row in contract.prices
        ],
        "reviews": [
            {"role": review.role, "verdict": review.verdict.value, "comment": review.comment or ""}
            for review in contract.reviews
        ],
    }


def _order(order_id: str) -> SubcontractOrder:
    return db.session.scalars(
        select(SubcontractOrder)
        .where(SubcontractOrder.id == int(order_id))
        .options(
            selectinload(SubcontractOrder.item),
            selectinload(SubcontractOrder.supplier),
            selectinload(SubcontractOrder.components).selectinload(SuppliedComponent.item),
        )
    ).one()


def _head(order: SubcontractOrder) -> dict[str, Any]:
    supplier = order.supplier
    return {
        "number": order.number,
        "item": _what(order.item),
        "quantity": format_quantity(order.quantity, order.item.unit),
        "supplier": f"{supplier.code} {localized(supplier.names)}" if supplier else "–",
        "due_date": format_date(order.promised_date or order.due_date),
        "operation": "" if order.operation is None else str(order.operation),
        "whole_item": order.form is Form.WHOLE_ITEM,
    }


@source
def component_shipping(order_id: str) -> dict[str, Any]:
    """The components to send to the subcontractor, and what is in stock."""
    order = _order(order_id)
    rows = []
    for component in order.components:
        there = inventory.on_hand(component.item_id, order.site_id)
        missing = component.required - component.supplied
        if missing > 0:
            rows.append(
                {
                    "component_id": str(component.id),
                    "item": _what(component.item),
                    "required": format_quantity(missing, component.item.unit),
                    "on_hand": format_quantity(there, component.item.unit),
                    "quantity": format(missing, "f"),
                }
            )
    return _head(order) | {"lines": rows}


@source
def progress_entry(order_id: str) -> dict[str, Any]:
    """How far the order was at the last report."""
    order = _order(order_id)
    last = db.session.scalars(
        select(ProgressReport)
        .where(ProgressReport.order_id == order.id)
        .order_by(ProgressReport.id.desc())
        .limit(1)
    ).first()
    return _head(order) | {
        "finished": format(last.finished, "f") if last else "0",
        "promised_date": (order.promised_date or order.due_date).isoformat(),
        "late": (order.promised_date or order.due_date) > order.due_date or clock.today() > order.due_date,
        "note": last.note if last and last.note else "",
    }


@source
def receiving(order_id: str) -> dict[str, Any]:
    """What is still out, and the components to reconcile."""
    order = _order(order_id)
    rows = [
        {
            "component_id": str(component.id),
            "item": _what(component.item),
            "supplied": format_quantity(component.supplied, component.item.unit),
            "remaining": format_quantity(component.remaining, component.item.unit),
            "returned": "0",
            "lost": "0",
        }
        for component in order.components
        if component.supplied
    ]
    return _head(order) | {
        "quantity_open": format(order.open_quantity, "f"),
        "received": format_quantity(order.received, order.item.unit),
        "by_weight": order.by_weight,
        "components": rows,
    }
