"""Lay the demo plant's master data and opening stock into the database."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app.core.db import db
from app.demo import products
from app.demo.values import RATES_FROM, names, number
from app.inventory import services as inventory
from app.inventory.models import LocationKind
from app.masterdata.models import (
    CalendarException,
    CodeKind,
    Company,
    Currency,
    CurrencyRate,
    Item,
    Machine,
    Partner,
    ReasonCode,
    Shift,
    Site,
    WorkCentre,
)

WEEKDAYS = {"Sat": 5, "Sun": 6}


def load_master(plant: dict[str, Any], opening: date) -> Site:
    """Add everything but people and orders; opening stock is dated ``opening``. Returns the main site."""
    _company(plant)
    site = _sites(plant)
    shifts = _calendar(plant, site)
    centres = _work_centres(plant, site, shifts)
    _overtime(plant, site, shifts, centres)
    partners = _partners(plant)
    items = products.items(plant, partners)
    products.structure(plant, items, centres, partners)
    products.prices(plant, items, partners)
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
        db.session.add(Currency(code=currency, decimals=0 if currency == "JPY" else 2))
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
