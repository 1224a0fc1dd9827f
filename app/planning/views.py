"""Pages of planning: plans with their orders and messages, an item's record, the master schedule, the forecast."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError, NotFound
from app.core.i18n import format_date, format_quantity, localized, unit_name
from app.core.inputs import identifier, takes
from app.core.permissions import allowed, requires
from app.core.web import Column, Filter, document_provider, listing, status_label
from app.masterdata.models import Item, Site
from app.planning import PLAN_CHANGE, PLAN_READ, queries, services
from app.planning.models import Plan, PlannedOrder, PlannedStatus, PlanStatus
from app.planning.queries.labels import kind_label, method_label, supply_label

blueprint = Blueprint("planning", __name__, url_prefix="/planning")


@blueprint.context_processor
def _formats() -> dict[str, Any]:
    """Let templates show names, quantities, dates and planning's words in the reader's language."""
    return {
        "localized": localized,
        "format_quantity": format_quantity,
        "unit_name": unit_name,
        "format_date": format_date,
        "kind_label": kind_label,
        "supply_label": supply_label,
        "method_label": method_label,
    }


def _may_change() -> bool:
    return allowed(current_actor(), PLAN_CHANGE)


@blueprint.get("/plans")
@requires(PLAN_READ)
def plans() -> Any:
    """List plans."""
    columns = [
        Column(
            "number", _l("Plan"), href=lambda row: url_for("planning.plan", plan_id=row.id), sort=Plan.number
        ),
        Column("start", _l("Planned from"), "date", sort=Plan.start),
        Column("orders", _l("Planned orders"), "number", value=_figure("orders"), sortable=False),
        Column("late", _l("Late from the start"), "number", value=_figure("late_orders"), sortable=False),
        Column("messages", _l("Messages"), "number", value=_figure("exceptions"), sortable=False),
        Column(
            "forecast",
            _l("Forecast"),
            value=lambda row: _("included") if row.include_forecast else _("orders only"),
            sortable=False,
        ),
        Column("status", _l("Status"), "status", sort=Plan.status),
    ]
    page = listing(
        queries.plans(),
        columns,
        title=_("Plans (MRP)"),
        search=[Plan.number],
        filters=[
            Filter(
                "status",
                _l("Status"),
                [(one.value, status_label(one.value)) for one in (PlanStatus.DRAFT, PlanStatus.APPROVED)],
                lambda value: Plan.status == PlanStatus(value),
            )
        ],
        sort="-number",
    )
    if page.export:
        return page.export
    return render_template("planning/plans.html", page=page, sites=queries.sites(), may_change=_may_change())


def _figure(name: str) -> Any:
    return lambda row: row.figures.get(name, 0)


@blueprint.post("/cycle")
@requires(PLAN_CHANGE)
@takes("site")
def cycle() -> Response:
    """Start the planning cycle of a site."""
    services.start_cycle(request.form.get("site", ""))
    flash(_("The planning cycle begins; its review comes into the planner's inbox."), "success")
    return redirect(url_for("planning.plans"))


@blueprint.get("/plans/<int:plan_id>")
@requires(PLAN_READ)
def plan(plan_id: int) -> Any:
    """Show a plan: its orders and messages."""
    found = queries.plan(plan_id)
    late = {one.planned_order_id for one in found.exceptions if one.planned_order_id}
    columns = [
        Column("item", _l("Item"), value=_item_text, href=lambda row: _item_url(plan_id, row.item_id)),
        Column(
            "supply",
            _l("Supply"),
            value=lambda row: row.supply.value,
            display=lambda row: supply_label(row.supply),
        ),
        Column(
            "quantity",
            _l("Quantity"),
            "number",
            display=lambda row: format_quantity(row.quantity, row.item.unit),
        ),
        Column("release_date", _l("Release"), "date"),
        Column("due_date", _l("Due"), "date"),
        Column("status", _l("Status"), "status"),
        Column("late", _l("Message"), value=lambda row: _("see messages") if row.id in late else ""),
        Column(
            "more",
            _l("Why"),
            value=lambda row: _("Why this order"),
            href=lambda row: url_for("planning.planned_order", planned_order_id=row.id),
            sortable=False,
        ),
    ]
    page = listing(found.orders, columns, title=found.number, sort="release_date", per_page=100)
    if page.export:
        return page.export
    documents = {one.document for one in found.exceptions if one.document}
    return render_template(
        "planning/plan.html",
        plan=found,
        page=page,
        names=queries.document_names(documents),
        order_url=url_for("sales.order", order_id=found.customer_order_id)
        if found.customer_order_id
        else None,
    )


def _item_text(order: PlannedOrder) -> str:
    return f"{order.item.number} {localized(order.item.names)}"


def _item_url(plan_id: int, item_id: int) -> str:
    return url_for("planning.item", plan_id=plan_id, item_id=item_id)


@blueprint.get("/plans/<int:plan_id>/items/<int:item_id>")
@requires(PLAN_READ)
def item(plan_id: int, item_id: int) -> str:
    """Show the record of one item in a plan: week by week, and where each need comes from."""
    found, chosen = queries.plan(plan_id), db.session.get(Item, item_id)
    if chosen is None:
        raise NotFound("no_item", _("There is no item {id}.").format(id=item_id))
    view = queries.PlanView(found)
    pegs = [peg for peg in view.pegging().pegs if peg.item == item_id]
    keys = {peg.demand.source for peg in pegs} | {peg.supply.source for peg in pegs if peg.supply}
    return render_template(
        "planning/item.html",
        plan=found,
        item=chosen,
        part=view.basis.parts[item_id],
        rows=view.grid(item_id),
        pegs=sorted(pegs, key=lambda peg: peg.demand.day),
        names=queries.document_names(keys),
    )


@blueprint.get("/orders/<int:planned_order_id>")
@requires(PLAN_READ)
def planned_order(planned_order_id: int) -> str:
    """Show why a planned order exists: what it serves upwards, what it takes downwards."""
    return _planned_order_page(planned_order_id, {})


def _planned_order_page(planned_order_id: int, errors: dict[str, str]) -> str:
    row = db.session.get(PlannedOrder, planned_order_id)
    if row is None:
        raise NotFound("no_planned_order", _("There is no planned order {id}.").format(id=planned_order_id))
    found = queries.plan(row.plan_id)
    order = next(one for one in found.orders if one.id == planned_order_id)
    pegs = queries.PlanView(found).pegging()
    source = order.document or f"planned_order:{order.id}"
    up = pegs.up(source, order.item_id)
    down = [pair for item_id in pegs.takes(source) for pair in pegs.down(source, item_id)]
    every = [peg for _level, peg in up + down]
    keys = {peg.demand.source for peg in every} | {peg.supply.source for peg in every if peg.supply}
    items = {
        row.id: row
        for row in db.session.scalars(db.select(Item).where(Item.id.in_({peg.item for peg in every})))
    }
    return render_template(
        "planning/planned_order.html",
        plan=found,
        order=order,
        up=up,
        down=down,
        items=items,
        names=queries.document_names(keys),
        errors=errors,
        may_change=_may_change()
        and found.status is PlanStatus.DRAFT
        and order.status is PlannedStatus.PLANNED,
    )


@blueprint.post("/orders/<int:planned_order_id>")
@requires(PLAN_CHANGE)
@takes("quantity", "release_date", "due_date", "cancel")
def change_order(planned_order_id: int) -> Any:
    """Change a planned order of a draft, or cancel it."""
    row = db.session.get(PlannedOrder, planned_order_id)
    if row is None:
        raise NotFound("no_planned_order", _("There is no planned order {id}.").format(id=planned_order_id))
    plan_id = row.plan_id
    values = {key: request.form.get(key) or None for key in ("quantity", "release_date", "due_date")}
    try:
        services.change_planned_order(planned_order_id, **values, cancel="cancel" in request.form)
    except DomainError as error:
        db.session.rollback()
        return _planned_order_page(planned_order_id, {error.field or "": str(error.message)}), error.status
    flash(
        _("The planned order is changed. Run the plan again in its review task to see what follows."),
        "success",
    )
    return redirect(url_for("planning.plan", plan_id=plan_id))


def _site() -> Site:
    sites = queries.sites()
    wanted = request.args.get("site")
    found = next((one for one in sites if one.code == wanted), sites[0] if sites else None)
    if found is None:
        raise NotFound("no_site", _("No site is set up yet."))
    return found


@blueprint.get("/mps")
@requires(PLAN_READ)
def mps() -> str:
    """Show the master schedule of a site's latest plan, or of ``?plan=ID``."""
    site = _site()
    wanted = request.args.get("plan", type=identifier)
    found = queries.plan(wanted) if wanted else queries.latest_plan(site.id)
    return render_template(
        "planning/mps.html",
        site=site,
        sites=queries.sites(),
        plan=found,
        schedule=queries.master_schedule(found.id) if found else {},
        shown=12,
    )


@blueprint.get("/forecast")
@requires(PLAN_READ)
def forecast() -> str:
    """Show the forecast of a site's items beside their history."""
    return _forecast_page({})


def _forecast_page(errors: dict[str, str], failed: int = 0) -> str:
    site = _site()
    rows: dict[Item, list[Any]] = {}
    for row in queries.forecasts(site.id):
        rows.setdefault(row.item, []).append(row)
    past = {item: queries.history(site.id, item.id)[-12:] for item in rows}
    return render_template(
        "planning/forecast.html",
        site=site,
        sites=queries.sites(),
        rows=rows,
        past=past,
        errors=errors,
        failed=failed,
        may_change=_may_change(),
    )


@blueprint.post("/forecast")
@requires(PLAN_CHANGE)
@takes("site")
def calculate_forecast() -> Response:
    """Forecast a site anew."""
    site = request.form.get("site", "")
    made = services.forecast_demand(site)
    flash(_("{items} items are forecast.").format(items=made["items"]), "success")
    return redirect(url_for("planning.forecast", site=site))


@blueprint.post("/forecast/<int:forecast_id>")
@requires(PLAN_CHANGE)
@takes("override", "reason", "site")
def override(forecast_id: int) -> Any:
    """Let the planner's figure stand for one month."""
    try:
        services.override_forecast(
            forecast_id, request.form.get("override", ""), request.form.get("reason", "")
        )
    except DomainError as error:
        db.session.rollback()
        return _forecast_page({error.field or "": str(error.message)}, forecast_id), error.status
    flash(_("The forecast is changed."), "success")
    return redirect(url_for("planning.forecast", site=request.form.get("site")))


@document_provider
def documents(customer_order_id: int) -> list[dict[str, Any]]:
    """Name the plans made for a customer order."""
    return [
        {
            "step": 1,
            "number": found.number,
            "label": _("Plan, {count} planned orders").format(count=found.figures.get("orders", 0)),
            "status": found.status.value,
            "url": url_for("planning.plan", plan_id=found.id),
            "date": found.start,
        }
        for found in queries.planned_orders_of(customer_order_id)
    ]
