"""What each paper says, read from the step that owns the document."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import format_date, format_money, format_quantity, localized
from app.core.money import ZERO, round_money
from app.costing import queries as costing
from app.inventory.models import Lot, StockBalance
from app.logistics.models import Shipment, ShipmentLine
from app.masterdata import queries as masterdata
from app.masterdata.models import Item, Partner, Site
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine
from app.quality.models import Inspection, InspectionResult
from app.reports.queries.codes import code39, qr
from app.sales.models import CustomerOrderLine
from app.scheduling.models import WorkOrder, WorkOrderMaterial, WorkOrderOperation
from app.subcontracting.models import Form, SubcontractOrder, SuppliedComponent

Paper = dict[str, Any]


def _found(row: Any) -> Any:
    if row is None:
        raise NotFound("no_document", _("There is no such document."))
    return row


def _item(item: Item) -> str:
    return f"{item.number} {localized(item.names)}"


def _places(currency: str) -> int:
    company = masterdata.company()
    return company.document_decimals if currency == company.currency else 2


def _partner(partner: Partner | None) -> Paper:
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
    order = _found(
        db.session.scalar(
            select(PurchaseOrder)
            .options(
                selectinload(PurchaseOrder.supplier),
                selectinload(PurchaseOrder.lines).selectinload(PurchaseOrderLine.item),
            )
            .where(PurchaseOrder.id == key)
        )
    )
    places = _places(order.currency)
    amounts = [round_money(line.amount_of(line.quantity), places) for line in order.lines]
    net = sum(amounts, ZERO)
    vat = round_money(net * order.vat_percent / 100, places)
    lines = []
    for line, amount in zip(order.lines, amounts, strict=True):
        bought = line.quantity * line.denominator / line.numerator
        lines.append(
            {
                "number": line.number,
                "item": _item(line.item) if line.item else line.description,
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
        "partner": _partner(order.supplier),
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
    order = _found(
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
    places = _places(order.currency)
    whole = order.form is Form.WHOLE_ITEM
    billed = order.quantity * order.denominator / order.numerator
    amount = None if order.by_weight else round_money(max(billed * order.price, order.minimum_charge), places)
    work_order = db.session.get(WorkOrder, order.work_order_id) if order.work_order_id else None
    return {
        "title": _("Subcontract order"),
        "number": order.number,
        "revision": order.revision,
        "barcode": code39(order.number),
        "partner": _partner(order.supplier),
        "partner_label": _("Subcontractor"),
        "facts": [
            (_("Order date"), format_date(order.ordered_on)),
            (_("Item"), _item(order.item)),
            (_("Drawing / revision"), " / ".join(filter(None, (order.item.drawing, order.item.revision)))),
            (_("Work"), _("Whole item") if whole else _("Operation %(number)s", number=order.operation)),
            (_("Work order"), work_order.number if work_order else ""),
            (_("Quantity"), format_quantity(order.quantity, order.item.unit)),
            (_("Price"), f"{format_quantity(order.price)} {order.currency} / {order.price_unit}"),
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
            {"item": _item(one.item), "quantity": format_quantity(one.required, one.item.unit)}
            for one in order.components
        ],
    }


def traveller(key: int) -> Paper:
    """A work order's traveller: materials, operations with codes to scan, instructions. No costs."""
    order = _found(
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
            (_("Item"), _item(order.item)),
            (_("Drawing / revision"), " / ".join(filter(None, (order.item.drawing, order.revision)))),
            (_("Quantity started"), format_quantity(order.quantity, order.item.unit)),
            (_("Good expected"), format_quantity(order.expected_good, order.item.unit)),
            (_("Lot"), order.lot.number if order.lot else ""),
            (_("Released on"), format_date(order.release_date)),
            (_("Due"), format_date(order.due_date)),
        ],
        "materials": [
            {
                "item": _item(one.item),
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
    found = _found(
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
            (_("Item"), _item(found.item)),
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


def delivery_note(key: int) -> Paper:
    """A delivery note with lots and the customer's part numbers. No prices."""
    shipment = _found(
        db.session.scalar(
            select(Shipment)
            .options(
                selectinload(Shipment.order),
                selectinload(Shipment.customer),
                selectinload(Shipment.packages),
                selectinload(Shipment.lines).selectinload(ShipmentLine.item),
                selectinload(Shipment.lines).selectinload(ShipmentLine.lot),
                selectinload(Shipment.lines).selectinload(ShipmentLine.order_line),
            )
            .where(Shipment.id == key)
        )
    )
    return {
        "title": _("Delivery note and packing list"),
        "number": shipment.number,
        "revision": None,
        "barcode": code39(shipment.number),
        "partner": _partner(shipment.customer),
        "partner_label": _("Customer"),
        "facts": [
            (_("Customer order"), shipment.order.number),
            (_("Customer's order"), shipment.order.customer_reference or ""),
            (_("Shipped on"), format_date(shipment.shipped_on) if shipment.shipped_on else ""),
            (_("Carrier"), shipment.carrier or ""),
            (_("Tracking"), shipment.tracking or ""),
            (_("Certificates"), "、".join(shipment.customer.certificates)),
        ],
        "lines": [_delivered(line) for line in shipment.lines],
        "packages": [
            {
                "number": one.number,
                "contents": one.contents or "",
                "gross": format_quantity(one.gross_kg, "kg"),
            }
            for one in shipment.packages
        ],
        "note": shipment.note,
    }


def _delivered(line: ShipmentLine) -> Paper:
    ordered: CustomerOrderLine = line.order_line
    quantity = line.quantity if line.picked is None else line.picked
    return {
        "number": line.number,
        "item": _item(line.item),
        "part": " / ".join(filter(None, (ordered.customer_part, ordered.drawing_revision))),
        "lot": line.lot.number if line.lot else "",
        "quantity": format_quantity(quantity, line.item.unit),
    }


def lot_label(key: int) -> Paper:
    """A label for each lot: what it is, how much, and codes to scan."""
    lot = _found(db.session.scalar(select(Lot).options(selectinload(Lot.item)).where(Lot.id == key)))
    stock = db.session.scalars(select(StockBalance.quantity).where(StockBalance.lot_id == lot.id)).all()
    there = sum((quantity for quantity in stock if quantity > 0), Decimal(0))
    return {
        "title": _("Lot label"),
        "number": lot.number,
        "revision": None,
        "barcode": code39(lot.number),
        "qr": qr(f"{lot.item.number}|{lot.number}"),
        "item": _item(lot.item),
        "drawing": " / ".join(filter(None, (lot.item.drawing, lot.item.revision))),
        "quantity": format_quantity(there, lot.item.unit),
        "received": format_date(lot.received_on),
        "expires": format_date(lot.expires_on) if lot.expires_on else "",
        "supplier_lot": lot.supplier_lot or "",
    }


def cost_report(key: int) -> Paper:
    """A customer order's cost: elements, three methods, variances, the orders it came from."""
    sheet = costing.order_cost_sheet(key)
    return sheet | {
        "title": _("Cost report"),
        "revision": None,
        "barcode": code39(sheet["number"]),
        "facts": [
            (_("Customer"), sheet["customer"]),
            (_("Currency"), sheet["currency"]),
            (_("Revenue"), sheet["revenue"]),
            (_("Goods shipped"), sheet["goods"]),
            (_("Variances"), sheet["variance"]),
            (_("Cost"), sheet["cost"]),
            (_("Profit"), sheet["profit"]),
            (_("Margin"), sheet["margin"]),
            (_("Abnormal scrap, expensed"), sheet["abnormal_scrap"]),
        ],
    }
