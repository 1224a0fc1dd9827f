"""The shop floor's board: what each work centre has to do next."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from sqlalchemy import select

from app.core.db import db
from app.core.i18n import format_quantity
from app.core.permissions import requires
from app.masterdata.models import Site, WorkCentre
from app.scheduling import queries as orders
from app.scheduling.models import OperationStatus
from app.shopfloor import SHOPFLOOR_READ

blueprint = Blueprint("shopfloor", __name__, url_prefix="/shopfloor")


@blueprint.get("/")
@requires(SHOPFLOOR_READ)
def board() -> Any:
    """Show the unfinished operations of each work centre in the order they are planned."""
    queue: dict[int, list[Any]] = {}
    for site in db.session.scalars(select(Site)):
        for order in orders.open_work_orders(site.id):
            for operation in order.operations:
                if operation.work_centre_id and operation.status is not OperationStatus.FINISHED:
                    queue.setdefault(operation.work_centre_id, []).append((order, operation))
    for rows in queue.values():
        rows.sort(key=lambda row: (row[1].planned_start is None, row[1].planned_start, row[0].id))
    centres = list(db.session.scalars(select(WorkCentre).order_by(WorkCentre.code)))
    return render_template("shopfloor/board.html", centres=centres, queue=queue, quantity=format_quantity)
