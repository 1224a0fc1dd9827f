"""Inbox, task, cockpit and processes as people see them: readable, reachable, no horizontal scrolling."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DIST

AXE = (
    "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
)
PAGES = (
    "/inbox",
    "/tasks/1",
    "/tasks/3?tab=diagram",
    "/tasks/1?tab=history",
    "/orders/1",
    "/processes",
    "/processes/1",
)
LOOKS = [("zh-TW", "light", 1400), ("zh-TW", "dark", 390), ("en", "dark", 1400), ("en", "light", 390)]


@pytest.mark.parametrize(("locale", "scheme", "width"), LOOKS)
def test_no_page_has_barriers_or_scrolls_sideways(visit, locale, scheme, width):
    size = {"width": width, "height": 900}
    page = visit(locale=locale, color_scheme=scheme, viewport=size, bypass_csp=True)
    found = {}
    for address in PAGES:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        tall = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": max(900, tall + 80)})
        page.add_script_tag(path=str(DIST / "axe.min.js"))
        problems = [(one["id"], one["nodes"][0]["target"]) for one in page.evaluate(AXE)["violations"]]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            problems.append(("wider than the screen", []))
        found[address] = problems + page.said
        page.set_viewport_size(size)

    assert found == {address: [] for address in PAGES}


@pytest.mark.parametrize(("scheme", "theme"), [("light", "light"), ("dark", "dark")])
def test_the_theme_follows_the_system_until_chosen(visit, scheme, theme):
    page = visit(color_scheme=scheme)

    assert page.get_attribute("html", "data-bs-theme") == theme


def test_the_language_is_switched_from_any_page(visit):
    page = visit(locale="en")
    page.click("text=中文")

    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant-TW")
    assert page.url.endswith("/inbox")


def test_the_diagram_is_drawn_with_its_token(visit):
    page = visit(locale="zh-TW")
    page.goto("/orders/1")
    page.wait_for_selector(".diagram[data-ready]")

    assert "審查計畫" in page.inner_text(".diagram")
    assert page.locator(".diagram .is-current").count() == 1
    assert page.said == []
