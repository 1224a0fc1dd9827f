"""Runs that move cases to another version of their process, and what each case was before."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.workflow.models import ProcessDefinition, ProcessInstance


class RunStatus(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class CaseStatus(StrEnum):
    """Where one case of a run stands."""

    WAITING = "waiting"
    MOVED = "moved"
    REFUSED = "refused"
    SKIPPED = "skipped"
    UNDOING = "undoing"
    UNDONE = "undone"


class MigrationRun(db.Model):
    """Cases of one process on their way to one version, as one person asked for it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    process: Mapped[str] = mapped_column(index=True, comment="the process's key")
    target_id: Mapped[int] = mapped_column(ForeignKey("process_definition.id"))
    status: Mapped[RunStatus] = mapped_column(default=RunStatus.RUNNING, index=True)
    reason: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(comment="name of who asked for it")

    target: Mapped[ProcessDefinition] = relationship(lazy="joined", innerjoin=True)


class MigrationCase(db.Model):
    """One case of a run: what came of it; ``old_state`` and ``old_definition`` take it back."""

    __table_args__ = (
        UniqueConstraint("run_id", "instance_id"),
        Index("ix_migration_case_status_id", "status", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("migration_run.id"))
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    status: Mapped[CaseStatus] = mapped_column(default=CaseStatus.WAITING)
    version: Mapped[int] = mapped_column(comment="the case's saves when the run was asked for")
    moved_version: Mapped[int | None] = mapped_column(comment="its saves just after it was moved")
    code: Mapped[str | None] = mapped_column(comment="why it was not moved, or cannot be taken back")
    names: Mapped[list[Any]] = mapped_column(default=list, comment="the elements this is about, per language")
    old_definition_id: Mapped[int] = mapped_column(ForeignKey("process_definition.id"))
    old_state: Mapped[bytes | None] = mapped_column(deferred=True)
    asked_by_id: Mapped[int | None] = mapped_column(comment="who asked for its move, or for its undo")
    asked_by: Mapped[str]
    asked_by_name: Mapped[str]
    done_at: Mapped[datetime | None]

    run: Mapped[MigrationRun] = relationship(lazy="joined", innerjoin=True)
    instance: Mapped[ProcessInstance] = relationship(lazy="joined", innerjoin=True)
    old_definition: Mapped[ProcessDefinition] = relationship(lazy="joined", innerjoin=True)
