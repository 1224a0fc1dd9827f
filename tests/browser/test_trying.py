"""The simulation and the test cases in the browser, in both languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_studio import begun, violations

WORDS = {
    "en": ("Save as a test case", "passed", "Complete the task"),
    "zh-TW": ("儲存為測試案例", "通過", "完成任務"),
}


@pytest.mark.parametrize(("locale", "width"), [("en", 1400), ("zh-TW", 390)])
def test_a_case_is_played_kept_and_passes(visit, locale, width):
    save, passed, complete = WORDS[locale]
    designer = visit("tseng", bypass_csp=True)
    begun(designer, "Try it")
    change, _files, file = designer.url.partition("/files/")
    page = visit("tseng", bypass_csp=True, locale=locale, viewport={"width": width, "height": 900})

    page.goto(f"{change}/play/{file}")
    page.click("button[value=begin]")
    page.wait_for_selector("[data-bpmn][data-ready] .diagram-token")
    assert complete in page.inner_text("main") or page.locator("button[value=operator]").count()
    assert violations(page) == []
    page.click(f"summary:has-text('{save}')")
    page.fill("#play-name-en", "As it begins")
    page.click("button[value=keep]")

    expect(page.get_by_role("main")).to_contain_text(passed)
    page.wait_for_selector("[data-bpmn][data-ready]")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    page.goto(f"{change}/cases/1/{file}")
    assert page.input_value("#case-en") == "As it begins"
    assert violations(page) == []
    assert page.said == []
