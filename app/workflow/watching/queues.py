"""How much of the processes' work waits for the runner."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext
from sqlalchemy import and_, case, func, or_, select

from app.core import clock
from app.core.db import db
from app.core.events import EventRecord
from app.core.queues import Depth, queue
from app.workflow.models import BackgroundWork, Incident, IncidentStatus, StepHistory, TimerDue
from app.workflow.moving.migration_models import CaseStatus, MigrationCase, MigrationRun
from app.workflow.running.deadlines import DueDeed


def _depth(moment: Any, *conditions: Any, due: Any = None) -> Depth:
    """Rows under some conditions; of them those whose moment has come, or that are due otherwise."""
    ready = moment <= clock.now() if due is None else due
    query = select(func.count(), func.sum(case((ready, 1), else_=0)), func.min(case((ready, moment)))).where(
        *conditions
    )
    total, ripe, oldest = db.session.execute(query).one()
    return Depth(total, ripe or 0, oldest if isinstance(oldest, datetime) else None)


@queue(lazy_gettext("Messages to deliver"))
def messages() -> Depth:
    """Events nobody has been told yet."""
    return _depth(EventRecord.created_at, EventRecord.delivered_at.is_(None))


@queue(lazy_gettext("Timers"))
def timers() -> Depth:
    """Timers that run, and those past their time."""
    return _depth(TimerDue.due_at, TimerDue.id.is_not(None))


@queue(lazy_gettext("Reminders and escalations"))
def deadlines() -> Depth:
    """What happens by itself to tasks that are not done in time."""
    return _depth(DueDeed.at, DueDeed.done_at.is_(None))


@queue(lazy_gettext("Failed steps tried again"))
def retries() -> Depth:
    """Failed steps that wait for their next attempt."""
    return _depth(Incident.retry_at, Incident.status == IncidentStatus.RETRYING)


@queue(lazy_gettext("Long computations"))
def background() -> Depth:
    """Computations that wait or are under way; due are those that nobody computes."""
    free = or_(BackgroundWork.leased_until.is_(None), BackgroundWork.leased_until < clock.now())
    step = and_(
        StepHistory.instance_id == BackgroundWork.instance_id,
        StepHistory.engine_task == BackgroundWork.engine_task,
    )
    query = select(
        func.count(BackgroundWork.id),
        func.sum(case((free, 1), else_=0)),
        func.min(case((free, StepHistory.entered_at))),
    ).outerjoin(StepHistory, step)
    total, due, oldest = db.session.execute(query.select_from(BackgroundWork)).one()
    return Depth(total, due or 0, oldest)


@queue(lazy_gettext("Cases to move to a new version"))
def migrations() -> Depth:
    """Cases of runs that have not had their turn."""
    waiting = MigrationCase.status.in_((CaseStatus.WAITING, CaseStatus.UNDOING))
    query = select(func.count(MigrationCase.id), func.min(MigrationRun.created_at))
    total, oldest = db.session.execute(
        query.join(MigrationRun, MigrationRun.id == MigrationCase.run_id).where(waiting)
    ).one()
    return Depth(total, total, oldest)
