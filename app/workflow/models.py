"""Deployed definitions, running instances, the tasks people see, and what instances wait for."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Names, db
from app.core.i18n import localized


class DefinitionKind(StrEnum):
    """What a definition is."""

    BPMN = "bpmn"
    DMN = "dmn"
    FORM = "form"


class InstanceStatus(StrEnum):
    """Where a process instance stands."""

    RUNNING = "running"
    INCIDENT = "incident"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class TaskStatus(StrEnum):
    """Where a human task stands."""

    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class IncidentStatus(StrEnum):
    """Where a failure stands: tried again by the runner, waiting for a person, or settled."""

    RETRYING = "retrying"
    OPEN = "open"
    RESOLVED = "resolved"


class ProcessDefinition(db.Model):
    """One deployed version of a process, decision or form; never changed."""

    __table_args__ = (
        UniqueConstraint("kind", "key", "version"),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DefinitionKind]
    key: Mapped[str]
    version: Mapped[int]
    names: Mapped[Names]
    file: Mapped[str]
    source: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str]
    spec: Mapped[str | None] = mapped_column(Text)
    starts: Mapped[list[str]]
    uses: Mapped[dict[str, Any]]
    author_id: Mapped[int | None]
    author: Mapped[str]
    deployed_at: Mapped[datetime]

    @property
    def name(self) -> str:
        """The process's name in the reader's language."""
        return localized(self.names, self.key)


class ProcessInstance(db.Model):
    """One run of a process for one document, pinned to the version it started with."""

    __table_args__ = (Index("ix_process_instance_status_key", "status", "process_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definition.id"), index=True)
    process_key: Mapped[str] = mapped_column(index=True)
    business_key: Mapped[str | None] = mapped_column(index=True)
    customer_order_id: Mapped[int | None] = mapped_column(index=True)
    status: Mapped[InstanceStatus]
    version: Mapped[int]
    state: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    started_at: Mapped[datetime]
    started_by_id: Mapped[int | None]
    started_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    definition: Mapped[ProcessDefinition] = relationship(lazy="joined", innerjoin=True)

    __mapper_args__ = {"version_id_col": version}


class HumanTask(db.Model):
    """A step a person has to do, as the inbox shows it."""

    __table_args__ = (
        UniqueConstraint("instance_id", "engine_task_id"),
        Index("ix_human_task_status_role", "status", "role"),
        Index("ix_human_task_status_owner_id", "status", "owner_id"),
        Index("ix_human_task_status_due_at", "status", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    engine_task_id: Mapped[str]
    process_key: Mapped[str]
    element_id: Mapped[str]
    names: Mapped[Names]
    role: Mapped[str | None]
    candidate_id: Mapped[int | None]
    owner_id: Mapped[int | None]
    owner: Mapped[str | None]
    due_at: Mapped[datetime | None]
    form: Mapped[str | None]
    result: Mapped[str]
    summary: Mapped[str | None] = mapped_column(Text)
    document: Mapped[str | None] = mapped_column(index=True)
    step: Mapped[int | None]
    separate_from: Mapped[list[str]]
    excluded: Mapped[list[int]]
    status: Mapped[TaskStatus]
    version: Mapped[int]
    draft: Mapped[dict[str, Any] | None]
    data: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    completed_by_id: Mapped[int | None] = mapped_column(index=True)
    completed_by: Mapped[str | None]
    on_behalf_of_id: Mapped[int | None]

    instance: Mapped[ProcessInstance] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}

    @property
    def name(self) -> str:
        """The task's name in the reader's language."""
        return localized(self.names, self.element_id)


class StepHistory(db.Model):
    """An element an instance entered and left: the live diagram's tokens and the timeline."""

    __table_args__ = (UniqueConstraint("instance_id", "engine_task_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    engine_task_id: Mapped[str]
    process_key: Mapped[str]
    element_id: Mapped[str]
    element_type: Mapped[str]
    names: Mapped[Names]
    role: Mapped[str | None]
    step: Mapped[int | None]
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    actor_id: Mapped[int | None]
    actor: Mapped[str | None]
    decision: Mapped[dict[str, Any] | None]

    @property
    def name(self) -> str:
        """The element's name in the reader's language."""
        return localized(self.names, self.element_id)


class MessageWait(db.Model):
    """A place where an instance waits for an event; ``since``: events told from then on count."""

    __table_args__ = (
        UniqueConstraint("instance_id", "engine_task_id"),
        Index("ix_message_wait_name_key", "name", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    engine_task_id: Mapped[str]
    element_id: Mapped[str]
    name: Mapped[str]
    key: Mapped[str]
    since: Mapped[datetime]


class TimerDue(db.Model):
    """A place where an instance waits for a moment."""

    __table_args__ = (UniqueConstraint("instance_id", "engine_task_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    engine_task_id: Mapped[str]
    element_id: Mapped[str]
    due_at: Mapped[datetime] = mapped_column(index=True)


class BackgroundWork(db.Model):
    """A service task whose operator the runner computes outside the write transaction."""

    __table_args__ = (UniqueConstraint("instance_id", "engine_task_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    engine_task_id: Mapped[str]
    element_id: Mapped[str]
    operator: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]


class Incident(db.Model):
    """An automatic step that failed: what, why, how often, and when it is tried again."""

    __table_args__ = (Index("ix_incident_status_retry_at", "status", "retry_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    engine_task_id: Mapped[str | None]
    element_id: Mapped[str | None]
    names: Mapped[Names]
    operator: Mapped[str | None]
    error: Mapped[str]
    message: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any] | None]
    attempts: Mapped[int]
    status: Mapped[IncidentStatus]
    retry_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]

    instance: Mapped[ProcessInstance] = relationship(lazy="raise")


class EventDelivery(db.Model):
    """That an event was told to an instance or started a process: once each."""

    __table_args__ = (UniqueConstraint("event_id", "target"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    target: Mapped[str]
    delivered_at: Mapped[datetime]


class IdempotencyKey(db.Model):
    """A request that was answered already, and its answer."""

    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class JobRun(db.Model):
    """A periodic job's slot, taken by one runner only."""

    __table_args__ = (UniqueConstraint("job", "slot"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str]
    slot: Mapped[datetime]
