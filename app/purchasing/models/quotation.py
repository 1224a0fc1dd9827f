"""Requests for quotation and what suppliers answered."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.masterdata.models import Partner
from app.purchasing.models.requisition import Requisition, RequisitionLine


class RequestStatus(StrEnum):
    """Where a request for quotation stands."""

    OPEN = "open"
    AWARDED = "awarded"
    CANCELLED = "cancelled"


class QuotationStatus(StrEnum):
    """Where one supplier's answer stands."""

    INVITED = "invited"
    RECEIVED = "received"
    AWARDED = "awarded"
    REFUSED = "refused"


class RequestForQuotation(db.Model):
    """The question to several suppliers what a requisition would cost."""

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    requisition_id: Mapped[int] = mapped_column(ForeignKey("requisition.id"), index=True)
    reply_by: Mapped[date]
    status: Mapped[RequestStatus] = mapped_column(default=RequestStatus.OPEN)
    award_reason: Mapped[str | None]
    created_at: Mapped[datetime]

    requisition: Mapped[Requisition] = relationship(lazy="raise")
    quotations: Mapped[list[Quotation]] = relationship(
        back_populates="request", lazy="raise", order_by="Quotation.id"
    )


class Quotation(db.Model):
    """One supplier's answer; ``lead_days`` are working days from the order."""

    __table_args__ = (UniqueConstraint("request_id", "supplier_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("request_for_quotation.id"), index=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    status: Mapped[QuotationStatus] = mapped_column(default=QuotationStatus.INVITED)
    lead_days: Mapped[int | None]
    currency: Mapped[str]
    valid_until: Mapped[date | None]
    received_at: Mapped[datetime | None]

    request: Mapped[RequestForQuotation] = relationship(back_populates="quotations", lazy="raise")
    supplier: Mapped[Partner] = relationship(lazy="raise")
    lines: Mapped[list[QuotationLine]] = relationship(back_populates="quotation", lazy="raise")


class QuotationLine(db.Model):
    """The price for one requisition line, per stock unit."""

    __table_args__ = (
        UniqueConstraint("quotation_id", "requisition_line_id"),
        CheckConstraint("price >= 0", name="price_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quotation_id: Mapped[int] = mapped_column(ForeignKey("quotation.id"), index=True)
    requisition_line_id: Mapped[int] = mapped_column(ForeignKey("requisition_line.id"), index=True)
    price: Mapped[Decimal]

    quotation: Mapped[Quotation] = relationship(back_populates="lines", lazy="raise")
    requisition_line: Mapped[RequisitionLine] = relationship(lazy="raise")
