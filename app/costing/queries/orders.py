"""What a customer order brought and cost, followed through its lots to every order that made them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.core.money import ZERO, round_money
from app.core.units import half_up
from app.costing.models import MoveValue, ProductionCost
from app.costing.queries import ledger
from app.costing.queries.production import METHODS
from app.inventory.models import Lot, LotConsumption, StockMove
from app.logistics.models import Shipment
from app.masterdata import queries as masterdata
from app.masterdata.models import Item
from app.planning.models import Plan
from app.sales.models import CustomerOrder, CustomerOrderLine
from app.scheduling.models import WorkOrder, WorkOrderStatus
from app.subcontracting.models import SubcontractOrder

CONVERSION = ("machine", "labour", "variable_overhead", "fixed_overhead", "subcontract")
PLACES = 2


@dataclass(frozen=True)
class Share:
    """The part of a costed work order that went into the customer order."""

    cost: ProductionCost
    share: Fraction

    def of(self, amount: Decimal) -> Decimal:
        """That part of an amount, in cents."""
        return half_up(Fraction(amount) * self.share, PLACES)

    @property
    def variance(self) -> Decimal:
        """Its part of the variances without abnormal scrap, which stays an expense of the period."""
        return self.of(sum((v.amount for v in self.cost.variances if v.name != "scrap_abnormal"), ZERO))

    @property
    def abnormal(self) -> Decimal:
        """Its part of the abnormal scrap, negative."""
        return self.of(sum((v.amount for v in self.cost.variances if v.name == "scrap_abnormal"), ZERO))


@dataclass
class OrderCost:
    """The parts an order's cost is the sum of."""

    order: CustomerOrder
    revenue: Decimal
    goods: dict[str, Decimal]
    posted: Decimal
    shares: list[Share] = field(default_factory=list)
    open_documents: list[str] = field(default_factory=list)

    @property
    def variances(self) -> Decimal:
        """The order's share of all variances, favourable positive."""
        return sum((one.variance for one in self.shares), ZERO)

    @property
    def cost(self) -> Decimal:
        """Posted value of the goods less favourable variances."""
        return self.posted - self.variances

    @property
    def elements(self) -> dict[str, Decimal]:
        """The cost by element through all levels; material is what nobody here added work to.

        Abnormal scrap, an expense of the period, is taken off.
        """
        found = {
            name: sum((one.of(getattr(one.cost, name)) for one in self.shares), ZERO) for name in CONVERSION
        }
        abnormal = sum((one.abnormal for one in self.shares), ZERO)
        material = {"material": self.cost - sum(found.values(), ZERO) - abnormal}
        return material | found | ({"abnormal_scrap": abnormal} if abnormal else {})

    def by_method(self, method: str) -> Decimal:
        """The cost with every purchased material valued by another method."""
        found = self.goods[method] - self.variances
        for one in self.shares:
            found += one.of(sum((getattr(row, method) - row.posted for row in one.cost.materials), ZERO))
        return found


def loaded(order_id: int) -> CustomerOrder:
    """The order with customer and lines.

    Raises:
        NotFound: there is no such order.
    """
    order = db.session.scalar(
        select(CustomerOrder)
        .options(
            selectinload(CustomerOrder.customer),
            selectinload(CustomerOrder.lines).selectinload(CustomerOrderLine.item),
        )
        .where(CustomerOrder.id == order_id)
    )
    if order is None:
        raise NotFound("no_order", _("There is no such order."))
    return order


def order_cost(order_id: int) -> OrderCost:
    """Read the cost of an order from what was shipped, posted and costed."""
    order = loaded(order_id)
    goods, posted, lots = _shipped(order)
    found = OrderCost(order, _revenue(order), goods, posted)
    for document, share in genealogy(lots).items():
        cost = production_cost(document)
        if cost is None:
            found.open_documents.append(document)
        else:
            found.shares.append(Share(cost, share))
    return found


def production_cost(document: str) -> ProductionCost | None:
    """The costing of a work order or subcontract order, with its parts."""
    return db.session.scalar(
        select(ProductionCost)
        .options(
            selectinload(ProductionCost.item),
            selectinload(ProductionCost.variances),
            selectinload(ProductionCost.materials),
        )
        .where(ProductionCost.document == document)
    )


def _revenue(order: CustomerOrder) -> Decimal:
    """What was shipped at the order's prices, at the rate of the order's day, in the company's currency."""
    rate = masterdata.currency_rate(order.currency, order.entered_on)
    return round_money(sum((line.shipped * line.price * rate for line in order.lines), ZERO), PLACES)


def _shipped(order: CustomerOrder) -> tuple[dict[str, Decimal], Decimal, dict[int, Fraction]]:
    """What the shipments took from stock: by method, as posted, and quantity by lot."""
    company = masterdata.company()
    documents = [
        f"shipment:{key}"
        for key in db.session.scalars(select(Shipment.id).where(Shipment.order_id == order.id))
    ]
    rows = db.session.execute(
        select(MoveValue, StockMove, Item)
        .join(StockMove, StockMove.id == MoveValue.move_id)
        .join(Item, Item.id == StockMove.item_id)
        .where(StockMove.document.in_(documents))
    )
    goods, posted = dict.fromkeys(METHODS, ZERO), ZERO
    lots: defaultdict[Any, Fraction] = defaultdict(Fraction)
    for value, move, item in rows:
        amount = -(value.value + value.difference)
        if value.method.value in goods:
            goods[value.method.value] += amount
        if value.method is ledger.method_of(item, company.costing_method):
            posted += amount
            if move.lot_id:
                lots[move.lot_id] -= Fraction(value.quantity)
    return goods, posted, lots


def genealogy(lots: dict[int, Fraction]) -> dict[str, Fraction]:
    """Follow quantities of lots down to every order that made something of them: document to its share."""
    shares: dict[str, Fraction] = defaultdict(Fraction)
    pending = [(lot_id, quantity) for lot_id, quantity in lots.items() if quantity]
    made: dict[int, tuple[str, Fraction] | None] = {}
    consumed: dict[int, list[LotConsumption]] = {}
    while pending:
        lot_id, quantity = pending.pop()
        if lot_id not in made:
            made[lot_id] = _made(lot_id)
            consumed[lot_id] = list(
                db.session.scalars(select(LotConsumption).where(LotConsumption.lot_id == lot_id))
            )
        origin = made[lot_id]
        if origin is None:
            continue
        document, whole = origin
        shares[document] += quantity / whole
        pending += [
            (row.consumed_lot_id, Fraction(row.quantity) * quantity / whole) for row in consumed[lot_id]
        ]
    return dict(shares)


def _made(lot_id: int) -> tuple[str, Fraction] | None:
    """The order that made a lot and how much it made; None for bought and opening lots."""
    document = db.session.get_one(Lot, lot_id).document or ""
    kind, _sep, number = document.partition(":")
    whole = None
    if kind == "work_order":
        whole = db.session.scalar(select(WorkOrder.good).where(WorkOrder.id == int(number)))
    elif kind == "subcontract_order":
        whole = db.session.scalar(select(SubcontractOrder.received).where(SubcontractOrder.id == int(number)))
    return (document, Fraction(whole)) if whole else None


def work_orders_of(order_id: int) -> list[WorkOrder]:
    """The work orders that plans for this order released."""
    return list(
        db.session.scalars(
            select(WorkOrder)
            .join(Plan, Plan.id == WorkOrder.plan_id)
            .options(selectinload(WorkOrder.item))
            .where(Plan.customer_order_id == order_id, WorkOrder.status != WorkOrderStatus.CANCELLED)
            .order_by(WorkOrder.id)
        )
    )
