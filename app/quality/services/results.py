"""What the inspector measured and counted, and the verdict that follows."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _

from app.accounts.services import duties
from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError, Forbidden
from app.core.operators import operator
from app.quality import queries
from app.quality.models import (
    Characteristic,
    CharacteristicKind,
    Inspection,
    InspectionResult,
    InspectionStatus,
)
from app.shopfloor import queries as shopfloor


@operator
def record_results(
    inspection_id: int, results: list[dict[str, Any]], note: str | None = None
) -> dict[str, Any]:
    """Write what was measured and counted on the sample and judge the lot.

    Args:
        results: rows with ``place`` (``characteristic:piece``), ``value`` and optionally ``defect_code``.

    Returns ``accepted``, ``defective`` and ``defect_code``, the most frequent one.

    Raises:
        DomainError: a piece of the sample is missing, unknown or given twice, or a count is not whole.
        Forbidden: the inspector made the pieces.
    """
    inspection = queries.inspection(int(inspection_id))
    _refuse_own_work(inspection)
    rows = _results(inspection, results)
    db.session.add_all(rows)
    inspection.defective = queries.defective_pieces(rows, inspection.sample_size or 0)
    inspection.note = note or None
    inspection.inspected_at = clock.now()
    inspection.inspector_id = current_actor().user_id
    inspection.inspector = current_actor().name or current_actor().login
    accepted = inspection.defective <= (inspection.accept_number or 0)
    inspection.move_to(InspectionStatus.ACCEPTED if accepted else InspectionStatus.REJECTED)
    audit.record(
        "inspection.judged",
        inspection.key,
        after={
            "status": inspection.status.value,
            "defective": inspection.defective,
            "round": inspection.round,
        },
    )
    db.session.flush()
    codes = [row.defect_code for row in rows if row.defect_code]
    return {
        "accepted": accepted,
        "defective": inspection.defective,
        "defect_code": max(sorted(set(codes)), key=codes.count) if codes else None,
    }


def _refuse_own_work(inspection: Inspection) -> None:
    """Refuse whoever worked on the order, themselves or through a deputy; it stands in another case."""
    actor = current_actor()
    own = bool({actor.user_id, actor.on_behalf_of} & shopfloor.workers(inspection.document))
    if own and not duties.excused("inspects_own_work", inspection.key):
        sentence = _("You made what {inspection} inspects; somebody else judges it.")
        raise Forbidden("inspects_own_work", sentence.format(inspection=inspection.number))


def _results(inspection: Inspection, given: list[dict[str, Any]]) -> list[InspectionResult]:
    """Return the rows of this round, each expected place filled exactly once."""
    known = {c.id: c for c in queries.characteristics(inspection.plan_id)}
    expected = {
        (c.id, piece)
        for c in known.values()
        for piece in (
            [0] if c.kind is CharacteristicKind.COUNTED else range(1, (inspection.sample_size or 0) + 1)
        )
    }
    rows = []
    for line, row in enumerate(given):
        characteristic_id, _colon, piece = str(row.get("place", "")).partition(":")
        place = (int(characteristic_id or 0), int(piece or 0))
        if place not in expected:
            raise DomainError(
                "sample_piece",
                _("Row {row} belongs to no piece of the sample.").format(row=line + 1),
                field="results",
            )
        expected.discard(place)
        rows.append(_result(inspection, known[place[0]], place[1], row, line))
    if expected:
        raise DomainError(
            "sample_incomplete",
            _("{count} values of the sample are missing.").format(count=len(expected)),
            field="results",
        )
    return rows


def _result(
    inspection: Inspection, characteristic: Characteristic, piece: int, row: dict[str, Any], line: int
) -> InspectionResult:
    try:
        value = Decimal(str(row.get("value")))
    except InvalidOperation:
        value = Decimal("NaN")
    counted = characteristic.kind is CharacteristicKind.COUNTED
    if not value.is_finite() or (
        counted and not (value == int(value) and 0 <= value <= (inspection.sample_size or 0))
    ):
        raise DomainError(
            "sample_value",
            _("Row {row}: {value} is no value of {characteristic}.").format(
                row=line + 1, value=row.get("value"), characteristic=characteristic.names.get("en", "")
            ),
            field=f"results.{line}.value",
        )
    conforms = characteristic.conforms(value)
    return InspectionResult(
        inspection_id=inspection.id,
        round=inspection.round,
        characteristic_id=characteristic.id,
        piece=piece,
        value=value,
        conforms=conforms,
        defect_code=None if conforms else row.get("defect_code") or characteristic.defect_code,
    )
