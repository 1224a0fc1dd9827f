"""Writing inspection plans: checked as a whole, kept as revisions, never rewritten."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit, clock
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.i18n import format_date
from app.masterdata.models import Item
from app.quality import queries
from app.quality.models import Characteristic, CharacteristicKind, InspectionKind, InspectionPlan
from app.quality.services.plan_checks import Line, Occasion, Rule, plan_problems, rule_problems


def write_plan(
    occasion: Occasion, rule: Rule, lines: list[Line], *, valid_from: date | None = None
) -> InspectionPlan:
    """Write a plan, or the next revision of the one there is for the same occasion.

    What was there before stays as it was, with what was inspected by it; from ``valid_from`` on the new
    revision acts. None: at once, the first revision always.

    Raises:
        DomainError: the first of ``plan_problems``, or a revision would act from a day gone by.
    """
    for field, text in plan_problems(occasion, rule, lines).items():
        raise DomainError("inspection_plan", text, field=field)
    plan = define_plan(
        occasion.item_id,
        occasion.kind,
        item_group=occasion.item_group,
        operation=occasion.operation,
        supplier_id=occasion.supplier_id,
        aql=rule.aql,
        sample_size=rule.sample_size,
        accept_number=rule.accept_number,
        certificate=rule.certificate,
        valid_from=valid_from,
    )
    for line in lines:
        add_characteristic(
            plan,
            line.names,
            lower=line.lower,
            target=line.target,
            upper=line.upper,
            unit=line.unit,
            decimals=line.decimals,
            instrument=line.instrument,
            defect_code=line.defect_code,
        )
    return plan


def define_plan(
    item_id: int | None,
    kind: InspectionKind | str,
    *,
    item_group: str | None = None,
    operation: int | None = None,
    supplier_id: int | None = None,
    aql: Decimal | None = None,
    sample_size: int | None = None,
    accept_number: int = 0,
    certificate: str | None = None,
    valid_from: date | None = None,
) -> InspectionPlan:
    """Write a plan's head: its occasion and its rule.

    Raises:
        DomainError: the AQL is not one of the standard's, or a revision would act from a day gone by.
    """
    rule = Rule(aql, sample_size, accept_number, certificate)
    for field, text in rule_problems(rule):
        raise DomainError(field, text, field=field)
    occasion = Occasion(InspectionKind(kind), item_id, item_group, operation, supplier_id)
    before = _revisions(occasion)
    if before:
        valid_from = _from_today(valid_from)
    plan = InspectionPlan(
        item_id=item_id,
        item_group=item_group,
        kind=occasion.kind,
        operation=operation,
        supplier_id=supplier_id,
        version=before[0].version + 1 if before else 1,
        valid_from=valid_from,
        sampling=rule.sampling,
        aql=aql,
        sample_size=sample_size,
        accept_number=accept_number,
        certificate=certificate,
    )
    db.session.add(plan)
    db.session.flush()
    audit.record(
        "inspection_plan.revised" if before else "inspection_plan.written",
        f"inspection_plan:{plan.id}",
        before=_facts(before[0]) if before else None,
        after=_facts(plan),
    )
    return plan


def _revisions(occasion: Occasion) -> list[InspectionPlan]:
    """Return what there is for an occasion, latest first; locked, so that one person writes at a time."""
    items = select(Item.id).where(
        Item.id == occasion.item_id if occasion.item_id else Item.item_group == occasion.item_group
    )
    db.session.execute(items.order_by(Item.id).with_for_update()).all()
    return queries.revisions(
        occasion.kind,
        occasion.item_id,
        occasion.item_group,
        operation=occasion.operation,
        supplier_id=occasion.supplier_id,
    )


def _from_today(valid_from: date | None) -> date:
    """Return the first day of a revision; what was inspected before went by another one."""
    today = clock.today()
    if valid_from and valid_from < today:
        raise DomainError(
            "valid_from",
            _("A revision is in force from today ({day}) at the earliest.").format(day=format_date(today)),
            field="valid_from",
        )
    return valid_from or today


def _facts(plan: InspectionPlan) -> dict[str, Any]:
    """Return what the record says about a plan."""
    return {
        "item": plan.item_id,
        "item_group": plan.item_group,
        "kind": plan.kind.value,
        "version": plan.version,
        "valid_from": plan.valid_from,
        "aql": plan.aql,
        "sample_size": plan.sample_size,
        "accept_number": plan.accept_number,
    }


def withdraw_plan(plan_id: int, reason: str) -> InspectionPlan:
    """End a plan with all its revisions: from now on lots are released without it.

    Raises:
        Conflict: it has been withdrawn already.
        DomainError: no reason is given.
    """
    plan = queries.plan(plan_id)
    if not reason.strip():
        raise DomainError("reason", _("Please say why."), field="reason")
    occasion = Occasion(plan.kind, plan.item_id, plan.item_group, plan.operation, plan.supplier_id)
    live = [one for one in _revisions(occasion) if one.active]
    if not live:
        raise Conflict("withdrawn", _("This plan has been withdrawn already."))
    for one in live:
        one.active = False
    audit.record("inspection_plan.withdrawn", f"inspection_plan:{plan.id}", reason=reason.strip())
    return plan


def add_characteristic(
    plan: InspectionPlan,
    names: dict[str, str],
    *,
    lower: Decimal | None = None,
    upper: Decimal | None = None,
    target: Decimal | None = None,
    unit: str = "",
    decimals: int = 3,
    instrument: str | None = None,
    defect_code: str | None = None,
) -> Characteristic:
    """Add what is measured, or counted when it has no limit at all.

    Raises:
        Conflict: something has been inspected by the plan; it is revised instead.
    """
    if queries.plan_used(plan.id):
        raise Conflict("plan_used", _("Something has been inspected by this plan; revise it instead."))
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
        instrument=instrument,
        defect_code=defect_code,
    )
    db.session.add(characteristic)
    db.session.flush()
    return characteristic
