"""The board and the work orders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.i18n import format_quantity, localized
from app.core.inputs import takes
from app.core.permissions import allowed, requires
from app.core.web import Column, Filter, document_provider, listing, status_label, url_if
from app.masterdata import queries as masterdata
from app.masterdata.models import Item, Site, WorkCentre
from app.scheduling import SCHEDULE_CHANGE, SCHEDULE_READ, gantt, queries, services
from app.scheduling.models import OperationStatus, WorkOrder, WorkOrderOperation, WorkOrderStatus
from app.subcontracting import queries as subcontracting

blueprint = Blueprint("scheduling", __name__, url_prefix="/scheduling")
LONGEST = 60
SUPPLIER_LABEL = 14


@blueprint.get("/")
@requires(SCHEDULE_READ)
def board() -> Any:
    """Show the operations of open work orders by machine, and why late ones are late."""
    site = chosen_site()
    if site is None:
        return render_template("scheduling/board.html", chart=None, late=[])
    zone = ZoneInfo(site.timezone)
    orders = queries.open_work_orders(site.id)
    tasks = [task for number, order in enumerate(orders) for task in _tasks(order, number, zone)]
    first = min((task.start.date() for task in tasks), default=clock.today(site.timezone))
    last = max((task.end.date() for task in tasks), default=first)
    days = min(max((last - first).days + 1, 7), LONGEST)
    first += timedelta(days=min(max(0, request.args.get("from", 0, type=int)), 3650))
    calendar = masterdata.working_days(site.id)
    shown = [first + timedelta(days=n) for n in range(days)]
    return render_template(
        "scheduling/board.html",
        chart=gantt.chart(
            tasks,
            _rows(site),
            first,
            days,
            closed={day for day in shown if not calendar.works(day)},
            now=clock.now().astimezone(zone),
        ),
        late=[task for task in tasks if task.late],
        day_label=lambda day, width: format_date(day, "MM-dd EEE" if width > 90 else "MM-dd"),
        site=site,
        sites=sites(),
        earlier=max(0, request.args.get("from", 0, type=int) - LONGEST // 2),
        later=request.args.get("from", 0, type=int) + LONGEST // 2,
    )


def sites() -> list[Site]:
    """Return the sites that have work centres."""
    query = select(Site).where(Site.id.in_(select(WorkCentre.site_id))).order_by(Site.id)
    return list(db.session.scalars(query))


def chosen_site() -> Site | None:
    """Return the site named in the address, else the first."""
    code = request.args.get("site", "")
    return next((one for one in sites() if one.code == code), next(iter(sites()), None))


@blueprint.get("/load")
@requires(SCHEDULE_READ)
def load() -> Any:
    """Show how much of each work centre's time is booked, week by week."""
    site = chosen_site()
    weeks, loads = queries.load_profile(site) if site else ([], [])
    return render_template("scheduling/load.html", weeks=weeks, loads=loads, site=site, sites=sites())


def _tasks(order: WorkOrder, colour: int, zone: ZoneInfo) -> list[gantt.Task]:
    found = []
    for operation in order.operations:
        if operation.planned_start is None or operation.planned_end is None:
            continue
        if operation.status is OperationStatus.FINISHED:
            continue
        start, end = operation.planned_start.astimezone(zone), operation.planned_end.astimezone(zone)
        name = f"{order.number} {order.item.number} · {operation.number} {localized(operation.names)}"
        found.append(
            gantt.Task(
                row=_row(operation),
                start=start,
                end=end,
                label=f"{order.item.number} {operation.number}",
                title=f"{name} · {start:%m-%d %H:%M} – {end:%m-%d %H:%M}",
                colour=colour % 6,
                late=operation.late_reason is not None,
                reason=queries.late_text(order, operation),
                url=url_for("scheduling.work_order", work_order_id=order.id),
            )
        )
    return found


def _rows(site: Site) -> dict[str, str]:
    """Return the label of every machine of a site, or of its work centre where it has none, by code."""
    labels = {}
    for centre in queries.work_centres(site.id):
        names = {machine.code: machine.names or centre.names for machine in centre.machines}
        for code in queries.places(centre):
            labels[code] = f"{code} {localized(names.get(code, centre.names))}".strip()
    return labels


def _row(operation: WorkOrderOperation) -> str:
    """Return the row an operation is drawn in: its machine, its supplier, else its work centre."""
    if operation.machine:
        return operation.machine.code
    if operation.supplier:
        return f"→ {operation.supplier.code} {localized(operation.supplier.names)}"[:SUPPLIER_LABEL]
    return operation.work_centre.code if operation.work_centre else "→"


@blueprint.get("/work-orders")
@requires(SCHEDULE_READ)
def work_orders() -> Any:
    """List work orders."""
    query = select(WorkOrder).join(WorkOrder.item).options(selectinload(WorkOrder.item))
    columns = [
        Column("number", _l("Number"), sort=WorkOrder.number, href=_url),
        Column(
            "item",
            _l("Item"),
            value=lambda row: f"{row.item.number} {localized(row.item.names)}",
            sort=Item.number,
        ),
        Column("quantity", _l("Quantity"), "number", sort=WorkOrder.quantity),
        Column("good", _l("Good"), "number", sort=WorkOrder.good),
        Column("scrap", _l("Scrap"), "number", sort=WorkOrder.scrap),
        Column("release_date", _l("Release"), "date", sort=WorkOrder.release_date),
        Column("due_date", _l("Due"), "date", sort=WorkOrder.due_date),
        Column("status", _l("Status"), "status", sort=WorkOrder.status),
    ]
    states = [(status.value, status_label(status)) for status in WorkOrderStatus]
    filters = [Filter("status", _l("Status"), states, WorkOrder.status)]
    page = listing(
        query,
        columns,
        title=_("Work orders"),
        search=[WorkOrder.number, Item.number],
        filters=filters,
        sort="due_date",
    )
    return page.export or render_template("scheduling/work_orders.html", page=page)


def _url(row: WorkOrder) -> str:
    return url_for("scheduling.work_order", work_order_id=row.id)


@blueprint.get("/work-orders/<int:work_order_id>")
@requires(SCHEDULE_READ)
def work_order(work_order_id: int) -> Any:
    """Show one work order: operations with standard and report, materials required and issued."""
    order = queries.work_order(work_order_id)
    site = db.session.get_one(Site, order.site_id)
    items = {row.item_id: db.session.get_one(Item, row.item_id) for row in order.materials}
    return render_template(
        "scheduling/work_order.html",
        order=order,
        items=items,
        may_split=order.status is WorkOrderStatus.RELEASED and allowed(current_actor(), SCHEDULE_CHANGE),
        lots=queries.consumed_lots(order),
        late_text=queries.late_text,
        shop_url=url_if("shopfloor.work_order", work_order_id=order.id),
        lot_url=lambda lot_id: url_if("inventory.lot", lot_id=lot_id),
        zone=ZoneInfo(site.timezone),
        quantity=format_quantity,
    )


@blueprint.post("/work-orders/<int:work_order_id>/split")
@requires(SCHEDULE_CHANGE)
@takes("quantity", "due_date")
def split(work_order_id: int) -> Any:
    """Split pieces off a work order that has not begun."""
    queries.work_order(work_order_id)
    rest = services.split_work_order(
        work_order_id, request.form.get("quantity", ""), request.form.get("due_date", "")
    )
    flash(_("{number} takes the pieces split off.").format(number=rest.number), "success")
    return redirect(url_for("scheduling.work_order", work_order_id=work_order_id))


@document_provider
def documents(customer_order_id: int) -> Iterable[dict[str, Any]]:
    """Name the work orders of a customer order for its cockpit: planned under step 4, progress under step 5.

    Their outside operations stand under step 2.
    """
    orders = queries.of_customer_order(customer_order_id)
    for outside in subcontracting.of_work_orders({order.id for order in orders}):
        supplier = localized(outside.supplier.names) if outside.supplier else "–"
        yield {
            "step": 2,
            "number": outside.number,
            "label": f"{supplier} · {outside.item.number} {outside.operation}",
            "status": outside.status,
            "url": url_if("subcontracting.order", order_id=outside.id),
            "date": outside.ordered_on,
        }
    for order in orders:
        shared = {"number": order.number, "status": order.status, "url": _url(order)}
        yield shared | {
            "step": 4,
            "label": f"{order.item.number} × {format_quantity(order.quantity, order.item.unit)}",
            "date": order.due_date,
        }
        if order.status not in {WorkOrderStatus.PLANNED, WorkOrderStatus.RELEASED}:
            made = order.operations[-1].good if order.operations else order.good
            label = _("{item}: {good} good, {scrap} scrapped")
            yield shared | {
                "step": 5,
                "label": label.format(
                    item=order.item.number, good=format_quantity(made), scrap=format_quantity(order.scrap)
                ),
                "date": order.finished_at.date() if order.finished_at else order.release_date,
            }
