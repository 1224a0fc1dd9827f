"""The files about the company itself: its settings, other currencies, its codes, its customers' part numbers."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select

from app.core.db import db
from app.costing.models import MoveValue
from app.imports import columns as c
from app.imports.columns import Column
from app.imports.specs import FileSpec, Rows, codes, name_columns, named, upsert
from app.masterdata.models import (
    CodeKind,
    Company,
    Currency,
    CurrencyRate,
    CustomerItem,
    Item,
    Partner,
    ReasonCode,
    Valuation,
)

SETTLED = ("currency", "costing_method")
"""What the books rest on: it stays as it is once a stock move is valued."""


def _company_columns() -> list[Column]:
    zero = Decimal(0)
    return [
        *name_columns(),
        Column("tax_id", c.text(20)),
        Column("currency", c.currency, required=True, meaning="of the books; stays once stock is valued"),
        Column("document_decimals", c.whole(0, 4), default=0, meaning="places of amounts in this currency"),
        Column("price_decimals", c.whole(0, 6), default=4, meaning="most places of a price"),
        Column("vat_percent", c.number(0), default=zero, meaning="5 is five in a hundred"),
        Column(
            "costing_method",
            c.one_of(one.value for one in Valuation),
            default=Valuation.MOVING_AVERAGE.value,
            meaning=", ".join(Valuation) + "; stays once stock is valued",
        ),
        Column(
            "period_cut_off_day",
            c.whole(1, 31),
            default=31,
            meaning="last day of a supplier statement's month",
        ),
        Column("labour_per_hour", c.number(0), default=zero, meaning="labour cost rate"),
        Column("variable_overhead_per_labour_hour", c.number(0), default=zero),
        Column("fixed_overhead_per_labour_hour", c.number(0), default=zero),
        Column("overrun_percent", c.number(0), default=zero, meaning="good above ordered still accepted"),
        Column(
            "effect_days",
            c.whole(0, 3650),
            default=30,
            meaning="from a corrective action to the check of its effect",
        ),
    ]


def _save_company(rows: Rows) -> None:
    if len(rows) != 1:
        raise c.Bad("one row, the company's; not {count}", count=len(rows))
    known, row = db.session.get(Company, 1), rows[0]
    if known is not None and db.session.scalar(select(MoveValue.id).limit(1)) is not None:
        for name in SETTLED:
            if row[name] != getattr(known, name):
                raise c.Bad(
                    "{column}: {value} as before, stock is valued by it already",
                    column=name,
                    value=getattr(known, name),
                )
    upsert(Company, ("id",), [{"id": 1} | one for one in named(rows)])


def _currency_columns() -> list[Column]:
    return [
        Column("code", c.currency, required=True, meaning="another than the company's"),
        Column("decimals", c.whole(0, 4), default=2, meaning="places of amounts in it"),
    ]


def _save_currencies(rows: Rows) -> None:
    _refuse_own(rows, "code")
    upsert(Currency, ("code",), rows)


def _refuse_own(rows: Rows, column: str) -> None:
    company = db.session.get(Company, 1)
    for number, row in enumerate(rows, start=2):
        if company is not None and row[column] == company.currency:
            raise c.Bad(
                "row {row}: currency: another than the company's own, {currency}",
                row=number,
                currency=company.currency,
            )


def _rate_columns() -> list[Column]:
    return [
        Column("currency", c.currency, required=True),
        Column("valid_from", c.day, required=True, meaning="first day of the rate"),
        Column("rate", c.number(above=0), required=True, meaning="of one unit, in the company's currency"),
    ]


def _save_rates(rows: Rows) -> None:
    _refuse_own(rows, "currency")
    upsert(CurrencyRate, ("currency", "valid_from"), rows)


def _code_columns() -> list[Column]:
    return [
        Column("kind", c.choice(CodeKind), required=True, meaning="defect, stop or adjustment"),
        Column("code", c.text(20), required=True),
        *name_columns(),
        Column("active", c.yes_no, default=True),
    ]


def _save_codes(rows: Rows) -> None:
    upsert(ReasonCode, ("kind", "code"), named(rows))


def _part_columns() -> list[Column]:
    return [
        Column("customer", c.code_of("partner", codes(Partner)), required=True),
        Column("item", c.code_of("item", codes(Item, "number")), required=True, meaning="own number"),
        Column("part_number", c.text(60), required=True, meaning="the customer's"),
        Column("drawing_revision", c.text(20), meaning="of the customer's drawing"),
    ]


def _save_parts(rows: Rows) -> None:
    customers = {row.id for row in db.session.scalars(select(Partner).where(Partner.is_customer))}
    for number, row in enumerate(rows, start=2):
        if row["customer"] not in customers:
            raise c.Bad("row {row}: customer: a partner that is a customer", row=number)
        row |= {"customer_id": row.pop("customer"), "item_id": row.pop("item")}
    upsert(CustomerItem, ("customer_id", "item_id"), rows)


COMPANY = (
    FileSpec("company", _company_columns, _save_company),
    FileSpec("currencies", _currency_columns, _save_currencies, needs=("company",), key=("code",)),
    FileSpec(
        "currency_rates", _rate_columns, _save_rates, needs=("company",), key=("currency", "valid_from")
    ),
    FileSpec("reason_codes", _code_columns, _save_codes, key=("kind", "code")),
)
CUSTOMERS = (
    FileSpec("customer_parts", _part_columns, _save_parts, ("partners", "items"), ("customer", "item")),
)
