"""Pages of inspections, nonconformances and inspection plans."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.documents import document_label
from app.core.i18n import format_quantity, localized
from app.core.permissions import requires
from app.core.web import Column, Filter, document_provider, listing, url_if
from app.quality import READ, charts, queries, spc
from app.quality.models import (
    Characteristic,
    Inspection,
    InspectionStatus,
    Nonconformance,
    NonconformanceStatus,
)

blueprint = Blueprint("quality", __name__, url_prefix="/quality")

INSPECTION_STATES = {
    InspectionStatus.REQUESTED: lazy_gettext("Requested"),
    InspectionStatus.IN_PROGRESS: lazy_gettext("In progress"),
    InspectionStatus.ACCEPTED: lazy_gettext("Accepted"),
    InspectionStatus.REJECTED: lazy_gettext("Rejected"),
    InspectionStatus.CANCELLED: lazy_gettext("Cancelled"),
}
STATES = {
    NonconformanceStatus.OPEN: lazy_gettext("Open"),
    NonconformanceStatus.CONTAINED: lazy_gettext("Contained"),
    NonconformanceStatus.DECIDED: lazy_gettext("Decided"),
    NonconformanceStatus.EXECUTED: lazy_gettext("Carried out"),
    NonconformanceStatus.ANALYSED: lazy_gettext("Cause found"),
    NonconformanceStatus.CORRECTED: lazy_gettext("Corrected"),
    NonconformanceStatus.CLOSED: lazy_gettext("Closed"),
}
SEVERITIES = {
    "minor": lazy_gettext("Minor"),
    "major": lazy_gettext("Major"),
    "critical": lazy_gettext("Critical"),
}
CAUSES = {
    "person": lazy_gettext("Person"),
    "machine": lazy_gettext("Machine"),
    "material": lazy_gettext("Material"),
    "method": lazy_gettext("Method"),
    "measurement": lazy_gettext("Measurement"),
    "environment": lazy_gettext("Environment"),
}


def _item(row: Any) -> str:
    return f"{row.item.number} {localized(row.item.names)}"


@blueprint.route("/inspections")
@requires(READ)
def inspections() -> Any:
    """Show all inspections."""
    page = listing(
        select(Inspection).options(selectinload(Inspection.item), selectinload(Inspection.lot)),
        [
            Column("number", _("Number"), href=lambda row: url_for(".inspection", inspection_id=row.id)),
            Column("kind", _("Kind"), display=lambda row: str(queries.INSPECTION_KINDS[row.kind])),
            Column("item", _("Item"), value=_item, sort=Inspection.item_id),
            Column(
                "lot", _("Lot"), value=lambda row: row.lot.number if row.lot else "", sort=Inspection.lot_id
            ),
            Column("quantity", _("Quantity"), "number"),
            Column("sample_size", _("Sample"), "number"),
            Column("defective", _("Defective"), "number"),
            Column("status", _("Status"), "status", display=lambda row: str(INSPECTION_STATES[row.status])),
            Column("requested_at", _("Requested at"), "datetime"),
            Column("inspector", _("Inspector")),
        ],
        title=_("Inspections"),
        search=[Inspection.number, Inspection.document],
        filters=[
            Filter("status", _("Status"), list(INSPECTION_STATES.items()), lambda v: Inspection.status == v),
            Filter("kind", _("Kind"), list(queries.INSPECTION_KINDS.items()), lambda v: Inspection.kind == v),
        ],
        sort="-number",
    )
    text = _(
        "A receipt, a marked operation or a finished lot with an inspection plan asks for an inspection."
    )
    return page.export or render_template("quality/list.html", page=page, empty_text=text)


@blueprint.route("/inspections/<int:inspection_id>")
@requires(READ)
def inspection(inspection_id: int) -> Any:
    """Show one inspection with its results and control charts."""
    found = queries.inspection(inspection_id)
    sample = (
        f"{found.sample_size} (Ac {found.accept_number}, Re {found.reject_number})"
        if found.sample_size
        else "–"
    )
    measured = [c for c in queries.characteristics(found.plan_id) if c.kind == "measured"]
    related = db.session.scalars(select(Nonconformance).where(Nonconformance.inspection_id == found.id))
    return render_template(
        "quality/inspection.html",
        inspection=found,
        status_word=str(INSPECTION_STATES[found.status]),
        head=[
            (_("Kind"), str(queries.INSPECTION_KINDS[found.kind])),
            (_("Item"), _item(found)),
            (_("Lot"), found.lot.number if found.lot else None),
            (_("Quantity"), format_quantity(found.quantity, found.item.unit)),
            (_("Sample"), sample),
            (_("Code letter"), found.code_letter),
            (_("Defective"), found.defective),
            (_("Round"), found.round if found.round > 1 else None),
            (_("Document"), document_label(found.document)),
            (_("Inspector"), found.inspector),
            (_("Remark"), found.note),
        ],
        report_url=url_if("reports.inspection", inspection_id=found.id),
        columns=[
            Column("round", _("Round"), "number"),
            Column("piece", _("Piece"), display=lambda row: str(row.piece or "–")),
            Column("name", _("Characteristic"), value=lambda row: localized(row.characteristic.names)),
            Column("limits", _("Limits"), value=lambda row: queries.limits_text(row.characteristic)),
            Column("value", _("Value"), "number"),
            Column("conforms", _("Conforms")),
            Column("defect_code", _("Defect"), display=queries.defect_text()),
        ],
        rows=found.results,
        charts=[chart for c in measured if (chart := _control_chart(c))],
        nonconformances=list(related),
    )


def _control_chart(characteristic: Characteristic) -> dict[str, Any] | None:
    """Return the individuals chart of a characteristic's latest values; None below two of them."""
    values = [float(row.value) for row in queries.series(characteristic.id)]
    if len(values) < 2:
        return None
    chart = spc.individuals(values)
    lower = None if characteristic.lower is None else float(characteristic.lower)
    upper = None if characteristic.upper is None else float(characteristic.upper)
    lines = [
        ("control", chart.limits.upper, f"{chart.limits.upper:.4g}"),
        ("centre", chart.limits.centre, f"{chart.limits.centre:.4g}"),
        ("control", chart.limits.lower, f"{chart.limits.lower:.4g}"),
        *(("limit", value, f"{value:g}") for value in (lower, upper) if value is not None),
    ]
    within = spc.capability(chart.limits.centre, chart.sigma, lower=lower, upper=upper)
    overall = spc.capability(chart.limits.centre, spc.overall_spread(values), lower=lower, upper=upper)
    return {
        "name": localized(characteristic.names),
        "title": _("Individuals chart of the latest {count} values, {limits}").format(
            count=len(values), limits=queries.limits_text(characteristic)
        ),
        "drawing": charts.control(values, lines, spc.outside(chart)),
        "figures": [
            ("Cp", _figure(within.cp)),
            ("Cpk", _figure(within.cpk)),
            ("Pp", _figure(overall.cp)),
            ("Ppk", _figure(overall.cpk)),
        ],
    }


def _figure(value: float | None) -> str | None:
    """Return a capability figure with two places; without any spread it is endless."""
    return None if value is None else "∞" if value == float("inf") else f"{value:.2f}"


@blueprint.route("/nonconformances")
@requires(READ)
def nonconformances() -> Any:
    """Show all nonconformances with their Pareto chart."""
    page = listing(
        select(Nonconformance).options(
            selectinload(Nonconformance.item),
            selectinload(Nonconformance.lot),
            selectinload(Nonconformance.supplier),
        ),
        [
            Column(
                "number", _("Number"), href=lambda row: url_for(".nonconformance", nonconformance_id=row.id)
            ),
            Column("item", _("Item"), value=_item, sort=Nonconformance.item_id),
            Column(
                "lot",
                _("Lot"),
                value=lambda row: row.lot.number if row.lot else "",
                sort=Nonconformance.lot_id,
            ),
            Column("quantity", _("Quantity"), "number"),
            Column("severity", _("Class"), display=lambda row: str(SEVERITIES[row.severity])),
            Column("defect_code", _("Defect"), display=queries.defect_text()),
            Column("supplier", _("Supplier"), value=_supplier, sort=Nonconformance.supplier_id),
            Column("disposition", _("Disposition"), display=_disposition),
            Column("status", _("Status"), "status", display=lambda row: str(STATES[row.status])),
            Column("action_due", _("Action due"), "date"),
            Column("opened_at", _("Opened"), "datetime"),
        ],
        title=_("Nonconformances"),
        search=[Nonconformance.number, Nonconformance.description, Nonconformance.document],
        filters=[
            Filter("status", _("Status"), list(STATES.items()), lambda v: Nonconformance.status == v),
            Filter("severity", _("Class"), list(SEVERITIES.items()), lambda v: Nonconformance.severity == v),
        ],
        sort="-number",
    )
    rows = [
        (bar["code"], float(bar["quantity"]), bar["cumulative"], bar["name"])
        for bar in queries.defects_by_code()
    ]
    text = _("A rejected inspection opens a nonconformance.")
    return page.export or render_template(
        "quality/list.html", page=page, bars=charts.pareto(rows[:12]), empty_text=text
    )


def _supplier(row: Nonconformance) -> str:
    return row.supplier.code if row.supplier else ""


def _disposition(row: Nonconformance) -> str:
    return queries.disposition_label(row.disposition) if row.disposition else ""


@blueprint.route("/nonconformances/<int:nonconformance_id>")
@requires(READ)
def nonconformance(nonconformance_id: int) -> Any:
    """Show one nonconformance from finding to correction."""
    found = queries.nonconformance(nonconformance_id)
    sheet = queries.nonconformance_sheet(nonconformance_id)
    return render_template(
        "quality/nonconformance.html",
        found=found,
        status_word=str(STATES[found.status]),
        head=[
            (_("Item"), sheet["item"]),
            (_("Lot"), sheet["lot"]),
            (_("Quantity"), sheet["quantity"]),
            (_("Class"), str(SEVERITIES[found.severity])),
            (_("Defect"), sheet["defect"]),
            (_("Found at"), queries.place_label(found.place)),
            (_("Supplier"), sheet["supplier"]),
            (_("Document"), document_label(found.document)),
            (_("Opened by"), found.opened_by),
        ],
        report_url=url_if("reports.nonconformance", nonconformance_id=found.id),
        sections=[
            (_("Problem"), [(_("What is wrong"), found.description), (_("Containment"), found.containment)]),
            (
                _("Disposition"),
                [
                    (_("Disposition"), sheet["decision"]),
                    (_("Reason"), found.disposition_reason),
                    (_("Good after sorting"), found.good_quantity),
                    (_("Decided by"), found.decided_by),
                    (_("Customer's answer"), found.customer_consent),
                    (_("Approved by"), found.approved_by),
                ],
            ),
            (
                _("Cause and correction"),
                [
                    (
                        _("Where the cause lies"),
                        str(CAUSES[found.cause_group]) if found.cause_group else None,
                    ),
                    (_("Root cause"), found.cause),
                    (_("Corrective action"), found.corrective_action),
                    (_("Responsible"), found.action_owner),
                    (_("Due by"), found.action_due),
                    (_("Done"), found.action_done),
                    (_("Effect checked from"), found.effect_check_on),
                    (_("Effectiveness"), found.effectiveness),
                ],
            ),
        ],
    )


@document_provider
def documents(order_id: int) -> list[dict[str, Any]]:
    """Name the inspections and nonconformances of a customer order for its cockpit."""
    found, open_points = queries.of_order(order_id)
    return [
        {
            "step": 6,
            "number": row.number,
            "label": f"{queries.INSPECTION_KINDS[row.kind]} {row.item.number}",
            "status": row.status.value,
            "url": url_for("quality.inspection", inspection_id=row.id),
            "date": row.requested_at.date(),
        }
        for row in found
    ] + [
        {
            "step": 6,
            "number": row.number,
            "label": _("Nonconformance %(item)s", item=row.item.number),
            "status": row.status.value,
            "url": url_for("quality.nonconformance", nonconformance_id=row.id),
            "date": row.opened_at.date(),
        }
        for row in open_points
    ]


from app.quality.views import plan_entry, plans  # noqa: E402, F401  (they add their routes to the blueprint)
