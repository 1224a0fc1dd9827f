"""Contracts with suppliers: per supplier and year, in versions, with prices and reviews."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.core.errors import Conflict
from app.core.words import status_label
from app.masterdata.models import Item, Partner


class ContractStatus(StrEnum):
    """Where a version of a contract stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    ENDED = "ended"


TRANSITIONS: dict[ContractStatus, set[ContractStatus]] = {
    ContractStatus.DRAFT: {ContractStatus.IN_REVIEW, ContractStatus.REFUSED},
    ContractStatus.IN_REVIEW: {ContractStatus.DRAFT, ContractStatus.APPROVED, ContractStatus.REFUSED},
    ContractStatus.APPROVED: {ContractStatus.IN_FORCE, ContractStatus.REFUSED},
    ContractStatus.IN_FORCE: {ContractStatus.ENDED},
    ContractStatus.REFUSED: set(),
    ContractStatus.ENDED: set(),
}


class Verdict(StrEnum):
    """What a reviewer says."""

    AGREED = "agreed"
    SENT_BACK = "sent_back"


class Contract(db.Model):
    """One version of what was agreed with a supplier for a year; only one version is in force."""

    __table_args__ = (
        UniqueConstraint("supplier_id", "year", "version"),
        CheckConstraint("valid_from <= valid_to", name="dates_in_order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(index=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    year: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    status: Mapped[ContractStatus] = mapped_column(default=ContractStatus.DRAFT, index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date] = mapped_column(index=True)
    production_standard: Mapped[str | None]
    delivery_terms: Mapped[str | None]
    quality_terms: Mapped[str | None]
    penalties: Mapped[str | None]
    amount: Mapped[Decimal] = mapped_column(
        default=Decimal(0), comment="expected for the year, company currency"
    )
    signed_on: Mapped[date | None]
    signed_file: Mapped[str | None] = mapped_column(comment="reference of the stored file")
    drafted_by_id: Mapped[int | None]
    created_at: Mapped[datetime]

    supplier: Mapped[Partner] = relationship(lazy="raise")
    prices: Mapped[list[ContractPrice]] = relationship(
        back_populates="contract", lazy="raise", cascade="all, delete-orphan"
    )
    reviews: Mapped[list[ContractReview]] = relationship(back_populates="contract", lazy="raise")

    def move_to(self, status: ContractStatus) -> None:
        """Change the status.

        Raises:
            Conflict: the contract cannot go there from where it stands.
        """
        if status not in TRANSITIONS[self.status]:
            sentence = _("Contract {number} is {status}.")
            raise Conflict(
                "contract_status", sentence.format(number=self.number, status=status_label(self.status))
            )
        self.status = status


class ContractPrice(db.Model):
    """A line of a contract's price list: an item, or an operation on it, per stock unit."""

    __table_args__ = (
        UniqueConstraint("contract_id", "item_id", "operation"),
        CheckConstraint("price >= 0", name="price_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    operation: Mapped[int | None]
    price: Mapped[Decimal]
    minimum_charge: Mapped[Decimal] = mapped_column(default=Decimal(0))
    loss_allowance: Mapped[Decimal] = mapped_column(default=Decimal(0))

    contract: Mapped[Contract] = relationship(back_populates="prices", lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")


class ContractReview(db.Model):
    """One reviewer's word on one version."""

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"), index=True)
    role: Mapped[str]
    user_id: Mapped[int | None]
    verdict: Mapped[Verdict]
    comment: Mapped[str | None]
    at: Mapped[datetime]

    contract: Mapped[Contract] = relationship(back_populates="reviews", lazy="raise")
