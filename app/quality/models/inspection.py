"""Inspections of lots, with what was found on every piece."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.core.errors import Conflict
from app.core.words import status_label
from app.inventory.models import Lot
from app.masterdata.models import Item
from app.quality.models.plan import Characteristic, InspectionKind


class InspectionStatus(StrEnum):
    """Where an inspection stands; after rework a rejected lot is inspected again."""

    REQUESTED = "requested"
    IN_PROGRESS = "in_progress"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


TRANSITIONS: dict[InspectionStatus, set[InspectionStatus]] = {
    InspectionStatus.REQUESTED: {InspectionStatus.IN_PROGRESS, InspectionStatus.CANCELLED},
    InspectionStatus.IN_PROGRESS: {
        InspectionStatus.IN_PROGRESS,
        InspectionStatus.ACCEPTED,
        InspectionStatus.REJECTED,
        InspectionStatus.CANCELLED,
    },
    InspectionStatus.ACCEPTED: set(),
    InspectionStatus.REJECTED: {InspectionStatus.IN_PROGRESS},
    InspectionStatus.CANCELLED: set(),
}


class Inspection(db.Model):
    """One lot, or one operation's pieces, looked at by the plan; ``round`` counts inspections after rework."""

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("sample_size IS NULL OR sample_size >= 1", name="sample_size_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    kind: Mapped[InspectionKind]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("inspection_plan.id"))
    document: Mapped[str] = mapped_column(index=True, comment="what asked for it, e.g. purchase_order:42")
    operation: Mapped[int | None]
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"), index=True)
    quantity: Mapped[Decimal]
    sample_size: Mapped[int | None]
    accept_number: Mapped[int | None]
    reject_number: Mapped[int | None]
    code_letter: Mapped[str | None]
    defective: Mapped[int | None]
    round: Mapped[int] = mapped_column(default=1)
    status: Mapped[InspectionStatus] = mapped_column(default=InspectionStatus.REQUESTED, index=True)
    note: Mapped[str | None]
    requested_at: Mapped[datetime]
    inspected_at: Mapped[datetime | None]
    inspector_id: Mapped[int | None]
    inspector: Mapped[str | None] = mapped_column(comment="name as it stood then")

    item: Mapped[Item] = relationship(lazy="raise")
    lot: Mapped[Lot | None] = relationship(lazy="raise")
    results: Mapped[list[InspectionResult]] = relationship(
        back_populates="inspection", lazy="raise", order_by="InspectionResult.id"
    )

    @property
    def key(self) -> str:
        """The name events and processes know it by."""
        return f"inspection:{self.id}"

    def move_to(self, status: InspectionStatus) -> None:
        """Change the status.

        Raises:
            Conflict: the inspection cannot go there from where it stands.
        """
        if status not in TRANSITIONS[self.status]:
            raise Conflict(
                "inspection_status",
                _(
                    "Inspection %(number)s is %(status)s.",
                    number=self.number,
                    status=status_label(self.status),
                ),
            )
        self.status = status


class InspectionResult(db.Model):
    """A value measured on one piece of the sample, or a count of defective pieces (``piece`` 0)."""

    __table_args__ = (UniqueConstraint("inspection_id", "round", "characteristic_id", "piece"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"), index=True)
    round: Mapped[int] = mapped_column(default=1)
    characteristic_id: Mapped[int] = mapped_column(ForeignKey("characteristic.id"), index=True)
    piece: Mapped[int]
    value: Mapped[Decimal]
    conforms: Mapped[bool]
    defect_code: Mapped[str | None]

    inspection: Mapped[Inspection] = relationship(back_populates="results", lazy="raise")
    characteristic: Mapped[Characteristic] = relationship(lazy="raise")
