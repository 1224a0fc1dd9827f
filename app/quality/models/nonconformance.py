"""Nonconformances: what is wrong, what becomes of it, why, and what keeps it from coming back."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.core.errors import Conflict
from app.core.words import status_label
from app.inventory.models import Lot
from app.masterdata.models import Item, Partner
from app.quality.models.inspection import Inspection


class Severity(StrEnum):
    """How bad it is."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class CauseGroup(StrEnum):
    """Where a cause lies: the six branches of the fishbone."""

    PERSON = "person"
    MACHINE = "machine"
    MATERIAL = "material"
    METHOD = "method"
    MEASUREMENT = "measurement"
    ENVIRONMENT = "environment"


class Disposition(StrEnum):
    """What becomes of the goods."""

    USE_AS_IS = "use_as_is"
    REWORK = "rework"
    SORT = "sort"
    RETURN_TO_SUPPLIER = "return_to_supplier"
    SCRAP = "scrap"


class NonconformanceStatus(StrEnum):
    """Where a nonconformance stands."""

    OPEN = "open"
    CONTAINED = "contained"
    DECIDED = "decided"
    EXECUTED = "executed"
    ANALYSED = "analysed"
    CORRECTED = "corrected"
    CLOSED = "closed"


_ORDER = list(NonconformanceStatus)

TRANSITIONS: dict[NonconformanceStatus, set[NonconformanceStatus]] = {
    status: set(_ORDER[place + 1 : place + 2]) for place, status in enumerate(_ORDER)
}
TRANSITIONS[NonconformanceStatus.DECIDED] |= {NonconformanceStatus.DECIDED}
TRANSITIONS[NonconformanceStatus.CORRECTED] |= {NonconformanceStatus.ANALYSED}


class Nonconformance(db.Model):
    """Goods that do not meet their requirement, from finding to proven correction."""

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("good_quantity IS NULL OR good_quantity <= quantity", name="good_within_quantity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"), index=True)
    inspection_id: Mapped[int | None] = mapped_column(ForeignKey("inspection.id"), index=True)
    document: Mapped[str] = mapped_column(index=True, comment="what it happened on, e.g. work_order:7")
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"), index=True)
    quantity: Mapped[Decimal]
    severity: Mapped[Severity] = mapped_column(default=Severity.MAJOR)
    defect_code: Mapped[str | None] = mapped_column(index=True)
    place: Mapped[str] = mapped_column(default="", comment="where it was found: receipt, operation 20 …")
    description: Mapped[str]
    status: Mapped[NonconformanceStatus] = mapped_column(default=NonconformanceStatus.OPEN, index=True)
    containment: Mapped[str | None]
    disposition: Mapped[Disposition | None]
    disposition_reason: Mapped[str | None]
    good_quantity: Mapped[Decimal | None] = mapped_column(comment="found good by sorting")
    customer_consent: Mapped[str | None] = mapped_column(comment="the customer's answer and its reference")
    decided_by: Mapped[str | None]
    approved_by: Mapped[str | None]
    cause_group: Mapped[CauseGroup | None]
    cause: Mapped[str | None]
    corrective_action: Mapped[str | None]
    action_owner: Mapped[str | None]
    action_due: Mapped[date | None]
    action_done: Mapped[str | None]
    effect_check_on: Mapped[date | None] = mapped_column(comment="not before this day")
    effectiveness: Mapped[str | None]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]

    item: Mapped[Item] = relationship(lazy="raise")
    lot: Mapped[Lot | None] = relationship(lazy="raise")
    supplier: Mapped[Partner | None] = relationship(lazy="raise")
    inspection: Mapped[Inspection | None] = relationship(lazy="raise")

    @property
    def key(self) -> str:
        """The name events and processes know it by."""
        return f"nonconformance:{self.id}"

    def move_to(self, status: NonconformanceStatus) -> None:
        """Change the status.

        Raises:
            Conflict: the nonconformance cannot go there from where it stands.
        """
        if status not in TRANSITIONS[self.status]:
            raise Conflict(
                "nonconformance_status",
                _(
                    "Nonconformance %(number)s is %(status)s.",
                    number=self.number,
                    status=status_label(self.status),
                ),
            )
        self.status = status
