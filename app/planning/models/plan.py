"""Plans, the master schedule and planned orders they propose, and what needs a planner's eye."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.core.errors import Conflict
from app.core.words import status_label
from app.masterdata.models import Item, Supply


class PlanStatus(StrEnum):
    """Where a plan stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    SUPERSEDED = "superseded"


class PlannedStatus(StrEnum):
    """Where a planned order stands; RELEASED: a purchase, subcontract or work order has taken it up."""

    PLANNED = "planned"
    FIRM = "firm"
    RELEASED = "released"
    CANCELLED = "cancelled"


TRANSITIONS: dict[PlannedStatus, set[PlannedStatus]] = {
    PlannedStatus.PLANNED: {PlannedStatus.FIRM, PlannedStatus.RELEASED, PlannedStatus.CANCELLED},
    PlannedStatus.FIRM: {PlannedStatus.RELEASED, PlannedStatus.CANCELLED},
    PlannedStatus.RELEASED: set(),
    PlannedStatus.CANCELLED: set(),
}


class ExceptionKind(StrEnum):
    """What a planner has to look at."""

    COMPRESS = "compress"
    EXPEDITE = "expedite"
    DEFER = "defer"
    CANCEL = "cancel"
    SHORT = "short"


class Plan(db.Model):
    """One MRP run for a site: a proposal that a planner approves, or that a newer one replaces."""

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    customer_order_id: Mapped[int | None] = mapped_column(ForeignKey("customer_order.id"), index=True)
    status: Mapped[PlanStatus] = mapped_column(default=PlanStatus.DRAFT, index=True)
    start: Mapped[date]
    end: Mapped[date]
    include_forecast: Mapped[bool] = mapped_column(default=False)
    approvals: Mapped[int] = mapped_column(default=0, comment="plans of the site approved before it was made")
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="counts shown in lists")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None]
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None]

    orders: Mapped[list[PlannedOrder]] = relationship(
        back_populates="plan", lazy="raise", order_by="PlannedOrder.release_date, PlannedOrder.id"
    )
    exceptions: Mapped[list[PlanException]] = relationship(lazy="raise", order_by="PlanException.id")
    mps_lines: Mapped[list[MpsLine]] = relationship(lazy="raise", order_by="MpsLine.item_id, MpsLine.week")


class PlannedOrder(db.Model):
    """A quantity of one item to release on one date so that it is there on another.

    ``quantity`` is what is started or ordered, ``good_quantity`` what is expected
    to come of it after the item's yield.
    """

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("release_date <= due_date", name="dates_in_order"),
        Index("ix_planned_order_site_status", "site_id", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    supply: Mapped[Supply]
    status: Mapped[PlannedStatus] = mapped_column(default=PlannedStatus.PLANNED)
    quantity: Mapped[Decimal]
    good_quantity: Mapped[Decimal]
    release_date: Mapped[date]
    due_date: Mapped[date]
    changed: Mapped[bool] = mapped_column(
        default=False, comment="by the planner: kept when the plan runs again"
    )
    document: Mapped[str | None] = mapped_column(comment="what took it up, e.g. work_order:7")

    plan: Mapped[Plan] = relationship(back_populates="orders", lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")

    @property
    def firm(self) -> bool:
        """Whether a new run must leave quantity and dates alone."""
        return self.status is PlannedStatus.FIRM or self.changed

    def move_to(self, status: PlannedStatus) -> None:
        """Change the status.

        Raises:
            Conflict: the order cannot go there from where it stands.
        """
        if status not in TRANSITIONS[self.status]:
            raise Conflict(
                "planned_order_status",
                _("Planned order {number} is already {status}.").format(
                    number=self.id, status=status_label(self.status)
                ),
            )
        self.status = status


class PlanException(db.Model):
    """One message of a plan: an order to hasten, put off or cancel, a need that can't be met in time."""

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    kind: Mapped[ExceptionKind]
    document: Mapped[str | None] = mapped_column(comment="the order concerned; None: a planned order")
    planned_order_id: Mapped[int | None] = mapped_column(ForeignKey("planned_order.id"))
    quantity: Mapped[Decimal]
    due_date: Mapped[date | None] = mapped_column(comment="when it comes as things stand")
    needed_date: Mapped[date | None] = mapped_column(comment="when it should come; None: never")

    item: Mapped[Item] = relationship(lazy="raise")


class MpsLine(db.Model):
    """One week of the master production schedule of one item that is sold."""

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    week: Mapped[date] = mapped_column(comment="its Monday")
    forecast: Mapped[Decimal]
    orders: Mapped[Decimal]
    scheduled: Mapped[Decimal]
    planned: Mapped[Decimal]
    projected: Mapped[Decimal]
    available_to_promise: Mapped[Decimal]

    item: Mapped[Item] = relationship(lazy="raise")
