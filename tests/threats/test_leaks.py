"""Who works on the shop floor receives no price and no cost, on no page and by no interface."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask

from app import create_app, demo
from app.accounts import services
from app.core import permissions
from app.core.db import Exact, db
from tests.test_routes import PASSWORD, addresses, signed_in

SHOP_FLOOR = ("operator", "inspector")
MONEY = re.compile(r"price|cost|amount|rate\b|_value|total|profit|revenue")
NOT_MONEY = {"scrap_rate", "defect_rate", "failure_rate"}
# Long enough that no measured second of /metrics comes to it by chance.
SECRET = Decimal("77731904.77")
SHOWN = re.compile(r"77[,.  ]?731[,.  ]?90[45]")


def prices() -> int:
    """Write the same unmistakable figure wherever the database holds money; how many columns."""
    columns = 0
    for table in db.metadata.sorted_tables:
        money = [
            one.name
            for one in table.columns
            if isinstance(one.type, Exact) and MONEY.search(one.name) and one.name not in NOT_MONEY
        ]
        if money:
            db.session.execute(db.update(table).values(dict.fromkeys(money, SECRET)))
            columns += len(money)
    return columns


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The demo plant in which everything costs the same."""
    folder = tmp_path_factory.mktemp("priced")
    app = create_app({"TESTING": True, "DATABASE_URL": f"sqlite:///{folder}/t.db", "FILES": str(folder)})
    with app.app_context():
        db.create_all()
        demo.load(date(2026, 3, 2))
        for role in (*SHOP_FLOOR, "cost_accountant"):
            services.create_user(f"only_{role}", {"en": role}, {role}, PASSWORD)
        assert prices() > 20
        db.session.commit()
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()


def leaks(app: Flask, role: str) -> list[str]:
    """The addresses whose answer shows the figure to somebody of a role."""
    browser, found = signed_in(app, f"only_{role}"), []
    for one in addresses(app):
        if one.method == "GET" and one.endpoint != "reports.document":
            answer = browser.get(one.path)
            if answer.status_code == 200 and SHOWN.search(answer.get_data().decode("utf-8", "replace")):
                found.append(one.path)
    return found


@pytest.mark.parametrize("role", SHOP_FLOOR)
def test_the_shop_floor_receives_no_money(priced, role):
    assert leaks(priced, role) == []


def test_without_rights_it_would(priced, monkeypatch):
    """The red control: the same scan of the same pages when nobody asks for rights."""
    monkeypatch.setattr(permissions, "allowed", lambda _actor, _name: True)

    assert {"/company", "/sales/orders/1/revise"} <= set(leaks(priced, "operator"))
