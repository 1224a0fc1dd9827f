"""Choosing a subcontractor: offers, and the scores they are judged with."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.core.errors import Conflict
from app.core.words import status_label
from app.masterdata.models import Item, Partner
from app.subcontracting.scoring import Standing


class SelectionStatus(StrEnum):
    """Where a selection stands."""

    INVITING = "inviting"
    PROPOSED = "proposed"
    AWARDED = "awarded"
    CANCELLED = "cancelled"


TRANSITIONS: dict[SelectionStatus, set[SelectionStatus]] = {
    SelectionStatus.INVITING: {SelectionStatus.PROPOSED, SelectionStatus.CANCELLED},
    SelectionStatus.PROPOSED: {SelectionStatus.INVITING, SelectionStatus.AWARDED, SelectionStatus.CANCELLED},
    SelectionStatus.AWARDED: set(),
    SelectionStatus.CANCELLED: set(),
}


class OfferStatus(StrEnum):
    """Where one subcontractor's offer stands."""

    INVITED = "invited"
    RECEIVED = "received"
    PROPOSED = "proposed"
    AWARDED = "awarded"
    REFUSED = "refused"


class Selection(db.Model):
    """The question who is to do some work for us; a refusal sends it round again with a reason."""

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    subcontract_order_id: Mapped[int | None] = mapped_column(ForeignKey("subcontract_order.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    operation: Mapped[int | None]
    quantity: Mapped[Decimal]
    needed_on: Mapped[date]
    status: Mapped[SelectionStatus] = mapped_column(default=SelectionStatus.INVITING, index=True)
    reply_by: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(comment="why this offer")
    refusal: Mapped[str | None] = mapped_column(comment="why the last proposal was refused")
    created_at: Mapped[datetime]

    item: Mapped[Item] = relationship(lazy="raise")
    offers: Mapped[list[Offer]] = relationship(back_populates="selection", lazy="raise", order_by="Offer.id")

    def move_to(self, status: SelectionStatus) -> None:
        """Change the status.

        Raises:
            Conflict: the selection cannot go there from where it stands.
        """
        if status not in TRANSITIONS[self.status]:
            sentence = _("Selection {number} is {status}.")
            raise Conflict(
                "selection_status", sentence.format(number=self.number, status=status_label(self.status))
            )
        self.status = status


class Offer(db.Model):
    """What one subcontractor asks and confirms; the price is per piece of the stock unit."""

    __table_args__ = (
        UniqueConstraint("selection_id", "supplier_id"),
        CheckConstraint("price IS NULL OR price >= 0", name="price_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    selection_id: Mapped[int] = mapped_column(ForeignKey("selection.id"), index=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    status: Mapped[OfferStatus] = mapped_column(default=OfferStatus.INVITED)
    price: Mapped[Decimal | None]
    minimum_charge: Mapped[Decimal] = mapped_column(default=Decimal(0))
    loss_allowance: Mapped[Decimal] = mapped_column(default=Decimal(0), comment="share of pieces")
    lead_days: Mapped[int | None]
    confirmed_quantity: Mapped[Decimal | None]
    valid_until: Mapped[date | None]
    invited_at: Mapped[datetime]
    received_at: Mapped[datetime | None]

    selection: Mapped[Selection] = relationship(back_populates="offers", lazy="raise")
    supplier: Mapped[Partner] = relationship(lazy="raise")


class SupplierScore(db.Model):
    """A supplier's score on a day, with its parts."""

    __table_args__ = (UniqueConstraint("supplier_id", "as_of"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    as_of: Mapped[date]
    total: Mapped[Decimal | None]
    standing: Mapped[Standing]
    sample: Mapped[int]
    parts: Mapped[dict[str, Any]]

    supplier: Mapped[Partner] = relationship(lazy="raise")


class DeliveryRecord(db.Model):
    """What a supplier delivered of one order line, against what was agreed: the facts a score is made of.

    Values are in company currency; ``benchmark_value`` is the same quantity at the best approved price.
    """

    __table_args__ = (
        UniqueConstraint("document", "line"),
        CheckConstraint("accepted <= received", name="accepted_within_received"),
        CheckConstraint("ordered > 0", name="ordered_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"), index=True)
    document: Mapped[str]
    line: Mapped[str]
    due_on: Mapped[date] = mapped_column(index=True)
    complete_on: Mapped[date | None] = mapped_column(comment="when all of it had come, None: not yet")
    ordered: Mapped[Decimal]
    received: Mapped[Decimal] = mapped_column(default=Decimal(0))
    accepted: Mapped[Decimal] = mapped_column(default=Decimal(0))
    paid_value: Mapped[Decimal] = mapped_column(default=Decimal(0))
    benchmark_value: Mapped[Decimal] = mapped_column(default=Decimal(0))
