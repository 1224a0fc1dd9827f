"""Inspections from request to release or rejection."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import DomainError
from app.core.events import emit, event
from app.core.numbering import next_number
from app.core.operators import operator
from app.inventory import services as inventory
from app.inventory.models import LocationKind, Lot, LotStatus
from app.inventory.queries.movements import NOT_INSPECTED
from app.masterdata.models import Site
from app.quality import queries, sampling
from app.quality.models import (
    Disposition,
    Inspection,
    InspectionKind,
    InspectionPlan,
    InspectionStatus,
    Nonconformance,
    Sampling,
)
from app.quality.services import stock

INSPECTION_REQUESTED = event(
    "quality.inspection_requested",
    "A lot waits for its inspection; key inspection:ID, payload inspection_id.",
)
INSPECTION_CLOSED = event(
    "quality.inspection_closed",
    "An inspection is settled, after disposition where it was rejected; key inspection:ID, "
    "payload inspection_id, accepted, disposition.",
)

LOT_RELEASED = event(
    "quality.lot_released", "A lot may be used from now on; key lot:ID, payload lot_id, lot_number, item_id."
)


@operator
def request_inspection(
    kind: str,
    item_id: int,
    lot_id: int | None,
    quantity: str,
    document: str,
    *,
    operation: int | None = None,
    supplier_id: int | None = None,
    site_id: int | None = None,
) -> dict[str, Any]:
    """Ask for the inspection a plan demands; without a plan, or without pieces, the lot is released at once.

    Returns ``required``, ``inspection_id`` (None when not required) and ``key``,
    under which ``quality.inspection_closed`` will be told.
    """
    lot = db.session.get_one(Lot, int(lot_id)) if lot_id else None
    supplier_id = supplier_id or (lot.supplier_id if lot else None)
    occasion, amount = InspectionKind(kind), Decimal(str(quantity))
    site = site_id or _site(occasion, int(item_id), lot_id)
    plan = queries.plan_for(occasion, int(item_id), operation=operation, supplier_id=supplier_id)
    if plan is None or amount <= 0:
        _release(
            occasion,
            site,
            int(item_id),
            lot_id,
            amount,
            document=document,
            reason=NOT_INSPECTED,
        )
        return {"required": False, "inspection_id": None, "key": ""}
    inspection = Inspection(
        number=next_number("QI", on=clock.today(db.session.get_one(Site, site).timezone)),
        site_id=site,
        kind=occasion,
        item_id=int(item_id),
        lot_id=lot.id if lot else None,
        plan_id=plan.id,
        document=document,
        operation=operation,
        supplier_id=supplier_id,
        quantity=amount,
        requested_at=clock.now(),
    )
    db.session.add(inspection)
    if occasion in {InspectionKind.RECEIPT, InspectionKind.FINAL}:
        stock.set_status(inspection.lot_id, LotStatus.QUARANTINE)
    db.session.flush()
    emit(INSPECTION_REQUESTED, key=inspection.key, inspection_id=inspection.id)
    return {"required": True, "inspection_id": inspection.id, "key": inspection.key}


@operator
def sampling_plan(inspection_id: int) -> dict[str, Any]:
    """Fix how many pieces to inspect and how many may be defective.

    Returns ``number``, ``item``, ``quantity``, ``sample_size``, ``accept`` and ``reject``.
    """
    inspection = queries.inspection(int(inspection_id))
    plan = db.session.get_one(InspectionPlan, inspection.plan_id)
    if inspection.status is InspectionStatus.REJECTED:
        inspection.round += 1
    sample = _sample(plan, inspection.quantity)
    inspection.sample_size = sample.sample_size
    inspection.accept_number, inspection.reject_number = sample.accept, sample.reject
    inspection.code_letter = sample.code_letter or None
    inspection.move_to(InspectionStatus.IN_PROGRESS)
    return {
        "number": inspection.number,
        "item": inspection.item.number,
        "quantity": str(inspection.quantity),
        "document": inspection.document,
        "sample_size": sample.sample_size,
        "accept": sample.accept,
        "reject": sample.reject,
    }


def _sample(plan: InspectionPlan, quantity: Decimal) -> sampling.SamplingPlan:
    if plan.sampling is Sampling.AQL and plan.aql is not None:
        return sampling.single_normal(quantity, plan.aql)
    if plan.sampling is Sampling.FIXED and plan.sample_size:
        return sampling.fixed(quantity, plan.sample_size, plan.accept_number)
    return sampling.every_piece(quantity)


@operator
def release_lot(inspection_id: int) -> dict[str, Any]:
    """Move an accepted lot from inspection into stock and let it be used. Returns ``moved``."""
    inspection = queries.inspection(int(inspection_id))
    if inspection.status is not InspectionStatus.ACCEPTED:
        raise DomainError(
            "not_accepted",
            _("Inspection {number} has not accepted the lot.").format(number=inspection.number),
        )
    moved = _release(
        inspection.kind,
        inspection.site_id,
        inspection.item_id,
        inspection.lot_id,
        inspection.quantity,
        document=inspection.document,
        reason=inspection.number,
    )
    return {"moved": str(moved)}


def _release(
    kind: InspectionKind,
    site_id: int,
    item_id: int,
    lot_id: int | None,
    quantity: Decimal,
    *,
    document: str,
    reason: str,
) -> Decimal:
    """Let goods be used: out of the inspection area, out of quarantine. Pieces in process stay where they are."""
    if kind is InspectionKind.OPERATION:
        return Decimal(0)
    moved = stock.move_lot(
        site_id=site_id,
        item_id=item_id,
        lot_id=lot_id,
        quantity=quantity,
        sources=(LocationKind.INSPECTION,),
        target=inventory.location(site_id, LocationKind.INTERNAL),
        document=document,
        reason=reason,
    )
    if lot_id:
        inventory.release_lot(int(lot_id))
        number = db.session.get_one(Lot, int(lot_id)).number
        emit(LOT_RELEASED, key=f"lot:{lot_id}", lot_id=int(lot_id), lot_number=number, item_id=item_id)
    return moved


@operator
def reject_lot(inspection_id: int) -> dict[str, Any]:
    """Block a rejected lot; what of it lies in the store already is taken out. Returns ``moved``.

    Goods still under inspection stay there, blocked, until it is decided what becomes of them:
    only then do they count as rejected or, by concession, as accepted.
    """
    inspection = queries.inspection(int(inspection_id))
    if inspection.kind is InspectionKind.OPERATION or inspection.lot_id is None:
        return {"moved": "0"}
    moved = stock.move_lot(
        site_id=inspection.site_id,
        item_id=inspection.item_id,
        lot_id=inspection.lot_id,
        quantity=inspection.quantity,
        sources=(LocationKind.INTERNAL,),
        target=inventory.location(inspection.site_id, LocationKind.REJECT),
        document=inspection.document,
        reason=inspection.number,
    )
    stock.set_status(inspection.lot_id, LotStatus.BLOCKED)
    return {"moved": str(moved)}


@operator
def close_inspection(inspection_id: int) -> dict[str, Any]:
    """Tell whoever waits that an inspection is settled.

    Returns ``accepted``, also true after a concession or sorting, and ``disposition``.
    """
    inspection = queries.inspection(int(inspection_id))
    accepted, disposition = inspection.status is InspectionStatus.ACCEPTED, None
    good = inspection.quantity if accepted else Decimal(0)
    if not accepted:
        found = db.session.scalar(
            select(Nonconformance)
            .where(Nonconformance.inspection_id == inspection.id)
            .order_by(Nonconformance.id.desc())
            .limit(1)
        )
        disposition = found.disposition if found else None
        if found and disposition is Disposition.USE_AS_IS:
            good = inspection.quantity
        elif found and disposition is Disposition.SORT:
            good = found.good_quantity or Decimal(0)
        accepted = good > 0
    emit(
        INSPECTION_CLOSED,
        key=inspection.key,
        inspection_id=inspection.id,
        accepted=accepted,
        good_quantity=str(good),
        disposition=disposition.value if disposition else None,
        document=inspection.document,
    )
    return {
        "accepted": accepted,
        "good_quantity": str(good),
        "disposition": disposition.value if disposition else None,
    }


@operator
def clearance(order_id: int) -> dict[str, Any]:
    """Say whether accepted stock covers an order's next delivery.

    Returns ``ready`` and ``waiting_for``, the key of the item it waits for.
    """
    missing = queries.shortfall(int(order_id))
    return {"ready": missing is None, "waiting_for": "" if missing is None else f"item:{missing}"}


def _site(kind: InspectionKind, item_id: int, lot_id: int | None) -> int:
    """Return where the goods are: of the lot, else of the only or first site."""
    kinds = (
        (LocationKind.WIP,)
        if kind is InspectionKind.OPERATION
        else (LocationKind.INSPECTION, LocationKind.INTERNAL)
    )
    found = stock.site_of(item_id, int(lot_id) if lot_id else None, kinds)
    return found or db.session.scalars(select(Site.id).order_by(Site.id).limit(1)).one()
