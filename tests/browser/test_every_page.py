"""Every page the menu and its links lead to, on a phone: no barrier, no error, nothing wider than the screen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from flask import Flask
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from app import create_app
from app.accounts.views import DEMO_PASSWORD
from app.core import clock
from app.core.db import db
from app.demo import load
from tests.browser.conftest import CHROMIUM, DIST, FLAGS
from tests.browser.test_pages import AXE
from tests.browser.walk import pages_of
from tests.scenarios.answers import SMOOTH, measure
from tests.scenarios.driver import Factory

PEOPLE = ("lin", "wu", "lai", "tseng", "hsieh", "liu")
CONTRAST = "axe.run(document, {runOnly: {type: 'rule', values: ['color-contrast']}})"
LOOKS = [("zh_Hant_TW", "dark", AXE), ("en", "light", CONTRAST)]
"""The second look differs from the first by words and colours only."""
NOT_VISITED = {
    "accounts.audit_checkpoints": "a file",
    "accounts.audit_public_key": "a file",
    "accounts.login": "test_pages signs in by it",
    "costing.order_cost": "a fragment of the order's page",
    "messaging.message": "nothing is sent to the outside in this story",
    "purchasing.supplier_return": "nothing is sent back to a supplier in this story",
    "reports.document": "paper",
    "reports.inspection": "paper",
    "reports.kept": "paper",
    "reports.story": "paper",
    "studio.changed_drawing": "XML",
    "studio.download_all": "a file",
    "studio.drawing": "XML",
    "studio.source": "a file",
    "workflow.attachment": "a file",
    "workflow.picture": "a picture",
    "workflow.diagram": "XML",
    "workflow.home": "leads to the inbox",
    "workflow.migration": "no case runs on an older version in this story",
    "workflow.notice_count": "a fragment of every page",
    "workflow.preview": "a fragment of the inbox",
    "workflow.version_diagram": "XML",
    "operations.health": "JSON",
    "operations.metrics": "text",
    "static": "files",
}


def _one_piece_fails() -> Any:
    """Measure well but for one piece of the fourth sample, so that there is a nonconformance."""
    samples = []

    def fill(values: dict[str, str]) -> dict[str, str]:
        samples.append(values)
        filled = measure(values)
        if len(samples) == 4:
            filled[next(name for name in values if name.endswith("-value"))] = "99"
        return filled

    return fill


@pytest.fixture(scope="module")
def factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The demo factory some way into its orders, with a document of every kind."""
    folder = tmp_path_factory.mktemp("factory")
    app = create_app(
        {
            "TESTING": True,
            "DEMO": "1",
            "DATABASE_URL": f"sqlite:///{folder}/t.db",
            "FILES": str(folder / "files"),
            "RATELIMIT_ENABLED": False,
            "WTF_CSRF_ENABLED": False,
        }
    )
    with clock.freeze(datetime.fromisoformat("2026-03-02T09:00:00+08:00")):
        with app.app_context():
            db.create_all()
            load()
            answers = SMOOTH | {"measure": _one_piece_fails()}
            people = Factory(app)
            people.run(answers, until={"contain", "approve_cost"})
            counts = people.browser("liu").get("/inventory/counts").text
            [place, *_others] = lxml.html.fromstring(counts).xpath(
                "//*[@name='location_id']/option[@value!='']"
            )
            answer = people.browser("liu").post("/inventory/counts", data={"location_id": place.get("value")})
            assert answer.status_code == 302, answer.text
            change = {"title": "A second look", "file": "bpmn/purchasing/purchase.bpmn"}
            assert people.browser("tseng").post("/studio/changes", data=change).status_code == 302
            db.session.remove()
        yield app
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def addresses(factory: Flask) -> dict[str, dict[str, str]]:
    """Endpoint and address of the pages each person is the first to reach."""
    known: set[str] = set()
    found = {}
    for login in PEOPLE:
        found[login] = pages_of(factory, login, known)
        known |= set(found[login])
    return found


@pytest.fixture(scope="module")
def site(factory: Flask) -> Iterator[str]:
    """The factory's address."""
    server = make_server("127.0.0.1", 0, factory, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_page_is_reached_by_a_link(factory, addresses):
    reached = {endpoint for found in addresses.values() for endpoint in found}
    pages = {rule.endpoint for rule in factory.url_map.iter_rules() if "GET" in (rule.methods or ())}
    programs = {endpoint for endpoint in pages if endpoint.startswith(("api.", "api-docs."))}

    assert pages - programs - reached - set(NOT_VISITED) == set()


@pytest.mark.parametrize(("language", "theme", "rules"), LOOKS)
def test_every_page_is_whole_on_a_phone(site, addresses, language, theme, rules):
    found = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for login, pages in addresses.items():
            page = _signed_in(browser, site, login, language, theme)
            for address in pages.values():
                if problems := _problems(page, address, language, rules):
                    found[address] = problems
        browser.close()

    assert found == {}


def _signed_in(browser: Any, site: str, login: str, language: str, theme: str) -> Page:
    """Return a phone's page on which a person is signed in; console errors end up in ``page.said``."""
    locale = "en" if language == "en" else "zh-TW"
    context = browser.new_context(
        base_url=site,
        viewport={"width": 390, "height": 844},
        color_scheme=theme,
        locale=locale,
        bypass_csp=True,
    )
    context.request.post("/account/login", form={"login": login, "password": DEMO_PASSWORD})
    context.request.post("/language", form={"language": language})
    page = context.new_page()
    page.said = []
    page.on("console", lambda message: page.said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.said.append(str(error)))
    return page


def _problems(page: Page, address: str, language: str, rules: str) -> list[Any]:
    """Return what is wrong with a page."""
    page.said.clear()
    answer = page.goto(address)
    problems: list[Any] = [] if answer.status == 200 else [answer.status]
    if not language.startswith((page.get_attribute("html", "lang") or "-")[:2]):
        problems.append("another language")
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        problems.append("wider than the screen")
    page.add_script_tag(path=str(Path(DIST) / "axe.min.js"))
    violations = page.evaluate(rules)["violations"]
    return problems + [(one["id"], one["nodes"][0]["target"]) for one in violations] + page.said
