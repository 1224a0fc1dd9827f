"""Reason codes: why pieces were scrapped, why a machine stood, what defect was found."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Names, db


class CodeKind(StrEnum):
    """What a reason code explains. Scrapped pieces carry a defect code."""

    DEFECT = "defect"
    STOP = "stop"
    ADJUSTMENT = "adjustment"


class ReasonCode(db.Model):
    """A code people pick from a list."""

    __table_args__ = (UniqueConstraint("kind", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[CodeKind]
    code: Mapped[str]
    names: Mapped[Names]
    active: Mapped[bool] = mapped_column(default=True)
