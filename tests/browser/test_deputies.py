"""Deputies and deadlines in the browser: named, limited, acting; reminded, escalated; without barriers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app import create_app
from app.core import clock
from app.workflow.running import due_deeds
from tests.browser.conftest import DIST
from tests.browser.test_pages import AXE


def problems(page: Any) -> list[Any]:
    """What keeps a page from being used by everybody, on any screen."""
    page.wait_for_load_state("networkidle")
    page.add_script_tag(path=str(DIST / "axe.min.js"))
    found: list[Any] = [(one["id"], one["nodes"][0]["target"]) for one in page.evaluate(AXE)["violations"]]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append("wider than the screen")
    return found + page.said


@pytest.fixture
def late(plant: str, tmp_path: Path) -> None:
    """Everybody's tasks are late for so long that they were escalated, and not yet that they are handed over."""
    app = create_app({"TESTING": True, "DATABASE_URL": f"sqlite:///{tmp_path}/t.db", "FILES": str(tmp_path)})
    with app.app_context(), clock.freeze(clock.now() + timedelta(days=6)):
        assert due_deeds.carry_out() >= 6


LOOKS = [("zh-TW", "dark", 390, "代理", "升級通報"), ("en", "light", 1400, "acting for", "Escalated to")]


@pytest.mark.parametrize(("locale", "scheme", "width", "acting", "escalated"), LOOKS)
def test_a_deputy_is_named_acts_and_sees_what_is_late(visit, late, locale, scheme, width, acting, escalated):
    look = {"locale": locale, "color_scheme": scheme, "bypass_csp": True}
    page = visit("lin", viewport={"width": width, "height": 900}, **look)
    page.goto("/account/deputies")
    page.select_option("#deputy", index=1)
    page.fill("#amount-limit", "much")
    page.click("form:has(#deputy) button.btn-primary")
    assert page.get_attribute("#amount-limit", "aria-invalid") == "true"
    page.said.clear()  # the refusal's status is told by the browser too
    page.fill("#amount-limit", "50000")
    page.click("summary:has-text('流程'), summary:has-text('processes')")
    page.check("#p-1")
    page.click("form:has(#deputy) button.btn-primary")
    page.wait_for_selector("text=50,000")
    assert problems(page) == []

    page.goto("/inbox?view=escalated")
    assert page.locator(".taskrow .badge-status", has_text=escalated).count() >= 3
    assert problems(page) == []
    page.click(".taskrow-title >> nth=0")
    page.wait_for_selector(".deadlines .is-done")
    assert page.locator(".deadlines li").count() == 3
    assert problems(page) == []

    deputy = visit("chen", viewport={"width": width, "height": 900}, **look)
    deputy.goto("/account/deputies")
    deputy.click("[aria-labelledby=standing-in] li button")
    deputy.wait_for_selector(".acting")
    assert acting in deputy.inner_text(".acting")
    assert problems(deputy) == []
    deputy.goto("/account/deputies")
    assert problems(deputy) == []
