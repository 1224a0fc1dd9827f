"""Months of the books, and standards."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.operators import operator
from app.costing import rollup
from app.costing.models import Period, StandardCost
from app.costing.queries import standards
from app.costing.services.production import cost_finished
from app.costing.services.valuation import value_moves
from app.masterdata.models import Item


@operator
def close_period(month: str) -> dict[str, Any]:
    """Value what is left, cost finished work orders and close a month (YYYY-MM): it takes no more postings.

    Work orders for a customer order that is still open are costed with that order.
    Returns ``month`` and ``costed``, how many work orders.

    Raises:
        DomainError: the month is not written YYYY-MM, or not over yet.
        Conflict: it is closed already.
    """
    first = first_day(month)
    if f"{clock.today():%Y-%m}" <= month:
        raise DomainError("month_not_over", _("%(month)s is not over yet.", month=month), field="month")
    value_moves()
    after = (first + timedelta(days=31)).replace(day=1)
    costed = cost_finished(datetime.combine(after, time.min, UTC), after - timedelta(days=1))
    period = db.session.get(Period, month, with_for_update=True) or Period(month=f"{first:%Y-%m}")
    if period.closed:
        raise Conflict("period_closed", _("%(month)s is closed already.", month=month))
    period.closed_at, period.closed_by_id = clock.now(), current_actor().user_id
    db.session.add(period)
    audit.record("period.closed", f"period:{month}", after={"costed": costed})
    return {"month": month, "costed": costed}


def first_day(month: str) -> date:
    """Return the first day of a month written YYYY-MM."""
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError:
        raise DomainError("month", _("Write the month as YYYY-MM."), field="month") from None


@operator
def set_standards(on: str, lot_size: str = "1") -> dict[str, Any]:
    """Roll up the standard cost of every made item from a day on, with set-up spread over a lot size.

    Returns ``items``, the count of items whose standard was set.

    Raises:
        DomainError: the lot size is not above 0, or a bill of material contains itself.
    """
    day, size = date.fromisoformat(on), Decimal(lot_size)
    if size <= 0:
        raise DomainError("lot_size", _("The lot size must be above 0."), field="lot_size")
    structures = standards.structures(day, size)
    try:
        found = rollup.roll_up(structures, standards.rates())
    except rollup.Cycle as cycle:
        raise DomainError(
            "bom_cycle", _("A bill of material contains itself: %(path)s.", path=str(cycle))
        ) from None
    made = [key for key, one in structures.items() if one.components or one.operations]
    known = {
        row.item_id: row
        for row in db.session.scalars(select(StandardCost).where(StandardCost.valid_from == day))
    }
    for key in made:
        row = known.get(int(key)) or StandardCost(item_id=int(key), valid_from=day)
        row.lot_size, row.total = size, found[key].total
        for element in rollup.ELEMENTS:
            setattr(row, element, found[key].own[element])
        db.session.add(row)
        db.session.get_one(Item, int(key)).standard_cost = found[key].total
    audit.record("standards.set", f"standards:{on}", after={"items": len(made), "lot_size": lot_size})
    return {"items": len(made)}
