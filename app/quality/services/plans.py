"""Writing inspection plans."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit
from app.core.db import db
from app.core.errors import DomainError
from app.masterdata.models import Item
from app.quality import sampling
from app.quality.models import Characteristic, CharacteristicKind, InspectionKind, InspectionPlan, Sampling


def define_plan(
    item_id: int,
    kind: InspectionKind | str,
    *,
    operation: int | None = None,
    supplier_id: int | None = None,
    aql: Decimal | None = None,
    sample_size: int | None = None,
    accept_number: int = 0,
    certificate: str | None = None,
) -> InspectionPlan:
    """Write a plan: by ``aql``, else a fixed ``sample_size``, else every piece.

    A plan for the same occasion before it stays as it was, with what was inspected by it, but acts no more.

    Raises:
        DomainError: the AQL is not one of the standard's.
    """
    if aql is not None and aql not in sampling.AQL:
        known = ", ".join(str(value) for value in sampling.AQL)
        raise DomainError("aql", _("AQL %(aql)s is not one of %(known)s.", aql=aql, known=known), field="aql")
    how = Sampling.AQL if aql is not None else Sampling.FIXED if sample_size else Sampling.FULL
    before = _versions(item_id, InspectionKind(kind), operation, supplier_id)
    for one in before:
        one.active = False
    plan = InspectionPlan(
        item_id=item_id,
        kind=InspectionKind(kind),
        operation=operation,
        supplier_id=supplier_id,
        version=max((one.version for one in before), default=0) + 1,
        sampling=how,
        aql=aql,
        sample_size=sample_size,
        accept_number=accept_number,
        certificate=certificate,
    )
    db.session.add(plan)
    db.session.flush()
    audit.record(
        "inspection_plan.written",
        f"inspection_plan:{plan.id}",
        after={"item": item_id, "kind": plan.kind.value, "version": plan.version},
    )
    return plan


def _versions(
    item_id: int, kind: InspectionKind, operation: int | None, supplier_id: int | None
) -> list[InspectionPlan]:
    """Return the plans there are for an occasion; the item is locked, so that one person writes at a time."""
    db.session.get_one(Item, item_id, with_for_update=True)
    query = select(InspectionPlan).where(
        InspectionPlan.item_id == item_id,
        InspectionPlan.kind == kind,
        InspectionPlan.operation.is_not_distinct_from(operation),
        InspectionPlan.supplier_id.is_not_distinct_from(supplier_id),
    )
    return list(db.session.scalars(query))


def add_characteristic(
    plan: InspectionPlan,
    names: dict[str, str],
    *,
    lower: Decimal | None = None,
    upper: Decimal | None = None,
    target: Decimal | None = None,
    unit: str = "",
    decimals: int = 3,
    defect_code: str | None = None,
) -> Characteristic:
    """Add what is measured, or counted when it has no limit at all."""
    measured = lower is not None or upper is not None
    last = db.session.query(db.func.max(Characteristic.number)).filter_by(plan_id=plan.id).scalar() or 0
    characteristic = Characteristic(
        plan_id=plan.id,
        number=last + 1,
        names=names,
        kind=CharacteristicKind.MEASURED if measured else CharacteristicKind.COUNTED,
        unit=unit,
        lower=lower,
        target=target,
        upper=upper,
        decimals=decimals,
        defect_code=defect_code,
    )
    db.session.add(characteristic)
    db.session.flush()
    return characteristic
