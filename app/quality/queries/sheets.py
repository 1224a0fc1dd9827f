"""What people see above their forms."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.db import db
from app.core.documents import document_label
from app.core.errors import NotFound
from app.core.i18n import format_quantity, localized
from app.core.operators import source
from app.inventory import queries as inventory
from app.masterdata.models import CodeKind, Company, CustomerItem, Item, ReasonCode, Site
from app.quality.models import (
    Characteristic,
    CharacteristicKind,
    Inspection,
    InspectionKind,
    InspectionResult,
    Nonconformance,
)
from app.sales.models import CustomerOrder
from app.sales.queries import next_delivery

ZERO = Decimal(0)
EFFECT_DAYS = 30
INSPECTION_KINDS = {
    InspectionKind.RECEIPT: lazy_gettext("Incoming inspection"),
    InspectionKind.OPERATION: lazy_gettext("In-process inspection"),
    InspectionKind.FINAL: lazy_gettext("Final inspection"),
    InspectionKind.OUTGOING: lazy_gettext("Outgoing inspection"),
}


def inspection(inspection_id: int) -> Inspection:
    """Return an inspection with its item, lot and results.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalar(
        select(Inspection)
        .options(
            selectinload(Inspection.item),
            selectinload(Inspection.lot),
            selectinload(Inspection.results).selectinload(InspectionResult.characteristic),
        )
        .where(Inspection.id == inspection_id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("no_inspection", _("There is no inspection %(id)s.", id=inspection_id))
    return found


def characteristics(plan_id: int) -> list[Characteristic]:
    """Return what a plan measures and counts, in its order."""
    return list(
        db.session.scalars(
            select(Characteristic).where(Characteristic.plan_id == plan_id).order_by(Characteristic.number)
        )
    )


def limits_text(characteristic: Characteristic) -> str:
    """Return the limits as a drawing writes them: ``20 – 30 µm``, ``≤ 2 kPa``, or the word for a count."""
    if characteristic.kind is CharacteristicKind.COUNTED:
        return _("defective pieces")
    lower, upper = format_quantity(characteristic.lower), format_quantity(characteristic.upper)
    if characteristic.lower is None:
        text = f"≤ {upper}"
    elif characteristic.upper is None:
        text = f"≥ {lower}"
    else:
        text = f"{lower} – {upper}"
    return f"{text} {characteristic.unit}".rstrip()


@source
def inspection_sheet(inspection_id: int) -> dict[str, Any]:
    """What the inspector fills in: one row per sample piece and measured characteristic, one per count."""
    found = inspection(int(inspection_id))
    rows = [
        {
            "place": f"{characteristic.id}:{piece}",
            "piece": str(piece) if piece else "–",
            "characteristic": _with_instrument(characteristic),
            "limits": limits_text(characteristic),
            "value": None if piece else "0",
            "defect_code": None,
        }
        for characteristic in characteristics(found.plan_id)
        for piece in _pieces(characteristic, found.sample_size or 0)
    ]
    return {
        "number": found.number,
        "item": f"{found.item.number} {localized(found.item.names)}",
        "drawing": " ".join(filter(None, (found.item.drawing, found.item.revision))),
        "lot": found.lot.number if found.lot else "–",
        "quantity": format_quantity(found.quantity, found.item.unit),
        "sample_size": found.sample_size or 0,
        "accept": found.accept_number or 0,
        "reject": found.reject_number or 1,
        "code_letter": found.code_letter or "–",
        "document": document_label(found.document),
        "round": found.round,
        "rows": rows,
    }


def _with_instrument(characteristic: Characteristic) -> str:
    """Name a characteristic, with what it is measured with where the plan says so."""
    name = localized(characteristic.names)
    return f"{name} ({characteristic.instrument})" if characteristic.instrument else name


def _pieces(characteristic: Characteristic, sample_size: int) -> range:
    """Return the piece numbers a characteristic needs; a count has the one row 0."""
    if characteristic.kind is CharacteristicKind.COUNTED:
        return range(1)
    return range(1, sample_size + 1)


def nonconformance(nonconformance_id: int) -> Nonconformance:
    """Return a nonconformance with its item, lot, supplier and inspection.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalar(
        select(Nonconformance)
        .options(
            selectinload(Nonconformance.item),
            selectinload(Nonconformance.lot),
            selectinload(Nonconformance.supplier),
            selectinload(Nonconformance.inspection),
        )
        .where(Nonconformance.id == nonconformance_id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("no_nonconformance", _("There is no nonconformance %(id)s.", id=nonconformance_id))
    return found


@source
def nonconformance_sheet(nonconformance_id: int) -> dict[str, Any]:
    """What everybody working on a nonconformance sees above their form."""
    found = nonconformance(int(nonconformance_id))
    defects = defect_names()
    return {
        "number": found.number,
        "item": f"{found.item.number} {localized(found.item.names)}",
        "drawing": " ".join(filter(None, (found.item.drawing, found.item.revision))),
        "lot": found.lot.number if found.lot else "–",
        "quantity": format_quantity(found.quantity, found.item.unit),
        "quantity_number": found.quantity,
        "supplier": f"{found.supplier.code} {localized(found.supplier.names)}" if found.supplier else "–",
        "found_at": place_label(found.place),
        "defect": f"{found.defect_code} {defects.get(found.defect_code, '')}" if found.defect_code else "–",
        "problem": found.description,
        "contained": found.containment or "–",
        "decision": disposition_label(found.disposition) if found.disposition else "–",
        "decision_reason": found.disposition_reason or "–",
        "customer_answer": found.customer_consent or "–",
        "root_cause": found.cause or "–",
        "action": found.corrective_action or "–",
        "owner": found.action_owner or "–",
        "due": found.action_due.isoformat() if found.action_due else "–",
        "done": found.action_done or "–",
        "check_on": effect_day(clock.today(db.session.get_one(Site, found.site_id).timezone)).isoformat(),
        "effect_check_on": found.effect_check_on.isoformat() if found.effect_check_on else "–",
        "customer_drawing": on_customer_drawing(found.item_id),
    }


def effect_day(today: date) -> date:
    """Return when the effect of what is done today is checked, where nobody says another day."""
    company = db.session.get(Company, 1)
    return today + timedelta(days=company.effect_days if company else EFFECT_DAYS)


def disposition_label(disposition: str) -> str:
    """Return a disposition in the reader's language."""
    return {
        "use_as_is": _("Use as is (concession)"),
        "rework": _("Rework"),
        "sort": _("Sort all pieces"),
        "return_to_supplier": _("Return to supplier"),
        "scrap": _("Scrap"),
    }[disposition]


def defect_names() -> dict[str | None, str]:
    """Return what the defect codes mean, in the reader's language."""
    rows = db.session.scalars(select(ReasonCode).where(ReasonCode.kind == CodeKind.DEFECT))
    return {row.code: localized(row.names) for row in rows}


def on_customer_drawing(item_id: int) -> bool:
    """Say whether the item is, or goes into, something a customer has a drawing of."""
    from app.masterdata.models import BomLine

    seen, layer = set(), {item_id}
    while layer:
        if db.session.scalar(select(CustomerItem.id).where(CustomerItem.item_id.in_(layer)).limit(1)):
            return True
        seen |= layer
        parents = db.session.scalars(select(BomLine.parent_id).where(BomLine.component_id.in_(layer)))
        layer = set(parents) - seen
    return False


def shortfall(order_id: int) -> int | None:
    """Return an item of the order's next delivery whose accepted, free stock does not suffice; None: all do.

    The next delivery is what is still to ship of the earliest due date: a split
    order leaves in parts.
    """
    order = db.session.scalar(
        select(CustomerOrder)
        .options(selectinload(CustomerOrder.lines))
        .where(CustomerOrder.id == order_id)
        .execution_options(populate_existing=True)
    )
    if order is None:
        raise NotFound("no_order", _("There is no order %(id)s.", id=order_id))
    needed: Counter[int] = Counter()
    for line in next_delivery(order):
        needed[line.item_id] += line.quantity - line.shipped  # type: ignore[assignment]
    for item_id, quantity in needed.items():
        free = sum((stock.free for stock in inventory.usable(item_id, order.site_id)), ZERO)
        if free < quantity:
            return item_id
    return None


def defective_pieces(results: list[InspectionResult], sample_size: int) -> int:
    """Return how many pieces of the sample failed: those out of limits, and those counted as defective."""
    measured = {row.piece for row in results if row.piece and not row.conforms}
    counted = sum(int(row.value) for row in results if not row.piece)
    return min(sample_size, len(measured) + counted)


def item(item_id: int) -> Item:
    """Return an item.

    Raises:
        NotFound: there is none.
    """
    found = db.session.get(Item, item_id)
    if found is None:
        raise NotFound("no_item", _("There is no item %(id)s.", id=item_id))
    return found


def place_label(place: str | None) -> str:
    """Where it was found: the kind of inspection in words, with the operation's number."""
    kind, _space, operation = (place or "").partition(" ")
    words = next((str(label) for one, label in INSPECTION_KINDS.items() if one.value == kind), kind)
    return f"{words} {operation}".strip()
