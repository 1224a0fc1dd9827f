"""Purchases after the fact: bought first, put on paper within so many working days, with a reason, and counted."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from app.core import audit, clock
from app.core.db import db
from app.core.errors import DomainError
from app.core.inputs import date_input
from app.masterdata import queries as masterdata
from app.masterdata.models import Site
from app.purchasing.models import PurchaseOrder


def bought_day(typed: Any, site_id: int, *, field: str = "bought_on") -> date:
    """Read the day something was bought.

    Raises:
        DomainError: it is missing, no date, or in the future.
    """
    day = date_input(typed, field=field)
    if day > clock.today(db.session.get_one(Site, site_id).timezone):
        raise DomainError("bought_on", _("The day it was bought is in the future."), field=field)
    return day


def recorded_late(site_id: int, bought_on: date, recorded_on: date) -> bool:
    """Say whether more working days passed until it was recorded than the company allows."""
    days = masterdata.company().after_fact_days
    return recorded_on > masterdata.working_days(site_id).shift(bought_on, days)


def mark(order: PurchaseOrder, bought_on: date, reason: str, recorded_on: date) -> None:
    """Write on an order that it follows its purchase.

    Raises:
        DomainError: no reason.
    """
    if not reason.strip():
        raise DomainError("reason_missing", _("A purchase after the fact needs a reason."), field="reason")
    order.after_the_fact, order.bought_on, order.reason = True, bought_on, reason.strip()
    order.recorded_late = recorded_late(order.site_id, bought_on, recorded_on)
    audit.record(
        "purchase_order.after_the_fact",
        f"purchase_order:{order.id}",
        after={"bought_on": bought_on.isoformat(), "recorded_late": order.recorded_late},
        reason=order.reason,
    )
