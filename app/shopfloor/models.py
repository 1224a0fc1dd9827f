"""What was reported on the shop floor: time, pieces, stops."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.scheduling.models import WorkOrder, WorkOrderOperation


class TimeLog(db.Model):
    """One report on an operation. Machine minutes are not labour minutes: set-up takes one person,
    running takes the crew, and one person may mind several machines.
    """

    __table_args__ = (
        CheckConstraint("good >= 0 AND scrap >= 0", name="counts_not_negative"),
        CheckConstraint("setup_minutes >= 0 AND run_minutes >= 0", name="minutes_not_negative"),
        CheckConstraint("scrap = 0 OR scrap_reason IS NOT NULL", name="scrap_has_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    operation_id: Mapped[int] = mapped_column(ForeignKey("work_order_operation.id"), index=True)
    machine_id: Mapped[int | None] = mapped_column(ForeignKey("machine.id"), index=True)
    user_id: Mapped[int | None]
    reported_at: Mapped[datetime] = mapped_column(index=True)
    good: Mapped[Decimal]
    scrap: Mapped[Decimal]
    scrap_reason: Mapped[str | None] = mapped_column(comment="defect code")
    setup_minutes: Mapped[Decimal]
    run_minutes: Mapped[Decimal] = mapped_column(comment="machine minutes")
    labour_minutes: Mapped[Decimal]
    note: Mapped[str | None]

    work_order: Mapped[WorkOrder] = relationship(lazy="raise")
    operation: Mapped[WorkOrderOperation] = relationship(lazy="raise")


class Run(db.Model):
    """A stretch of time in which somebody ran an operation on a machine: from start to stop."""

    __table_args__ = (
        Index(
            "uq_run_open_operation",
            "operation_id",
            unique=True,
            sqlite_where=text("stopped_at IS NULL"),
            postgresql_where=text("stopped_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    operation_id: Mapped[int] = mapped_column(ForeignKey("work_order_operation.id"), index=True)
    machine_id: Mapped[int | None] = mapped_column(ForeignKey("machine.id"), index=True)
    user_id: Mapped[int | None]
    started_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    stop_reason: Mapped[str | None] = mapped_column(comment="stop code; None: paused or reported")
    reported: Mapped[bool] = mapped_column(default=False, comment="its minutes are in a time log")

    operation: Mapped[WorkOrderOperation] = relationship(lazy="raise")


class Downtime(db.Model):
    """Minutes a machine stood, and why."""

    __table_args__ = (CheckConstraint("minutes > 0", name="minutes_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    machine_id: Mapped[int | None] = mapped_column(ForeignKey("machine.id"), index=True)
    operation_id: Mapped[int | None] = mapped_column(ForeignKey("work_order_operation.id"), index=True)
    reason: Mapped[str] = mapped_column(comment="stop code")
    minutes: Mapped[Decimal]
    reported_at: Mapped[datetime] = mapped_column(index=True)
    user_id: Mapped[int | None]
