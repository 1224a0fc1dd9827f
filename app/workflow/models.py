"""Deployed definitions, running instances, and the tasks people do for them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Names, db
from app.core.i18n import localized


class DefinitionKind(StrEnum):
    """What a deployed file is."""

    BPMN = "bpmn"
    DMN = "dmn"
    FORM = "form"
    TESTS = "tests"


class InstanceStatus(StrEnum):
    """Where a process instance stands."""

    RUNNING = "running"
    INCIDENT = "incident"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class TaskStatus(StrEnum):
    """Where a person's task stands."""

    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class IncidentStatus(StrEnum):
    """Where a failure stands: tried again by the runner, waiting for a person, settled."""

    RETRYING = "retrying"
    OPEN = "open"
    RESOLVED = "resolved"


class ProcessDefinition(db.Model):
    """One version of one process or decision, as deployed; never changed afterwards.

    ``closure`` names the processes and decisions it uses, directly or through calls, and the id of
    each form's version; ``spec`` is the engine's own form of it and of these.
    """

    __table_args__ = (UniqueConstraint("kind", "key", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(index=True)
    version: Mapped[int]
    kind: Mapped[DefinitionKind]
    names: Mapped[Names]
    file: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(deferred=True)
    hash: Mapped[str]
    closure: Mapped[dict[str, Any]] = mapped_column(default=dict)
    starts_with: Mapped[str | None] = mapped_column(index=True, comment="event of the message start event")
    spec: Mapped[str | None] = mapped_column(deferred=True)
    author_id: Mapped[int | None]
    author: Mapped[str] = mapped_column(default="")
    deployed_at: Mapped[datetime]
    active: Mapped[bool] = mapped_column(default=True, comment="new instances start with it")

    @property
    def name(self) -> str:
        """The process's name in the reader's language."""
        return localized(self.names, self.key)


class ProcessInstance(db.Model):
    """One running or ended process; ``state`` is the engine's, ``version`` counts its saves."""

    __table_args__ = (
        Index("ix_process_instance_status_key", "status", "business_key"),
        Index("ix_process_instance_started_by", "started_by_id", "id"),
        Index("ix_process_instance_latest", "definition_id", "id"),
        Index("ix_process_instance_states", "definition_id", "status"),
        Index("ix_process_instance_status_ended", "status", "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definition.id"))
    process: Mapped[str] = mapped_column(index=True, comment="the definition's key")
    business_key: Mapped[str] = mapped_column(index=True, comment="its document, e.g. purchase_order:42")
    customer_order_id: Mapped[int | None] = mapped_column(index=True, comment="the order it runs for")
    status: Mapped[InstanceStatus] = mapped_column(default=InstanceStatus.RUNNING)
    version: Mapped[int] = mapped_column(default=0)
    state: Mapped[bytes | None] = mapped_column(deferred=True)
    data: Mapped[dict[str, Any]] = mapped_column(
        default=dict, deferred=True, comment="process data at the last save"
    )
    started_at: Mapped[datetime]
    started_by_id: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    reason: Mapped[str | None] = mapped_column(comment="why it was cancelled")

    definition: Mapped[ProcessDefinition] = relationship(lazy="joined", innerjoin=True)


_LOOKED_AT = ("due_at", "id", "owner_id", "candidate_id", "step", "hidden_until", "asked_id")
"""All that counting and sorting the inbox asks for: with these in an index no task's row need be read."""


def _where_set(column: str) -> Index:
    """An index of the few tasks that have something in a column."""
    given, others = text(f"{column} IS NOT NULL"), [one for one in _LOOKED_AT if one != column]
    name = f"ix_human_task_{column}"
    return Index(name, column, "status", *others, sqlite_where=given, postgresql_where=given)


class HumanTask(db.Model):
    """Something one person of a role has to do, as it stands in the inbox."""

    __table_args__ = (
        UniqueConstraint("instance_id", "engine_task"),
        Index("ix_human_task_inbox", "status", "role", *_LOOKED_AT),
        *map(_where_set, ("owner_id", "candidate_id", "asked_id", "hidden_until", "escalated_to")),
        Index("ix_human_task_instance", "instance_id", "status"),
        Index("ix_human_task_done_by", "completed_by_id", "instance_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    engine_task: Mapped[str] = mapped_column(comment="the engine's id of the task")
    element: Mapped[str] = mapped_column(comment="id of the element in the diagram")
    process: Mapped[str] = mapped_column(comment="key of the process that holds the element")
    names: Mapped[Names]
    role: Mapped[str]
    candidate_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), comment="the only person who may")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), comment="who claimed it")
    owner_name: Mapped[str | None]
    form: Mapped[str | None]
    form_version_id: Mapped[int | None] = mapped_column(
        ForeignKey("process_definition.id"), comment="the form as deployed with the case's version"
    )
    result: Mapped[str] = mapped_column(comment="the variable its data goes to")
    summaries: Mapped[Names | None] = mapped_column(comment="what it is about, per language")
    numbers: Mapped[str] = mapped_column(default="", comment="of its document and its case's, to be found by")
    document: Mapped[str | None] = mapped_column(index=True)
    step: Mapped[int | None]
    separate_from: Mapped[list[str]] = mapped_column(
        default=list, comment="elements whose person may not do it"
    )
    excluded: Mapped[list[int]] = mapped_column(default=list, comment="the persons these elements had so far")
    due_at: Mapped[datetime | None]
    escalated_to: Mapped[str | None] = mapped_column(comment="role that was told it is late")
    reassigned_from: Mapped[str | None] = mapped_column(comment="role it was taken from for being late")
    about_money: Mapped[bool] = mapped_column(
        default=False, comment="its diagram says what amount it is about"
    )
    amount: Mapped[Decimal | None] = mapped_column(comment="that amount; None: it could not be told")
    hidden_until: Mapped[datetime | None] = mapped_column(comment="postponed: out of the list until then")
    returns_to_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), comment="who delegated it")
    returns_to_name: Mapped[str | None]
    asked_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), comment="whose answer it waits for")
    asked_name: Mapped[str | None]
    status: Mapped[TaskStatus] = mapped_column(default=TaskStatus.OPEN)
    draft: Mapped[dict[str, Any] | None]
    data: Mapped[dict[str, Any] | None] = mapped_column(comment="what was submitted")
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    completed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    completed_by_name: Mapped[str | None]
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    instance: Mapped[ProcessInstance] = relationship(lazy="raise")

    @property
    def summary(self) -> str | None:
        """What it is about, in the reader's language."""
        return localized(self.summaries) or None

    @property
    def name(self) -> str:
        """The task's name in the reader's language."""
        return localized(self.names, self.element)


class MessageWait(db.Model):
    """A place where an instance waits for an event with a key."""

    __table_args__ = (
        UniqueConstraint("instance_id", "engine_task"),
        Index("ix_message_wait_event_key", "event", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    engine_task: Mapped[str]
    event: Mapped[str]
    key: Mapped[str]
    since: Mapped[datetime] = mapped_column(comment="when the step that came here began; later events count")


class TimerDue(db.Model):
    """A timer of an instance and when it fires."""

    __table_args__ = (UniqueConstraint("instance_id", "engine_task"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    engine_task: Mapped[str]
    due_at: Mapped[datetime] = mapped_column(index=True)


class BackgroundWork(db.Model):
    """A service task whose operator the runner computes outside the write transaction."""

    __table_args__ = (UniqueConstraint("instance_id", "engine_task"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    engine_task: Mapped[str]
    operator: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    leased_until: Mapped[datetime | None] = mapped_column(index=True)


class EventDelivery(db.Model):
    """An event that reached an instance, or started one: once and never again."""

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True)
    target: Mapped[str] = mapped_column(primary_key=True, comment="instance:ID or start:process key")
    at: Mapped[datetime]


class Incident(db.Model):
    """An automatic step that failed; the token waits there until it is retried."""

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    engine_task: Mapped[str]
    element: Mapped[str]
    names: Mapped[Names] = mapped_column(default=dict)
    operator: Mapped[str | None]
    error: Mapped[str] = mapped_column(default="", comment="a rule's code, else the error's class")
    cause: Mapped[str] = mapped_column(default="", index=True, comment="alike for failures of one cause")
    message: Mapped[str]
    detail: Mapped[str | None]
    data: Mapped[dict[str, Any]]
    attempts: Mapped[int] = mapped_column(default=1)
    status: Mapped[IncidentStatus] = mapped_column(default=IncidentStatus.OPEN)
    retry_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None] = mapped_column(index=True)
    resolved_by_id: Mapped[int | None]
    resolution: Mapped[str | None] = mapped_column(comment="retried, skipped or cancelled, and why")

    instance: Mapped[ProcessInstance] = relationship(lazy="raise")


class StepHistory(db.Model):
    """An element an instance passed: what the live diagram and the timeline are drawn from."""

    __table_args__ = (UniqueConstraint("instance_id", "engine_task"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    engine_task: Mapped[str]
    holder: Mapped[str | None] = mapped_column(
        comment="the engine's task of the call or subprocess it lies in"
    )
    process: Mapped[str]
    element: Mapped[str]
    kind: Mapped[str]
    names: Mapped[Names]
    step: Mapped[int | None]
    role: Mapped[str | None]
    state: Mapped[str] = mapped_column(comment="waiting, ready, completed, cancelled or error")
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    left_place: Mapped[int | None] = mapped_column(
        BigInteger, comment="orders what an instance left: many elements are left in one moment"
    )
    user_id: Mapped[int | None]
    user_name: Mapped[str | None]
    decision: Mapped[dict[str, Any] | None] = mapped_column(
        comment="the decision's inputs and the row that fired"
    )

    @property
    def name(self) -> str:
        """The element's name in the reader's language."""
        return localized(self.names, self.element)
