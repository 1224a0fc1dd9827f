"""Cause, corrective action and its proof: what keeps a nonconformance from coming back."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from app.core import audit, clock
from app.core.db import db
from app.core.errors import DomainError
from app.core.events import emit, event
from app.core.inputs import date_input
from app.core.operators import operator
from app.masterdata.models import Site
from app.quality import queries
from app.quality.models import CauseGroup, NonconformanceStatus

NONCONFORMANCE_CLOSED = event(
    "quality.nonconformance_closed",
    "A correction has proven effective; key nonconformance:ID, payload nonconformance_id.",
)


@operator
def record_cause(
    nonconformance_id: int,
    *,
    cause_group: str,
    cause: str,
    corrective_action: str,
    action_owner: str,
    action_due: str,
) -> dict[str, Any]:
    """Write why it happened and who will do what until when so that it does not come back. Returns ``due``."""
    found = queries.nonconformance(int(nonconformance_id))
    found.cause_group, found.cause = CauseGroup(cause_group), cause
    found.corrective_action, found.action_owner = corrective_action, action_owner
    found.action_due = date.fromisoformat(action_due)
    found.move_to(NonconformanceStatus.ANALYSED)
    audit.record(
        "nonconformance.analysed",
        found.key,
        after={"cause": cause, "action": corrective_action, "owner": action_owner, "due": action_due},
    )
    return {"due": action_due, "owner": action_owner}


@operator
def record_action(nonconformance_id: int, done: str, check_on: str | None = None) -> dict[str, Any]:
    """Write what was done to correct the cause, and the day on which its effect will be checked.

    Returns ``number`` and ``check_at``, the instant that day begins at the site; without a day it is the
    company's time after today.

    Raises:
        DomainError: the day has gone by.
    """
    found = queries.nonconformance(int(nonconformance_id))
    zone = db.session.get_one(Site, found.site_id).timezone
    today = clock.today(zone)
    day = date_input(check_on, field="check_on", default=queries.effect_day(today))
    if day < today:
        raise DomainError("check_on", _("The effect is checked today or later."), field="check_on")
    found.action_done, found.effect_check_on = done, day
    found.move_to(NonconformanceStatus.CORRECTED)
    audit.record("nonconformance.acted", found.key, after={"done": done, "check_on": day})
    return {
        "number": found.number,
        "check_at": datetime.combine(day, time(), ZoneInfo(zone)).isoformat(),
    }


@operator
def close_nonconformance(nonconformance_id: int, effective: bool, effectiveness: str) -> dict[str, Any]:
    """Close what has proven effective; what has not goes back to the analysis. Returns ``closed``."""
    found = queries.nonconformance(int(nonconformance_id))
    found.effectiveness = effectiveness
    if effective:
        found.move_to(NonconformanceStatus.CLOSED)
        found.closed_at = clock.now()
        emit(NONCONFORMANCE_CLOSED, key=found.key, nonconformance_id=found.id)
    audit.record("nonconformance.checked", found.key, after={"effective": effective}, reason=effectiveness)
    db.session.flush()
    return {"closed": effective}
