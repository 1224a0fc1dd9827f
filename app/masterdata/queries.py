"""Reads of master data that every step uses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_, select

from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import localized
from app.core.operators import source
from app.core.web import company_namer
from app.core.working_time import PlantCalendar, calendar_source
from app.masterdata.calendar import WorkingDays
from app.masterdata.models import (
    CalendarException,
    Company,
    Currency,
    CurrencyRate,
    Item,
    Partner,
    ReasonCode,
    Site,
    SupplierPrice,
)


def company() -> Company:
    """Return the company's settings.

    Raises:
        NotFound: the installation has no company yet.
    """
    found = db.session.get(Company, 1)
    if found is None:
        raise NotFound("no_company", _("No company is set up yet."))
    return found


def reason_names() -> dict[str, str]:
    """Return what every reason code means, in the reader's language."""
    return {row.code: localized(row.names) for row in db.session.scalars(select(ReasonCode))}


@company_namer
def company_name() -> str:
    """Return the company's name in the reader's language; empty while none is set up."""
    found = db.session.get(Company, 1)
    return localized(found.names) if found is not None else ""


def site_named(code: str) -> Site:
    """Return the site with ``code``.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalar(select(Site).where(Site.code == code))
    if found is None:
        raise NotFound("no_site", _("There is no site {code}.").format(code=code))
    return found


def working_days(site_id: int) -> WorkingDays:
    """Return the site's calendar; what concerns one work centre only is left out."""
    site = db.session.get_one(Site, site_id)
    rows = db.session.scalars(
        select(CalendarException).where(
            CalendarException.site_id == site_id, CalendarException.work_centre_id.is_(None)
        )
    )
    return WorkingDays(frozenset(site.weekly_off), {row.date: row.working for row in rows})


def currency_rate(currency: str, on: date) -> Decimal:
    """Return what one unit of ``currency`` is worth in the company's currency on a day."""
    if currency == company().currency:
        return Decimal(1)
    rate = db.session.scalar(
        select(CurrencyRate.rate)
        .where(CurrencyRate.currency == currency, CurrencyRate.valid_from <= on)
        .order_by(CurrencyRate.valid_from.desc())
        .limit(1)
    )
    if rate is None:
        sentence = _("There is no rate for {currency} on {day}.")
        raise NotFound("no_rate", sentence.format(currency=currency, day=on))
    return rate


def money_decimals(currency: str) -> int:
    """Return how many places a new document's amounts have in a currency; two where nobody said."""
    own = company()
    if currency == own.currency:
        return own.document_decimals
    found = db.session.get(Currency, currency)
    return 2 if found is None else found.decimals


def currencies() -> list[Currency]:
    """Return the other currencies whose places somebody set."""
    return list(db.session.scalars(select(Currency).order_by(Currency.code)))


def price_decimals() -> int:
    """Return how many places a price may have; a company that is not set up yet keeps all six."""
    found = db.session.get(Company, 1)
    return 6 if found is None else found.price_decimals


def effective(model: type[Any], on: date) -> ColumnElement[bool]:
    """Return the SQL condition that a row with ``valid_from`` and ``valid_to`` is effective on a day."""
    begun = or_(model.valid_from.is_(None), model.valid_from <= on)
    return begun & or_(model.valid_to.is_(None), model.valid_to > on)


def supplier_prices(item_id: int, on: date, operation: int | None = None) -> list[SupplierPrice]:
    """Return the approved prices in force for an item or a service on it, best rank first."""
    query = (
        select(SupplierPrice)
        .join(Partner, Partner.id == SupplierPrice.supplier_id)
        .where(
            SupplierPrice.item_id == item_id,
            SupplierPrice.approved,
            SupplierPrice.operation.is_(None) if operation is None else SupplierPrice.operation == operation,
            effective(SupplierPrice, on),
            Partner.active,
        )
        .order_by(SupplierPrice.rank, SupplierPrice.minimum_quantity.desc(), SupplierPrice.price)
    )
    return list(db.session.scalars(query))


@source
def items(sold: bool = False) -> list[dict[str, str]]:
    """Items to choose from; ``sold``: only those with a sales price."""
    rows = db.session.scalars(select(Item).where(Item.active).order_by(Item.number))
    return [
        {"value": str(row.id), "label": f"{row.number} {localized(row.names)}"}
        for row in rows
        if row.prices or not sold
    ]


@source
def suppliers() -> list[dict[str, str]]:
    """Active suppliers to choose from."""
    rows = db.session.scalars(
        select(Partner)
        .where(Partner.active, or_(Partner.is_supplier, Partner.is_subcontractor))
        .order_by(Partner.code)
    )
    return [{"value": str(row.id), "label": f"{row.code} {localized(row.names)}"} for row in rows]


@source
def customers() -> list[dict[str, str]]:
    """Active customers to choose from."""
    rows = db.session.scalars(
        select(Partner).where(Partner.active, Partner.is_customer).order_by(Partner.code)
    )
    return [{"value": str(row.id), "label": f"{row.code} {localized(row.names)}"} for row in rows]


@source
def reason_codes(kind: str) -> list[dict[str, str]]:
    """Reason codes of a kind (defect, stop, adjustment) to choose from."""
    rows = db.session.scalars(
        select(ReasonCode).where(ReasonCode.kind == kind, ReasonCode.active).order_by(ReasonCode.code)
    )
    return [{"value": row.code, "label": f"{row.code} {localized(row.names)}"} for row in rows]


@calendar_source
def plant_calendar(documents: list[str]) -> PlantCalendar | None:
    """Return the calendar of the plant documents belong to, else of the first one; None while there is none."""
    wanted = next(filter(None, map(_site_of, documents)), None)
    query = select(Site.id, Site.timezone).order_by(Site.id).limit(1)
    found = db.session.execute(query if wanted is None else query.where(Site.id == wanted)).first()
    return None if found is None else PlantCalendar(found.timezone, working_days(found.id).works)


def _site_of(document: str) -> int | None:
    """Return the site a document such as ``purchase_order:42`` belongs to, where it says so."""
    kind, _colon, number = document.partition(":")
    table = db.metadata.tables.get(kind)
    if table is None or "site_id" not in table.c or not number.isdecimal() or len(number) > 15:
        return None
    return db.session.scalar(select(table.c.site_id).where(table.c.id == int(number)))
