"""The company's settings are changed on a page, within bounds, and every change is on record."""

from decimal import Decimal

import pytest

from app.accounts.models import User
from app.accounts.services import duties
from app.core.audit import AuditEntry
from app.core.db import db
from app.masterdata import queries, services
from app.masterdata.models import Company

D = Decimal


@pytest.fixture
def company(app):
    """A company with everything as installed."""
    db.session.add(Company(id=1, names={"en": "Heyu", "zh_Hant": "禾嶼"}, currency="TWD", vat_percent=D(5)))
    db.session.commit()


def form(**changes):
    """What the page sends when nothing but ``changes`` was typed."""
    found = queries.company()
    typed = {name: format(D(getattr(found, name)).normalize(), "f") for name in services.SETTINGS}
    db.session.rollback()
    return typed | changes


@pytest.mark.parametrize(("language", "title"), [("en", "Company settings"), ("zh-TW", "公司設定")])
def test_the_page_opens_in_both_languages(company, login, language, title):
    browser = login("cost_accountant")

    page = browser.get("/company", headers={"Accept-Language": language})

    assert page.status_code == 200
    assert title in page.text


def test_a_change_is_kept_and_on_record_before_and_after(company, login):
    browser = login("cost_accountant")

    answer = browser.post("/company", data=form(match_amount="50", dear_percent="7.5", reason="As agreed"))

    assert answer.status_code == 302
    assert (queries.company().match_amount, queries.company().dear_percent) == (50, D("7.5"))
    entry = db.session.query(AuditEntry).filter_by(action="company.changed").one()
    assert entry.before == {"match_amount": "100", "dear_percent": "5"}
    assert entry.after == {"match_amount": "50", "dear_percent": "7.5"}
    assert (entry.login, entry.reason) == ("cost_accountant", "As agreed")


def test_saving_without_a_change_leaves_no_record(company, login):
    login("cost_accountant").post("/company", data=form())

    assert db.session.query(AuditEntry).filter_by(action="company.changed").count() == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"score_quality": "40"}, "sum to 105"),
        ({"score_warn": "80"}, "approved as warned"),
        ({"match_amount": "-1"}, "not between"),
        ({"price_decimals": "7"}, "not between"),
        ({"vat_percent": "5.125"}, "decimal places"),
        ({"after_fact_days": ""}, "A number is needed"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_changes_nothing(company, login, changes, sentence):
    answer = login("general_manager").post("/company", data=form(**changes))

    assert answer.status_code == 422
    assert sentence in answer.text
    db.session.expire_all()
    assert queries.company().score_quality == 35
    assert db.session.query(AuditEntry).filter_by(action="company.changed").count() == 0


def test_another_currency_gets_its_places(company, login):
    browser = login("admin")

    assert browser.post("/company/currencies", data={"code": "jpy", "decimals": "0"}).status_code == 302
    assert queries.money_decimals("JPY") == 0
    assert browser.post("/company/currencies", data={"code": "TWD", "decimals": "0"}).status_code == 422
    assert browser.post("/company/currencies", data={"code": "USD", "decimals": "5"}).status_code == 422
    assert [row.code for row in queries.currencies()] == ["JPY"]


def test_who_may_only_read_changes_nothing(company, login):
    browser = login("accounts_payable")

    assert "disabled" in browser.get("/company").text
    assert browser.post("/company", data=form(match_amount="9999")).status_code == 403
    assert browser.post("/company/owner", data={"user_id": "1", "reason": "me"}).status_code == 403
    assert login("operator").get("/company").status_code == 403
    assert queries.company().match_amount == 100


def test_an_owner_is_named_with_a_reason_and_taken_back(company, login):
    browser = login("general_manager")
    chen = db.session.query(User).filter_by(login="general_manager").one().id

    assert browser.post("/company/owner", data={"user_id": chen, "reason": ""}).status_code == 422
    assert browser.post("/company/owner", data={"user_id": chen, "reason": "Five people"}).status_code == 302
    assert duties.owner().id == chen
    assert "is the owner" in browser.get("/company").text
    browser.post("/company/owner", data={"user_id": "", "reason": "Two more people"})

    assert duties.owner() is None
    entries = db.session.query(AuditEntry).filter_by(action="duty.set").order_by(AuditEntry.id)
    assert [entry.after["owner"] for entry in entries] == ["general_manager", None]
