"""What an hour of work really cost in a month, from payroll."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.inputs import decimal_input
from app.costing.models import Wage
from app.costing.services.entries import closed_months
from app.costing.services.periods import first_day
from app.masterdata.models import WorkCentre


def set_wage(month: str, per_hour: str, *, work_centre_id: str = "0") -> Wage:
    """Keep the wage of a month (YYYY-MM) in one work centre, or with 0 wherever nothing else is entered.

    Raises:
        Conflict: the month is closed.
        DomainError: the month, the amount or the work centre is not one.
    """
    key = f"{first_day(month):%Y-%m}"
    if key in closed_months():
        raise Conflict("period_closed", _("%(month)s is closed already.", month=key))
    amount = decimal_input(per_hour, field="per_hour", places=4)
    if not amount:
        raise DomainError("number_missing", _("A number is needed."), field="per_hour")
    centre = int(work_centre_id) if work_centre_id.isdecimal() else -1
    if centre and db.session.get(WorkCentre, centre) is None:
        raise DomainError("work_centre", _("There is no such work centre."), field="work_centre_id")
    wage = db.session.scalar(select(Wage).where(Wage.month == key, Wage.work_centre_id == centre))
    before = wage.per_hour if wage else None
    if wage is None:
        wage = Wage(month=key, work_centre_id=centre, per_hour=amount)
        db.session.add(wage)
    wage.per_hour = amount
    audit.record("wage.set", f"wage:{key}:{centre}", before={"per_hour": before}, after={"per_hour": amount})
    db.session.flush()
    return wage
