"""Work orders with their operations and materials."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Names, db
from app.core.errors import Conflict
from app.core.words import status_label
from app.inventory.models import Lot
from app.masterdata.models import Item, Machine, Partner, WorkCentre
from app.scheduling.lateness import Reason


class WorkOrderStatus(StrEnum):
    """Where a work order stands."""

    PLANNED = "planned"
    RELEASED = "released"
    IN_PROCESS = "in_process"
    FINISHED = "finished"
    CLOSED = "closed"
    CANCELLED = "cancelled"


TRANSITIONS: dict[WorkOrderStatus, set[WorkOrderStatus]] = {
    WorkOrderStatus.PLANNED: {WorkOrderStatus.RELEASED, WorkOrderStatus.CANCELLED},
    WorkOrderStatus.RELEASED: {WorkOrderStatus.IN_PROCESS, WorkOrderStatus.CANCELLED},
    WorkOrderStatus.IN_PROCESS: {WorkOrderStatus.FINISHED, WorkOrderStatus.CANCELLED},
    WorkOrderStatus.FINISHED: {WorkOrderStatus.CLOSED},
    WorkOrderStatus.CLOSED: set(),
    WorkOrderStatus.CANCELLED: set(),
}


class OperationStatus(StrEnum):
    """Where an operation stands."""

    WAITING = "waiting"
    STARTED = "started"
    FINISHED = "finished"


class WorkOrder(db.Model):
    """A quantity of one item to make: ``quantity`` is started, ``good + scrap + open = quantity``."""

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("good >= 0 AND scrap >= 0", name="counts_not_negative"),
        Index("ix_work_order_site_status", "site_id", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"), comment="the lot it makes")
    revision: Mapped[str | None] = mapped_column(comment="drawing revision it was released with")
    quantity: Mapped[Decimal]
    expected_good: Mapped[Decimal] = mapped_column(comment="good pieces expected after the item's yield")
    good: Mapped[Decimal] = mapped_column(default=Decimal(0))
    scrap: Mapped[Decimal] = mapped_column(default=Decimal(0))
    status: Mapped[WorkOrderStatus] = mapped_column(default=WorkOrderStatus.RELEASED)
    release_date: Mapped[date]
    due_date: Mapped[date]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    item: Mapped[Item] = relationship(lazy="raise")
    lot: Mapped[Lot | None] = relationship(lazy="raise")
    operations: Mapped[list[WorkOrderOperation]] = relationship(
        back_populates="work_order", lazy="raise", order_by="WorkOrderOperation.number"
    )
    materials: Mapped[list[WorkOrderMaterial]] = relationship(
        back_populates="work_order", lazy="raise", order_by="WorkOrderMaterial.id"
    )

    @property
    def open(self) -> Decimal:
        """What is neither good nor scrapped yet."""
        return max(Decimal(0), self.quantity - self.good - self.scrap)

    @property
    def expected_scrap(self) -> Decimal:
        """What the item's yield lets one expect of lost pieces, not rounded."""
        return self.quantity * (1 - self.item.yield_ratio)

    @property
    def document(self) -> str:
        """The key under which it stands in the ledger and in events."""
        return f"work_order:{self.id}"

    def coming(self, operation: WorkOrderOperation | None) -> Decimal:
        """Return how many pieces come to an operation: what the one before let through; None: to the store."""
        before = [row for row in self.operations if operation is None or row.number < operation.number]
        return before[-1].good if before else self.quantity

    def waiting(self, operation: WorkOrderOperation) -> Decimal:
        """Return how many of the pieces that come to an operation are not reported yet."""
        return max(Decimal(0), self.coming(operation) - operation.good - operation.scrap)

    def move_to(self, status: WorkOrderStatus) -> None:
        """Change the status.

        Raises:
            Conflict: the order cannot go there from where it stands.
        """
        if status not in TRANSITIONS[self.status]:
            raise Conflict(
                "work_order_status",
                _("Work order {number} is already {status}.").format(
                    number=self.number, status=status_label(self.status)
                ),
            )
        self.status = status


class WorkOrderOperation(db.Model):
    """One operation of a work order, with the standard it was released with."""

    __table_args__ = (
        UniqueConstraint("work_order_id", "number"),
        CheckConstraint("(work_centre_id IS NULL) <> (supplier_id IS NULL)", name="inside_or_outside"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    number: Mapped[int]
    names: Mapped[Names]
    work_centre_id: Mapped[int | None] = mapped_column(ForeignKey("work_centre.id"), index=True)
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    machine_id: Mapped[int | None] = mapped_column(ForeignKey("machine.id"), index=True)
    setup_minutes: Mapped[Decimal]
    run_minutes: Mapped[Decimal] = mapped_column(comment="machine minutes per piece")
    crew: Mapped[Decimal] = mapped_column(default=Decimal(1))
    outside_lead_days: Mapped[int] = mapped_column(default=0)
    inspect: Mapped[bool] = mapped_column(default=False)
    instructions: Mapped[Names | None]
    planned_start: Mapped[datetime | None]
    planned_end: Mapped[datetime | None]
    frozen: Mapped[bool] = mapped_column(default=False)
    late_reason: Mapped[Reason | None] = mapped_column(comment="why it ends after its order is due")
    waited_for: Mapped[str | None] = mapped_column(comment="machine its order waited for longest")
    status: Mapped[OperationStatus] = mapped_column(default=OperationStatus.WAITING)
    good: Mapped[Decimal] = mapped_column(default=Decimal(0))
    scrap: Mapped[Decimal] = mapped_column(default=Decimal(0))

    work_order: Mapped[WorkOrder] = relationship(back_populates="operations", lazy="raise")
    work_centre: Mapped[WorkCentre | None] = relationship(lazy="raise")
    supplier: Mapped[Partner | None] = relationship(lazy="raise")
    machine: Mapped[Machine | None] = relationship(lazy="raise")


class WorkOrderMaterial(db.Model):
    """A component a work order needs, and what was issued of it."""

    __table_args__ = (UniqueConstraint("work_order_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    required: Mapped[Decimal] = mapped_column(comment="with component scrap, rounded up")
    issued: Mapped[Decimal] = mapped_column(default=Decimal(0))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))

    work_order: Mapped[WorkOrder] = relationship(back_populates="materials", lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")

    @property
    def unissued(self) -> Decimal:
        """What still has to be issued."""
        return max(Decimal(0), self.required - self.issued)
