"""Figures and documents for charts, reports and the order's cockpit."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.i18n import localized
from app.masterdata.models import Partner
from app.quality.models import (
    Inspection,
    InspectionResult,
    Nonconformance,
)
from app.quality.queries.sheets import (
    characteristics,
    defect_names,
    inspection,
    limits_text,
    nonconformance,
    nonconformance_sheet,
)
from app.sales.models import CustomerOrder

ZERO = Decimal(0)


def pareto(rows: list[tuple[str, Decimal]]) -> list[dict[str, Any]]:
    """Return codes by falling quantity with their cumulative share in per cent."""
    total = sum((quantity for _code, quantity in rows), ZERO)
    running, result = ZERO, []
    for code, quantity in sorted(rows, key=lambda row: (-row[1], row[0])):
        running += quantity
        share = float(100 * running / total) if total else 100.0
        result.append({"code": code, "quantity": quantity, "cumulative": share})
    return result


def defects_by_code() -> list[dict[str, Any]]:
    """Return nonconforming quantities by defect code with its ``name``, largest first.

    Pieces found good by sorting do not count; what carries no code yet stands together at ``–``.
    """
    rows = db.session.execute(
        select(
            Nonconformance.defect_code,
            func.sum(Nonconformance.quantity),
            func.sum(func.coalesce(Nonconformance.good_quantity, ZERO, type_=Nonconformance.quantity.type)),
        ).group_by(Nonconformance.defect_code)
    )
    found = [(code, quantity - good) for code, quantity, good in rows.all()]
    names = defect_names()
    return [
        bar | {"name": names.get(bar["code"], "") if bar["code"] != "–" else _("no defect code yet")}
        for bar in pareto([(code or "–", quantity) for code, quantity in found if quantity > 0])
    ]


def series(characteristic_id: int, limit: int = 50) -> list[InspectionResult]:
    """Return the latest measured values of a characteristic, oldest first."""
    rows = db.session.scalars(
        select(InspectionResult)
        .where(InspectionResult.characteristic_id == characteristic_id, InspectionResult.piece > 0)
        .order_by(InspectionResult.id.desc())
        .limit(limit)
    )
    return list(reversed(rows.all()))


def inspection_report(inspection_id: int) -> dict[str, Any]:
    """Return all an inspection report shows: head, sample, characteristics with their values and verdicts."""
    found = inspection(inspection_id)
    supplier = db.session.get(Partner, found.supplier_id) if found.supplier_id else None
    rows = []
    for characteristic in characteristics(found.plan_id):
        results = [
            row
            for row in found.results
            if row.characteristic_id == characteristic.id and row.round == found.round
        ]
        rows.append(
            {
                "name": localized(characteristic.names),
                "limits": limits_text(characteristic),
                "values": [row.value for row in results],
                "failed": sum(1 for row in results if not row.conforms),
                "minimum": min((row.value for row in results), default=None),
                "maximum": max((row.value for row in results), default=None),
                "conforms": all(row.conforms for row in results),
            }
        )
    return {"inspection": found, "item": found.item, "lot": found.lot, "supplier": supplier, "rows": rows}


def nonconformance_report(nonconformance_id: int) -> dict[str, Any]:
    """Return all an 8D report shows."""
    return {"nonconformance": nonconformance(nonconformance_id), **nonconformance_sheet(nonconformance_id)}


def items_below(item_ids: set[int]) -> set[int]:
    """Return items with everything that goes into them, whatever the date."""
    from app.masterdata.models import BomLine

    seen, layer = set(), set(item_ids)
    while layer:
        seen |= layer
        children = db.session.scalars(select(BomLine.component_id).where(BomLine.parent_id.in_(layer)))
        layer = set(children) - seen
    return seen


def of_order(order_id: int, limit: int = 30) -> tuple[list[Inspection], list[Nonconformance]]:
    """Return inspections and nonconformances of an order's items and what goes into them, since it was entered."""
    order = db.session.scalar(
        select(CustomerOrder).options(selectinload(CustomerOrder.lines)).where(CustomerOrder.id == order_id)
    )
    if order is None:
        return [], []
    items = items_below({line.item_id for line in order.lines})
    inspections = db.session.scalars(
        select(Inspection)
        .options(selectinload(Inspection.item))
        .where(Inspection.item_id.in_(items), Inspection.requested_at >= order.created_at)
        .order_by(Inspection.id.desc())
        .limit(limit)
    )
    nonconformances = db.session.scalars(
        select(Nonconformance)
        .options(selectinload(Nonconformance.item))
        .where(Nonconformance.item_id.in_(items), Nonconformance.opened_at >= order.created_at)
        .order_by(Nonconformance.id.desc())
        .limit(limit)
    )
    return list(inspections), list(nonconformances)


def defect_text() -> Callable[[Any], str]:
    """Return how a row's defect is shown: by code and what the code means."""
    names = defect_names()
    return lambda row: f"{row.defect_code or ''} {names.get(row.defect_code, '')}".strip()
