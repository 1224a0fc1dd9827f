"""Locations, lots, the ledger of moves, balances, reservations and genealogy."""

from __future__ import annotations

import datetime as dt
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Names, db
from app.core.i18n import localized
from app.masterdata.models import Item


class LocationKind(StrEnum):
    """What a location stands for; only internal and inspection hold our accountable stock."""

    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    INTERNAL = "internal"
    WIP = "wip"
    SUBCONTRACTOR = "subcontractor"
    INSPECTION = "inspection"
    REJECT = "reject"
    SCRAP = "scrap"
    TRANSIT = "transit"
    ADJUSTMENT = "adjustment"


PHYSICAL = frozenset(
    {
        LocationKind.INTERNAL,
        LocationKind.SUBCONTRACTOR,
        LocationKind.INSPECTION,
        LocationKind.REJECT,
        LocationKind.TRANSIT,
    }
)
"""Kinds of location that can't hold less than nothing.

Work in process is not one: components go in, products come out; it is balanced in value, not per item.
"""


class MoveState(StrEnum):
    """Where a move stands; only ``done`` moves are stock."""

    EXPECTED = "expected"
    DONE = "done"
    CANCELLED = "cancelled"


class LotStatus(StrEnum):
    """Whether a lot may be used."""

    QUARANTINE = "quarantine"
    RELEASED = "released"
    BLOCKED = "blocked"


class Location(db.Model):
    """A place stock can be, or one of the typed ends it comes from and goes to."""

    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    code: Mapped[str]
    names: Mapped[Names]
    kind: Mapped[LocationKind] = mapped_column(index=True)
    partner_id: Mapped[int | None] = mapped_column(
        ForeignKey("partner.id"), comment="whose, for a subcontractor's"
    )
    active: Mapped[bool] = mapped_column(default=True)

    @property
    def label(self) -> str:
        """Code and name as people know it; a code that only repeats the kind stays out."""
        tells = not f"{self.code}-".startswith(f"{self.kind.value.upper()}-")
        return f"{self.code if tells else ''} {localized(self.names)}".strip() or self.code


class Lot(db.Model):
    """Pieces of one item that came into being together."""

    __table_args__ = (UniqueConstraint("item_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    number: Mapped[str] = mapped_column(index=True)
    status: Mapped[LotStatus] = mapped_column(default=LotStatus.RELEASED)
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    supplier_lot: Mapped[str | None]
    certificate: Mapped[str | None]
    document: Mapped[str | None] = mapped_column(comment="what made or received it, e.g. work_order:7")
    received_on: Mapped[dt.date]
    expires_on: Mapped[dt.date | None]

    item: Mapped[Item] = relationship(lazy="raise")


class StockMove(db.Model):
    """A quantity of one item going from one location to another.

    ``quantity`` is in the item's stock unit, ``second_quantity`` in its second
    unit as counted or weighed. ``owner_id`` is None for own stock. ``date`` is
    the site's day: when expected, or when done. ``unit_cost`` is what a receipt
    costs per stock unit in the company's currency; issues are valued by costing.
    """

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("from_id <> to_id", name="goes_somewhere"),
        CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done_has_time"),
        Index("ix_stock_move_item_state_date", "item_id", "state", "date"),
        Index("ix_stock_move_document", "document"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    from_id: Mapped[int] = mapped_column(ForeignKey("location.id"), index=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("location.id"), index=True)
    quantity: Mapped[Decimal]
    second_quantity: Mapped[Decimal | None]
    state: Mapped[MoveState]
    date: Mapped[dt.date]
    done_at: Mapped[datetime | None]
    document: Mapped[str] = mapped_column(comment="what caused it, e.g. purchase_order:42")
    line: Mapped[str | None] = mapped_column(comment="the line or operation inside the document")
    reason: Mapped[str | None]
    unit_cost: Mapped[Decimal | None]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("stock_move.id"), unique=True)
    user_id: Mapped[int | None]

    item: Mapped[Item] = relationship(lazy="raise")
    lot: Mapped[Lot | None] = relationship(lazy="raise")
    source: Mapped[Location] = relationship(foreign_keys=from_id, lazy="raise")
    target: Mapped[Location] = relationship(foreign_keys=to_id, lazy="raise")


class StockBalance(db.Model):
    """What the done moves of one item, lot and owner leave at one location.

    ``lot_id`` and ``owner_id`` are 0 where there is none, so that the key is unique.
    """

    __table_args__ = (
        UniqueConstraint("location_id", "item_id", "lot_id", "owner_id"),
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    lot_id: Mapped[int] = mapped_column(default=0)
    owner_id: Mapped[int] = mapped_column(default=0)
    quantity: Mapped[Decimal] = mapped_column(default=Decimal(0))
    second_quantity: Mapped[Decimal] = mapped_column(default=Decimal(0))
    reserved: Mapped[Decimal] = mapped_column(default=Decimal(0))

    location: Mapped[Location] = relationship(lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")


class Reservation(db.Model):
    """A quantity of a balance kept for one document."""

    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    balance_id: Mapped[int] = mapped_column(ForeignKey("stock_balance.id"), index=True)
    quantity: Mapped[Decimal]
    document: Mapped[str] = mapped_column(index=True)

    balance: Mapped[StockBalance] = relationship(lazy="raise")


class LotConsumption(db.Model):
    """So much of one lot went into another: genealogy, in both directions."""

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("lot_id <> consumed_lot_id", name="not_itself"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    consumed_lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    quantity: Mapped[Decimal] = mapped_column(comment="of the consumed lot, in its item's stock unit")
    document: Mapped[str]

    lot: Mapped[Lot] = relationship(foreign_keys=lot_id, lazy="raise")
    consumed_lot: Mapped[Lot] = relationship(foreign_keys=consumed_lot_id, lazy="raise")


class TransferStatus(StrEnum):
    """Where a transfer stands."""

    REQUESTED = "requested"
    SENT = "sent"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class StockTransfer(db.Model):
    """A quantity of one balance that goes from one place to another, through transit between sites."""

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("from_id <> to_id", name="goes_somewhere"),
        CheckConstraint("received >= 0 AND received <= quantity", name="received_within_quantity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True, comment="the sending site")
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    from_id: Mapped[int] = mapped_column(ForeignKey("location.id"), index=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("location.id"), index=True)
    quantity: Mapped[Decimal]
    received: Mapped[Decimal] = mapped_column(default=Decimal(0))
    status: Mapped[TransferStatus] = mapped_column(default=TransferStatus.REQUESTED, index=True)
    needed_on: Mapped[dt.date]
    reason: Mapped[str]
    difference_reason: Mapped[str | None]
    requested_by_id: Mapped[int | None]
    created_at: Mapped[datetime]

    item: Mapped[Item] = relationship(lazy="raise")
    lot: Mapped[Lot | None] = relationship(lazy="raise")
    source: Mapped[Location] = relationship(foreign_keys=from_id, lazy="raise")
    target: Mapped[Location] = relationship(foreign_keys=to_id, lazy="raise")

    @property
    def key(self) -> str:
        """The key under which it stands in the ledger and in events."""
        return f"stock_transfer:{self.id}"


class CountStatus(StrEnum):
    """Where a count stands."""

    COUNTING = "counting"
    COUNTED = "counted"
    POSTED = "posted"


class StockCount(db.Model):
    """A count of what lies at one location."""

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), index=True)
    status: Mapped[CountStatus] = mapped_column(default=CountStatus.COUNTING, index=True)
    started_by_id: Mapped[int | None]
    counted_by_id: Mapped[int | None]
    created_at: Mapped[datetime]

    location: Mapped[Location] = relationship(lazy="raise")
    lines: Mapped[list[StockCountLine]] = relationship(
        back_populates="count", lazy="raise", order_by="StockCountLine.id"
    )

    @property
    def key(self) -> str:
        """The key under which it stands in the ledger and in events."""
        return f"stock_count:{self.id}"


class StockCountLine(db.Model):
    """What was counted of one balance, and what the books said at that moment."""

    __table_args__ = (
        UniqueConstraint("count_id", "balance_id"),
        CheckConstraint("counted IS NULL OR counted >= 0", name="counted_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    count_id: Mapped[int] = mapped_column(ForeignKey("stock_count.id"), index=True)
    balance_id: Mapped[int] = mapped_column(ForeignKey("stock_balance.id"), index=True)
    book: Mapped[Decimal | None]
    counted: Mapped[Decimal | None]
    reason: Mapped[str | None]

    count: Mapped[StockCount] = relationship(back_populates="lines", lazy="raise")
    balance: Mapped[StockBalance] = relationship(lazy="raise")

    @property
    def difference(self) -> Decimal:
        """What was counted more than the books say, negative for less; nothing before it was counted."""
        return Decimal(0) if self.counted is None or self.book is None else self.counted - self.book
