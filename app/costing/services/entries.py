"""Postings: an amount from one account to another, in a month that takes postings."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.costing.models import Account, CostEntry, Period


def transfer(
    debit: Account,
    credit: Account,
    amount: Decimal,
    *,
    on: date,
    name: str,
    document: str,
    move_id: int | None = None,
    item_id: int | None = None,
    settles: str | None = None,
) -> None:
    """Post an amount; a negative one goes the other way round, zero not at all."""
    if not amount:
        return
    if amount < 0:
        debit, credit, amount = credit, debit, -amount
    db.session.add(
        CostEntry(
            date=on,
            period=f"{on:%Y-%m}",
            debit=debit,
            credit=credit,
            amount=amount,
            move_id=move_id,
            item_id=item_id,
            document=document,
            settles=settles,
            name=name,
            posted_at=clock.now(),
            user_id=current_actor().user_id,
        )
    )


def closed_months() -> frozenset[str]:
    """The months that refuse postings."""
    return frozenset(db.session.scalars(select(Period.month).where(Period.closed_at.is_not(None))))


def open_date(on: date, closed: frozenset[str]) -> date:
    """The day itself, or the first day of the next open month where its own is closed."""
    while f"{on:%Y-%m}" in closed:
        on = date(on.year + on.month // 12, on.month % 12 + 1, 1)
    return on
