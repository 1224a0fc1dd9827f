"""What the words and figures of the plant's file mean."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from app.masterdata.models import (
    Supply,
)

UNITS = {"台": "unit", "組": "set", "個": "pc", "支": "pc", "片": "pc", "盒": "box", "kg": "kg"}
SUPPLY = {
    "make": Supply.MAKE,
    "buy": Supply.BUY,
    "subcontract": Supply.SUBCONTRACT,
    "customer_supplied": Supply.CUSTOMER,
}
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
