"""Requisitions: what is needed, before anybody is asked to deliver it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.core.errors import Conflict
from app.masterdata.models import Item, Partner


class RequisitionStatus(StrEnum):
    """Where a requisition stands."""

    OPEN = "open"
    QUOTING = "quoting"
    AWARDED = "awarded"
    ORDERED = "ordered"
    CANCELLED = "cancelled"


TRANSITIONS: dict[RequisitionStatus, set[RequisitionStatus]] = {
    RequisitionStatus.OPEN: {
        RequisitionStatus.QUOTING,
        RequisitionStatus.ORDERED,
        RequisitionStatus.CANCELLED,
    },
    RequisitionStatus.QUOTING: {RequisitionStatus.AWARDED, RequisitionStatus.CANCELLED},
    RequisitionStatus.AWARDED: {
        RequisitionStatus.QUOTING,
        RequisitionStatus.ORDERED,
        RequisitionStatus.CANCELLED,
    },
    RequisitionStatus.ORDERED: set(),
    RequisitionStatus.CANCELLED: set(),
}


class Requisition(db.Model):
    """A need for bought goods at one site; ``supplier_id`` where an approved price names one.

    ``after_the_fact``: the goods were bought before the paper; the reason says why.
    """

    __table_args__ = (
        CheckConstraint(
            "NOT after_the_fact OR (reason IS NOT NULL AND bought_on IS NOT NULL)",
            name="after_the_fact_has_a_reason",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"), index=True)
    plan_id: Mapped[int | None] = mapped_column(index=True, comment="the approved plan it comes from")
    requester_id: Mapped[int | None] = mapped_column(index=True)
    status: Mapped[RequisitionStatus] = mapped_column(default=RequisitionStatus.OPEN, index=True)
    after_the_fact: Mapped[bool] = mapped_column(default=False)
    bought_on: Mapped[date | None] = mapped_column(comment="when it was bought, before any order")
    reason: Mapped[str | None]
    created_at: Mapped[datetime]

    supplier: Mapped[Partner | None] = relationship(lazy="raise")
    lines: Mapped[list[RequisitionLine]] = relationship(
        back_populates="requisition",
        lazy="raise",
        order_by="RequisitionLine.number",
        cascade="all, delete-orphan",
    )

    def move_to(self, status: RequisitionStatus) -> None:
        """Change the status.

        Raises:
            Conflict: the requisition cannot go there from where it stands.
        """
        if status not in TRANSITIONS[self.status]:
            raise Conflict(
                "requisition_status", _("Requisition {number} is {status}.").format(**_facts(self))
            )
        self.status = status


class RequisitionLine(db.Model):
    """So much of an item, or of something described, on one date; quantities in the stock unit."""

    __table_args__ = (
        UniqueConstraint("requisition_id", "number"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("item_id IS NOT NULL OR description IS NOT NULL", name="says_what"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    requisition_id: Mapped[int] = mapped_column(ForeignKey("requisition.id"), index=True)
    number: Mapped[int]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"), index=True)
    description: Mapped[str | None]
    quantity: Mapped[Decimal]
    needed_on: Mapped[date]
    planned_order_id: Mapped[int | None] = mapped_column(index=True)

    requisition: Mapped[Requisition] = relationship(back_populates="lines", lazy="raise")
    item: Mapped[Item | None] = relationship(lazy="raise")


def _facts(requisition: Requisition) -> dict[str, str]:
    return {"number": requisition.number, "status": requisition.status.value}
