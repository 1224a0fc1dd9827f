"""Bills of material."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.masterdata.models.item import Item


class BomLine(db.Model):
    """So much of a component goes into one of the parent, from one day to another.

    ``scrap`` is a mark-up on what is needed (0.01: one in a hundred extra).
    A line is effective on ``valid_from <= day < valid_to``; an open end is None.
    """

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("scrap >= 0", name="scrap_not_negative"),
        CheckConstraint("parent_id <> component_id", name="not_itself"),
        CheckConstraint(
            "valid_to IS NULL OR valid_from IS NULL OR valid_from <= valid_to", name="dates_in_order"
        ),
        Index("ix_bom_line_parent_component", "parent_id", "component_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    component_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    quantity: Mapped[Decimal]
    scrap: Mapped[Decimal] = mapped_column(default=Decimal(0))
    operation: Mapped[int | None] = mapped_column(comment="routing operation that uses it; None: the first")
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    parent: Mapped[Item] = relationship(foreign_keys=parent_id, lazy="raise")
    component: Mapped[Item] = relationship(foreign_keys=component_id, lazy="raise")
