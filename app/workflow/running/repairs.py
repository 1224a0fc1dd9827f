"""What people with rights do to instances that do not run by themselves: cancel, try again, skip."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, DomainError, NotFound
from app.workflow.models import Incident, IncidentStatus, InstanceStatus, ProcessInstance
from app.workflow.running import failures, steps
from app.workflow.running.journal import note
from app.workflow.spiff.engine import TaskState
from app.workflow.spiff.values import literal


def cancel(instance_id: int, reason: str) -> ProcessInstance:
    """End an instance before its time, with a reason."""
    if not reason.strip():
        raise DomainError("reason_needed", _("Please give a reason."), field="reason")
    instance = steps.lock(instance_id)
    step = steps.resume(instance)
    step.workflow.cancel()
    instance.status, instance.reason, instance.ended_at = (
        InstanceStatus.CANCELLED,
        reason.strip(),
        max(clock.now(), instance.started_at),
    )
    steps.save(step)
    instance.status = InstanceStatus.CANCELLED
    note("instance.cancelled", instance, reason=reason.strip())
    return instance


def retry(incident_id: int, data: dict[str, Any] | None = None) -> Incident:
    """Run a failed step again, with corrected data where given; succeeds, or counts another attempt."""
    incident, instance = _incident(incident_id)
    step = steps.resume(instance)
    task = step.task(incident.engine_task)
    if task is not None and data is not None:
        before = literal(dict(task.data))
        task.data.update(literal(deepcopy(data)))
        note("incident.data_changed", instance, before=before, after=data)
    failures.rerun(step, incident)
    steps.advance(step)
    note("incident.retried", instance, after={"incident": incident.id, "attempts": incident.attempts})
    return incident


def skip(incident_id: int, reason: str) -> Incident:
    """Go on behind a failed step without it, with a reason."""
    if not reason.strip():
        raise DomainError("reason_needed", _("Please give a reason."), field="reason")
    incident, instance = _incident(incident_id)
    step = steps.resume(instance)
    task = step.task(incident.engine_task)
    if task is None or task.state != TaskState.READY:
        raise DomainError("not_skippable", _("This step cannot be skipped; try it again with other data."))
    step.parked.discard(incident.engine_task)
    task.complete()
    steps.advance(step)
    incident.resolution = f"skipped: {reason.strip()}"
    note("incident.skipped", instance, reason=reason.strip(), after={"incident": incident.id})
    return incident


def _incident(incident_id: int) -> tuple[Incident, ProcessInstance]:
    instance_id = db.session.scalar(select(Incident.instance_id).where(Incident.id == incident_id))
    if instance_id is None:
        raise NotFound("incident", _("There is no such incident."))
    instance = steps.lock(instance_id)
    incident = db.session.get(Incident, incident_id, populate_existing=True)
    if incident is None or incident.status == IncidentStatus.RESOLVED:
        raise Conflict("resolved", _("This incident is settled already."))
    return incident, instance
