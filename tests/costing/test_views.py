"""Costs are seen by those who may, and by nobody on the shop floor."""

import pytest

from app.core.db import db
from app.costing import services
from tests.costing.conftest import shipped

PAGES = (
    "/costing/orders",
    "/costing/orders/1",
    "/costing/orders/1/so-far",
    "/costing/work-orders",
    "/costing/documents/work_order/1",
    "/costing/inventory",
    "/costing/accounts",
    "/costing/periods",
)


@pytest.fixture
def costed(plant):
    """A shipped and costed order."""
    sale = shipped(plant)
    services.order_cost(sale.id)
    db.session.commit()
    return sale


@pytest.mark.parametrize("path", PAGES)
def test_the_accountant_sees_it(costed, login, path):
    assert login("cost_accountant").get(path).status_code == 200


@pytest.mark.parametrize("role", ["operator", "supervisor", "inspector", "warehouse", "scheduler"])
def test_the_shop_floor_does_not(costed, login, role):
    browser = login(role)

    assert {browser.get(path).status_code for path in PAGES} == {403}


def test_the_order_page_shows_three_methods(costed, login):
    page = login("cost_accountant").get("/costing/orders/1").text

    for words in ("Moving average", "First in, first out", "Last purchase price", "2,400.00"):
        assert words in page


def test_only_the_accountant_values_moves(costed, login):
    assert login("plant_manager").post("/costing/value-moves").status_code == 403
    assert login("cost_accountant").post("/costing/value-moves").status_code == 302


def test_an_unknown_order_is_not_found(costed, login):
    assert login("cost_accountant").get("/costing/orders/99").status_code == 404
