"""What changes the company's own settings; every change is on record with what it was before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit
from app.core.db import db
from app.core.errors import DomainError, NotFound
from app.core.inputs import decimal_input
from app.masterdata.models import Company, Currency

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Bounds:
    """What a setting may be: between two numbers, with so many places."""

    minimum: Decimal
    maximum: Decimal
    places: int = 0


def _bounds(minimum: str, maximum: str, places: int = 0) -> Bounds:
    return Bounds(Decimal(minimum), Decimal(maximum), places)


SETTINGS: dict[str, Bounds] = {
    "document_decimals": _bounds("0", "4"),
    "price_decimals": _bounds("0", "6"),
    "vat_percent": _bounds("0", "100", 2),
    "overrun_percent": _bounds("0", "100", 2),
    "weighed_percent": _bounds("0", "100", 2),
    "dear_percent": _bounds("0", "1000", 2),
    "after_fact_days": _bounds("0", "30"),
    "match_price_percent": _bounds("0", "100", 2),
    "match_quantity_percent": _bounds("0", "100", 2),
    "match_amount": _bounds("0", "1000000", 2),
    "effect_days": _bounds("0", "3650"),
    "score_quality": _bounds("0", "100", 2),
    "score_delivery": _bounds("0", "100", 2),
    "score_price": _bounds("0", "100", 2),
    "score_capacity": _bounds("0", "100", 2),
    "score_response": _bounds("0", "100", 2),
    "score_decay": _bounds("0.01", "1", 2),
    "score_minimum_sample": _bounds("1", "1000"),
    "score_preferred": _bounds("0", "100", 2),
    "score_approved": _bounds("0", "100", 2),
    "score_warn": _bounds("0", "100", 2),
}
"""The settings a person may change here, by the company's column."""

WEIGHTS = ("score_quality", "score_delivery", "score_price", "score_capacity", "score_response")
BANDS = ("score_preferred", "score_approved", "score_warn")


def change_settings(values: Mapping[str, Any], reason: str = "") -> dict[str, Decimal]:
    """Take over the settings among ``values`` and return those that changed, as they are now.

    Raises:
        DomainError: one is out of its bounds, the weights do not sum to 100, or the bands do not fall.
    """
    company = db.session.scalar(select(Company).where(Company.id == 1).with_for_update())
    if company is None:
        raise NotFound("no_company", _("No company is set up yet."))
    wanted = {name: _read(name, values[name]) for name in SETTINGS if name in values}
    known = {name: Decimal(getattr(company, name)) for name in SETTINGS}
    _check(known | wanted)
    after = {name: value for name, value in wanted.items() if value != known[name]}
    for name, value in after.items():
        setattr(company, name, value if SETTINGS[name].places else int(value))
    if after:
        before = {name: format(known[name].normalize(), "f") for name in after}
        shown = {name: format(value.normalize(), "f") for name, value in after.items()}
        audit.record(
            "company.changed", "company:1", before=before, after=shown, reason=reason.strip() or None
        )
    db.session.flush()
    return after


def _read(name: str, typed: Any) -> Decimal:
    bounds = SETTINGS[name]
    value = decimal_input(typed, field=name, minimum=bounds.minimum, places=bounds.places)
    if value > bounds.maximum:
        sentence = _("{number} is not between {minimum} and {largest}.")
        raise DomainError(
            "number_range",
            sentence.format(number=value, minimum=bounds.minimum, largest=bounds.maximum),
            field=name,
        )
    return value


def _check(values: Mapping[str, Decimal]) -> None:
    total = sum((values[name] for name in WEIGHTS), Decimal(0))
    if total != HUNDRED:
        sentence = _("The weights of the supplier score sum to {total}, not to 100.")
        raise DomainError("weights", sentence.format(total=total), field=WEIGHTS[0])
    preferred, approved, warned = (values[name] for name in BANDS)
    if not preferred >= approved >= warned:
        raise DomainError(
            "bands", _("Preferred needs at least as much as approved, approved as warned."), field=BANDS[0]
        )


def set_currency(code: str, decimals: Any) -> Currency:
    """Say how many places amounts have in another currency; documents there are keep theirs.

    Raises:
        DomainError: no such code, or the company's own.
    """
    code = (code or "").strip().upper()
    company = db.session.get(Company, 1)
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise DomainError("currency", _("A currency has three letters, such as USD."), field="code")
    if company is not None and code == company.currency:
        raise DomainError(
            "own_currency", _("{currency} is the company's own currency.").format(currency=code), field="code"
        )
    places = int(decimal_input(decimals, field="decimals", places=0))
    if places > 4:
        raise DomainError("decimals", _("At most four places."), field="decimals")
    found = db.session.get(Currency, code)
    before = None if found is None else {"decimals": found.decimals}
    if found is None:
        found = Currency(code=code, decimals=places)
        db.session.add(found)
    found.decimals = places
    audit.record("currency.set", f"currency:{code}", before=before, after={"decimals": places})
    db.session.flush()
    return found
