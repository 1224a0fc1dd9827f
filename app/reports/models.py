"""Documents that were asked for, as they read then."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import db


class DocumentStatus(StrEnum):
    """Whether the PDF is there yet."""

    PENDING = "pending"
    RENDERED = "rendered"
    FAILED = "failed"


class Document(db.Model):
    """One rendered paper: its page as it read when it was asked for, and the PDF made from it afterwards."""

    __table_args__ = (
        CheckConstraint("(status = 'rendered') = (content IS NOT NULL)", name="rendered_has_content"),
        Index("ix_document_kind_object", "kind", "object_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    object_id: Mapped[int]
    language: Mapped[str]
    title: Mapped[str]
    status: Mapped[DocumentStatus] = mapped_column(default=DocumentStatus.PENDING, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    page: Mapped[str] = mapped_column(Text, deferred=True, comment="HTML the PDF is made from")
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str | None]
    requested_at: Mapped[datetime]
    requested_by_id: Mapped[int | None]
    rendered_at: Mapped[datetime | None]
