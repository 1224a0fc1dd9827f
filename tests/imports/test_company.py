"""A company of one's own is set up from files: its settings, currencies, codes, customers' part numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.costing import services as costing
from app.inventory.models import Lot, StockMove
from app.masterdata import queries as masterdata
from app.masterdata.models import Company, CurrencyRate, CustomerItem, ReasonCode, Site

COMPANY = (
    "name_en,name_zh_Hant,tax_id,currency,vat_percent,period_cut_off_day,labour_per_hour,"
    "variable_overhead_per_labour_hour,fixed_overhead_per_labour_hour,overrun_percent,costing_method\n"
    "Heyu,禾嶼,04595257,TWD,5,25,280,60.5,95,3,fifo\n"
)
PARTS = {
    "partners": "code,name_en,is_customer,is_supplier\nC,Mikawa,yes,no\nV,Vendor,no,yes\n",
    "items": "number,name_en,supply,unit\nA,Bike,make,pc\n",
}


def test_company_is_set_up_and_changed_later(load):
    assert load(company=COMPANY).problems == []
    found = masterdata.company()
    assert found.names == {"en": "Heyu", "zh_Hant": "禾嶼"}
    assert (found.currency, found.costing_method, found.period_cut_off_day) == ("TWD", "fifo", 25)
    assert (found.variable_overhead_per_labour_hour, found.overrun_percent) == (Decimal("60.5"), 3)

    assert load(company=COMPANY.replace("TWD", "EUR").replace("280", "300")).problems == []
    assert (found.currency, found.labour_per_hour) == ("EUR", 300)


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("TWD", "twd", "currency"),
        (",fifo", ",lifo", "costing_method"),
        (",25,", ",32,", "period_cut_off_day"),
        (",5,25", ",-5,25", "vat_percent"),
        ("Heyu,", ",", "name_en"),
    ],
)
def test_bad_setting_names_its_column(load, old, new, column):
    problem = load(company=COMPANY.replace(old, new)).problems[0]
    assert (problem.file, problem.row, problem.column) == ("company.csv", 2, column)
    assert db.session.get(Company, 1) is None


@pytest.mark.parametrize("text", [COMPANY.splitlines()[0], COMPANY + COMPANY.splitlines()[1]])
def test_there_is_one_company(load, text):
    report = load(company=text, currency_rates="currency,valid_from,rate\nUSD,2026-01-01,31.5\n")
    assert report.problem_count == 1
    assert "currency_rates.csv" in report.skipped
    assert db.session.get(Company, 1) is None


@pytest.mark.parametrize(("old", "new"), [("TWD", "USD"), (",fifo", ",standard")])
def test_currency_and_method_stay_once_stock_is_valued(load, old, new):
    report = load(
        company=COMPANY,
        sites="code,name_en\nS,Site\n",
        locations="site,code,name_en\nS,MAIN,Main\n",
        stock="site,location,item,quantity,unit_cost\nS,MAIN,A,10,7\n",
        **PARTS,
    )
    assert report.problems == []
    costing.value_moves()

    refused = load(company=COMPANY.replace(old, new))

    assert [problem.file for problem in refused.problems if "as before" in problem.expected] == [
        "company.csv"
    ]
    assert (masterdata.company().currency, masterdata.company().costing_method) == ("TWD", "fifo")


def test_opening_stock_without_a_date_is_there_from_the_day_at_its_site(load):
    """Where the company is it is already tomorrow; what the site ships today comes out of it."""
    with clock.freeze(datetime(2026, 3, 2, 17, tzinfo=UTC)):
        report = load(
            company=COMPANY,
            sites="code,name_en,timezone\nS,Site,America/Los_Angeles\nT,Home,Asia/Taipei\n",
            locations="site,code,name_en\nS,MAIN,Main\nT,MAIN,Main\n",
            stock="site,location,item,quantity,unit_cost\nS,MAIN,A,10,7\nT,MAIN,A,10,7\n",
            **PARTS,
        )
    assert report.problems == []

    days = dict(
        db.session.execute(select(Site.code, StockMove.date).join(Site, Site.id == StockMove.site_id)).all()
    )
    assert days == {"S": date(2026, 3, 2), "T": date(2026, 3, 3)}
    assert dict(db.session.execute(select(Lot.number, Lot.received_on)).all()) == {
        "A-260302": date(2026, 3, 2),
        "A-260303": date(2026, 3, 3),
    }


def test_rates_of_other_currencies(load):
    rates = "currency,valid_from,rate\nUSD,2026-01-01,31.5\nUSD,2026-02-01,32\n"
    assert load(company=COMPANY, currency_rates=rates).problems == []
    assert masterdata.currency_rate("USD", date(2026, 1, 31)) == Decimal("31.5")
    assert masterdata.currency_rate("USD", date(2026, 2, 1)) == 32

    assert load(currency_rates=rates + "TWD,2026-01-01,1\n").problem_count == 1
    assert load(currency_rates=rates.replace("32", "0")).problem_count == 1
    assert db.session.scalar(select(func.count()).select_from(CurrencyRate)) == 2


def test_reason_codes_with_both_names(load):
    codes = "kind,code,name_en,name_zh_Hant,active\ndefect,D02,Film,膜厚不足,yes\nstop,D02,Tool,換刀,no\n"
    assert load(reason_codes=codes).problems == []
    found = db.session.scalars(select(ReasonCode).order_by(ReasonCode.kind)).all()
    assert [(one.kind, one.names["zh_Hant"], one.active) for one in found] == [
        ("defect", "膜厚不足", True),
        ("stop", "換刀", False),
    ]
    assert load(reason_codes=codes.replace("stop", "pause")).problem_count == 1


def test_customer_part_numbers(load):
    parts = "customer,item,part_number,drawing_revision\nC,A,MK-77,C\n"
    for _ in range(2):
        assert load(**PARTS, customer_parts=parts).problems == []
    found = db.session.scalars(select(CustomerItem)).one()
    assert (found.part_number, found.drawing_revision) == ("MK-77", "C")

    problem = load(customer_parts=parts.replace("C,A", "V,A")).problems[0]
    assert problem.expected == "row 2: customer: a partner that is a customer"


def test_other_currencies_have_places_of_their_own(load):
    assert load(company=COMPANY, currencies="code,decimals\nJPY,0\nUSD,\n").problems == []
    assert [masterdata.money_decimals(code) for code in ("JPY", "USD", "EUR", "TWD")] == [0, 2, 2, 0]

    assert load(currencies="code,decimals\nTWD,2\n").problem_count == 1
