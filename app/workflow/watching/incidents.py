"""Incidents by cause, and mending many of one cause: each succeeds or fails for itself."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.core.db import db
from app.core.documents import document_labels
from app.core.errors import DomainError
from app.core.i18n import localized
from app.core.lists import moment_text
from app.workflow.models import Incident, IncidentStatus, ProcessInstance
from app.workflow.running import repairs, steering

SHOWN_GROUPS, SHOWN_MEMBERS, LARGEST_GROUP = 50, 50, 1_000
SECONDS = 15.0
"""How long one request mends; whoever asked goes on with the rest."""


@dataclass(frozen=True)
class Outcome:
    """What came of one incident."""

    title: str
    tone: str
    text: str
    instance_id: int


def groups() -> list[dict[str, Any]]:
    """The unsettled incidents by cause, the most frequent first, each with its latest ones."""
    query = (
        select(
            Incident.cause,
            func.count().label("count"),
            func.min(Incident.created_at).label("first"),
            func.max(Incident.created_at).label("last"),
        )
        .where(Incident.status != IncidentStatus.RESOLVED)
        .group_by(Incident.cause)
        .order_by(func.count().desc(), func.max(Incident.id).desc())
    )
    found = []
    for row in db.session.execute(query.limit(SHOWN_GROUPS)):
        members = _members(row.cause, SHOWN_MEMBERS)
        if members:
            times = {"first": moment_text(row.first), "last": moment_text(row.last)}
            found.append({"cause": row.cause, "count": row.count, **times, "members": members})
    return found


def _members(cause: str, limit: int) -> list[dict[str, Any]]:
    found = _unsettled(cause, limit)
    labels = document_labels([one.instance.business_key for one in found])
    return [facts(one, labels) for one in found]


def _unsettled(cause: str, limit: int) -> list[Incident]:
    query = (
        select(Incident)
        .where(Incident.status != IncidentStatus.RESOLVED, Incident.cause == cause)
        .options(joinedload(Incident.instance))
    )
    return list(db.session.scalars(query.order_by(Incident.id.desc()).limit(limit)))


def facts(incident: Incident, labels: dict[str, str]) -> dict[str, Any]:
    """An incident as pages show it."""
    case = incident.instance
    return {
        "id": incident.id,
        "title": localized(incident.names, incident.element),
        "process": case.definition.name,
        "kind": incident.error,
        "message": incident.message,
        "operator": incident.operator or "",
        "attempts": incident.attempts,
        "retrying": incident.status == IncidentStatus.RETRYING,
        "iso": incident.created_at.isoformat(),
        "when": moment_text(incident.created_at),
        "case": _title(case, labels),
        "instance_id": incident.instance_id,
    }


def _title(case: ProcessInstance, labels: dict[str, str]) -> str:
    return f"{case.definition.name} · {labels.get(case.business_key, case.business_key)}"


def mend(cause: str, chosen: Iterable[int] | None, action: str, data: str, reason: str) -> list[Outcome]:
    """Try again, correct and try again, or skip incidents of one cause: the chosen ones, or all.

    Each is its own transaction, so that one that fails again holds up no other.

    Raises:
        DomainError: nothing is chosen, there is no such act, or the reason is missing.
    """
    if action not in ("retry", "correct", "skip"):
        raise DomainError("unknown_action", _("This action does not exist."), status=400)
    if action != "retry":
        steering.needed(reason)
        steering.values_of(data)
    wanted = None if chosen is None else set(chosen)
    members = [one for one in _unsettled(cause, LARGEST_GROUP) if wanted is None or one.id in wanted]
    if not members:
        raise DomainError("no_incident", _("Choose at least one incident."), field="incident")
    labels = document_labels([one.instance.business_key for one in members])
    named = [(one.id, one.instance_id, _title(one.instance, labels)) for one in members]
    began, outcomes = time.monotonic(), []
    for incident_id, instance_id, title in named:
        if time.monotonic() - began > SECONDS:
            tone, text = "quiet", _("Not tried yet: choose it again.")
        else:
            tone, text = _one(incident_id, action, data, reason)
        outcomes.append(Outcome(title, tone, text, instance_id))
    return outcomes


def _one(incident_id: int, action: str, data: str, reason: str) -> tuple[str, str]:
    """Mend one incident in its own transaction; returns tone and words of what came of it."""
    try:
        if action == "skip":
            incident = repairs.skip(incident_id, reason)
        elif action == "correct":
            incident = steering.correct_and_retry(incident_id, data, reason)
        else:
            incident = repairs.retry(incident_id)
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return "bad", str(error.message)
    if incident.status != IncidentStatus.RESOLVED:
        return "bad", _("Failed again: %(message)s", message=incident.message)
    return "good", _("Skipped") if action == "skip" else _("Went on")
