"""When a person's task is due, and what is to happen by itself before and after: warn, escalate, reassign.

All of it is declared on the task and counted on the working calendar of the plant.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import ForeignKey, Index, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core import working_time
from app.core.db import db
from app.core.working_time import PlantCalendar
from app.workflow.models import HumanTask

log = logging.getLogger(__name__)


class DeedKind(StrEnum):
    """What happens by itself to a task that is not done."""

    WARN = "warn"
    ESCALATE = "escalate"
    REASSIGN = "reassign"


class DueDeed(db.Model):
    """Something that happens to a task at a moment if it is still open then: once and never again."""

    __table_args__ = (UniqueConstraint("task_id", "kind"), Index("ix_due_deed_done_at", "done_at", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("human_task.id"))
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    kind: Mapped[DeedKind]
    role: Mapped[str | None] = mapped_column(comment="to whom it is escalated or given")
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    effective: Mapped[bool | None] = mapped_column(comment="False: there was nobody to tell or to give it to")


def calendar(own: dict[str, str], documents: Iterable[str | None]) -> PlantCalendar | None:
    """The working calendar of the plant a task belongs to; None where the task has no due date."""
    if not own.get("due") and not own.get("due_on"):
        return None
    return working_time.plant_calendar(documents, current_app.config["TIMEZONE"])


def due_at(
    own: dict[str, str], day: str | None, calendar: PlantCalendar | None, now: datetime
) -> datetime | None:
    """When a task is due: at the end of the day its data names, else so much working time after it began."""
    if calendar is None:
        return None
    if day and (last := _day(day)):
        return datetime.combine(last, time(23, 59), ZoneInfo(calendar.zone))
    given = working_time.span(own.get("due", ""))
    return working_time.after(now, given, calendar) if given is not None else None


def _day(text: str) -> date | None:
    """A day of a plant's calendar; None for any other text: the time that is given counts then."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        log.warning("%.60r is no day a task can be due on", text)
        return None
    return found if 1900 <= found.year <= 2999 else None


def plan(task: HumanTask, own: dict[str, str], calendar: PlantCalendar | None) -> None:
    """Note what is to happen to a new task that has a due date."""
    made = list(_deeds(own, task.due_at, calendar)) if calendar is not None and task.due_at else []
    if not made:
        return
    db.session.flush()
    for kind, role, at in made:
        db.session.add(DueDeed(task_id=task.id, instance_id=task.instance_id, kind=kind, role=role, at=at))


def _deeds(
    own: dict[str, str], due: datetime, calendar: PlantCalendar
) -> Iterable[tuple[DeedKind, str | None, datetime]]:
    """What a task declares, for whom and when."""
    if given := working_time.span(own.get("warn_before", "")):
        yield DeedKind.WARN, None, working_time.before(due, given, calendar)
    if given := working_time.span(own.get("escalate_after", "")):
        yield DeedKind.ESCALATE, own.get("escalate_to"), working_time.after(due, given, calendar)
    if given := working_time.span(own.get("reassign_after", "")):
        yield DeedKind.REASSIGN, own.get("reassign_to"), working_time.after(due, given, calendar)


def forget(task: HumanTask) -> None:
    """Nothing more happens by itself to a task that is done or gone."""
    if task.due_at is not None:
        db.session.execute(delete(DueDeed).where(DueDeed.task_id == task.id, DueDeed.done_at.is_(None)))


def of(task_id: int) -> list[DueDeed]:
    """What happened or is to happen to a task by itself, in order."""
    query = select(DueDeed).where(DueDeed.task_id == task_id).order_by(DueDeed.at, DueDeed.id)
    return list(db.session.scalars(query))
