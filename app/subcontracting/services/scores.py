"""Supplier scores: facts noted with each delivery, rated on demand."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.inputs import date_input
from app.core.operators import operator
from app.masterdata import queries as masterdata
from app.masterdata.models import Company
from app.subcontracting import queries
from app.subcontracting.models import DeliveryRecord, SupplierScore
from app.subcontracting.scoring import MEASURES, Bands, Score, Weights, score

PLACES = Decimal("0.000001")


@dataclass(frozen=True)
class Delivery:
    """What came of one order line; values in company currency."""

    due_on: date
    ordered: Decimal
    received: Decimal
    accepted: Decimal
    complete_on: date | None = None
    item_id: int | None = None
    paid_value: Decimal = Decimal(0)
    benchmark_value: Decimal = Decimal(0)


def record_delivery(supplier_id: int, document: str, line: str, delivery: Delivery) -> DeliveryRecord:
    """Note or correct the facts of one order line, for the supplier's score."""
    record = db.session.scalar(
        select(DeliveryRecord).where(DeliveryRecord.document == document, DeliveryRecord.line == line)
    )
    if record is None:
        record = DeliveryRecord(supplier_id=supplier_id, document=document, line=line)
        db.session.add(record)
    for name, value in asdict(delivery).items():
        setattr(record, name, value)
    db.session.flush()
    return record


@operator
def rate_suppliers(as_of: str = "") -> dict:
    """Compute every supplier's score on a day (ISO, default today) and keep it.

    Returns ``rated`` and ``unrated``, how many suppliers.
    """
    day = date_input(as_of, field="as_of", default=clock.today())
    company = masterdata.company()
    weights, bands = _weights(company), _bands(company)
    results = {
        supplier_id: score(
            periods,
            weights=weights,
            decay=company.score_decay,
            minimum_sample=company.score_minimum_sample,
            bands=bands,
        )
        for supplier_id, periods in queries.supplier_periods(day).items()
    }
    for supplier_id, result in results.items():
        _keep(supplier_id, day, result)
    db.session.flush()
    rated = sum(1 for result in results.values() if result.total is not None)
    return {"rated": rated, "unrated": len(results) - rated}


def _weights(company: Company) -> Weights:
    return Weights(**{measure: getattr(company, f"score_{measure}") for measure in MEASURES})


def _bands(company: Company) -> Bands:
    return Bands(company.score_preferred, company.score_approved, company.score_warn)


def _keep(supplier_id: int, day: date, result: Score) -> None:
    row = db.session.scalar(
        select(SupplierScore).where(SupplierScore.supplier_id == supplier_id, SupplierScore.as_of == day)
    )
    if row is None:
        row = SupplierScore(supplier_id=supplier_id, as_of=day)
        db.session.add(row)
    row.total = None if result.total is None else result.total.quantize(PLACES)
    row.standing, row.sample = result.standing, result.sample
    row.parts = {
        name: None if value is None else format(value.quantize(PLACES).normalize(), "f")
        for name, value in result.parts.items()
    }
