"""Cycle counts: what lies at a place is counted without the books, and differences become moves."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.events import emit, event
from app.core.inputs import decimal_input
from app.core.numbering import next_number
from app.core.operators import operator
from app.inventory.models import (
    CountStatus,
    Location,
    LocationKind,
    StockBalance,
    StockCount,
    StockCountLine,
)
from app.inventory.queries import movements
from app.inventory.services import ledger
from app.masterdata.models import Site

ZERO = Decimal(0)
CENT = Decimal("0.01")
COUNT_STARTED = event(
    "inventory.count_started", "A location is to be counted; key stock_count:ID, payload count_id."
)


def start_count(location_id: int) -> StockCount:
    """Ask for everything at a location to be counted.

    Raises:
        DomainError: the location holds nothing.
        Conflict: it is being counted already.
    """
    place = db.session.get(Location, location_id)
    if place is None or place.kind not in {LocationKind.INTERNAL, LocationKind.REJECT}:
        raise DomainError("location", _("This place is not counted."), field="location_id")
    open_count = db.session.scalar(
        select(StockCount.number).where(
            StockCount.location_id == place.id, StockCount.status != CountStatus.POSTED
        )
    )
    if open_count:
        raise Conflict("counting", _("{number} is counting this place already.").format(number=open_count))
    balances = list(
        db.session.scalars(
            select(StockBalance)
            .where(StockBalance.location_id == place.id, StockBalance.quantity != 0)
            .order_by(StockBalance.item_id, StockBalance.lot_id)
        )
    )
    if not balances:
        raise DomainError("empty", _("Nothing lies here by the books."), field="location_id")
    made = StockCount(
        number=next_number("CC", on=clock.today(db.session.get_one(Site, place.site_id).timezone)),
        site_id=place.site_id,
        location_id=place.id,
        started_by_id=current_actor().user_id,
        created_at=clock.now(),
        lines=[StockCountLine(balance_id=balance.id) for balance in balances],
    )
    db.session.add(made)
    db.session.flush()
    audit.record("stock_count.started", made.key, after={"number": made.number, "location": place.label})
    emit(COUNT_STARTED, key=made.key, count_id=made.id)
    return made


@operator
def record_count(count_id: str, lines: list) -> dict:
    """Write what was counted: rows with ``line_id counted reason``; the books' quantity is taken at this moment.

    Returns ``value``, what all differences are worth at standard cost, either way, and ``differences``,
    how many there are.

    Raises:
        DomainError: a line is missing, or differs without a reason.
    """
    count = movements.count(int(count_id))
    rows = {int(row.get("line_id") or 0): (place, row) for place, row in enumerate(lines or [])}
    for line in count.lines:
        if line.id not in rows:
            raise DomainError("not_counted", _("Every line must be counted."), field="lines")
        place, row = rows[line.id]
        line.book = line.balance.quantity
        line.counted = decimal_input(
            row.get("counted"), field=f"lines.{place}.counted", places=line.balance.item.unit_decimals
        )
        line.reason = (row.get("reason") or "").strip() or None
        if line.difference and not line.reason:
            raise DomainError("reason", _("A difference needs a reason."), field=f"lines.{place}.reason")
    count.status, count.counted_by_id = CountStatus.COUNTED, current_actor().user_id
    differing = [line for line in count.lines if line.difference]
    value = sum((abs(line.difference) * line.balance.item.standard_cost for line in differing), ZERO)
    audit.record(
        "stock_count.counted",
        count.key,
        after={"number": count.number, "differences": len(differing), "value": value.quantize(CENT)},
    )
    db.session.flush()
    return {"value": format(value.quantize(CENT), "f"), "differences": len(differing)}


@operator
def post_count(count_id: str) -> dict:
    """Correct the books by one move with its reason for each difference. Returns ``moves``.

    What was moved since the count stays moved: the difference is posted, not the counted quantity.
    """
    count = movements.count(int(count_id))
    if count.status is not CountStatus.COUNTED:
        raise Conflict("count_status", _("{number} is not counted.").format(number=count.number))
    other = ledger.location(count.site_id, LocationKind.ADJUSTMENT)
    moves = 0
    for line in count.lines:
        if not line.difference:
            continue
        more, amount = line.difference > 0, abs(line.difference)
        ledger.post(
            line.balance.item_id,
            amount,
            source=other if more else count.location,
            target=count.location if more else other,
            document=count.key,
            line=str(line.id),
            lot_id=line.balance.lot_id or None,
            owner_id=line.balance.owner_id or None,
            second_quantity=movements.second_share(line.balance, amount),
            reason=line.reason,
        )
        moves += 1
    count.status = CountStatus.POSTED
    audit.record("stock_count.posted", count.key, after={"number": count.number, "moves": moves})
    db.session.flush()
    return {"moves": moves}
