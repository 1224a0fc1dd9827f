"""The books: stock value by method, account balances, periods, lists."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.core.db import db
from app.core.money import ZERO
from app.costing.models import Account, CostEntry, MoveValue, Period
from app.costing.queries import ledger, owed
from app.costing.queries.wording import METHODS, money
from app.masterdata import queries as masterdata
from app.masterdata.models import Item


@dataclass(frozen=True)
class StockValue:
    """One item's own stock and its value by every method; ``posted`` is the one in the books."""

    item: Item
    quantity: Decimal
    values: dict[str, Decimal]
    posted: Decimal


def inventory_values() -> list[StockValue]:
    """Own stock per item, by all methods side by side."""
    company = masterdata.company()
    sums: dict[int, dict[str, Decimal]] = defaultdict(dict)
    quantities: dict[int, Decimal] = {}
    rows = db.session.execute(
        select(
            MoveValue.item_id,
            MoveValue.method,
            func.sum(MoveValue.value).label("value"),
            func.sum(MoveValue.quantity).label("quantity"),
        ).group_by(MoveValue.item_id, MoveValue.method)
    )
    for row in rows:
        sums[row.item_id][row.method.value] = row.value
        quantities[row.item_id] = row.quantity
    items = db.session.scalars(select(Item).where(Item.id.in_(sums)).order_by(Item.number))
    return [
        StockValue(
            item,
            quantities[item.id],
            sums[item.id],
            sums[item.id][ledger.method_of(item, company.costing_method).value],
        )
        for item in items
    ]


def balances(period: str | None = None) -> dict[Account, dict[str, Decimal]]:
    """Debit, credit and balance of every account, of all time or one month."""
    found = {account: {"debit": ZERO, "credit": ZERO, "balance": ZERO} for account in Account}
    for side, sign in (("debit", 1), ("credit", -1)):
        column = getattr(CostEntry, side)
        query = select(column, func.sum(CostEntry.amount)).group_by(column)
        if period:
            query = query.where(CostEntry.period == period)
        for account, amount in db.session.execute(query):
            found[account][side] += amount
            found[account]["balance"] += sign * amount
    return found


def wip_by_document() -> list[dict[str, Any]]:
    """What each order holds in work in process; costed ones hold nothing."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for side, sign in (("debit", 1), ("credit", -1)):
        column = getattr(CostEntry, side)
        rows = db.session.execute(
            select(CostEntry.document, func.sum(CostEntry.amount))
            .where(column == Account.WIP)
            .group_by(CostEntry.document)
        )
        for document, amount in rows:
            sums[document] += sign * amount
    return [{"document": document, "balance": amount} for document, amount in sorted(sums.items()) if amount]


def months() -> list[dict[str, Any]]:
    """Months with postings, newest first, and whether they are closed."""
    closed = {row.month: row for row in db.session.scalars(select(Period))}
    rows = db.session.execute(
        select(CostEntry.period, func.count(CostEntry.id), func.sum(CostEntry.amount))
        .group_by(CostEntry.period)
        .order_by(CostEntry.period.desc())
    )
    return [
        {
            "month": month,
            "entries": count,
            "amount": amount,
            "closed_at": getattr(closed.get(month), "closed_at", None),
        }
        for month, count, amount in rows
    ]


def check() -> list[str]:
    """What does not hold in the books, one sentence each; empty when all is well.

    Stock value equals the sum of move values and the inventory account; no
    stock without quantity has value. Suppliers are owed what purchasing says,
    and what was received on a closed order line is invoiced, returned or credited.
    """
    problems = []
    values = inventory_values()
    account = balances()[Account.INVENTORY]["balance"]
    total = sum((row.posted for row in values), ZERO)
    if account != total:
        problems.append(
            _("Inventory account {account}, stock value {total}.").format(
                account=money(account), total=money(total)
            )
        )
    for row in values:
        problems += [
            _("{item}: no stock, but value {value} by {method}.").format(
                item=row.item.number, value=money(value), method=METHODS[method]
            )
            for method, value in row.values.items()
            if not row.quantity and value
        ]
    return problems + owed.problems()
