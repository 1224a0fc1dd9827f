"""Take the pictures of docs/pictures anew: the demo factory, three stops on the way of its orders, per language.

Needs Chromium and the bundles (`make test` sets both up). Run from the project's folder:

    .venv/bin/python -m scripts.pictures
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Flask
from flask_babel import force_locale
from PIL import Image
from playwright.sync_api import BrowserContext, Page, sync_playwright
from sqlalchemy import update
from werkzeug.serving import make_server

from app import create_app
from app.accounts.models import User
from app.accounts.views import DEMO_PASSWORD
from app.core import clock
from app.core.db import db
from app.demo import load
from tests.scenarios.answers import SMOOTH, measure
from tests.scenarios.driver import Factory

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
FOLDERS = {"en": PICTURES, "zh_Hant_TW": PICTURES / "zh-Hant"}
"""Where the pictures of a language lie."""
LOCALES = {"en": "en-SE", "zh_Hant_TW": "zh-TW"}
"""What the browser is set to; Swedish English writes dates as the pages do."""
TYPED = {"zh_Hant_TW": {"pack": {"packages-0-contents": "20 箱"}, "prove": {"received_by": "佐藤"}}}
"""What people type in their own language."""
BEGIN = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
SIZE = {"width": 1280, "height": 800}
COLOURS = 128

STOPS: tuple[tuple[set[str], tuple[tuple[str, str, str], ...]], ...] = (
    (
        {"review_plan"},
        (("task", "wu", "task:review_plan"), ("plan", "lin", "plan")),
    ),
    (
        {"receive_goods", "review_schedule", "ship_components"},
        (
            ("inbox", "liu", "/inbox"),
            ("purchase", "chang", "purchase_order"),
            ("schedule-task", "wu", "task:review_schedule"),
        ),
    ),
    (
        {"contain", "approve_cost"},
        (
            ("board", "wu", "/scheduling/"),
            ("make", "hung", "/shopfloor/"),
            ("subcontract", "tsai", "subcontract_order"),
            ("inspection", "chou", "inspection"),
            ("nonconformance", "chou", "task:contain"),
            ("shipment", "liu", "shipment"),
            ("cost", "yang", "cost"),
            ("cockpit", "lin", "/orders/1"),
            ("audit", "lin", "/account/audit"),
        ),
    ),
)
"""Where the factory stops, and which pages are taken there: name, who looks, what at."""

NEWEST = {
    "plan": ("plan", "/planning/plans/{}", "min"),
    "purchase_order": ("purchase_order", "/purchasing/orders/{}", "min"),
    "subcontract_order": ("subcontract_order", "/subcontracting/orders/{}", "min"),
    "inspection": ("inspection", "/quality/inspections/{}", "rejected"),
    "shipment": ("shipment", "/logistics/shipments/{}", "min"),
    "cost": ("customer_order", "/costing/orders/{}", "max"),
}


def one_piece_fails() -> Any:
    """Return answers to measuring: all is well but one piece of the fourth sample."""
    samples = []

    def fill(values: dict[str, str]) -> dict[str, str]:
        samples.append(values)
        filled = measure(values)
        if len(samples) == 4:
            filled[next(name for name in values if name.endswith("-value"))] = "99"
        return filled

    return fill


@contextmanager
def factory(folder: Path, language: str) -> Iterator[tuple[Flask, str]]:
    """The demo factory, whose people read one language, and its address."""
    app = create_app(
        {
            "TESTING": True,
            "DEMO": "1",
            "DATABASE_URL": f"sqlite:///{folder}/pictures.db",
            "FILES": str(folder / "files"),
            "RATELIMIT_ENABLED": False,
            "WTF_CSRF_ENABLED": False,
        }
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with app.app_context():
        db.create_all()
        load()
        db.session.execute(update(User).values(language=language))
        db.session.commit()
        yield app, f"http://127.0.0.1:{server.server_port}"
        db.session.remove()
    server.shutdown()


def address_of(what: str) -> str:
    """Return the address of a page named by its document or its open task."""
    if what.startswith("/"):
        return what
    kind, _colon, element = what.partition(":")
    if kind == "task":
        query = f"SELECT min(id) FROM human_task WHERE status = 'open' AND element = '{element}'"
        address = "/tasks/{}"
    else:
        table, address, which = NEWEST[kind]
        query = f"SELECT {which}(id) FROM {table}"
        if which == "rejected":
            query = f"SELECT min(id) FROM {table} WHERE status = 'rejected'"
    number = db.session.execute(db.text(query)).scalar_one()
    db.session.rollback()
    return address.format(number)


def take(context: BrowserContext, file: Path, login: str, address: str) -> None:
    """Save what a person sees at an address."""
    context.request.post("/account/login", form={"login": login, "password": DEMO_PASSWORD})
    page: Page = context.new_page()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    height = min(
        1000, max(420, int(page.evaluate("document.querySelector('main').getBoundingClientRect().bottom")))
    )
    page.set_viewport_size({"width": SIZE["width"], "height": height})
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    context.close()


def take_all(browser: Any, language: str) -> None:
    """Run the factory from stop to stop and take the pictures of a language."""
    FOLDERS[language].mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        clock.freeze(BEGIN),
        factory(Path(folder), language) as (app, site),
    ):
        people = Factory(app)
        answers = SMOOTH | {"measure": one_piece_fails()} | TYPED.get(language, {})
        for stop, pictures in STOPS:
            with force_locale(language):
                people.run(answers, until=stop)
            for name, login, what in pictures:
                file = FOLDERS[language] / f"{name}.png"
                context = browser.new_context(
                    base_url=site, viewport=SIZE, locale=LOCALES[language], color_scheme="light"
                )
                take(context, file, login, address_of(what))
                print(file.relative_to(PICTURES.parents[1]))


def main() -> None:
    """Take the pictures of every language, or of those named on the command line."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for language in sys.argv[1:] or FOLDERS:
            take_all(browser, language)
        browser.close()


if __name__ == "__main__":
    main()
