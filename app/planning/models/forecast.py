"""What was sold month by month, and what the coming months are expected to bring."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.masterdata.models import Item


class DemandHistory(db.Model):
    """How much of an item was demanded at a site in one month, ``month`` being its first day."""

    __table_args__ = (
        UniqueConstraint("site_id", "item_id", "month"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    month: Mapped[date]
    quantity: Mapped[Decimal]


class Forecast(db.Model):
    """The demand expected in one coming month; an override by the planner carries its reason.

    ``quantity`` is what the method says, ``override`` what the planner says
    instead. ``methods`` keeps what each method said.
    """

    __table_args__ = (
        UniqueConstraint("site_id", "item_id", "month"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        CheckConstraint("override IS NULL OR override >= 0", name="override_not_negative"),
        CheckConstraint("override IS NULL OR reason IS NOT NULL", name="override_has_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    month: Mapped[date]
    quantity: Mapped[Decimal]
    method: Mapped[str] = mapped_column(default="median")
    methods: Mapped[dict[str, str]] = mapped_column(
        default=dict, comment="what each method said, text decimals"
    )
    override: Mapped[Decimal | None]
    reason: Mapped[str | None]
    user_id: Mapped[int | None]
    calculated_at: Mapped[datetime]

    item: Mapped[Item] = relationship(lazy="raise")

    @property
    def effective(self) -> Decimal:
        """What planning uses: the planner's figure, else the method's."""
        return self.quantity if self.override is None else self.override
