"""Material requirements planning: all levels of all items of a site, in exact days. Pure.

Items are netted in ascending low-level code, so every item meets all its
requirements before it is planned. Quantities are Decimal in the item's stock
unit; gross requirements stay exact, what is ordered is rounded up to the item's
places. Terms follow J. Orlicky, *Material Requirements Planning* (1975).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app.core.units import needed, obtained
from app.masterdata.explosion import Structure, low_level_codes
from app.planning import lot_sizing
from app.planning.lot_sizing import LOT_FOR_LOT, LotPolicy

ZERO, ONE = Decimal(0), Decimal(1)
Shift = Callable[[date, int], date]
"""Moves a day by so many working days, back when negative."""


@dataclass(frozen=True)
class Part:
    """What planning must know of an item at a site."""

    key: Any
    supply: str = "make"
    on_hand: Decimal = ZERO
    safety_stock: Decimal = ZERO
    lead_days: int = 0
    yield_ratio: Decimal = ONE
    decimals: int = 0
    policy: LotPolicy = LOT_FOR_LOT
    phantom: bool = False


@dataclass(frozen=True)
class Need:
    """A requirement of an item on a day; ``source`` says what for: a document, a planned order, the forecast."""

    item: Any
    day: date
    quantity: Decimal
    source: str


@dataclass(frozen=True)
class Receipt:
    """An open order falling due, or a firm planned order, which still asks for its components.

    A firm planned order has ``release`` and ``started``, the quantity its
    components are needed for; an open order's components are needs already.
    """

    item: Any
    day: date
    quantity: Decimal
    source: str
    release: date | None = None
    started: Decimal | None = None


@dataclass(frozen=True)
class Order:
    """A planned order: so much started on one day, so much good of it on another."""

    source: str
    item: Any
    supply: str
    quantity: Decimal
    good: Decimal
    release: date
    due: date


@dataclass(frozen=True)
class Message:
    """What a planner has to look at: compress, expedite, defer, cancel or short.

    ``due`` is when the order comes as things stand (for compress: with its
    normal lead time), ``needed`` when it should; None: never.
    """

    kind: str
    item: Any
    source: str
    quantity: Decimal
    due: date | None
    needed: date | None


@dataclass
class Result:
    """Planned orders in the order they were planned, messages, and every requirement by item."""

    orders: list[Order] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    requirements: dict[Any, list[Need]] = field(default_factory=lambda: defaultdict(list))
    codes: dict[Any, int] = field(default_factory=dict)

    @property
    def late_count(self) -> int:
        """How many planned orders should have been released before the plan begins."""
        return sum(1 for message in self.messages if message.kind == "compress")


def plan(
    parts: Mapping[Any, Part],
    structure: Structure,
    needs: Iterable[Need],
    receipts: Iterable[Receipt] = (),
    *,
    start: date,
    shift: Shift,
    defer_days: int = 0,
) -> Result:
    """Net each item's requirements against stock and open orders, level by level, and plan what is missing.

    Open orders are taken as they fall due, sooner ones first, and are thought to
    be movable: one that comes later than needed gives *expedite*, one that comes
    sooner by more than ``defer_days`` *defer*, one that nothing needs *cancel*.
    Only what they can't cover becomes a planned order, released its lead time
    before; when that day is past it is released on ``start`` and gives *compress*.

    Args:
        parts: every item by key; a need or a line of another item is refused.
        start: the first day of the plan; older needs count as of this day.
        shift: moves a day by working days of the site.

    Raises:
        CycleError: an item is a component of itself.
        ValueError: something names an item that ``parts`` lacks.
    """
    run = _Run(parts, structure.after(start), start, shift, defer_days)
    for need in needs:
        run.require(need)
    coming: dict[Any, list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        run.known(receipt.item)
        coming[receipt.item].append(receipt)
    for item in sorted(run.result.codes, key=lambda key: run.result.codes[key]):
        run.net(parts[item], coming[item])
    return run.result


class _Run:
    """One pass over all items."""

    def __init__(
        self, parts: Mapping[Any, Part], structure: Structure, start: date, shift: Shift, defer_days: int
    ) -> None:
        self.parts, self.structure, self.start, self.shift = parts, structure, start, shift
        self.defer_days = defer_days
        self.result = Result(codes=low_level_codes(structure, parts))
        for item in self.result.codes:
            self.known(item)

    def known(self, item: Any) -> None:
        """Refuse an item nobody described."""
        if item not in self.parts:
            raise ValueError(f"item {item} is not among the items to plan")

    def require(self, need: Need) -> None:
        """Add a requirement."""
        self.known(need.item)
        if need.quantity > 0:
            self.result.requirements[need.item].append(need)

    def net(self, part: Part, receipts: list[Receipt]) -> None:
        """Plan one item; all its requirements are known by now."""
        for receipt in receipts:
            if receipt.release is not None:
                self._ask(part.key, receipt.started or receipt.quantity, receipt.release, receipt.source)
        needs = sorted(self.result.requirements[part.key], key=lambda need: need.day)
        if part.phantom:
            self._pass_through(part, needs, receipts)
        else:
            self._plan(part, needs, deque(sorted(receipts, key=lambda receipt: receipt.day)))

    def _ask(self, item: Any, quantity: Decimal, day: date, source: str) -> None:
        """Require the components of so much of an item, by the lines in force on the day."""
        day = max(day, self.start)
        for line in self.structure.components(item, day):
            self.require(Need(line.component, day, quantity * line.gross, source))

    def _pass_through(self, part: Part, needs: list[Need], receipts: list[Receipt]) -> None:
        """Use up what there is of a phantom, then ask its components for the rest, for the same orders."""
        available = part.on_hand + sum((receipt.quantity for receipt in receipts), ZERO)
        for need in needs:
            taken = min(available, need.quantity)
            available -= taken
            if need.quantity > taken:
                self._ask(part.key, (need.quantity - taken) / part.yield_ratio, need.day, need.source)

    def _plan(self, part: Part, needs: list[Need], pool: deque[Receipt]) -> None:
        """Walk through the days on which something is needed; take open orders, then plan new ones."""
        demand: dict[date, Decimal] = defaultdict(Decimal)
        for need in needs:
            demand[max(need.day, self.start)] += need.quantity
        earliest = self.shift(self.start, part.lead_days)
        if part.safety_stock:
            demand[earliest] += ZERO
        days, available = sorted(demand), part.on_hand
        for place, day in enumerate(days):
            available -= demand[day]
            while available < part.safety_stock and pool:
                receipt = pool.popleft()
                self._compare(receipt, day, urgent=available < 0)
                available += receipt.quantity
            if available < part.safety_stock:
                coming = [(later, demand[later]) for later in days[place + 1 :]]
                available += self._cover(part, day, available, coming, earliest)
        for receipt in pool:
            self._say("cancel", receipt, None)

    def _compare(self, receipt: Receipt, day: date, *, urgent: bool) -> None:
        """Say so when an open order comes too late or much too soon."""
        if urgent and receipt.day > day:
            self._say("expedite", receipt, day)
        elif day - receipt.day > timedelta(self.defer_days) and receipt.day >= self.start:
            self._say("defer", receipt, day)

    def _say(self, kind: str, receipt: Receipt, day: date | None) -> None:
        self.result.messages.append(
            Message(kind, receipt.item, receipt.source, receipt.quantity, receipt.day, day)
        )

    def _cover(
        self, part: Part, day: date, available: Decimal, coming: list[tuple[date, Decimal]], earliest: date
    ) -> Decimal:
        """Plan orders for what is missing on a day and in the period after it. Returns what they bring."""
        end = day + timedelta(part.policy.period_days)
        later = sum((quantity for when, quantity in coming if when < end), ZERO)
        net = needed(part.safety_stock - available + later, part.decimals)
        if part.supply == "customer":
            self.result.messages.append(Message("short", part.key, "", net, None, day))
            return net
        urgent = sum((quantity for when, quantity in coming if when < earliest), ZERO) > available
        due = day if urgent or day >= earliest else earliest
        release = self.shift(due, -part.lead_days) if part.lead_days else due
        brought = ZERO
        for good in lot_sizing.orders(net, part.policy):
            brought += self._order(
                part, good, max(release, self.start), due, earliest if release < self.start else None
            )
        return brought

    def _order(self, part: Part, good: Decimal, release: date, due: date, possible: date | None) -> Decimal:
        """Plan one order; ``possible`` is when it would come at its normal pace, where that is too late."""
        started = needed(good / part.yield_ratio, part.decimals)
        good = max(good, obtained(started * part.yield_ratio, part.decimals))
        source = f"planned:{len(self.result.orders)}"
        self.result.orders.append(Order(source, part.key, part.supply, started, good, release, due))
        if possible is not None:
            self.result.messages.append(Message("compress", part.key, source, started, possible, due))
        self._ask(part.key, started, release, source)
        return good
