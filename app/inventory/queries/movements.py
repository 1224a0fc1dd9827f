"""Reads of transfers and counts, for their forms, pages and services."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import format_quantity, localized, unit_name
from app.core.operators import source
from app.inventory.models import (
    Location,
    LocationKind,
    Lot,
    StockBalance,
    StockCount,
    StockCountLine,
    StockTransfer,
)

MILLIONTH = Decimal("0.000001")
NOT_INSPECTED = "not_inspected"
"""The reason of a move out of inspection that nobody needed to make."""


def balance(balance_id: int) -> StockBalance:
    """Return a balance with its item and place, locked.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalar(
        select(StockBalance)
        .where(StockBalance.id == balance_id)
        .options(selectinload(StockBalance.item), selectinload(StockBalance.location))
        .with_for_update()
    )
    if found is None:
        raise NotFound("no_balance", _("There is no such stock."))
    return found


def second_share(found: StockBalance | None, quantity: Decimal) -> Decimal | None:
    """Return the part of a balance's second quantity that goes with ``quantity``."""
    if found is None or not found.second_quantity or not found.quantity:
        return None
    return (found.second_quantity * quantity / found.quantity).quantize(MILLIONTH) or None


def transfers_query() -> Select[Any]:
    """Return all transfers with what a list shows."""
    return select(StockTransfer).options(
        selectinload(StockTransfer.item),
        selectinload(StockTransfer.lot),
        selectinload(StockTransfer.source),
        selectinload(StockTransfer.target),
    )


def transfer(transfer_id: int) -> StockTransfer:
    """Return one transfer.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalar(
        transfers_query().where(StockTransfer.id == transfer_id).with_for_update(of=StockTransfer)
    )
    if found is None:
        raise NotFound("no_transfer", _("There is no such transfer."))
    return found


def counts_query() -> Select[Any]:
    """Return all counts with what a list shows."""
    return select(StockCount).options(
        selectinload(StockCount.location),
        selectinload(StockCount.lines).selectinload(StockCountLine.balance).selectinload(StockBalance.item),
    )


def count(count_id: int) -> StockCount:
    """Return one count with its lines.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalar(counts_query().where(StockCount.id == count_id))
    if found is None:
        raise NotFound("no_count", _("There is no such count."))
    return found


def store_places() -> list[dict[str, str]]:
    """Return the places of all stores to choose from."""
    rows = db.session.scalars(
        select(Location)
        .where(Location.kind == LocationKind.INTERNAL, Location.active)
        .order_by(Location.site_id, Location.code)
    )
    return [{"value": str(row.id), "label": row.label} for row in rows]


def lot_numbers(lines: list[StockCountLine]) -> dict[int, str]:
    """Return the numbers of the lots some lines count, by lot."""
    wanted = {line.balance.lot_id for line in lines} - {0}
    rows = db.session.execute(select(Lot.id, Lot.number).where(Lot.id.in_(wanted)))
    return {row[0]: row[1] for row in rows}


@source
def transfer_sheet(transfer_id: int) -> dict[str, Any]:
    """A transfer as those who send and receive it see it."""
    found = transfer(int(transfer_id))
    return {
        "number": found.number,
        "item": f"{found.item.number} {localized(found.item.names)}",
        "lot": found.lot.number if found.lot else "–",
        "origin": found.source.label,
        "to": found.target.label,
        "needed_on": found.needed_on.isoformat(),
        "reason": found.reason,
        "asked": format_quantity(found.quantity, found.item.unit),
        "quantity": format(found.quantity, "f"),
        "unit": found.item.unit,
    }


@source
def count_sheet(count_id: int) -> dict[str, Any]:
    """What is to be counted at a place, without what the books say, and the differences once it is."""
    found = count(int(count_id))
    lots = lot_numbers(found.lines)
    rows: list[dict[str, Any]] = [
        {
            "line_id": str(line.id),
            "item": f"{line.balance.item.number} {localized(line.balance.item.names)}",
            "lot": lots.get(line.balance.lot_id, "–"),
            "unit": unit_name(line.balance.item.unit),
            "counted": None if line.counted is None else format(line.counted, "f"),
            "reason": line.reason,
        }
        for line in found.lines
    ]
    differences = [
        {
            "item": row["item"],
            "lot": row["lot"],
            "book": format_quantity(line.book, row["unit"]),
            "counted": format_quantity(line.counted, row["unit"]),
            "difference": format_quantity(line.difference, row["unit"]),
            "reason": line.reason or "",
        }
        for row, line in zip(rows, found.lines, strict=True)
        if line.difference
    ]
    return {
        "number": found.number,
        "location": found.location.label,
        "lines": rows,
        "differences": differences,
    }
