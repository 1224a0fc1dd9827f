"""The demo plant's inspection plans and subcontract agreements, as its file tells them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from app.core import clock
from app.core.db import db
from app.demo.values import number
from app.masterdata.models import Item, Partner, SupplierPrice
from app.quality.models import Characteristic, CharacteristicKind, InspectionKind, InspectionPlan, Sampling
from app.subcontracting.models import Contract, ContractPrice, ContractStatus

CHARACTERISTICS = {
    "bore_mm": ({"en": "Bore", "zh_Hant": "內孔"}, "mm", 3, "D01", "QG-012"),
    "film_um": ({"en": "Film thickness", "zh_Hant": "膜厚"}, "µm", 1, "D02", "QG-021"),
    "colour": ({"en": "Colour against limit sample", "zh_Hant": "色差（限度樣品）"}, "", 0, "D03", None),
    "hardness_HRC": ({"en": "Hardness", "zh_Hant": "硬度"}, "HRC", 1, "D01", "QG-030"),
    "diameter_mm": ({"en": "Diameter", "zh_Hant": "外徑"}, "mm", 3, "D01", "QG-008"),
    "leak_kPa_60s": ({"en": "Leak in 60 s", "zh_Hant": "60 秒洩漏量"}, "kPa", 2, "D07", "QG-041"),
    "flow_l_min": ({"en": "Flow", "zh_Hant": "流量"}, "l/min", 1, "D07", "QG-042"),
}
FIRST_PIECES = 5


def load_agreements(plant: dict[str, Any], year: int) -> None:
    """Add inspection plans, and for the year a contract in force with every subcontractor."""
    items = {item.number: item for item in db.session.scalars(db.select(Item))}
    for code, occasions in plant["inspection"].items():
        by_operation = any(name.startswith("op") for name in occasions)
        for name, content in occasions.items() if by_operation else [(None, occasions)]:
            operation = int(name.removeprefix("op")) if name else None
            db.session.add(_plan(items[code], operation, content, occasions))
    for code, row in plant["suppliers"].items():
        if "service" in row:
            db.session.add(_contract(code, row, year))
    db.session.flush()


def _plan(
    item: Item, operation: int | None, content: dict[str, Any], occasions: dict[str, Any]
) -> InspectionPlan:
    """Return the plan of one operation, or of receipt; several occasions share the rule next to them."""
    rule = str(content.get("sampling") or occasions.get("sampling") or "")
    aql = number(rule.rpartition("AQL")[2]) if "AQL" in rule else None
    whole = "100" in rule
    characteristics = [(name, limits) for name, limits in content.items() if name in CHARACTERISTICS]
    return InspectionPlan(
        item_id=item.id,
        kind=InspectionKind.OPERATION if operation else InspectionKind.RECEIPT,
        operation=operation,
        sampling=Sampling.AQL if aql else Sampling.FULL if whole else Sampling.FIXED,
        aql=aql,
        sample_size=None if aql or whole else FIRST_PIECES,
        certificate=content.get("certificate"),
        characteristics=[
            _characteristic(index, name, limits)
            for index, (name, limits) in enumerate(characteristics, start=1)
        ],
    )


def _characteristic(index: int, name: str, limits: Any) -> Characteristic:
    text, unit, decimals, defect, gauge = CHARACTERISTICS[name]
    measured = isinstance(limits, list)
    lower, upper = limits if measured else (None, None)
    return Characteristic(
        number=index,
        names=text,
        kind=CharacteristicKind.MEASURED if measured else CharacteristicKind.COUNTED,
        unit=unit,
        lower=number(lower) if lower is not None else None,
        upper=number(upper) if upper is not None else None,
        decimals=decimals,
        instrument=gauge,
        defect_code=defect,
    )


def _contract(code: str, row: dict[str, Any], year: int) -> Contract:
    supplier = db.session.scalar(db.select(Partner).where(Partner.code == code))
    prices = db.session.scalars(db.select(SupplierPrice).where(SupplierPrice.supplier_id == supplier.id))
    given = row.get("contract", {})
    return Contract(
        number=f"CT-{year}-{given.get('no', code)[-3:]}",
        supplier_id=supplier.id,
        year=year,
        status=ContractStatus.IN_FORCE,
        valid_from=date(year, 1, 1),
        valid_to=date(year, 12, 31),
        production_standard=row["service"],
        quality_terms=given.get("beyond_allowance"),
        amount=Decimal(0),
        signed_on=date(year, 1, 1),
        created_at=clock.now(),
        prices=[
            ContractPrice(
                item_id=price.item_id,
                operation=price.operation,
                price=price.price,
                minimum_charge=price.minimum_charge,
                loss_allowance=price.loss_allowance,
            )
            for price in prices
        ],
    )
