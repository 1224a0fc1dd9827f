"""Lay the demo plant's items, bills of material, routings and prices into the database."""

from __future__ import annotations

from typing import Any

from app.core.db import db
from app.demo.values import SUPPLY, UNITS, names, number
from app.masterdata.models import (
    BomLine,
    CustomerItem,
    Item,
    ItemUnit,
    LotRule,
    Partner,
    RoutingOperation,
    SupplierPrice,
    WorkCentre,
)


def _usual_supplier(plant: dict[str, Any], item: str) -> tuple[str | None, dict[str, Any]]:
    """Return the first-ranked supplier of a bought item and what the file says of it."""
    offers = [
        (row["items"][item].get("rank", 1), code, row["items"][item])
        for code, row in plant["suppliers"].items()
        if item in row.get("items", {})
    ]
    return min(offers, key=lambda offer: offer[:2])[1:] if offers else (None, {})


def items(plant: dict[str, Any], partners: dict[str, Partner]) -> dict[str, Item]:
    """Add the items with their lot rules and the customers' own numbers; return them by number."""
    items = {}
    for code, row in plant["items"].items():
        supplier, offer = _usual_supplier(plant, code)
        supplier = row.get("supplier", supplier)
        second = next(iter(row.get("second_unit", {}).items()), None)
        items[code] = Item(
            number=code,
            names=names(row["name"]),
            drawing=row.get("drawing"),
            revision=row.get("revision"),
            item_group=row.get("group"),
            supply=SUPPLY[row["type"]],
            unit=UNITS[row["unit"]],
            unit_decimals=2 if row["unit"] == "kg" else 0,
            second_unit="bar" if second else None,
            second_unit_ratio=number(second[1]) if second else None,
            weight_kg=number(row["weight_after_op10_kg"]) if "weight_after_op10_kg" in row else None,
            safety_stock=number(row.get("safety", 0)),
            lead_days=row.get("lead", offer.get("lead", 0)),
            yield_ratio=number(row.get("yield", 1)),
            shelf_life_days=row["shelf_life_months"] * 30 if "shelf_life_months" in row else None,
            supplier_id=partners[supplier].id if supplier else None,
            owner_id=partners[row["owner"]].id if "owner" in row else None,
            standard_cost=number(row["standard"]),
            prices={currency: str(price) for currency, price in row.get("price", {}).items()},
            **_lot_rule(row, offer),
        )
        if "buy_unit" in row:
            unit, pieces = next(iter(row["buy_unit"].items()))
            items[code].units = [ItemUnit(unit=UNITS[unit], numerator=number(pieces))]
    db.session.add_all(items.values())
    db.session.flush()
    for code, row in plant["items"].items():
        for customer, part in row.get("customer_part", {}).items():
            db.session.add(
                CustomerItem(
                    customer_id=partners[customer].id,
                    item_id=items[code].id,
                    part_number=part,
                    drawing_revision=row["revision"],
                )
            )
    return items


def _lot_rule(row: dict[str, Any], offer: dict[str, Any]) -> dict[str, Any]:
    """Return the lot rule's columns: the item's own, else what the supplier or the buying unit asks for."""
    given = row.get("lot")
    if given == "lot_for_lot":
        return {"lot_rule": LotRule.LOT_FOR_LOT}
    rule = given or offer
    multiple = (
        rule.get("multiple") or offer.get("multiple") or next(iter(row.get("buy_unit", {}).values()), None)
    )
    minimum = rule.get("minimum")
    if multiple is None and minimum is None:
        return {"lot_rule": LotRule.LOT_FOR_LOT}
    return {
        "lot_rule": LotRule.MIN_MAX_MULTIPLE,
        "lot_multiple": number(multiple) if multiple is not None else None,
        "lot_minimum": number(minimum) if minimum is not None else None,
    }


def structure(
    plant: dict[str, Any],
    items: dict[str, Item],
    centres: dict[str, WorkCentre],
    partners: dict[str, Partner],
) -> None:
    """Add the bills of material and the routings."""
    for parent, lines in plant["boms"].items():
        for component, row in lines.items():
            quantity, scrap = (row["quantity"], row["scrap"]) if isinstance(row, dict) else (row, 0)
            db.session.add(
                BomLine(
                    parent_id=items[parent].id,
                    component_id=items[component].id,
                    quantity=number(quantity),
                    scrap=number(scrap),
                )
            )
    told = plant.get("instructions", {})
    for item, operations in plant["routings"].items():
        for operation, (where, name, setup, run, inspection) in operations.items():
            supplier = plant["suppliers"].get(where)
            db.session.add(
                RoutingOperation(
                    item_id=items[item].id,
                    number=operation,
                    names={"zh_Hant": name, "en": OPERATION_NAMES[name]},
                    work_centre_id=None if supplier else centres[where].id,
                    supplier_id=partners[where].id if supplier else None,
                    setup_minutes=number(setup),
                    run_minutes=number(run),
                    outside_lead_days=supplier["lead"] if supplier else 0,
                    inspect=f"op{operation}" in plant["inspection"].get(item, {}),
                    instructions=names(told[item][operation]) if item in told else {},
                    inspection_note={"zh_Hant": inspection, "en": INSPECTION_NAMES[inspection]},
                )
            )


OPERATION_NAMES = {
    "車削": "Turning",
    "銑削鑽孔": "Milling and drilling",
    "硬陽（送外）": "Hard anodising (outside)",
    "清洗終檢": "Wash and final inspection",
    "滾齒（送外）": "Hobbing (outside)",
    "滲碳（P02直送）": "Carburising (direct from P02)",
    "研磨": "Grinding",
    "組立": "Assembly",
    "洩漏測試": "Leak test",
    "包裝": "Packing",
}
INSPECTION_NAMES = {
    "首件+自主檢查": "First article and self-check",
    "首件+每5件": "First article and every 5th piece",
    "首件+每10件": "First article and every 10th piece",
    "進料檢驗": "Incoming inspection",
    "終檢": "Final inspection",
    "廠商自檢表": "Supplier's own check sheet",
    "硬度": "Hardness",
    "自主檢查": "Self-check",
    "全檢": "Every piece",
    "出貨檢驗": "Outgoing inspection",
}


def prices(plant: dict[str, Any], items: dict[str, Item], partners: dict[str, Partner]) -> None:
    """Add what each supplier charges for goods and services."""
    for code, row in plant["suppliers"].items():
        for item, offer in row.get("items", {}).items():
            db.session.add(
                SupplierPrice(
                    supplier_id=partners[code].id,
                    item_id=items[item].id,
                    price=number(offer["price"]),
                    unit=offer.get("per", items[item].unit),
                    order_multiple=number(offer["multiple"]) if "multiple" in offer else None,
                    lead_days=offer["lead"],
                    rank=offer.get("rank", 1),
                )
            )
        if "service" in row:
            for item, operation in _serviced(plant, code):
                db.session.add(
                    SupplierPrice(
                        supplier_id=partners[code].id,
                        item_id=items[item].id,
                        operation=operation,
                        service=_service(row["service"]),
                        price=number(row["price"]),
                        unit="kg" if str(row["per"]).startswith("kg") else items[item].unit,
                        minimum_charge=number(row.get("minimum_charge", 0)),
                        lead_days=row["lead"],
                        loss_allowance=number(row["loss_allowance_percent"]) / 100,
                    )
                )


def _serviced(plant: dict[str, Any], supplier: str) -> list[tuple[str, int | None]]:
    """Return the items a subcontractor works on, with the routing operation or None for the whole item."""
    whole = [(code, None) for code, row in plant["items"].items() if row.get("supplier") == supplier]
    operations = [
        (item, operation)
        for item, rows in plant["routings"].items()
        for operation, row in rows.items()
        if row[0] == supplier
    ]
    return whole + operations


def _service(text: str) -> dict[str, str]:
    chinese, _, english = text.partition(" ")
    return {"zh_Hant": chinese, "en": english}
