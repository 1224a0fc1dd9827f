"""Pages of requisitions: asked for by hand, listed."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from app.core.actors import current_actor
from app.core.db import db
from app.core.i18n import localized
from app.core.inputs import identifier, takes
from app.core.permissions import allowed, requires
from app.core.web import Column, Filter, listing
from app.core.words import listed
from app.masterdata import queries as masterdata
from app.masterdata.models import Partner, Site
from app.purchasing import READ, REQUEST, queries, services
from app.purchasing.models import Requisition, RequisitionStatus
from app.purchasing.views import blueprint, supplier_name, what

REQUISITION_STATES = {
    RequisitionStatus.OPEN: _l("Open"),
    RequisitionStatus.QUOTING: _l("Asking for quotations"),
    RequisitionStatus.AWARDED: _l("Awarded"),
    RequisitionStatus.ORDERED: _l("Ordered"),
    RequisitionStatus.CANCELLED: _l("Cancelled"),
}


@blueprint.get("/requisitions/new")
@requires(REQUEST)
def new_requisition() -> Any:
    """Ask for something to be bought that no plan asks for."""
    sites = db.session.scalars(select(Site).order_by(Site.id))
    return render_template(
        "purchasing/requisition.html",
        sites=[(site.id, f"{site.code} {localized(site.names)}") for site in sites],
        suppliers=masterdata.suppliers(),
        items=masterdata.items(),
        days=masterdata.company().after_fact_days,
    )


@blueprint.post("/requisitions/new")
@requires(REQUEST)
@takes(
    "site_id",
    "item_id",
    "description",
    "quantity",
    "needed_on",
    "supplier_id",
    "after_the_fact",
    "bought_on",
    "reason",
)
def enter_requisition() -> Any:
    """Keep a requisition entered by hand; its purchase begins."""
    form = request.form
    site = db.session.get(Site, form.get("site_id", 0, type=identifier)) or abort(404)
    line = {key: form.get(key, "") for key in ("item_id", "description", "quantity", "needed_on")}
    made = services.create_requisition(
        site.id,
        [line | {"item_id": form.get("item_id", 0, type=identifier)}],
        supplier_id=form.get("supplier_id", type=identifier) or None,
        after_the_fact="after_the_fact" in form,
        reason=form.get("reason", "").strip() or None,
        bought_on=form.get("bought_on", ""),
    )
    flash(_("Requisition {number} is on its way.").format(number=made.number), "success")
    return redirect(url_for("purchasing.requisitions"))


@blueprint.get("/requisitions")
@requires(READ)
def requisitions() -> Any:
    """List requisitions."""
    columns = [
        Column("number", _l("Number"), sort=Requisition.number),
        Column("supplier", _l("Supplier"), value=supplier_name, sort=Partner.code),
        Column("status", _l("Status"), "status", display=lambda row: str(REQUISITION_STATES[row.status])),
        Column(
            "lines",
            _l("Lines"),
            value=lambda row: listed(what(line) for line in row.lines),
            sortable=False,
        ),
        Column(
            "needed",
            _l("Needed on"),
            "date",
            value=lambda row: min(one.needed_on for one in row.lines),
            sortable=False,
        ),
        Column("after", _l("After the fact"), value=lambda row: row.reason if row.after_the_fact else ""),
    ]
    choice = [(one.value, label) for one, label in REQUISITION_STATES.items()]
    query: Select = queries.requisitions_query().order_by(None).outerjoin(Requisition.supplier)
    page = listing(
        query,
        columns,
        title=_("Requisitions"),
        search=(Requisition.number, Partner.code),
        filters=[
            Filter(
                "status", _l("Status"), choice, lambda value: Requisition.status == RequisitionStatus(value)
            )
        ],
        sort="-number",
    )
    return page.export or render_template(
        "purchasing/list.html",
        page=page,
        new_url=url_for(".new_requisition") if allowed(current_actor(), REQUEST) else None,
        empty_text=_("Approved plans become requisitions; they are listed here."),
    )
