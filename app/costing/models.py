"""What moves are worth, what was posted, and what orders cost. Amounts are in the company's currency."""

from __future__ import annotations

import datetime as dt
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, Enum, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import db
from app.core.errors import Conflict
from app.core.words import status_label
from app.inventory.models import StockMove
from app.masterdata.models import Item, Valuation
from app.sales.models import CustomerOrder


class Account(StrEnum):
    """The accounts costing posts to."""

    INVENTORY = "inventory"
    WIP = "wip"
    RECEIVED_NOT_INVOICED = "received_not_invoiced"
    PAYABLE = "payable"
    INPUT_TAX = "input_tax"
    EXPENSE = "expense"
    COST_OF_GOODS = "cost_of_goods"
    SCRAP = "scrap"
    STOCK_DIFFERENCE = "stock_difference"
    OPENING = "opening"
    PRICE_DIFFERENCE = "price_difference"
    LABOUR = "labour_applied"
    MACHINE = "machine_applied"
    VARIABLE_OVERHEAD = "variable_overhead_applied"
    FIXED_OVERHEAD = "fixed_overhead_applied"
    VARIANCE = "variance"


class Period(db.Model):
    """A calendar month of the books; closed ones refuse postings."""

    month: Mapped[str] = mapped_column(primary_key=True, comment="YYYY-MM")
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None]

    @property
    def closed(self) -> bool:
        """Whether nothing may be posted any more."""
        return self.closed_at is not None


class StandardCost(db.Model):
    """An item's standard per stock unit from a day on, by element, with set-up spread over ``lot_size``."""

    __table_args__ = (
        UniqueConstraint("item_id", "valid_from"),
        CheckConstraint("lot_size > 0", name="lot_size_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    valid_from: Mapped[dt.date]
    lot_size: Mapped[Decimal]
    material: Mapped[Decimal] = mapped_column(default=Decimal(0))
    machine: Mapped[Decimal] = mapped_column(default=Decimal(0))
    labour: Mapped[Decimal] = mapped_column(default=Decimal(0))
    variable_overhead: Mapped[Decimal] = mapped_column(default=Decimal(0))
    fixed_overhead: Mapped[Decimal] = mapped_column(default=Decimal(0))
    subcontract: Mapped[Decimal] = mapped_column(default=Decimal(0))
    total: Mapped[Decimal]

    item: Mapped[Item] = relationship(lazy="raise")


class MoveValue(db.Model):
    """By how much one done move changed the value of own stock, by one method."""

    __table_args__ = (UniqueConstraint("move_id", "method"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    move_id: Mapped[int] = mapped_column(ForeignKey("stock_move.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    method: Mapped[Valuation]
    quantity: Mapped[Decimal] = mapped_column(comment="into stock positive, out of it negative")
    value: Mapped[Decimal]
    difference: Mapped[Decimal] = mapped_column(
        default=Decimal(0), comment="charged to expense instead of stock"
    )

    move: Mapped[StockMove] = relationship(lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")


def _account(name: str) -> Enum:
    """Return a column type of accounts whose check has a name of its own."""
    return Enum(
        Account,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=30,
        values_callable=lambda kind: [member.value for member in kind],
    )


class CostEntry(db.Model):
    """One amount from one account to another: balanced because it is both sides at once. Append-only."""

    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("debit <> credit", name="two_accounts"),
        Index("ix_cost_entry_document", "document"),
        Index("ix_cost_entry_settles", "settles"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    date: Mapped[dt.date]
    period: Mapped[str] = mapped_column(index=True, comment="YYYY-MM")
    debit: Mapped[Account] = mapped_column(_account("debit"), index=True)
    credit: Mapped[Account] = mapped_column(_account("credit"), index=True)
    amount: Mapped[Decimal]
    move_id: Mapped[int | None] = mapped_column(ForeignKey("stock_move.id"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    document: Mapped[str]
    settles: Mapped[str | None] = mapped_column(
        comment="order line whose goods received are invoiced, e.g. purchase_order:3:1, subcontract_order:5"
    )
    name: Mapped[str] = mapped_column(comment="what it is: receipt, issue, labour, or a variance's name")
    posted_at: Mapped[datetime]
    user_id: Mapped[int | None]


class Wage(db.Model):
    """What an hour of work really cost in a month, from payroll: in one work centre, or everywhere."""

    __table_args__ = (
        UniqueConstraint("month", "work_centre_id"),
        CheckConstraint("per_hour > 0", name="per_hour_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(index=True, comment="YYYY-MM")
    work_centre_id: Mapped[int] = mapped_column(default=0, comment="0: wherever nothing else is entered")
    per_hour: Mapped[Decimal]


class ProductionCost(db.Model):
    """What a finished work order, or subcontract order for a whole item, cost; WIP is zero after it."""

    __table_args__ = (CheckConstraint("good >= 0 AND scrapped >= 0", name="quantities_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[str] = mapped_column(unique=True, comment="work_order:7 or subcontract_order:3")
    number: Mapped[str]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    good: Mapped[Decimal]
    scrapped: Mapped[Decimal]
    received_value: Mapped[Decimal] = mapped_column(comment="standard cost of the output")
    material: Mapped[Decimal]
    machine: Mapped[Decimal]
    labour: Mapped[Decimal]
    variable_overhead: Mapped[Decimal]
    fixed_overhead: Mapped[Decimal]
    subcontract: Mapped[Decimal]
    closed_at: Mapped[datetime]
    closed_by_id: Mapped[int | None]

    item: Mapped[Item] = relationship(lazy="raise")
    materials: Mapped[list[MaterialCost]] = relationship(
        back_populates="cost", lazy="raise", order_by="MaterialCost.id", cascade="all, delete-orphan"
    )
    variances: Mapped[list[CostVariance]] = relationship(
        back_populates="cost", lazy="raise", order_by="CostVariance.id", cascade="all, delete-orphan"
    )

    @property
    def total(self) -> Decimal:
        """The actual cost."""
        return (
            self.material
            + self.machine
            + self.labour
            + self.variable_overhead
            + self.fixed_overhead
            + self.subcontract
        )


class MaterialCost(db.Model):
    """One component of a costed order: allowed and used, and what the issues are worth by each method."""

    __table_args__ = (UniqueConstraint("cost_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cost_id: Mapped[int] = mapped_column(ForeignKey("production_cost.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    allowed: Mapped[Decimal] = mapped_column(comment="standard quantity of the output")
    used: Mapped[Decimal]
    standard_price: Mapped[Decimal]
    posted: Mapped[Decimal] = mapped_column(comment="by the item's own method")
    moving_average: Mapped[Decimal]
    fifo: Mapped[Decimal]
    last_purchase: Mapped[Decimal]

    cost: Mapped[ProductionCost] = relationship(back_populates="materials", lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")


class CostVariance(db.Model):
    """One named variance of a costed order, favourable positive."""

    __table_args__ = (UniqueConstraint("cost_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cost_id: Mapped[int] = mapped_column(ForeignKey("production_cost.id"), index=True)
    name: Mapped[str]
    amount: Mapped[Decimal]

    cost: Mapped[ProductionCost] = relationship(back_populates="variances", lazy="raise")


class ProfitStatus(StrEnum):
    """Where the costing of a customer order stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    CLOSED = "closed"


TRANSITIONS: dict[ProfitStatus, set[ProfitStatus]] = {
    ProfitStatus.DRAFT: {ProfitStatus.DRAFT, ProfitStatus.APPROVED},
    ProfitStatus.APPROVED: {ProfitStatus.DRAFT, ProfitStatus.CLOSED},
    ProfitStatus.CLOSED: set(),
}


class OrderProfit(db.Model):
    """What a customer order brought and cost: goods shipped at posted value, and its share of variances."""

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), unique=True)
    status: Mapped[ProfitStatus] = mapped_column(default=ProfitStatus.DRAFT)
    revenue: Mapped[Decimal]
    goods: Mapped[Decimal] = mapped_column(comment="posted value of what was shipped")
    variances: Mapped[Decimal] = mapped_column(comment="favourable positive")
    moving_average: Mapped[Decimal] = mapped_column(comment="whole cost with material by this method")
    fifo: Mapped[Decimal]
    last_purchase: Mapped[Decimal]
    computed_at: Mapped[datetime]
    reviewed_by_id: Mapped[int | None]
    approved_by_id: Mapped[int | None]
    closed_at: Mapped[datetime | None]
    note: Mapped[str | None]

    order: Mapped[CustomerOrder] = relationship(lazy="raise")

    @property
    def cost(self) -> Decimal:
        """What the order cost."""
        return self.goods - self.variances

    @property
    def profit(self) -> Decimal:
        """What is left of the revenue."""
        return self.revenue - self.cost

    def move_to(self, status: ProfitStatus) -> None:
        """Change the status.

        Raises:
            Conflict: the costing cannot go there from where it stands.
        """
        if status not in TRANSITIONS[self.status]:
            raise Conflict(
                "cost_status", _("The cost of this order is %(status)s.", status=status_label(self.status))
            )
        self.status = status
