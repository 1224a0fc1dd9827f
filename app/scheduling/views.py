"""The board and the work orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.db import db
from app.core.i18n import format_quantity, localized
from app.core.permissions import requires
from app.core.web import Column, Filter, listing, status_label
from app.masterdata.models import Item, Machine, Site
from app.scheduling import SCHEDULE_READ, gantt, queries
from app.scheduling.models import OperationStatus, WorkOrder, WorkOrderStatus

blueprint = Blueprint("scheduling", __name__, url_prefix="/scheduling")
LONGEST = 60


@blueprint.get("/")
@requires(SCHEDULE_READ)
def board() -> Any:
    """Show the operations of open work orders by machine."""
    site = db.session.scalar(select(Site).order_by(Site.id).limit(1))
    if site is None:
        return render_template("scheduling/board.html", chart=None, late=[])
    zone = ZoneInfo(site.timezone)
    orders = queries.open_work_orders(site.id)
    tasks = [task for number, order in enumerate(orders) for task in _tasks(order, number, zone)]
    first = min((task.start.date() for task in tasks), default=clock.today(site.timezone))
    last = max((task.end.date() for task in tasks), default=first)
    days = min(max((last - first).days + 1, 7), LONGEST)
    first += timedelta(days=max(0, request.args.get("from", 0, type=int)))
    machines = db.session.scalars(select(Machine.code).where(Machine.active).order_by(Machine.code))
    return render_template(
        "scheduling/board.html",
        chart=gantt.chart(tasks, list(machines), first, days),
        late=[task for task in tasks if task.late],
    )


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
                row=operation.machine.code if operation.machine else "→",
                start=start,
                end=end,
                label=f"{order.item.number} {operation.number}",
                title=f"{name} · {start:%m-%d %H:%M} – {end:%m-%d %H:%M}",
                colour=colour % 6,
                late=end.date() > order.due_date,
                url=url_for("scheduling.work_order", work_order_id=order.id),
            )
        )
    return found


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
        Column("status", _l("Status"), "status", value=lambda row: row.status.value, sort=WorkOrder.status),
    ]
    states = [(status.value, status_label(status.value)) for status in WorkOrderStatus]
    filters = [Filter("status", _l("Status"), states, WorkOrder.status)]
    page = listing(query, columns, search=[WorkOrder.number, Item.number], filters=filters, sort="due_date")
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
        zone=ZoneInfo(site.timezone),
        quantity=format_quantity,
    )
