"""The pages of shipments and of stock."""

from datetime import date
from decimal import Decimal

import pytest

from app.core.db import db
from app.inventory import services as inventory
from app.inventory.models import StockBalance
from app.inventory.queries import pages
from app.logistics import services
from tests.logistics.test_services import shipped
from tests.quality.plant import Plant


@pytest.fixture
def story(app):
    """A lot made from another, half of it shipped."""
    plant = Plant()
    bar = plant.receive(100, into="internal", number="AL80-260311", item=plant.item("AL80"))
    body = plant.receive(60, into="internal", number="BD25-260324")
    inventory.record_consumption(body.id, bar.id, Decimal("54.3"), "work_order:21")
    shipment_id = shipped(plant.order((plant.body, 20, date(2026, 4, 10))))
    services.record_proof(shipment_id, "Sato", "2099-01-01")
    db.session.commit()
    return plant


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/logistics/shipments", ["DN", "SO2603-0012", "Kerry"]),
        ("/logistics/shipments?status=delivered", ["Sato"]),
        ("/logistics/shipments/1", ["BD25-260324", "4 x BD25", "TW123"]),
        ("/inventory/", ["BD25-260324", "AL80-260311", "40"]),
        ("/inventory/?site=1&kind=internal&status=released&q=AL80", ["AL80-260311"]),
        ("/inventory/items/1", ["DN", "purchase_order:1"]),
        ("/inventory/lots/1", ["BD25-260324", "54.3"]),
        ("/inventory/lots/2", ["AL80-260311", "DN"]),
    ],
)
def test_a_page_shows_what_there_is(story, login, path, words):
    answer = login("warehouse").get(path, headers={"Accept-Language": "en"})

    assert answer.status_code == 200
    for word in words:
        assert word in answer.text


@pytest.mark.parametrize(
    "sort", ["item", "-lot", "site", "location", "owner", "status", "-expires", "quantity"]
)
def test_stock_sorts_by_every_column(story, login, sort):
    assert login("warehouse").get(f"/inventory/?sort={sort}").status_code == 200


@pytest.mark.parametrize("path", ["/logistics/shipments/9", "/inventory/items/9", "/inventory/lots/9"])
def test_what_does_not_exist_is_not_found(app, login, path):
    assert login("warehouse").get(path).status_code == 404


def test_the_stock_list_exports(story, login):
    answer = login("warehouse").get("/inventory/?export=csv")

    assert answer.mimetype == "text/csv"
    assert "BD25-260324" in answer.text


def test_a_whole_ledger_shows_no_difference_and_a_changed_balance_does(story):
    assert pages.ledger_differences() == []

    balance = db.session.query(StockBalance).filter(StockBalance.quantity > 0).first()
    balance.quantity += 1
    db.session.flush()

    assert len(pages.ledger_differences()) == 1
