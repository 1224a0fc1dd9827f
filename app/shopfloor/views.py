"""The shop floor's pages: what each work centre does next, one work order, how well machines are used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.i18n import format_quantity
from app.core.inputs import takes
from app.core.permissions import allowed, requires
from app.masterdata.models import CodeKind, Item, Machine, Site, WorkCentre
from app.scheduling import queries as orders
from app.scheduling.models import OperationStatus
from app.shopfloor import MATERIAL_ISSUE, OPERATION_RUN, SHOPFLOOR_READ, queries, services

blueprint = Blueprint("shopfloor", __name__, url_prefix="/shopfloor")
PERIODS = (1, 7, 30)


@blueprint.get("/")
@requires(SHOPFLOOR_READ)
def board() -> Any:
    """Show the unfinished operations of each work centre in the order they are planned, and what runs."""
    queue: dict[int, list[Any]] = {}
    for site in db.session.scalars(select(Site)):
        for order in orders.open_work_orders(site.id):
            for operation in order.operations:
                if operation.work_centre_id and operation.status is not OperationStatus.FINISHED:
                    queue.setdefault(operation.work_centre_id, []).append((order, operation))
    for rows in queue.values():
        rows.sort(key=lambda row: (row[1].planned_start is None, row[1].planned_start, row[0].id))
    all_centres = list(db.session.scalars(select(WorkCentre).order_by(WorkCentre.code)))
    chosen = request.args.get("work_centre", "")
    return render_template(
        "shopfloor/board.html",
        all_centres=all_centres,
        centres=[centre for centre in all_centres if not chosen or centre.code == chosen],
        chosen=chosen,
        queue=queue,
        running=queries.running(),
        stop_codes=queries.reason_names(CodeKind.STOP),
        may_run=allowed(current_actor(), OPERATION_RUN),
        quantity=format_quantity,
    )


@blueprint.post("/work-orders/<int:work_order_id>/operations/<int:operation_id>/start")
@requires(OPERATION_RUN)
@takes("machine")
def start(work_order_id: int, operation_id: int) -> Response:
    """Start an operation on the machine named."""
    return _act(services.start_operation, work_order_id, operation_id, request.form.get("machine", ""))


@blueprint.post("/work-orders/<int:work_order_id>/operations/<int:operation_id>/stop")
@requires(OPERATION_RUN)
@takes("reason")
def stop(work_order_id: int, operation_id: int) -> Response:
    """Stop an operation, with a stop code when something is wrong."""
    return _act(services.stop_operation, work_order_id, operation_id, request.form.get("reason", ""))


def _act(service: Any, work_order_id: int, operation_id: int, word: str) -> Response:
    service(work_order_id, operation_id, word.strip())
    centre = orders.work_order(work_order_id)
    code = queries.find(centre, operation_id).work_centre
    return redirect(url_for(".board", work_centre=code.code if code else ""))


@blueprint.get("/work-orders/<int:work_order_id>")
@requires(SHOPFLOOR_READ)
def work_order(work_order_id: int) -> Any:
    """Show what was reported on a work order, its stops, and its material, standard against actual."""
    order = orders.work_order(work_order_id)
    site = db.session.get_one(Site, order.site_id)
    return render_template(
        "shopfloor/work_order.html",
        order=order,
        items={row.item_id: db.session.get_one(Item, row.item_id) for row in order.materials},
        reports=queries.reports(order.id),
        stops=queries.downtimes(order),
        operations={operation.id: operation for operation in order.operations},
        machines={row.id: row.code for row in db.session.scalars(select(Machine))},
        defects=queries.reason_names(CodeKind.DEFECT),
        stop_codes=queries.reason_names(CodeKind.STOP),
        person=queries.person,
        may_issue=allowed(current_actor(), MATERIAL_ISSUE)
        and order.status.value in ("released", "in_process"),
        zone=ZoneInfo(site.timezone),
        quantity=format_quantity,
    )


@blueprint.post("/work-orders/<int:work_order_id>/material")
@requires(MATERIAL_ISSUE)
@takes("item_id", "act", "quantity", "reason")
def material(work_order_id: int) -> Response:
    """Issue more of a component, or take some back."""
    form = request.form
    try:
        item_id = int(form.get("item_id", ""))
    except ValueError:
        raise DomainError("no_material", _("Choose the material."), field="item_id") from None
    service = services.return_materials if form.get("act") == "return" else services.issue_more
    service(work_order_id, item_id, form.get("quantity", ""), form.get("reason", ""))
    flash(_("Saved."))
    return redirect(url_for(".work_order", work_order_id=work_order_id))


@blueprint.get("/equipment")
@requires(SHOPFLOOR_READ)
def equipment() -> Any:
    """Show availability, performance, quality and their product by machine."""
    days = request.args.get("days", 7, type=int)
    days = days if days in PERIODS else 7
    found = []
    for site in db.session.scalars(select(Site).order_by(Site.id)):
        first = clock.today(site.timezone) - timedelta(days=days - 1)
        found += queries.equipment(site, first, days)
    return render_template(
        "shopfloor/equipment.html", found=found, days=days, periods=PERIODS, quantity=format_quantity
    )
