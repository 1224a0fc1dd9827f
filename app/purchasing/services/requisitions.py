"""Requisitions: from an approved plan, or asked for by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.events import emit
from app.core.inputs import date_input, decimal_input
from app.core.numbering import next_number
from app.core.operators import operator
from app.inventory import services as inventory
from app.inventory.models import LocationKind
from app.masterdata.models import Item, Partner, Site
from app.planning import services as planning
from app.planning.models import PlannedOrder, PlannedStatus
from app.planning.models import Supply as PlannedSupply
from app.purchasing import REQUISITION_CREATED, REQUISITION_DECIDED
from app.purchasing.models import Requisition, RequisitionLine, RequisitionStatus
from app.purchasing.price_breaks import orderable
from app.purchasing.services import after_fact, pricing


@dataclass(frozen=True)
class Need:
    """So much of an item, or of something described, on one day, from whom if that is known."""

    item_id: int | None
    quantity: Decimal
    on: date
    supplier_id: int | None = None
    description: str | None = None
    planned_order_id: int | None = None


@operator
def order_from_plan(plan_id: str) -> dict:
    """Turn an approved plan's orders to buy into requisitions, one per supplier with an approved price.

    Returns ``requisition_ids`` and ``count``. Where nobody has an approved price each item gets its own.
    Calling it twice makes nothing twice.
    """
    groups: dict[tuple[int, int | None, int | None], list[Need]] = {}
    for planned in _planned(int(plan_id)):
        need = _need(planned)
        key = (planned.site_id, need.supplier_id, None if need.supplier_id else need.item_id)
        groups.setdefault(key, []).append(need)
    made = [
        _make(site_id, needs, supplier_id=supplier_id, plan_id=int(plan_id))
        for (site_id, supplier_id, _item), needs in groups.items()
    ]
    return {"requisition_ids": [requisition.id for requisition in made], "count": len(made)}


def _planned(plan_id: int) -> list[PlannedOrder]:
    """Load what the plan wants bought and nobody has taken up yet."""
    query = (
        select(PlannedOrder)
        .where(
            PlannedOrder.plan_id == plan_id,
            PlannedOrder.supply == PlannedSupply.BUY,
            PlannedOrder.status.in_((PlannedStatus.PLANNED, PlannedStatus.FIRM)),
        )
        .order_by(PlannedOrder.due_date, PlannedOrder.id)
    )
    return list(db.session.scalars(query.with_for_update()))


def _need(planned: PlannedOrder) -> Need:
    """Give a planned order the supplier whose approved price serves it best."""
    item = db.session.get_one(Item, planned.item_id)
    option = pricing.best(item, planned.site_id, planned.quantity, planned.due_date, _today(planned.site_id))
    quantity = option.quantity if option else planned.quantity
    supplier_id = option.supplier_id if option else None
    return Need(item.id, quantity, planned.due_date, supplier_id, planned_order_id=planned.id)


def create_requisition(
    site_id: int,
    lines: Sequence[dict[str, Any]],
    *,
    supplier_id: int | None = None,
    after_the_fact: bool = False,
    reason: str | None = None,
    bought_on: str | date | None = None,
) -> Requisition:
    """Ask for something to be bought; each line has ``item_id`` or ``description``, ``quantity``, ``needed_on``.

    Raises:
        DomainError: no lines, a line says nothing, or after the fact without supplier, reason and day.
    """
    if not lines:
        raise DomainError("no_lines", _("A requisition needs at least one line."), field="lines")
    if after_the_fact and not (reason and supplier_id):
        raise DomainError(
            "after_the_fact", _("A purchase after the fact needs its supplier and a reason."), field="reason"
        )
    needs = [_typed(line, f"lines.{index}", site_id) for index, line in enumerate(lines)]
    if not after_the_fact:
        return _make(site_id, needs, supplier_id=supplier_id)
    day = after_fact.bought_day(bought_on, site_id)
    return _make(site_id, needs, supplier_id=supplier_id, reason=reason, bought_on=day)


def _typed(line: dict[str, Any], place: str, site_id: int) -> Need:
    item = db.session.get(Item, int(line["item_id"])) if line.get("item_id") else None
    description = (line.get("description") or "").strip() or None
    if item is None and description is None:
        raise DomainError(
            "says_nothing", _("Say which item, or describe what is needed."), field=f"{place}.item_id"
        )
    quantity = decimal_input(
        line.get("quantity"), field=f"{place}.quantity", places=item.unit_decimals if item else 6
    )
    if not quantity:
        raise DomainError("quantity", _("The quantity must be above 0."), field=f"{place}.quantity")
    needed_on = date_input(line.get("needed_on"), field=f"{place}.needed_on", default=_today(site_id))
    return Need(item.id if item else None, orderable(quantity), needed_on, description=description)


def _make(
    site_id: int,
    needs: Sequence[Need],
    *,
    supplier_id: int | None,
    plan_id: int | None = None,
    reason: str | None = None,
    bought_on: date | None = None,
) -> Requisition:
    """Save a requisition, announce its receipts and start its process."""
    requisition = Requisition(
        number=next_number("PR", on=_today(site_id)),
        site_id=site_id,
        supplier_id=supplier_id,
        plan_id=plan_id,
        requester_id=current_actor().user_id,
        status=RequisitionStatus.OPEN,
        after_the_fact=reason is not None,
        reason=reason,
        bought_on=bought_on,
        created_at=clock.now(),
        lines=[
            RequisitionLine(
                number=number,
                item_id=need.item_id,
                description=need.description,
                quantity=need.quantity,
                needed_on=need.on,
                planned_order_id=need.planned_order_id,
            )
            for number, need in enumerate(needs, start=1)
        ],
    )
    db.session.add(requisition)
    db.session.flush()
    for need in needs:
        if need.planned_order_id:
            planning.mark_released(need.planned_order_id, f"requisition:{requisition.id}")
    _expect(requisition)
    emit(REQUISITION_CREATED, key=f"requisition:{requisition.id}", requisition_id=requisition.id)
    return requisition


def _expect(requisition: Requisition) -> None:
    source = inventory.location(requisition.site_id, LocationKind.SUPPLIER)
    target = inventory.location(requisition.site_id, LocationKind.INTERNAL)
    for line in requisition.lines:
        if line.item_id:
            inventory.expect(
                line.item_id,
                line.quantity,
                source=source,
                target=target,
                on=line.needed_on,
                document=f"requisition:{requisition.id}",
                line=str(line.number),
            )


@operator
def requisition_facts(requisition_id: str) -> dict:
    """Say whether a requisition's supplier has approved prices in force for every line.

    Returns ``requisition_id``, ``number``, ``priced``, ``supplier_id``, ``supplier``, ``after_the_fact``.
    """
    requisition = load(int(requisition_id))
    supplier = db.session.get(Partner, requisition.supplier_id) if requisition.supplier_id else None
    priced = supplier is not None and (requisition.after_the_fact or _all_priced(requisition))
    return {
        "requisition_id": requisition.id,
        "number": requisition.number,
        "priced": priced,
        "supplier_id": requisition.supplier_id,
        "supplier": supplier.names if supplier else "",
        "after_the_fact": requisition.after_the_fact,
        "lines": len(requisition.lines),
    }


def _all_priced(requisition: Requisition) -> bool:
    supplier_id, today = requisition.supplier_id, _today(requisition.site_id)
    return supplier_id is not None and all(
        line.item_id and pricing.in_force(line.item_id, supplier_id, line.quantity, today)
        for line in requisition.lines
    )


@operator
def cancel_requisition(requisition_id: str, reason: str) -> dict:
    """Withdraw a requisition and what it expected. Returns ``requisition_id``."""
    requisition = load(int(requisition_id))
    requisition.move_to(RequisitionStatus.CANCELLED)
    requisition.reason = requisition.reason or reason
    inventory.cancel_expected(f"requisition:{requisition.id}")
    emit(REQUISITION_DECIDED, key=f"requisition:{requisition.id}", order_id=None)
    return {"requisition_id": requisition.id}


def load(requisition_id: int) -> Requisition:
    """Load a requisition with its lines and their items, locked."""
    return db.session.scalars(
        select(Requisition)
        .where(Requisition.id == requisition_id)
        .options(selectinload(Requisition.lines).selectinload(RequisitionLine.item))
        .with_for_update()
    ).one()


def _today(site_id: int) -> date:
    return clock.today(db.session.get_one(Site, site_id).timezone)
