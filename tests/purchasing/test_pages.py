"""The pages of purchasing and subcontracting open for a person who may read, in both languages."""

from datetime import date

import pytest

from app.core.db import db
from tests.purchasing.conftest import Plant

PAGES = (
    "/purchasing/orders",
    "/purchasing/orders?late=overdue&status=sent",
    "/purchasing/orders/1",
    "/purchasing/orders?export=csv",
    "/purchasing/requisitions",
    "/purchasing/invoices",
    "/subcontracting/orders",
    "/subcontracting/suppliers",
    "/subcontracting/contracts",
)


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_every_page_opens(app, login, language):
    plant = Plant()
    plant.order((plant.bar, "122.16", date(2026, 3, 13)))
    db.session.commit()
    browser = login("buyer")

    answers = {page: browser.get(page, headers={"Accept-Language": language}).status_code for page in PAGES}

    assert answers == dict.fromkeys(PAGES, 200)


def test_an_unknown_order_is_not_found(login):
    browser = login("buyer")

    assert browser.get("/purchasing/orders/99").status_code == 404
    assert browser.get("/subcontracting/orders/99").status_code == 404


@pytest.mark.parametrize("sent", [{"quantity": "5"}, {"promised_on": "2026-04-13"}, {"quantity": ["1", "2"]}])
def test_a_promise_of_a_quantity_without_a_date_is_refused(login, sent):
    plant = Plant()
    order_id = plant.order((plant.bar, "122.16", date(2026, 3, 13)))["order_id"]
    db.session.commit()

    answer = login("buyer").post(f"/purchasing/orders/{order_id}/promise", data={"line": "1", **sent})

    assert answer.status_code == 422
    assert "Each delivery needs a quantity and a date." in answer.text
