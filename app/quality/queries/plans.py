"""Inspection plans: the one that applies, its revisions, whether something was inspected by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import exists, or_, select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import localized
from app.masterdata import queries as masterdata
from app.masterdata.models import Item
from app.quality.models import Inspection, InspectionKind, InspectionPlan


def plan_for(
    kind: InspectionKind,
    item_id: int,
    *,
    operation: int | None = None,
    supplier_id: int | None = None,
    on: date | None = None,
) -> InspectionPlan | None:
    """Return the revision in force of the plan that applies; None: nothing is inspected.

    The item's own plan goes before its group's, and within each the supplier's own before the one for all.
    """
    group = db.session.scalar(select(Item.item_group).where(Item.id == item_id))
    plans = db.session.scalars(
        select(InspectionPlan)
        .options(selectinload(InspectionPlan.characteristics))
        .where(
            InspectionPlan.active,
            or_(
                InspectionPlan.item_id == item_id,
                InspectionPlan.item_group.is_not(None) & (InspectionPlan.item_group == group),
            ),
            InspectionPlan.kind == kind,
            InspectionPlan.operation.is_not_distinct_from(operation),
            or_(InspectionPlan.supplier_id.is_(None), InspectionPlan.supplier_id == supplier_id),
            or_(InspectionPlan.valid_from.is_(None), InspectionPlan.valid_from <= (on or clock.today())),
        )
    )
    return max(
        plans,
        key=lambda plan: (plan.item_id is not None, plan.supplier_id is not None, plan.version),
        default=None,
    )


def revisions(
    kind: InspectionKind,
    item_id: int | None,
    item_group: str | None,
    *,
    operation: int | None,
    supplier_id: int | None,
) -> list[InspectionPlan]:
    """Return every revision of one occasion's plan, latest first."""
    query = select(InspectionPlan).where(
        InspectionPlan.item_id.is_not_distinct_from(item_id),
        InspectionPlan.item_group.is_not_distinct_from(item_group),
        InspectionPlan.kind == kind,
        InspectionPlan.operation.is_not_distinct_from(operation),
        InspectionPlan.supplier_id.is_not_distinct_from(supplier_id),
    )
    return list(db.session.scalars(query.order_by(InspectionPlan.version.desc())))


def plan_states(plans: list[InspectionPlan]) -> dict[int, str]:
    """Say of each plan whether it is ``in_force``, ``later``, ``replaced`` or ``withdrawn``, by its id."""
    states: dict[int, str] = {}
    day = clock.today()
    covered: dict[tuple, date] = {}
    for plan in sorted(plans, key=lambda one: -one.version):
        occasion = (plan.item_id, plan.item_group, plan.kind, plan.operation, plan.supplier_id)
        first = plan.valid_from or date.min
        if not plan.active:
            states[plan.id] = "withdrawn"
        elif covered.get(occasion, date.max) <= max(first, day):
            states[plan.id] = "replaced"
        else:
            states[plan.id] = "later" if first > day else "in_force"
            covered[occasion] = first
    return states


def plan_used(plan_id: int) -> bool:
    """Say whether something was inspected, or waits to be, by this revision."""
    return bool(db.session.scalar(select(exists().where(Inspection.plan_id == plan_id))))


def plan(plan_id: int) -> InspectionPlan:
    """Return an inspection plan with its item, supplier and characteristics.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalar(
        select(InspectionPlan)
        .options(
            selectinload(InspectionPlan.item),
            selectinload(InspectionPlan.supplier),
            selectinload(InspectionPlan.characteristics),
        )
        .where(InspectionPlan.id == plan_id)
    )
    if found is None:
        raise NotFound("no_plan", _("There is no inspection plan %(id)s.", id=plan_id))
    return found


def inspected_by(plan_ids: list[int]) -> dict[int, int]:
    """Return how many inspections each revision has led."""
    rows = db.session.execute(
        select(Inspection.plan_id, db.func.count().label("inspections"))
        .where(Inspection.plan_id.in_(plan_ids))
        .group_by(Inspection.plan_id)
    )
    return {row.plan_id: row.inspections for row in rows}


@dataclass(frozen=True)
class PlanChoices:
    """What a plan can be made of."""

    items: list[dict[str, str]]
    groups: list[str]
    suppliers: list[dict[str, str]]
    defects: list[dict[str, str]]


def plan_choices() -> PlanChoices:
    """Return items, item groups, suppliers and defect codes to choose from."""
    groups = select(Item.item_group).where(Item.active, Item.item_group.is_not(None)).distinct()
    return PlanChoices(
        masterdata.items(),
        sorted(one for one in db.session.scalars(groups) if one),
        masterdata.suppliers(),
        masterdata.reason_codes("defect"),
    )


def applies_to(plan: InspectionPlan) -> str:
    """Name the item or the group a plan is for."""
    if plan.item:
        return f"{plan.item.number} {localized(plan.item.names)}"
    return _("group {name}").format(name=plan.item_group)
