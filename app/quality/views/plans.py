"""Pages of inspection plans: list, one plan with its revisions, entry, revision, end."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.actors import current_actor
from app.core.db import db
from app.core.i18n import format_date, format_quantity, localized
from app.core.permissions import allowed, requires
from app.core.web import Column, Filter, listing
from app.masterdata.models import Item, Partner
from app.quality import PLAN, READ, queries
from app.quality.models import CharacteristicKind, InspectionPlan, Sampling
from app.quality.views import blueprint

PLAN_STATES = {
    "in_force": lazy_gettext("In force"),
    "later": lazy_gettext("From its day on"),
    "replaced": lazy_gettext("Replaced"),
    "withdrawn": lazy_gettext("Withdrawn"),
}
CHARACTERISTIC_KINDS = {
    CharacteristicKind.MEASURED: lazy_gettext("Measured"),
    CharacteristicKind.COUNTED: lazy_gettext("Counted"),
}


@blueprint.route("/plans")
@requires(READ)
def plans() -> Any:
    """Show all inspection plans, each with the revision that acts, and what is kept of the others."""
    query = (
        select(InspectionPlan)
        .outerjoin(Item, Item.id == InspectionPlan.item_id)
        .outerjoin(Partner, Partner.id == InspectionPlan.supplier_id)
        .options(
            selectinload(InspectionPlan.item),
            selectinload(InspectionPlan.supplier),
            selectinload(InspectionPlan.characteristics),
        )
    )
    states = queries.plan_states(list(db.session.scalars(select(InspectionPlan))))
    acting = [number for number, state in states.items() if state in {"in_force", "later"}]
    page = listing(
        query,
        [
            Column("item", _("Applies to"), value=queries.applies_to, sort=Item.number, href=_plan_url),
            Column("kind", _("Kind"), display=lambda row: str(queries.INSPECTION_KINDS[row.kind])),
            Column("operation", _("Operation"), "number"),
            Column("supplier", _("Supplier"), value=_supplier, sort=Partner.code),
            Column("sampling", _("Sampling"), display=_sampling),
            Column("count", _("Characteristics"), "number", value=_count, sortable=False),
            Column("version", _("Revision"), "number"),
            Column("valid_from", _("In force from"), "date"),
            Column(
                "state",
                _("Status"),
                "status",
                value=lambda row: states[row.id],
                display=lambda row: str(PLAN_STATES[states[row.id]]),
                sortable=False,
            ),
        ],
        title=_("Inspection plans"),
        search=[Item.number, InspectionPlan.item_group, Partner.code, InspectionPlan.certificate],
        filters=[
            Filter(
                "kind", _("Kind"), list(queries.INSPECTION_KINDS.items()), lambda v: InspectionPlan.kind == v
            ),
            Filter(
                "state",
                _("Status"),
                [("acting", _("In force or to come")), ("past", _("Replaced or withdrawn"))],
                lambda v: InspectionPlan.id.in_(acting) == (v == "acting"),
            ),
        ],
        sort="item",
    )
    return page.export or render_template(
        "quality/plans.html", page=page, may_plan=allowed(current_actor(), PLAN)
    )


def _plan_url(row: InspectionPlan) -> str:
    return url_for(".plan", plan_id=row.id)


def _supplier(row: InspectionPlan) -> str:
    return row.supplier.code if row.supplier else _("all")


def _count(row: InspectionPlan) -> int:
    return len(row.characteristics)


def _sampling(row: InspectionPlan) -> str:
    if row.sampling is Sampling.AQL:
        return f"ISO 2859-1 II, AQL {format_quantity(row.aql)}"
    if row.sampling is Sampling.FIXED:
        return _("{count} pieces, accept up to {accept}").format(
            count=row.sample_size, accept=row.accept_number
        )
    return _("every piece")


@blueprint.route("/plans/<int:plan_id>")
@requires(READ)
def plan(plan_id: int) -> str:
    """Show one revision of a plan with its characteristics, beside the other revisions."""
    return plan_page(plan_id, {})


def plan_page(plan_id: int, errors: dict[str, str]) -> str:
    """Show one revision, with what was wrong when somebody wanted to end the plan."""
    found = queries.plan(plan_id)
    every = queries.revisions(
        found.kind,
        found.item_id,
        found.item_group,
        operation=found.operation,
        supplier_id=found.supplier_id,
    )
    states, used = queries.plan_states(every), queries.inspected_by([one.id for one in every])
    may_plan = allowed(current_actor(), PLAN)
    return render_template(
        "quality/plan.html",
        found=found,
        title=_("Inspection plan %(item)s", item=queries.applies_to(found)),
        state=states[found.id],
        state_word=str(PLAN_STATES[states[found.id]]),
        errors=errors,
        latest=every[0].id,
        may_revise=may_plan,
        may_withdraw=may_plan and any(one.active for one in every),
        head=[
            (_("Kind"), str(queries.INSPECTION_KINDS[found.kind])),
            (_("Operation"), found.operation),
            (_("Supplier"), _supplier(found)),
            (_("Sampling"), _sampling(found)),
            (_("Certificate"), found.certificate),
            (_("Revision"), found.version),
            (_("In force from"), format_date(found.valid_from) if found.valid_from else None),
            (_("Inspections by it"), used.get(found.id, 0)),
        ],
        columns=[
            Column("number", _("No."), "number"),
            Column("name", _("Characteristic"), value=lambda row: localized(row.names)),
            Column("kind", _("Kind"), display=lambda row: str(CHARACTERISTIC_KINDS[row.kind])),
            Column("target", _("Nominal value"), display=lambda row: format_quantity(row.target)),
            Column("limits", _("Limits"), value=queries.limits_text),
            Column("instrument", _("Instrument")),
            Column("defect_code", _("Defect"), display=queries.defect_text()),
        ],
        rows=found.characteristics,
        revision_columns=[
            Column("version", _("Revision"), "number", href=_plan_url),
            Column("valid_from", _("In force from"), "date"),
            Column("sampling", _("Sampling"), display=_sampling),
            Column("used", _("Inspections by it"), "number", value=lambda row: used.get(row.id, 0)),
            Column(
                "state",
                _("Status"),
                "status",
                value=lambda row: states[row.id],
                display=lambda row: str(PLAN_STATES[states[row.id]]),
            ),
        ],
        revisions=every,
    )
