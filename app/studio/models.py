"""Changes to diagrams, decisions and forms, from the first draft to what was decided."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db


class ChangeStatus(StrEnum):
    """Where a change stands."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    DEPLOYED = "deployed"
    REJECTED = "rejected"
    GIVEN_UP = "given_up"


class Change(db.Model):
    """Files that are edited, judged, approved and deployed together."""

    __tablename__ = "studio_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    status: Mapped[ChangeStatus] = mapped_column(default=ChangeStatus.DRAFT, index=True)
    author_id: Mapped[int | None]
    author: Mapped[str]
    created_at: Mapped[datetime]
    proposed_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None]

    files: Mapped[list[ChangeFile]] = relationship(
        back_populates="change", order_by="ChangeFile.file", cascade="all, delete-orphan"
    )


class ChangeFile(db.Model):
    """One file of a change as it shall be."""

    __tablename__ = "studio_change_file"
    __table_args__ = (UniqueConstraint("change_id", "file"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    change_id: Mapped[int] = mapped_column(ForeignKey("studio_change.id"), index=True)
    file: Mapped[str] = mapped_column(comment="bpmn/purchasing/purchase.bpmn")
    source: Mapped[str]
    base: Mapped[str | None] = mapped_column(
        comment="SHA-256 of the deployed source it began with; none: a new file"
    )
    updated_at: Mapped[datetime]
    past: Mapped[list] = mapped_column(default=list, deferred=True, comment="what undoing brings back")
    future: Mapped[list] = mapped_column(default=list, deferred=True, comment="what was undone")
    sample: Mapped[str | None] = mapped_column(comment="JSON a form's preview is shown with")
    notes: Mapped[list[Any]] = mapped_column(
        default=list, comment="what became of a foreign file's parts when it was taken over"
    )

    change: Mapped[Change] = relationship(back_populates="files")
