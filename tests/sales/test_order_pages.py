"""The pages of customer orders, driven over HTTP."""

from datetime import date

import lxml.html
import pytest

from app.core import clock
from app.core.events import EventRecord
from app.masterdata.models import Item, Partner, Site, Supply
from app.sales import queries
from app.sales.models import CustomerOrder, OrderStatus


@pytest.fixture
def plant(session):
    session.add_all(
        [
            Site(code="DY", names={"en": "Daya"}, timezone="Asia/Taipei", weekly_off=[5, 6]),
            Partner(code="C01", names={"en": "Mikawa"}, is_customer=True, currency="JPY"),
            Item(
                number="GP25",
                names={"en": "Gear pump"},
                supply=Supply.MAKE,
                unit="unit",
                prices={"JPY": "8800"},
            ),
        ]
    )
    session.commit()


def form(**changes):
    return {
        "site": "DY",
        "customer_id": "1",
        "customer_reference": "MP-1",
        "lines-0-item_id": "1",
        "lines-0-quantity": "120",
        "lines-0-due_date": str(date(clock.now().year + 1, 4, 10)),
        "lines-1-item_id": "",
        "lines-1-quantity": "",
    } | changes


def entered(session):
    return session.query(CustomerOrder).one_or_none()


def test_an_order_is_entered_reviewed_and_confirmed_in_the_browser(plant, session, login):
    browser = login("sales")

    answer = browser.post("/sales/orders/new", data=form(), follow_redirects=True)
    assert answer.status_code == 200, answer.text
    order = entered(session)
    assert [(line.quantity, line.price) for line in order.lines] == [(120, 8800)]
    assert browser.post(f"/sales/orders/{order.id}/confirm").status_code == 422
    ticks = dict.fromkeys(("drawing", "tooling", "capacity", "certificates"), "on")
    browser.post(f"/sales/orders/{order.id}/review", data=ticks)
    session.expire_all()
    answer = browser.post(f"/sales/orders/{order.id}/confirm", follow_redirects=True)

    assert answer.status_code == 200
    session.expire_all()
    assert entered(session).status is OrderStatus.CONFIRMED
    assert session.query(EventRecord).filter_by(name="sales.order_confirmed").count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines-0-quantity": "-1"}, "lines-0-quantity"),
        ({"lines-0-quantity": "NaN"}, "lines-0-quantity"),
        ({"lines-0-quantity": "1e99"}, "lines-0-quantity"),
        ({"lines-0-quantity": "0"}, "lines-0-quantity"),
        ({"lines-0-quantity": "0.5"}, "lines-0-quantity"),
        ({"lines-0-due_date": "soon"}, "lines-0-due_date"),
        ({"lines-0-due_date": "2001-01-01"}, "lines-0-due_date"),
        ({"lines-0-item_id": "999"}, "lines"),
        ({"customer_id": ""}, "customer_id"),
        ({"lines-0-quantity": "", "lines-0-item_id": ""}, "lines"),
    ],
)
def test_what_cannot_be_is_said_beside_the_box_and_nothing_changes(plant, session, login, change, field):
    answer = login("sales").post("/sales/orders/new", data=form(**change))

    assert answer.status_code in (404, 422)
    assert f'id="{field}' in answer.text
    assert "Please mend" in answer.text
    assert entered(session) is None


@pytest.mark.parametrize("language", ["en", "zh_Hant_TW"])
def test_every_page_shows(plant, session, login, language):
    browser = login("sales")
    browser.post("/language", data={"language": language})
    browser.post("/sales/orders/new", data=form())
    order = entered(session)
    ticks = dict.fromkeys(("drawing", "tooling", "capacity", "certificates"), "on")
    browser.post(f"/sales/orders/{order.id}/review", data=ticks)
    browser.post(f"/sales/orders/{order.id}/confirm")

    for path in (
        "orders",
        "orders/new",
        f"orders/new?copy={order.id}",
        f"orders/{order.id}",
        f"orders/{order.id}/revise",
    ):
        answer = browser.get(f"/sales/{path}")
        assert answer.status_code == 200, path
        assert "GP25" in answer.text


def test_a_delivery_is_split_in_the_browser(plant, session, login):
    browser = login("sales")
    browser.post("/sales/orders/new", data=form())
    order = entered(session)
    ticks = dict.fromkeys(("drawing", "tooling", "capacity", "certificates"), "on")
    browser.post(f"/sales/orders/{order.id}/review", data=ticks)
    browser.post(f"/sales/orders/{order.id}/confirm")
    due = date(clock.now().year + 1, 4, 17)

    answer = browser.post(
        f"/sales/orders/{order.id}/revise",
        data={name: text for name, text in form(**{"lines-0-quantity": "80"}).items() if name[:5] == "lines"}
        | {"reason": "seals late", "lines-0-number": "1"}
        | {"lines-1-item_id": "1", "lines-1-quantity": "40", "lines-1-due_date": str(due)},
    )

    assert answer.status_code == 302, answer.text
    session.expire_all()
    assert [line.quantity for line in queries.order(order.id).lines] == [80, 40]


def test_an_operator_sees_orders_but_does_not_enter_them(plant, login):
    browser = login("operator")

    assert browser.get("/sales/orders").status_code == 200
    assert browser.get("/sales/orders/new").status_code == 403


def test_ticking_and_confirming_is_one_step(plant, session, login):
    browser = login("sales")
    browser.post("/sales/orders/new", data=form())
    order = entered(session)
    ticks = dict.fromkeys(("drawing", "tooling", "capacity"), "on")

    refused = browser.post(f"/sales/orders/{order.id}/confirm", data=ticks)
    browser.post(f"/sales/orders/{order.id}/confirm", data=ticks | {"certificates": "on"})

    page = lxml.html.fromstring(refused.text)
    assert refused.status_code == 422
    assert page.xpath("//form[@id='review']//input[@checked]/@name") == list(ticks)
    session.expire_all()
    assert entered(session).status is OrderStatus.CONFIRMED


def boxes(answer):
    """What stands in the boxes of the entry page; the row to copy from is no box."""
    values = lxml.html.fromstring(answer.text).get_element_by_id("order-entry").form_values()
    return {name: value for name, value in values if "__" not in name}


def test_choosing_an_item_fills_in_unit_price_and_revision_until_another_is_chosen(plant, session, login):
    session.add(
        Item(
            number="RV10",
            names={"en": "Relief valve"},
            supply=Supply.MAKE,
            unit="set",
            revision="B",
            prices={"JPY": "950", "USD": "6.5"},
        )
    )
    session.commit()
    browser = login("sales")
    blank = {"lines-0-quantity": "", "lines-0-due_date": "", "_fill": "1"}

    first = browser.post("/sales/orders/new", data=form(**blank))
    second = browser.post("/sales/orders/new", data=boxes(first) | {"lines-0-item_id": "2", "_fill": "1"})
    typed = boxes(second) | {"lines-0-price": "900", "lines-0-item_id": "1", "_fill": "1"}
    third = browser.post("/sales/orders/new", data=typed)

    assert [page.status_code for page in (first, second, third)] == [200, 200, 200]
    assert boxes(first)["lines-0-price"] == "8800"
    assert (boxes(second)["lines-0-price"], boxes(second)["lines-0-drawing_revision"]) == ("950", "B")
    assert boxes(third)["lines-0-price"] == "900"
    assert "JPY, the customer" in first.text
    assert lxml.html.fromstring(second.text).xpath("//*[@class='input-group-text']/text()") == ["set", "JPY"]
    assert entered(session) is None


def test_an_item_without_a_list_price_needs_one(plant, session, login):
    session.add(Partner(code="C02", names={"en": "Lakeshore"}, is_customer=True, currency="USD"))
    session.commit()
    browser = login("sales")

    answer = browser.post("/sales/orders/new", data=form(customer_id="2"))
    browser.post("/sales/orders/new", data=form(customer_id="2") | {"lines-0-price": "61"})

    assert "GP25 has no list price in USD; please enter a price." in answer.text
    assert [line.price for line in queries.order(entered(session).id).lines] == [61]


def test_only_a_currency_of_the_list_is_taken(plant, session, login):
    answer = login("sales").post("/sales/orders/new", data=form(currency="XTS"))

    assert answer.status_code == 422
    assert "Please choose a currency." in answer.text
    assert entered(session) is None
