"""What a file to import is, and the files about partners and items: bills, routings, prices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.core.db import db
from app.imports import columns as c
from app.imports.columns import Column
from app.masterdata.explosion import CycleError, Line, Structure, low_level_codes
from app.masterdata.models import (
    BomLine,
    Item,
    ItemUnit,
    LotRule,
    Partner,
    RoutingOperation,
    SupplierPrice,
    Supply,
    WorkCentre,
)

Rows = list[dict[str, Any]]
Codes = Callable[[], Mapping[str, int]]


@dataclass(frozen=True)
class FileSpec:
    """One file: its columns, the files it refers to, and how its rows are kept."""

    name: str
    columns: Callable[[], list[Column]]
    save: Callable[[Rows], None]
    needs: tuple[str, ...] = ()
    key: tuple[str, ...] = field(default=())


def codes(model: type, attribute: str = "code") -> dict[str, int]:
    """Return the ids of a table's rows by their code."""
    column = getattr(model, attribute)
    return {row[0]: row[1] for row in db.session.execute(select(column, model.id)).all()}  # type: ignore[attr-defined]


def upsert(model: type, key: tuple[str, ...], rows: Rows) -> None:
    """Update the rows whose key exists and add the others."""
    present: Iterable[Any] = db.session.scalars(select(model))
    known = {tuple(getattr(row, name) for name in key): row for row in present}
    for values in rows:
        identity = tuple(values[name] for name in key)
        if identity in known:
            for name, value in values.items():
                setattr(known[identity], name, value)
        else:
            known[identity] = model(**values)
            db.session.add(known[identity])
    db.session.flush()


def named(rows: Rows) -> Rows:
    """Fold the columns ``name_en`` and ``name_zh_Hant`` into ``names``."""
    for row in rows:
        english, chinese = row.pop("name_en"), row.pop("name_zh_Hant")
        row["names"] = {"en": english, "zh_Hant": chinese or english}
    return rows


def name_columns() -> list[Column]:
    """Return the two columns of a name."""
    return [
        Column("name_en", c.text(), required=True, meaning="English name"),
        Column("name_zh_Hant", c.text(), meaning="Traditional Chinese name; empty: the English one"),
    ]


def _item(name: str = "item") -> Column:
    return Column(name, c.code_of("item", codes(Item, "number")), required=True, meaning="number of the item")


def _validity() -> list[Column]:
    return [
        Column("valid_from", c.day, meaning="first day in force; empty: always"),
        Column("valid_to", c.day, meaning="first day no longer in force; empty: open"),
    ]


def renamed(rows: Rows, **names: str) -> Rows:
    """Give columns other names: ``renamed(rows, site="site_id")``."""
    for row in rows:
        for old, new in names.items():
            row[new] = row.pop(old)
    return rows


def _partner_columns() -> list[Column]:
    return [
        Column("code", c.text(40), required=True),
        *name_columns(),
        Column("tax_id", c.text(20)),
        Column("country", c.text(2), default="TW"),
        Column("is_customer", c.yes_no, default=False),
        Column("is_supplier", c.yes_no, default=False),
        Column("is_subcontractor", c.yes_no, default=False),
        Column("approved", c.yes_no, default=True, meaning="on the approved supplier list"),
        Column("active", c.yes_no, default=True),
        Column("currency", c.text(3), default="TWD"),
        Column("payment_days", c.whole(), default=30),
        Column("vat", c.one_of(("taxable", "zero_rated", "none")), default="taxable"),
    ]


def _save_partners(rows: Rows) -> None:
    upsert(Partner, ("code",), named(rows))


def _item_columns() -> list[Column]:
    return [
        Column("number", c.text(60), required=True),
        *name_columns(),
        Column("specification", c.text(400)),
        Column("drawing", c.text(60)),
        Column("revision", c.text(20)),
        Column(
            "item_group", c.text(40), meaning="items with something in common, such as an inspection plan"
        ),
        Column("supply", c.choice(Supply), required=True, meaning="make, buy, subcontract or customer"),
        Column("phantom", c.yes_no, default=False),
        Column("active", c.yes_no, default=True),
        Column("unit", c.text(10), required=True, meaning="stock unit"),
        Column("unit_decimals", c.whole(), default=0, meaning="places a quantity may have"),
        Column("second_unit", c.text(10)),
        Column("second_unit_ratio", c.number(above=0), meaning="nominal stock units in one second unit"),
        Column("weight_kg", c.number(0)),
        Column("safety_stock", c.number(0), default=0),
        Column("reorder_point", c.number(0)),
        Column("lead_days", c.whole(), default=0, meaning="working days from release to receipt"),
        Column("yield_ratio", c.number(above=0), default=1, meaning="good share of started"),
        Column("lot_rule", c.choice(LotRule), default=LotRule.LOT_FOR_LOT),
        Column("lot_fixed", c.number(above=0)),
        Column("lot_minimum", c.number(above=0)),
        Column("lot_maximum", c.number(above=0)),
        Column("lot_multiple", c.number(above=0)),
        Column("lot_period_days", c.whole(1)),
        Column("shelf_life_days", c.whole(1)),
        Column("supplier", c.code_of("partner", codes(Partner)), meaning="usual supplier"),
        Column("standard_cost", c.number(0), default=0),
        Column("price", c.number(0), meaning="sales price in price_currency"),
        Column("price_currency", c.text(3), default="TWD"),
    ]


def _save_items(rows: Rows) -> None:
    for row in renamed(rows, supplier="supplier_id"):
        price, currency = row.pop("price"), row.pop("price_currency")
        row["prices"] = {currency: str(price)} if price is not None else {}
    upsert(Item, ("number",), named(rows))


def _unit_columns() -> list[Column]:
    return [
        _item(),
        Column("unit", c.text(10), required=True),
        Column(
            "numerator", c.number(above=0), required=True, meaning="stock units in `denominator` of this unit"
        ),
        Column("denominator", c.number(above=0), default=1),
    ]


def _save_units(rows: Rows) -> None:
    upsert(ItemUnit, ("item_id", "unit"), renamed(rows, item="item_id"))


def _bom_columns() -> list[Column]:
    return [
        _item("parent"),
        _item("component"),
        Column(
            "quantity",
            c.number(above=0),
            required=True,
            meaning="of the component's stock unit in one parent",
        ),
        Column("scrap", c.number(0), default=0, meaning="mark-up, 0.01 is one in a hundred extra"),
        Column("operation", c.whole(), meaning="routing operation that uses it"),
        *_validity(),
    ]


def _save_boms(rows: Rows) -> None:
    for number, row in enumerate(rows, start=2):
        if row["parent"] == row["component"]:
            raise c.Bad("row {row}: a component other than the parent itself", row=number)
    key = ("parent_id", "component_id", "operation", "valid_from")
    upsert(BomLine, key, renamed(rows, parent="parent_id", component="component_id"))
    _refuse_cycles()


def _refuse_cycles() -> None:
    """Refuse bills in which an item is, by way of others, a component of itself.

    Raises:
        Bad: naming the item numbers along the way round.
    """
    lines = db.session.execute(select(BomLine.parent_id, BomLine.component_id, BomLine.quantity)).all()
    try:
        low_level_codes(Structure(Line(*line) for line in lines))
    except CycleError as error:
        numbers = {place: number for number, place in codes(Item, "number").items()}
        path = " > ".join(numbers[item] for item in error.path)
        raise c.Bad("an item that is no component of itself: {path}", path=path) from None


def _routing_columns() -> list[Column]:
    return [
        _item(),
        Column("number", c.whole(1), required=True, meaning="10, 20, 30 …"),
        *name_columns(),
        Column(
            "work_centre", c.code_of("work centre", codes(WorkCentre)), meaning="own shop: this or supplier"
        ),
        Column("supplier", c.code_of("partner", codes(Partner)), meaning="outside operation"),
        Column("setup_minutes", c.number(0), default=0),
        Column("run_minutes", c.number(0), default=0, meaning="machine minutes per piece"),
        Column("outside_lead_days", c.whole(), default=0),
        Column("inspect", c.yes_no, default=False),
        *_validity(),
    ]


def _save_routings(rows: Rows) -> None:
    for number, row in enumerate(
        renamed(rows, work_centre="work_centre_id", supplier="supplier_id"), start=2
    ):
        if (row["work_centre_id"] is None) == (row["supplier_id"] is None):
            raise c.Bad("row {row}: either work_centre or supplier", row=number)
    upsert(RoutingOperation, ("item_id", "number", "valid_from"), named(renamed(rows, item="item_id")))


def _price_columns() -> list[Column]:
    return [
        Column("supplier", c.code_of("partner", codes(Partner)), required=True),
        _item(),
        Column("operation", c.whole(1), meaning="of an outside operation; empty: the whole item"),
        Column("price", c.number(0), required=True),
        Column("currency", c.text(3), default="TWD"),
        Column("unit", c.text(10), required=True, meaning="unit the price is for"),
        Column("minimum_quantity", c.number(0), default=0),
        Column("minimum_charge", c.number(0), default=0),
        Column("order_multiple", c.number(above=0)),
        Column("lead_days", c.whole(), default=0),
        Column("loss_allowance", c.number(0), default=0),
        Column("rank", c.whole(1), default=1),
        Column("approved", c.yes_no, default=True),
        *_validity(),
    ]


def _save_prices(rows: Rows) -> None:
    key = ("supplier_id", "item_id", "operation", "minimum_quantity", "valid_from")
    upsert(SupplierPrice, key, renamed(rows, supplier="supplier_id", item="item_id"))


def _cost_columns() -> list[Column]:
    return [_item(), Column("standard_cost", c.number(0), required=True, meaning="per stock unit")]


def _save_costs(rows: Rows) -> None:
    for row in rows:
        db.session.get_one(Item, row["item"]).standard_cost = row["standard_cost"]


MASTER = (
    FileSpec("partners", _partner_columns, _save_partners, key=("code",)),
    FileSpec("items", _item_columns, _save_items, ("partners",), ("number",)),
    FileSpec("units", _unit_columns, _save_units, ("items",), ("item", "unit")),
    FileSpec(
        "boms", _bom_columns, _save_boms, ("items",), ("parent", "component", "operation", "valid_from")
    ),
    FileSpec(
        "routings",
        _routing_columns,
        _save_routings,
        ("items", "work_centres"),
        ("item", "number", "valid_from"),
    ),
    FileSpec(
        "supplier_prices",
        _price_columns,
        _save_prices,
        ("items", "partners"),
        ("supplier", "item", "operation", "minimum_quantity", "valid_from"),
    ),
    FileSpec("standard_costs", _cost_columns, _save_costs, ("items",), ("item",)),
)
