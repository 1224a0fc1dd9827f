"""Lay the demo plant's master data and opening stock into the database."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app.core.db import db
from app.inventory import services as inventory
from app.inventory.models import LocationKind
from app.masterdata.models import (
    BomLine,
    CalendarException,
    CodeKind,
    Company,
    CurrencyRate,
    CustomerItem,
    Item,
    ItemUnit,
    LotRule,
    Machine,
    Partner,
    ReasonCode,
    RoutingOperation,
    Shift,
    Site,
    SupplierPrice,
    Supply,
    WorkCentre,
)

UNITS = {"台": "unit", "組": "set", "個": "pc", "支": "pc", "片": "pc", "盒": "box", "kg": "kg"}
SUPPLY = {
    "make": Supply.MAKE,
    "buy": Supply.BUY,
    "subcontract": Supply.SUBCONTRACT,
    "customer_supplied": Supply.CUSTOMER,
}
WEEKDAYS = {"Sat": 5, "Sun": 6}
RATES_FROM = date(2024, 1, 1)


def number(value: Any) -> Decimal:
    """Return the first number in a value of the file as an exact decimal."""
    found = re.search(r"-?\d+(\.\d+)?", str(value))
    if found is None:
        raise ValueError(f"no number in {value!r}")
    return Decimal(found[0])


def names(pair: list[str]) -> dict[str, str]:
    """Return the file's ``[Chinese, English]`` pair as text per language."""
    return {"zh_Hant": pair[0], "en": pair[1]}


def load_master(plant: dict[str, Any], opening: date) -> Site:
    """Add everything but people and orders; opening stock is dated ``opening``. Returns the main site."""
    _company(plant)
    site = _sites(plant)
    shifts = _calendar(plant, site)
    centres = _work_centres(plant, site, shifts)
    _overtime(plant, site, shifts, centres)
    partners = _partners(plant)
    items = _items(plant, partners)
    _structure(plant, items, centres, partners)
    _prices(plant, items, partners)
    _codes(plant)
    _stock(plant, site, items, opening)
    return site


def _company(plant: dict[str, Any]) -> None:
    facts, rates = plant["company"], plant["rates"]
    db.session.add(
        Company(
            id=1,
            names=names(facts["name"]),
            tax_id=facts["tax_id"],
            currency=facts["currency"],
            document_decimals=facts["document_decimals"],
            price_decimals=facts["price_decimals"],
            vat_percent=number(rates["vat_percent"]),
            costing_method=facts["costing"],
            period_cut_off_day=facts["period_cut_off_day"],
            labour_per_hour=number(rates["labour_per_hour"]),
            variable_overhead_per_labour_hour=number(rates["variable_overhead_per_labour_hour"]),
            fixed_overhead_per_labour_hour=number(rates["fixed_overhead_per_labour_hour"]),
            overrun_percent=Decimal(5),
        )
    )
    for currency in ("JPY", "USD"):
        rate = number(rates[f"{currency}_TWD"])
        db.session.add(CurrencyRate(currency=currency, valid_from=RATES_FROM, rate=rate))


def _sites(plant: dict[str, Any]) -> Site:
    off = sorted(WEEKDAYS[day] for day in plant["calendar"]["weekly_off"])
    sites = [
        Site(
            code=row["code"], names=names(row["name"]), timezone=plant["company"]["timezone"], weekly_off=off
        )
        for row in plant["sites"]
    ]
    db.session.add_all(sites)
    db.session.flush()
    return sites[0]


def _calendar(plant: dict[str, Any], site: Site) -> dict[str, Shift]:
    holiday = {"zh_Hant": "國定假日", "en": "National holiday"}
    for day in plant["calendar"]["holidays_2026"]:
        db.session.add(CalendarException(site_id=site.id, date=day, working=False, reason=holiday))
    shifts = {}
    for code, row in plant["calendar"]["shifts"].items():
        shifts[code] = Shift(
            site_id=site.id,
            code=code,
            names=names(row["name"]),
            start=row["start"],
            end=row["end"].partition("+")[0],
            breaks=[pause.split("-") for pause in row.get("breaks", [])],
        )
    db.session.add_all(shifts.values())
    db.session.flush()
    return shifts


def _work_centres(plant: dict[str, Any], site: Site, shifts: dict[str, Shift]) -> dict[str, WorkCentre]:
    centres = {}
    for code, row in plant["work_centres"].items():
        centres[code] = WorkCentre(
            site_id=site.id,
            code=code,
            names=names(row["name"]),
            crew=number(row["crew"]),
            machine_per_hour=number(row["machine_per_hour"]),
            machines=[Machine(code=machine) for machine in row["machines"]],
            shifts=[shifts[shift] for shift in row["shifts"]],
        )
    db.session.add_all(centres.values())
    db.session.flush()
    return centres


def _overtime(
    plant: dict[str, Any], site: Site, shifts: dict[str, Shift], centres: dict[str, WorkCentre]
) -> None:
    for row in plant["calendar"]["extra_working"]:
        for code in row["work_centres"]:
            db.session.add(
                CalendarException(
                    site_id=site.id,
                    date=row["date"],
                    working=True,
                    work_centre_id=centres[code].id,
                    shift_id=shifts[row["shift"]].id,
                    reason=names(row["reason"]),
                )
            )


def _partners(plant: dict[str, Any]) -> dict[str, Partner]:
    partners = {}
    for code, row in plant["customers"].items():
        partners[code] = Partner(
            code=code,
            names=names(row["name"]),
            tax_id=row.get("tax_id"),
            country=row["country"],
            is_customer=True,
            currency=row["currency"],
            vat=row["vat"],
            cut_off_day=row.get("cut_off", 31),
            payment_days=int(number(row["terms"][1])),
            incoterm=row.get("incoterm"),
            certificates=row.get("certificates", []),
        )
    for code, row in plant["suppliers"].items():
        partners[code] = Partner(
            code=code,
            names=names(row["name"]),
            tax_id=row.get("tax_id"),
            is_supplier="service" not in row,
            is_subcontractor="service" in row,
            payment_days=row["terms"],
            cut_off_day=25,
            vat="none" if "document" in row else "taxable",
        )
    db.session.add_all(partners.values())
    db.session.flush()
    return partners


def _usual_supplier(plant: dict[str, Any], item: str) -> tuple[str | None, dict[str, Any]]:
    """Return the first-ranked supplier of a bought item and what the file says of it."""
    offers = [
        (row["items"][item].get("rank", 1), code, row["items"][item])
        for code, row in plant["suppliers"].items()
        if item in row.get("items", {})
    ]
    return min(offers, key=lambda offer: offer[:2])[1:] if offers else (None, {})


def _items(plant: dict[str, Any], partners: dict[str, Partner]) -> dict[str, Item]:
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


def _structure(
    plant: dict[str, Any],
    items: dict[str, Item],
    centres: dict[str, WorkCentre],
    partners: dict[str, Partner],
) -> None:
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


def _prices(plant: dict[str, Any], items: dict[str, Item], partners: dict[str, Partner]) -> None:
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


def _codes(plant: dict[str, Any]) -> None:
    for kind, rows in ((CodeKind.DEFECT, plant["defect_codes"]), (CodeKind.STOP, plant["stop_codes"])):
        for code, pair in rows.items():
            db.session.add(ReasonCode(kind=kind, code=code, names=names(pair)))
    for code, pair in {"A01": ["盤點差異", "Count difference"], "A02": ["期初庫存", "Opening stock"]}.items():
        db.session.add(ReasonCode(kind=CodeKind.ADJUSTMENT, code=code, names=names(pair)))


def _stock(plant: dict[str, Any], site: Site, items: dict[str, Item], opening: date) -> None:
    """Post one opening lot per item, valued at standard."""
    for kind in (LocationKind.INTERNAL, LocationKind.INSPECTION, LocationKind.WIP, LocationKind.REJECT):
        inventory.location(site.id, kind)
    store = inventory.location(site.id, LocationKind.INTERNAL)
    difference = inventory.location(site.id, LocationKind.ADJUSTMENT)
    for code, row in plant["items"].items():
        if not row["stock"]:
            continue
        item = items[code]
        lot = inventory.make_lot(item, f"{code}-{opening:%y%m%d}", received_on=opening, document="opening:1")
        quantity = number(row["stock"])
        inventory.post(
            item.id,
            quantity,
            source=difference,
            target=store,
            document="opening:1",
            lot_id=lot.id,
            owner_id=item.owner_id,
            second_quantity=round(quantity / item.second_unit_ratio, 2) if item.second_unit_ratio else None,
            unit_cost=item.standard_cost if item.owner_id is None else None,
            reason="A02",
            on=opening,
        )


def weeks_from_story(start: date) -> timedelta:
    """Return how far the story moves so that its first Monday falls in the week of ``start``."""
    monday = start - timedelta(days=start.weekday())
    return monday - date(2026, 3, 2)
