"""Amounts have the places of their currency, prices the company's; a document keeps those it was made with."""

from datetime import date
from decimal import Decimal

import pytest

from app.core.db import db
from app.core.errors import DomainError
from app.masterdata import queries as masterdata
from app.masterdata.models import Currency, CurrencyRate
from app.purchasing import queries, services
from app.purchasing.models import SupplierInvoice

D = Decimal
DUE = date(2026, 3, 13)


def bought_in(plant, currency, price, quantity):
    """An order at a supplier of another currency, and its facts."""
    for known, rate in (("USD", "32"), ("JPY", "0.205")):
        plant.add(CurrencyRate(currency=known, valid_from=date(2026, 1, 1), rate=D(rate)))
    plant.add(Currency(code="JPY", decimals=0))
    abroad = plant.supplier("F01", "Abroad", currency=currency, country="US", vat="none")
    item = plant.item("FX01")
    plant.price(abroad, item, price, currency=currency)
    facts = plant.order((item, quantity, DUE))
    return services.orders.load(facts["order_id"]), facts


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("USD", "3.70"), ("JPY", "4")],  # 3 x 1.2345 = 3.7035
)
def test_an_amount_has_the_places_of_its_currency(plant, currency, amount):
    order, facts = bought_in(plant, currency, "1.2345", "3")

    assert facts["amount"] == amount
    assert queries.order_review(str(order.id))["amount"] == f"{amount} {currency}"


def test_dollars_of_the_company_are_whole_and_its_tax_is_rounded_half_up(plant):
    facts = plant.order((plant.bar, "122.16", DUE))  # 122.16 x 128 = 15,636.48
    services.receive(
        str(facts["order_id"]),
        [queries.receiving(str(facts["order_id"]))["lines"][0] | {"quantity": "122.10"}],
        complete=True,
    )
    plant.accept_all(1)

    found = services.record_invoice(
        f"purchase_order:{facts['order_id']}",
        "AB12345678",
        "2026-03-04",
        [{"line_id": "1", "quantity": "122.10", "price": "128"}],
    )

    assert (facts["amount"], found["net"], found["tax"]) == ("15636", "15629", "781")  # 781.45


def test_a_document_keeps_the_places_it_was_made_with(plant):
    order, _facts = bought_in(plant, "JPY", "1.2345", "3")
    db.session.get_one(Currency, "JPY").decimals = 2

    assert queries.order_amount(order) == 4
    later = services.create_order(
        str(services.order_from_plan(str(_again(plant, order)))["requisition_ids"][0])
    )
    assert later["amount"] == "3.70"


def _again(plant, order):
    return plant.plan((order.lines[0].item, "3", DUE)).id


def test_an_invoice_of_another_currency_keeps_its_cents(plant):
    order, _facts = bought_in(plant, "USD", "1.2345", "3")
    line = queries.receiving(str(order.id))["lines"][0]
    services.receive(str(order.id), [line], complete=True)
    plant.accept_all(1)

    services.record_invoice(
        f"purchase_order:{order.id}",
        "INV-7",
        "2026-03-04",
        [{"line_id": line["line_id"], "quantity": "3", "price": "1.2345"}],
    )

    invoice = db.session.query(SupplierInvoice).one()
    assert (invoice.net, invoice.decimals) == (D("3.70"), 2)


def test_a_price_with_more_places_than_the_companys_is_refused(plant):
    order, _facts = bought_in(plant, "USD", "1.2345", "3")
    draft = services.create_order(
        str(services.order_from_plan(str(_again(plant, order)))["requisition_ids"][0])
    )
    line = queries.order_review(str(draft["order_id"]))["lines"][0]

    with pytest.raises(DomainError) as refused:
        services.prepare_order(str(draft["order_id"]), [line | {"price": "1.23456"}])

    assert (refused.value.code, refused.value.field) == ("number_places", "lines.0.price")
    masterdata.company().price_decimals = 5
    services.prepare_order(str(draft["order_id"]), [line | {"price": "1.23456"}])


def test_a_price_of_another_currency_is_rounded_to_the_companys_places(plant):
    plant.add(CurrencyRate(currency="USD", valid_from=date(2026, 1, 1), rate=D("31.333")))
    item = plant.item("FX02")
    plant.price(plant.metals, item, "1.2345", currency="USD")

    facts = plant.order((item, "1", DUE))

    order = services.orders.load(facts["order_id"])
    assert order.lines[0].price == D("38.6806")  # 1.2345 x 31.333 = 38.6805885
