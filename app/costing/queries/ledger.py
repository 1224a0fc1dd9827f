"""The ledger as costing reads it: which moves change the value of own stock, and how.

Own stock has value in the store, under inspection, rejected, in transit and at a
subcontractor's. Pieces of a work order that are away for an outside operation
are work in process, not stock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from sqlalchemy import and_, exists, func, not_, or_, select
from sqlalchemy.orm import aliased

from app.core.db import db
from app.core.money import ZERO, round_money
from app.costing.layers import Movement
from app.costing.models import Account, MoveValue
from app.inventory.models import Location, LocationKind, MoveState, StockMove
from app.masterdata.models import Item, Valuation

STOCK = (
    LocationKind.INTERNAL,
    LocationKind.INSPECTION,
    LocationKind.REJECT,
    LocationKind.TRANSIT,
    LocationKind.SUBCONTRACTOR,
)
_COUNTER = {
    LocationKind.SUPPLIER: Account.RECEIVED_NOT_INVOICED,
    LocationKind.CUSTOMER: Account.COST_OF_GOODS,
    LocationKind.WIP: Account.WIP,
    LocationKind.SCRAP: Account.SCRAP,
    LocationKind.ADJUSTMENT: Account.STOCK_DIFFERENCE,
}
DECIMALS = 2


@dataclass(frozen=True)
class ValuedMove:
    """A done move across the border of own stock."""

    move: StockMove
    source: LocationKind
    target: LocationKind

    @property
    def inward(self) -> bool:
        """Whether it brings something into stock."""
        return self.target in STOCK

    @property
    def quantity(self) -> Decimal:
        """Into stock positive, out of it negative."""
        return self.move.quantity if self.inward else -self.move.quantity

    @cached_property
    def in_process(self) -> bool:
        """Whether the other side is an order's work in process."""
        return self.move.document.startswith(("work_order:", "subcontract_order:"))

    @property
    def counter(self) -> Account:
        """The account on the other side."""
        if self.in_process:
            return Account.WIP
        if self.move.document.startswith("opening"):
            return Account.OPENING
        return _COUNTER[self.source if self.inward else self.target]


def _crossing() -> tuple:
    """The aliases of both ends and the condition that a move changes own stock's value."""
    source, target = aliased(Location), aliased(Location)
    away = and_(
        StockMove.document.like("subcontract_order:%"),
        or_(StockMove.line.is_(None), StockMove.line.not_in(("item", "component"))),
    )
    condition = and_(
        StockMove.state == MoveState.DONE,
        StockMove.owner_id.is_(None),
        or_(
            and_(source.kind.in_(STOCK), target.kind.not_in(STOCK)),
            and_(target.kind.in_(STOCK), source.kind.not_in(STOCK)),
        ),
        not_(away),
    )
    return source, target, condition


def items_to_value() -> list[int]:
    """Items with a done move that has no value yet."""
    source, target, condition = _crossing()
    valued = exists().where(MoveValue.move_id == StockMove.id)
    query = (
        select(StockMove.item_id)
        .join(source, source.id == StockMove.from_id)
        .join(target, target.id == StockMove.to_id)
        .where(condition, not_(valued))
        .distinct()
        .order_by(StockMove.item_id)
    )
    return list(db.session.scalars(query))


def unvalued_count() -> int:
    """How many done moves have no value yet."""
    source, target, condition = _crossing()
    valued = exists().where(MoveValue.move_id == StockMove.id)
    query = (
        select(func.count(StockMove.id))
        .join(source, source.id == StockMove.from_id)
        .join(target, target.id == StockMove.to_id)
        .where(condition, not_(valued))
    )
    return db.session.scalar(query) or 0


def history(item_id: int) -> list[ValuedMove]:
    """All moves of an item that change own stock's value, oldest first."""
    source, target, condition = _crossing()
    rows = db.session.execute(
        select(StockMove, source.kind, target.kind)
        .join(source, source.id == StockMove.from_id)
        .join(target, target.id == StockMove.to_id)
        .where(condition, StockMove.item_id == item_id)
        .order_by(StockMove.date, StockMove.id)
    )
    return [ValuedMove(*row) for row in rows]


def movements(
    rows: list[ValuedMove],
    standard_on: Callable[[date], Decimal],
    invoiced: Mapping[int, Decimal] | None = None,
) -> list[Movement]:
    """The moves as the valuation methods read them.

    Args:
        standard_on: gives the standard in force on a day.
        invoiced: by move, how much more than at the order's price a receipt cost by its invoices.
    """
    places = {row.move.id: place for place, row in enumerate(rows)}
    more = invoiced or {}
    found: list[Movement] = []
    for place, row in enumerate(rows):
        origin = _origin(row, rows[:place], places)
        found.append(
            Movement(
                quantity=row.quantity,
                value=_receipt_value(row, standard_on(row.move.date), more.get(row.move.id, ZERO))
                if row.inward and origin is None
                else None,
                period=f"{row.move.date:%Y-%m}",
                purchase=row.source is LocationKind.SUPPLIER or row.in_process,
                of=origin,
            )
        )
    return found


def _origin(row: ValuedMove, earlier: list[ValuedMove], places: dict[int, int]) -> int | None:
    """The place of the move this one returns or reverses: its cost is taken over."""
    move = row.move
    if move.reverses_id in places:
        place = places[move.reverses_id]  # type: ignore[index]
        return place if place < len(earlier) else None
    outward_return = not row.inward and row.target is LocationKind.SUPPLIER and not row.in_process
    if not outward_return and not (row.inward and (row.in_process or row.source is LocationKind.CUSTOMER)):
        return None
    for place in range(len(earlier) - 1, -1, -1):
        other = earlier[place]
        if other.inward is row.inward or other.counter is not row.counter:
            continue
        if row.in_process and other.move.document != move.document:
            continue
        if row.in_process or other.move.lot_id == move.lot_id:
            return place
    return None


def settled_lines(rows: list[ValuedMove]) -> dict[int, str]:
    """By move, the order line whose invoices settle it: of goods from suppliers and of their return."""
    places = {row.move.id: place for place, row in enumerate(rows)}
    found: dict[int, str] = {}
    for place, row in enumerate(rows):
        if row.counter is not Account.RECEIVED_NOT_INVOICED:
            continue
        origin = _origin(row, rows[:place], places)
        move = row.move if origin is None else rows[origin].move
        found[row.move.id] = f"{move.document}:{move.line}" if move.line else move.document
    return found


def accrued(row: ValuedMove, standard: Decimal) -> Decimal:
    """What a receipt from a supplier is worth at the order's price."""
    return _receipt_value(row, standard, ZERO) or ZERO


def _receipt_value(row: ValuedMove, standard: Decimal, more: Decimal) -> Decimal | None:
    """What a receipt brings: made pieces stand at standard, bought ones at what they cost."""
    move = row.move
    if row.in_process:
        return round_money(move.quantity * standard, DECIMALS)
    if move.unit_cost is not None:
        return round_money(move.quantity * move.unit_cost, DECIMALS) + more
    if row.source is not LocationKind.SUPPLIER:
        return None
    return round_money(move.quantity * standard, DECIMALS) + more


def method_of(item: Item, company_method: str) -> Valuation:
    """The method an item is posted by: its own, else the company's."""
    return item.valuation or Valuation(company_method)


def document_values(document: str, method: Valuation | None = None) -> list[tuple[MoveValue, StockMove]]:
    """The values of a document's moves, by one method or all."""
    query = (
        select(MoveValue, StockMove)
        .join(StockMove, StockMove.id == MoveValue.move_id)
        .where(StockMove.document == document)
        .order_by(StockMove.id)
    )
    if method is not None:
        query = query.where(MoveValue.method == method)
    return [tuple(row) for row in db.session.execute(query)]  # type: ignore[misc]
