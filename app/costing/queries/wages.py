"""What an hour of work really cost, from payroll."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.db import db
from app.costing.models import Wage
from app.masterdata.models import WorkCentre


def paid_per_hour(work_centre_id: int, at: datetime, timezone: str, standard: Decimal) -> Decimal:
    """The month's wage in a work centre, else the month's everywhere, else the standard one."""
    month = f"{at.astimezone(ZoneInfo(timezone)):%Y-%m}"
    found = db.session.scalar(
        select(Wage.per_hour)
        .where(Wage.month == month, Wage.work_centre_id.in_((0, work_centre_id)))
        .order_by(Wage.work_centre_id.desc())
        .limit(1)
    )
    return standard if found is None else found


def entered_wages() -> list[tuple[Wage, WorkCentre | None]]:
    """Every wage that was entered with its work centre, newest month first."""
    rows = db.session.execute(
        select(Wage, WorkCentre)
        .outerjoin(WorkCentre, WorkCentre.id == Wage.work_centre_id)
        .order_by(Wage.month.desc(), Wage.work_centre_id)
    )
    return [(wage, centre) for wage, centre in rows]


def work_centres() -> list[WorkCentre]:
    """Every work centre, by code."""
    return list(db.session.scalars(select(WorkCentre).order_by(WorkCentre.code)))
