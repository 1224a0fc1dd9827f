"""What each paper says, read from the step that owns the document."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import format_date, format_money, format_quantity, localized, unit_name
from app.core.money import ZERO, round_money
from app.masterdata.models import Item, Partner, Site
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine
from app.quality.models import Inspection, InspectionResult
from app.reports.queries.codes import code39, qr
from app.scheduling.models import WorkOrder, WorkOrderMaterial, WorkOrderOperation
from app.subcontracting.models import Form, SubcontractOrder, SuppliedComponent

Paper = dict[str, Any]


def found_or_refused(row: Any) -> Any:
    """Return the row.

    Raises:
        NotFound: there is none.
    """
    if row is None:
        raise NotFound("no_document", _("There is no such document."))
    return row


def item_text(item: Item) -> str:
    """An item's number and name."""
    return f"{item.number} {localized(item.names)}"


def partner_facts(partner: Partner | None) -> Paper:
    """A partner as a paper names them."""
    if partner is None:
        return {"name": "–", "code": "", "tax_id": "", "address": "", "email": ""}
    return {
        "name": localized(partner.names),
        "code": partner.code,
        "tax_id": partner.tax_id or "",
        "address": partner.address or "",
        "email": partner.email or "",
    }


def purchase_order(key: int) -> Paper:
    """A purchase order as the supplier gets it."""
    order = found_or_refused(
        db.session.scalar(
            select(PurchaseOrder)
            .options(
                selectinload(PurchaseOrder.supplier),
                selectinload(PurchaseOrder.lines).selectinload(PurchaseOrderLine.item),
            )
            .where(PurchaseOrder.id == key)
        )
    )
    places = order.decimals
    amounts = [round_money(line.amount_of(line.quantity), places) for line in order.lines]
    net = sum(amounts, ZERO)
    vat = round_money(net * order.vat_percent / 100, places)
    lines = []
    for line, amount in zip(order.lines, amounts, strict=True):
        bought = line.quantity * line.denominator / line.numerator
        lines.append(
            {
                "number": line.number,
                "item": item_text(line.item) if line.item else line.description,
                "drawing": " / ".join(filter(None, (line.item.drawing, line.item.revision)))
                if line.item
                else "",
                "quantity": format_quantity(round_money(bought, 3).normalize() + 0, line.price_unit),
                "stock": ""
                if not line.item or line.price_unit == line.item.unit
                else format_quantity(line.quantity, line.item.unit),
                "price": format_quantity(line.price),
                "amount": format_money(amount, places),
                "due": format_date(line.promised_date or line.due_date),
            }
        )
    return {
        "title": _("Purchase order"),
        "number": order.number,
        "revision": order.revision,
        "barcode": code39(order.number),
        "partner": partner_facts(order.supplier),
        "partner_label": _("Supplier"),
        "facts": [
            (_("Order date"), format_date(order.ordered_on)),
            (_("Currency"), order.currency),
            (_("Payment"), _("%(days)s days after the statement", days=order.supplier.payment_days)),
            (_("Deliver to"), localized(db.session.get_one(Site, order.site_id).names)),
        ],
        "lines": lines,
        "net": format_money(net, places),
        "vat_percent": format_quantity(order.vat_percent),
        "vat": format_money(vat, places),
        "total": format_money(net + vat, places),
        "note": order.note,
    }


def subcontract_order(key: int) -> Paper:
    """A subcontract order with the components or pieces we supply."""
    order = found_or_refused(
        db.session.scalar(
            select(SubcontractOrder)
            .options(
                selectinload(SubcontractOrder.supplier),
                selectinload(SubcontractOrder.item),
                selectinload(SubcontractOrder.components).selectinload(SuppliedComponent.item),
            )
            .where(SubcontractOrder.id == key)
        )
    )
    places = order.decimals
    whole = order.form is Form.WHOLE_ITEM
    billed = order.quantity * order.denominator / order.numerator
    amount = None if order.by_weight else round_money(max(billed * order.price, order.minimum_charge), places)
    work_order = db.session.get(WorkOrder, order.work_order_id) if order.work_order_id else None
    return {
        "title": _("Subcontract order"),
        "number": order.number,
        "revision": order.revision,
        "barcode": code39(order.number),
        "partner": partner_facts(order.supplier),
        "partner_label": _("Subcontractor"),
        "facts": [
            (_("Order date"), format_date(order.ordered_on)),
            (_("Item"), item_text(order.item)),
            (_("Drawing / revision"), " / ".join(filter(None, (order.item.drawing, order.item.revision)))),
            (_("Work"), _("Whole item") if whole else _("Operation %(number)s", number=order.operation)),
            (_("Work order"), work_order.number if work_order else ""),
            (_("Quantity"), format_quantity(order.quantity, order.item.unit)),
            (_("Price"), f"{format_quantity(order.price)} {order.currency} / {unit_name(order.price_unit)}"),
            (_("Minimum charge"), format_money(order.minimum_charge, places) if order.minimum_charge else ""),
            (
                _("Amount before tax"),
                _("by weight at receipt") if amount is None else format_money(amount, places),
            ),
            (_("Loss allowance"), f"{format_quantity(order.loss_allowance * 100)} %"),
            (_("Leaves us on"), format_date(order.release_date)),
            (_("Due"), format_date(order.promised_date or order.due_date)),
        ],
        "lines": [
            {"item": item_text(one.item), "quantity": format_quantity(one.required, one.item.unit)}
            for one in order.components
        ],
    }


def traveller(key: int) -> Paper:
    """A work order's traveller: materials, operations with codes to scan, instructions. No costs."""
    order = found_or_refused(
        db.session.scalar(
            select(WorkOrder)
            .options(
                selectinload(WorkOrder.item),
                selectinload(WorkOrder.lot),
                selectinload(WorkOrder.operations).selectinload(WorkOrderOperation.work_centre),
                selectinload(WorkOrder.operations).selectinload(WorkOrderOperation.supplier),
                selectinload(WorkOrder.operations).selectinload(WorkOrderOperation.machine),
                selectinload(WorkOrder.materials).selectinload(WorkOrderMaterial.item),
            )
            .where(WorkOrder.id == key)
        )
    )
    return {
        "title": _("Traveller"),
        "number": order.number,
        "revision": None,
        "barcode": code39(order.number),
        "qr": qr(order.number),
        "facts": [
            (_("Item"), item_text(order.item)),
            (_("Drawing / revision"), " / ".join(filter(None, (order.item.drawing, order.revision)))),
            (_("Quantity started"), format_quantity(order.quantity, order.item.unit)),
            (_("Good expected"), format_quantity(order.expected_good, order.item.unit)),
            (_("Lot"), order.lot.number if order.lot else ""),
            (_("Released on"), format_date(order.release_date)),
            (_("Due"), format_date(order.due_date)),
        ],
        "materials": [
            {
                "item": item_text(one.item),
                "required": format_quantity(one.required, one.item.unit),
                "code": code39(one.item.number),
            }
            for one in order.materials
        ],
        "operations": [_operation(order, step) for step in order.operations],
    }


def _operation(order: WorkOrder, step: WorkOrderOperation) -> Paper:
    inside = step.work_centre
    return {
        "number": step.number,
        "name": localized(step.names),
        "place": localized(inside.names if inside else step.supplier.names if step.supplier else None, "–"),
        "outside": inside is None,
        "machine": step.machine.code if step.machine else "",
        "setup": format_quantity(step.setup_minutes),
        "run": format_quantity(step.run_minutes),
        "inspect": step.inspect,
        "instructions": localized(step.instructions),
        "code": code39(f"{order.number}-{step.number}"),
    }


def inspection(key: int) -> Paper:
    """An inspection report: the plan's limits, what was measured, the verdict."""
    found = found_or_refused(
        db.session.scalar(
            select(Inspection)
            .options(
                selectinload(Inspection.item),
                selectinload(Inspection.lot),
                selectinload(Inspection.results).selectinload(InspectionResult.characteristic),
            )
            .where(Inspection.id == key)
        )
    )
    rows: dict[int, Paper] = {}
    for result in found.results:
        if result.round != found.round:
            continue
        what = result.characteristic
        row = rows.setdefault(
            what.id,
            {
                "name": localized(what.names),
                "limits": _limits(what),
                "values": [],
                "conforms": True,
            },
        )
        row["values"].append({"text": format_quantity(result.value), "bad": not result.conforms})
        row["conforms"] = row["conforms"] and result.conforms
    supplier = db.session.get(Partner, found.supplier_id) if found.supplier_id else None
    return {
        "title": _("Inspection report"),
        "number": found.number,
        "revision": None,
        "barcode": code39(found.number),
        "facts": [
            (_("Item"), item_text(found.item)),
            (_("Drawing / revision"), " / ".join(filter(None, (found.item.drawing, found.item.revision)))),
            (_("Lot"), found.lot.number if found.lot else ""),
            (_("Supplier"), localized(supplier.names) if supplier else ""),
            (_("Quantity"), format_quantity(found.quantity, found.item.unit)),
            (_("Sample size"), format_quantity(found.sample_size)),
            (_("Accept / reject number"), f"{found.accept_number} / {found.reject_number}"),
            (_("Code letter"), found.code_letter or ""),
            (_("Defective"), format_quantity(found.defective)),
            (_("Inspector"), found.inspector or ""),
            (_("Inspected on"), format_date(found.inspected_at.date()) if found.inspected_at else ""),
        ],
        "accepted": {"accepted": True, "rejected": False}.get(found.status.value),
        "rows": list(rows.values()),
        "note": found.note,
    }


def _limits(what: Any) -> str:
    lower, upper = getattr(what, "lower", None), getattr(what, "upper", None)
    unit = getattr(what, "unit", None) or ""
    if lower is None and upper is None:
        return _("no defect")
    if lower is None or upper is None:
        sign, edge = ("≤", upper) if lower is None else ("≥", lower)
        return f"{sign} {format_quantity(edge, unit)}"
    return f"{format_quantity(lower)} – {format_quantity(upper, unit)}"
