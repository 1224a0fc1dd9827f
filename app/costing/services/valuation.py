"""Value the ledger's moves and post them; the same figures come out however often it runs."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select

from app.core.db import db
from app.core.money import ZERO
from app.core.operators import operator
from app.costing import layers
from app.costing.models import Account, CostEntry, MoveValue, ProductionCost
from app.costing.queries import invoices, ledger, standards
from app.costing.services import payables
from app.costing.services.entries import closed_months, open_date, transfer
from app.masterdata import queries as masterdata
from app.masterdata.models import Item, Valuation


@operator
def value_moves() -> dict[str, Any]:
    """Post supplier invoices and value every done move of own stock that has no value yet.

    Items with such a move, or with an invoice that came since, are replayed whole.
    Returns ``items`` replayed and ``entries`` posted.
    """
    invoiced, posted = payables.post_invoices()
    items = sorted(set(ledger.items_to_value()) | invoiced)
    posted += sum(replay(item_id) for item_id in items)
    db.session.flush()
    if posted:
        posted += payables.post_remainders()
    return {"items": len(items), "entries": posted}


def replay(item_id: int) -> int:
    """Value all moves of an item by all methods again and post what differs. Returns the count of entries."""
    item = db.session.get_one(Item, item_id)
    rows = ledger.history(item_id)
    standard_on = standards.history_of(item)
    moves = ledger.movements(rows, standard_on, invoices.differences(item_id, rows, standard_on))
    outcome = layers.side_by_side(moves, standard_cost=standard_on(date.max), decimals=ledger.DECIMALS)
    _keep(item_id, rows, outcome)
    method = ledger.method_of(item, masterdata.company().costing_method)
    return _post(item_id, rows, outcome[method.value])


def _keep(item_id: int, rows: list[ledger.ValuedMove], outcome: dict[str, layers.Valuation]) -> None:
    """Store the values by method; only what is new or differs is written."""
    known = {
        (row.move_id, row.method.value): row
        for row in db.session.scalars(select(MoveValue).where(MoveValue.item_id == item_id))
    }
    fresh = []
    for method, valuation in outcome.items():
        for row, value, difference in zip(rows, valuation.values, valuation.differences, strict=True):
            there = known.get((row.move.id, method))
            if there is None:
                fresh.append(
                    {
                        "move_id": row.move.id,
                        "item_id": item_id,
                        "method": Valuation(method),
                        "quantity": row.quantity,
                        "value": value,
                        "difference": difference,
                    }
                )
            elif (there.value, there.difference) != (value, difference):
                there.value, there.difference = value, difference
    db.session.flush()
    if fresh:
        db.session.execute(insert(MoveValue), fresh)


def _post(item_id: int, rows: list[ledger.ValuedMove], valuation: layers.Valuation) -> int:
    """Post by how much each move's value differs from what has been posted for it."""
    posted = _posted(item_id)
    costed = set(db.session.scalars(select(ProductionCost.document)))
    months = closed_months()
    settles = ledger.settled_lines(rows)
    count = 0
    for row, value, difference in zip(rows, valuation.values, valuation.differences, strict=True):
        before = posted.get(row.move.id)
        counter = row.counter
        gone = not row.inward and f"{row.move.date:%Y-%m}" in months
        if before and (gone or (counter is Account.WIP and row.move.document in costed)):
            counter = Account.VARIANCE
        stock, expense = before or (ZERO, ZERO)
        name = "revaluation" if before else ("receipt" if row.inward else "issue")
        for account, change in (
            (Account.INVENTORY, value - stock),
            (Account.PRICE_DIFFERENCE, difference - expense),
        ):
            if change:
                on = open_date(row.move.date, months)
                facts: dict[str, Any] = {
                    "move_id": row.move.id,
                    "item_id": item_id,
                    "document": row.move.document,
                }
                line = settles.get(row.move.id) if counter is Account.RECEIVED_NOT_INVOICED else None
                transfer(account, counter, change, on=on, name=name, settles=line, **facts)
                count += 1
    return count


def _posted(item_id: int) -> dict[int, tuple[Decimal, Decimal]]:
    """What has been posted for each move of an item: into stock, and to the price difference."""
    found: dict[int, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    places = {Account.INVENTORY: 0, Account.PRICE_DIFFERENCE: 1}
    for entry in db.session.scalars(
        select(CostEntry).where(CostEntry.item_id == item_id, CostEntry.move_id.is_not(None))
    ):
        sums = found[entry.move_id or 0]
        if entry.debit in places:
            sums[places[entry.debit]] += entry.amount
        if entry.credit in places:
            sums[places[entry.credit]] -= entry.amount
    return {move: (sums[0], sums[1]) for move, sums in found.items()}
