"""The files about stock: where it is kept and what is there."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.imports import columns as c
from app.imports.columns import Column
from app.imports.specs import FileSpec, Rows, codes, upsert
from app.inventory import services as inventory
from app.inventory.models import Location, LocationKind
from app.masterdata.models import Item, Partner, Site


def _location_columns() -> list[Column]:
    return [
        Column("site", c.code_of("site", codes(Site)), required=True),
        Column("code", c.text(40), required=True),
        Column("name_en", c.text(), required=True),
        Column("name_zh_Hant", c.text()),
        Column("kind", c.choice(LocationKind), default=LocationKind.INTERNAL),
        Column("partner", c.code_of("partner", codes(Partner)), meaning="whose, for a subcontractor's"),
    ]


def _save_locations(rows: Rows) -> None:
    for row in rows:
        english, chinese = row.pop("name_en"), row.pop("name_zh_Hant")
        row |= {"names": {"en": english, "zh_Hant": chinese or english}}
        row |= {"site_id": row.pop("site"), "partner_id": row.pop("partner")}
    upsert(Location, ("site_id", "code"), rows)


def _stock_columns() -> list[Column]:
    return [
        Column("site", c.code_of("site", codes(Site)), required=True),
        Column("location", c.text(40), required=True, meaning="code of a location of that site"),
        Column("item", c.code_of("item", codes(Item, "number")), required=True),
        Column("lot", c.text(60), meaning="lot number; empty: the item and the day"),
        Column("quantity", c.number(above=0), required=True, meaning="in the stock unit"),
        Column("second_quantity", c.number(0)),
        Column("unit_cost", c.number(0), meaning="empty: the item's standard cost"),
        Column("owner", c.code_of("partner", codes(Partner)), meaning="empty: own stock"),
        Column("date", c.day, meaning="empty: today at the site"),
    ]


def _save_stock(rows: Rows) -> None:
    places = {(row.site_id, row.code): row for row in db.session.scalars(select(Location))}
    items = {row.id: row for row in db.session.scalars(select(Item))}
    today = {row.id: clock.today(row.timezone) for row in db.session.scalars(select(Site))}
    for number, row in enumerate(rows, start=2):
        place = places.get((row["site"], row["location"]))
        if place is None:
            raise c.Bad(
                "row {row}: location: the code of a location of the site, not {code}",
                row=number,
                code=row["location"],
            )
        item, day = items[row["item"]], row["date"] or today[row["site"]]
        lot = inventory.make_lot(
            item, row["lot"] or f"{item.number}-{day:%y%m%d}", received_on=day, document="opening:1"
        )
        cost = row["unit_cost"] if row["unit_cost"] is not None else item.standard_cost
        inventory.post(
            item.id,
            Decimal(row["quantity"]),
            source=inventory.location(row["site"], LocationKind.ADJUSTMENT),
            target=place,
            document="opening:1",
            lot_id=lot.id,
            owner_id=row["owner"],
            second_quantity=row["second_quantity"],
            unit_cost=None if row["owner"] else cost,
            on=day,
        )


STOCK = (
    FileSpec("locations", _location_columns, _save_locations, ("sites", "partners"), ("site", "code")),
    FileSpec(
        "stock",
        _stock_columns,
        _save_stock,
        ("items", "locations"),
        ("site", "location", "item", "lot", "owner"),
    ),
)
