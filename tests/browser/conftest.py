"""A server with a little plant, and Chromium in front of it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from app import create_app
from app.core import clock
from app.core.db import db
from app.demo import load

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DIST = Path(__file__).parents[2] / "app" / "static" / "dist"
PASSWORD = "a long password"
MONDAY = datetime.fromisoformat("2026-03-02T09:00:00+08:00")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark every test here; skip where Chromium or the bundles are missing."""
    reason = "" if CHROMIUM else "Chromium is not installed"
    reason = reason or ("" if (DIST / "axe.min.js").exists() else "the bundles are not built: make setup")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[str]:
    """The address of a running server with people, an order and open tasks."""
    app = create_app(
        {
            "TESTING": True,
            "DATABASE_URL": f"sqlite:///{tmp_path}/t.db",
            "FILES": str(tmp_path),
            "RATELIMIT_ENABLED": False,
        }
    )
    with app.app_context():
        db.create_all()
        _fill()
        db.session.remove()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def factory(tmp_path: Any) -> Iterator[tuple[Flask, str]]:
    """The demo factory on its first morning, its orders not confirmed, and its address."""
    app = create_app(
        {
            "TESTING": True,
            "DEMO": "1",
            "DATABASE_URL": f"sqlite:///{tmp_path}/t.db",
            "FILES": str(tmp_path / "files"),
            "RATELIMIT_ENABLED": False,
            "WTF_CSRF_ENABLED": False,
        }
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with clock.freeze(MONDAY), app.app_context():
        db.create_all()
        load(confirm=False)
        db.session.remove()
        yield app, f"http://127.0.0.1:{server.server_port}"
        db.session.remove()
        db.engine.dispose()
    server.shutdown()
    thread.join()
    server.server_close()


def _fill() -> None:
    """People, a customer order and three cases of a tiny process, one of them the order's."""
    from app.accounts.services import create_user
    from app.masterdata.models import Company, Item, Partner, Site, Supply
    from app.sales.services import create_order
    from tests.workflow import tiny

    roles = {"planner", "supervisor", "plant_manager", "sales"}
    create_user("lin", {"en": "Lin Mei-hua", "zh_Hant": "林美華"}, roles, PASSWORD)
    create_user("tseng", {"en": "Tseng Chun-chieh", "zh_Hant": "曾俊傑"}, {"process_designer"}, PASSWORD)
    create_user("chen", {"en": "Chen Chih-ming", "zh_Hant": "陳志明"}, {"supervisor"}, PASSWORD)
    db.session.add(Company(id=1, names={"en": "Heyu Precision", "zh_Hant": "禾嶼精密"}))
    site = Site(code="DY", names={"en": "Daya", "zh_Hant": "大雅"}, timezone="Asia/Taipei", weekly_off=[5, 6])
    customer = Partner(
        code="C01", names={"en": "Mikawa", "zh_Hant": "三河"}, is_customer=True, currency="JPY"
    )
    item = Item(
        number="GP25",
        names={"en": "Gear pump", "zh_Hant": "齒輪泵"},
        supply=Supply.MAKE,
        unit="unit",
        unit_decimals=0,
        prices={"JPY": "8800"},
    )
    db.session.add_all([site, customer, item])
    db.session.flush()
    line = {"item_id": item.id, "quantity": "120", "due_date": date(2030, 4, 10)}
    order = create_order("DY", customer.id, [line])
    for number in ("SO2603-0013", "SO2603-0014"):
        tiny.start(number)
    case = tiny.start(order.number)
    case.customer_order_id = order.id
    db.session.commit()


@pytest.fixture
def chromium() -> Iterator[Any]:
    """One browser for a test."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(plant: str, chromium: Any) -> Callable[..., Any]:
    """Return a function that signs a person in and returns their page; console errors end up in `page.said`."""

    def open_page(login: str = "lin", **context: Any) -> Any:
        context.setdefault("viewport", {"width": 1400, "height": 900})
        page = chromium.new_context(base_url=plant, **context).new_page()
        page.said = []
        page.on(
            "console", lambda message: page.said.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.goto("/account/login")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_load_state("networkidle")
        return page

    return open_page
