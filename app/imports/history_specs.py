"""The files about the past: what was demanded, and what suppliers delivered."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select

from app.core.db import db
from app.imports import columns as c
from app.imports.columns import Column
from app.imports.specs import FileSpec, Rows, codes, upsert
from app.masterdata.models import Item, Partner, Site, SupplierPrice
from app.planning.models import DemandHistory
from app.subcontracting.models import DeliveryRecord

PLACES = Decimal("0.000001")


def _demand_columns() -> list[Column]:
    return [
        Column("site", c.code_of("site", codes(Site)), required=True),
        Column("item", c.code_of("item", codes(Item, "number")), required=True),
        Column("month", _month, required=True, meaning="any day of the month, or YYYY-MM"),
        Column("quantity", c.number(0), required=True, meaning="demanded in the month, in the stock unit"),
    ]


def _month(cell: str) -> Any:
    """Read a month and return its first day."""
    return c.day(f"{cell}-01" if len(cell) == 7 else cell).replace(day=1)


def _save_demand(rows: Rows) -> None:
    for row in rows:
        row |= {"site_id": row.pop("site"), "item_id": row.pop("item")}
    upsert(DemandHistory, ("site_id", "item_id", "month"), rows)


def _purchase_columns() -> list[Column]:
    return [
        Column("order", c.text(40), required=True, meaning="number of the purchase order"),
        Column("line", c.whole(1), required=True, meaning="number of its line"),
        Column("supplier", c.code_of("partner", codes(Partner)), required=True),
        Column("ordered_on", c.day, required=True),
        Column("item", c.code_of("item", codes(Item, "number")), required=True),
        Column("ordered", c.number(above=0), required=True, meaning="quantity in the stock unit"),
        Column("price", c.number(0), required=True, meaning="per stock unit, in the company's currency"),
        Column("due", c.day, required=True),
        Column("received", c.number(0), default=Decimal(0)),
        Column("rejected", c.number(0), default=Decimal(0), meaning="of what was received"),
        Column("received_on", c.day, meaning="day of the last receipt; empty: not complete"),
    ]


def _save_purchases(rows: Rows) -> None:
    """Keep each line as the facts a supplier's score is made of; a line known already is corrected."""
    best = _best_prices()
    found = (_delivery(number, row, best) for number, row in enumerate(rows, start=2))
    _keep_deliveries(list(found))


def _best_prices() -> dict[int, Decimal]:
    """Return the lowest approved price of each item."""
    best: dict[int, Decimal] = {}
    for price in db.session.scalars(
        select(SupplierPrice).where(SupplierPrice.approved, SupplierPrice.operation.is_(None))
    ):
        best[price.item_id] = min(price.price, best.get(price.item_id, price.price))
    return best


def _delivery(number: int, row: dict[str, Any], best: dict[int, Decimal]) -> dict[str, Any]:
    received = row["received"]
    if row["rejected"] > received:
        raise c.Bad("row {row}: rejected: at most the {count} received", row=number, count=f"{received:f}")
    if row["received_on"] and row["received_on"] < row["ordered_on"]:
        raise c.Bad("row {row}: received_on: a day not before ordered_on", row=number)
    return {
        "supplier_id": row["supplier"],
        "item_id": row["item"],
        "document": f"purchase_history:{row['order']}",
        "line": str(row["line"]),
        "due_on": row["due"],
        "complete_on": row["received_on"] if received >= row["ordered"] else None,
        "ordered": row["ordered"],
        "received": received,
        "accepted": received - row["rejected"],
        "paid_value": (received * row["price"]).quantize(PLACES),
        "benchmark_value": (received * best.get(row["item"], row["price"])).quantize(PLACES),
    }


def _keep_deliveries(rows: Iterable[dict[str, Any]]) -> None:
    known = {
        (record.document, record.line): record
        for record in db.session.scalars(
            select(DeliveryRecord).where(DeliveryRecord.document.startswith("purchase_history:"))
        )
    }
    fresh = []
    for row in rows:
        record = known.get((row["document"], row["line"]))
        if record is None:
            fresh.append(row)
            continue
        for name, value in row.items():
            setattr(record, name, value)
    db.session.flush()
    if fresh:
        db.session.execute(insert(DeliveryRecord), fresh)


HISTORY = (
    FileSpec("demand_history", _demand_columns, _save_demand, ("sites", "items"), ("site", "item", "month")),
    FileSpec(
        "purchase_history", _purchase_columns, _save_purchases, ("partners", "items"), ("order", "line")
    ),
)
