"""Nonconformances from finding to proven correction."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.events import emit, event
from app.core.i18n import format_quantity, localized
from app.core.numbering import next_number
from app.core.operators import operator
from app.inventory import services as inventory
from app.inventory.models import LocationKind, Lot, LotStatus
from app.masterdata.models import Site
from app.quality import queries
from app.quality.models import (
    Disposition,
    Inspection,
    InspectionKind,
    Nonconformance,
    NonconformanceStatus,
    Severity,
)
from app.quality.services import stock

NONCONFORMANCE_OPENED = event(
    "quality.nonconformance_opened",
    "Goods do not meet their requirement; key nonconformance:ID, payload nonconformance_id.",
)
DISPOSITION_EXECUTED = event(
    "quality.disposition_executed",
    "It is settled what becomes of nonconforming goods; key nonconformance:ID, "
    "payload nonconformance_id, inspection_id, disposition.",
)
GOODS_RETURNED = event(
    "quality.goods_returned",
    "Rejected stock is to go back to its supplier; key nonconformance:ID, "
    "payload nonconformance_id, supplier_id, item_id, lot_id, quantity, document it came by, in_stock_before "
    "(it had been accepted into stock).",
)


@operator
def open_nonconformance(
    item_id: int,
    quantity: str,
    description: str,
    document: str,
    *,
    lot_id: int | None = None,
    inspection_id: int | None = None,
    defect_code: str | None = None,
    place: str = "",
    severity: str = "major",
) -> dict[str, Any]:
    """Write down goods that do not meet their requirement and start their process.

    Item, lot, quantity, document and place follow from the inspection when one is given.

    Returns ``nonconformance_id``, ``number`` and ``key``.
    """
    inspection = queries.inspection(int(inspection_id)) if inspection_id else None
    site_id = inspection.site_id if inspection else _site(int(item_id), lot_id)
    amount = inspection.quantity if inspection else Decimal(str(quantity))
    if amount <= 0:
        raise DomainError("quantity", _("A nonconformance needs a quantity above 0."), field="quantity")
    lot = db.session.get(Lot, lot_id) if lot_id else None
    found = Nonconformance(
        number=next_number("NCR", on=clock.today(db.session.get_one(Site, site_id).timezone), width=3),
        site_id=site_id,
        item_id=inspection.item_id if inspection else int(item_id),
        lot_id=inspection.lot_id if inspection else lot_id,
        inspection_id=inspection.id if inspection else None,
        document=inspection.document if inspection else document,
        supplier_id=inspection.supplier_id if inspection else lot.supplier_id if lot else None,
        quantity=amount,
        severity=Severity(severity),
        defect_code=defect_code,
        place=_place(inspection) if inspection else place,
        description=description,
        opened_at=clock.now(),
        opened_by=current_actor().name or current_actor().login,
    )
    db.session.add(found)
    db.session.flush()
    audit.record("nonconformance.opened", found.key, after={"number": found.number, "quantity": amount})
    emit(NONCONFORMANCE_OPENED, key=found.key, nonconformance_id=found.id)
    return {"nonconformance_id": found.id, "number": found.number, "key": found.key}


@operator
def report_rejection(inspection_id: int, defect_code: str | None = None) -> dict[str, Any]:
    """Open a nonconformance for a rejected lot, described by what the inspection found.

    Returns ``nonconformance_id``, ``number`` and ``key``.
    """
    inspection = queries.inspection(int(inspection_id))
    failed = [
        f"{localized(row.characteristic.names)} {format_quantity(row.value, row.characteristic.unit)}"
        for row in inspection.results
        if row.round == inspection.round and not row.conforms
    ]
    description = _(
        "{inspection}: {defective} of {sample} pieces defective, {accept} allowed. {failed}"
    ).format(
        inspection=inspection.number,
        defective=inspection.defective,
        sample=inspection.sample_size,
        accept=inspection.accept_number,
        failed="; ".join(failed[:20]),
    )
    return open_nonconformance(
        inspection.item_id,
        str(inspection.quantity),
        description,
        inspection.document,
        inspection_id=inspection.id,
        defect_code=defect_code,
    )


def _place(inspection: Inspection) -> str:
    """Return where an inspection finds things, with the operation's number."""
    return f"{inspection.kind.value} {inspection.operation or ''}".strip()


@operator
def nonconformance_facts(nonconformance_id: int) -> dict[str, Any]:
    """Tell a diagram what its decisions need.

    Returns ``number``, ``item``, ``quantity``, ``value`` at standard cost,
    ``customer_drawing`` and ``from_supplier``.
    """
    found = queries.nonconformance(int(nonconformance_id))
    value = (found.quantity * found.item.standard_cost).quantize(Decimal("0.01"))
    return {
        "number": found.number,
        "item": found.item.number,
        "quantity": str(found.quantity),
        "value": str(value),
        "customer_drawing": queries.on_customer_drawing(found.item_id),
        "from_supplier": found.supplier_id is not None,
        "severity": found.severity.value,
    }


@operator
def record_containment(
    nonconformance_id: int, containment: str, severity: str, defect_code: str | None = None
) -> dict[str, Any]:
    """Write what was done to keep the goods from being used, and set the lot apart.

    Returns ``moved``, what was still in the store.
    """
    found = queries.nonconformance(int(nonconformance_id))
    found.containment, found.severity = containment, Severity(severity)
    found.defect_code = defect_code or found.defect_code
    moved = Decimal(0)
    if found.lot_id and found.inspection_id is None:
        moved = stock.move_lot(
            **_goods(found),
            sources=(LocationKind.INTERNAL,),
            target=inventory.location(found.site_id, LocationKind.REJECT),
        )
        stock.set_status(found.lot_id, LotStatus.BLOCKED)
    found.move_to(NonconformanceStatus.CONTAINED)
    db.session.flush()
    return {"moved": str(moved)}


@operator
def record_disposition(
    nonconformance_id: int,
    disposition: str,
    reason: str,
    good_quantity: str | None = None,
) -> dict[str, Any]:
    """Write the decision on what becomes of the goods. Returns ``disposition``.

    Raises:
        DomainError: sorting finds more good pieces than there are, or goods without a supplier go back to one.
    """
    found = queries.nonconformance(int(nonconformance_id))
    choice = Disposition(disposition)
    good = (
        Decimal(str(good_quantity))
        if good_quantity not in (None, "") and choice is Disposition.SORT
        else None
    )
    if choice is Disposition.SORT and (good is None or not 0 <= good <= found.quantity):
        raise DomainError(
            "good_quantity",
            _("Sorting needs the good quantity, 0 to {quantity}.").format(quantity=found.quantity),
            field="good_quantity",
        )
    if choice is Disposition.RETURN_TO_SUPPLIER and found.supplier_id is None:
        raise DomainError(
            "no_supplier",
            _("{number} did not come from a supplier.").format(number=found.number),
            field="disposition",
        )
    before = found.disposition.value if found.disposition else None
    found.disposition, found.disposition_reason, found.good_quantity = choice, reason, good
    found.decided_by = current_actor().name or current_actor().login
    found.move_to(NonconformanceStatus.DECIDED)
    audit.record(
        "nonconformance.decided",
        found.key,
        before={"disposition": before},
        after={"disposition": choice.value},
        reason=reason,
    )
    db.session.flush()
    return {"disposition": choice.value}


@operator
def record_consent(nonconformance_id: int, *, granted: bool, reference: str) -> dict[str, Any]:
    """Write what the customer answered to a concession. Returns ``granted``."""
    found = queries.nonconformance(int(nonconformance_id))
    answer = _("agreed") if granted else _("refused")
    found.customer_consent = f"{answer}: {reference}"
    audit.record("nonconformance.consent", found.key, after={"granted": granted}, reason=reference)
    db.session.flush()
    return {"granted": granted}


@operator
def record_approval(nonconformance_id: int, *, approved: bool, reason: str | None = None) -> dict[str, Any]:
    """Write who approved or refused the disposition. Returns ``approved``."""
    found = queries.nonconformance(int(nonconformance_id))
    found.approved_by = (current_actor().name or current_actor().login) if approved else None
    audit.record("nonconformance.approval", found.key, after={"approved": approved}, reason=reason)
    db.session.flush()
    return {"approved": approved}


@operator
def execute_disposition(nonconformance_id: int) -> dict[str, Any]:
    """Move the goods as decided and tell the inspection that waits. Returns ``moved`` and ``inspect_again``."""
    found = queries.nonconformance(int(nonconformance_id))
    moved = Decimal(0) if _in_process(found) else _move_as_decided(found)
    found.move_to(NonconformanceStatus.EXECUTED)
    disposition = _decided(found)
    emit(
        DISPOSITION_EXECUTED,
        key=found.key,
        nonconformance_id=found.id,
        inspection_id=found.inspection_id,
        disposition=disposition.value,
    )
    if disposition is Disposition.RETURN_TO_SUPPLIER and not _in_process(found):
        emit(
            GOODS_RETURNED,
            key=found.key,
            document=found.document,
            nonconformance_id=found.id,
            supplier_id=found.supplier_id,
            item_id=found.item_id,
            lot_id=found.lot_id,
            quantity=str(found.quantity),
            in_stock_before=found.inspection is None or found.inspection.kind is not InspectionKind.RECEIPT,
        )
    db.session.flush()
    return {"moved": str(moved), "inspect_again": _again(found)}


_APART = (LocationKind.REJECT, LocationKind.INSPECTION)
"""Where nonconforming goods wait for their disposition."""

_TARGET = {
    Disposition.USE_AS_IS: LocationKind.INTERNAL,
    Disposition.REWORK: LocationKind.INSPECTION,
    Disposition.SORT: LocationKind.SCRAP,
    Disposition.RETURN_TO_SUPPLIER: LocationKind.REJECT,
    Disposition.SCRAP: LocationKind.SCRAP,
}


def _move_as_decided(found: Nonconformance) -> Decimal:
    """Move the goods where they belong; of a sorted lot the good pieces go to the store.

    What goes back to its supplier is set apart: it leaves with its return's papers.
    """
    disposition, goods = _decided(found), _goods(found)
    good = found.good_quantity or Decimal(0)
    moved = Decimal(0)
    if disposition is Disposition.SORT and good:
        store = inventory.location(found.site_id, LocationKind.INTERNAL)
        moved += stock.move_lot(**{**goods, "quantity": good}, sources=_APART, target=store)
        goods["quantity"] = found.quantity - good
    if goods["quantity"]:
        target = inventory.location(found.site_id, _TARGET[disposition])
        moved += stock.move_lot(**goods, sources=_APART, target=target)
    if disposition is Disposition.USE_AS_IS or (disposition is Disposition.SORT and good):
        if found.lot_id:
            inventory.release_lot(found.lot_id)
    elif disposition is Disposition.REWORK:
        stock.set_status(found.lot_id, LotStatus.QUARANTINE)
    return moved


@operator
def disposition_outcome(nonconformance_id: int) -> dict[str, Any]:
    """Tell the inspection what became of the goods. Returns ``disposition`` and ``inspect_again``.

    Pieces of a work order that go back to the supplier of an outside operation stay the order's: the
    supplier does its work again, and they are inspected again when they return.
    """
    found = queries.nonconformance(int(nonconformance_id))
    return {"disposition": _decided(found).value, "inspect_again": _again(found)}


def _again(found: Nonconformance) -> bool:
    disposition = _decided(found)
    return disposition is Disposition.REWORK or (
        disposition is Disposition.RETURN_TO_SUPPLIER and _in_process(found)
    )


def _goods(found: Nonconformance) -> dict[str, Any]:
    """Return what to move: the goods of a nonconformance, for its document and under its number."""
    return {
        "site_id": found.site_id,
        "item_id": found.item_id,
        "lot_id": found.lot_id,
        "quantity": found.quantity,
        "document": found.document,
        "reason": found.number,
    }


def _in_process(found: Nonconformance) -> bool:
    """Say whether the goods are pieces between two operations, which are not stock of the item."""
    return found.inspection is not None and found.inspection.kind is InspectionKind.OPERATION


def _decided(found: Nonconformance) -> Disposition:
    if found.disposition is None:
        raise DomainError("not_decided", _("{number} has no disposition yet.").format(number=found.number))
    return found.disposition


def _site(item_id: int, lot_id: int | None) -> int:
    """Return where the goods lie, else the first site."""
    kinds = (LocationKind.INTERNAL, LocationKind.INSPECTION, LocationKind.REJECT)
    found = stock.site_of(item_id, lot_id, kinds)
    return found or db.session.scalars(select(Site.id).order_by(Site.id).limit(1)).one()
