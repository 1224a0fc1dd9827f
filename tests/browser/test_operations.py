"""Running the processes in the browser: heat, causes, a moved token, the runners; in both languages, with axe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from app import create_app
from app.core.db import db
from app.workflow import definitions
from app.workflow.running import instances
from tests.browser.conftest import DIST
from tests.browser.test_pages import AXE
from tests.workflow.diagrams import files, flows, process, script

LOOKS = [("en", "light", 1400), ("zh-TW", "dark", 390)]
WORDS = {
    "en": (
        "Rework",
        "All of this cause: 2",
        "Failed again",
        "Move a token …",
        "Tried on a copy",
    ),
    "zh-TW": ("重工", "此原因全部：2 件", "再次失敗", "移動停留點…", "已在副本上試算"),
}


@pytest.fixture
def failures(plant: str, tmp_path: Path) -> None:
    """Two cases of the plant that failed for one cause."""
    app = create_app({"TESTING": True, "DATABASE_URL": f"sqlite:///{tmp_path}/t.db", "FILES": str(tmp_path)})
    with app.app_context():
        definitions.deploy(
            files(process("test.share", script("share", "x = 1 / parts"), flows("start -> share -> end")))
        )
        for number in range(2):
            instances.start("test.share", {"parts": 0}, f"test:{number}", own=False)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def barriers(page: Any) -> list[Any]:
    """What axe finds, what the console said, and whether the page is wider than the screen."""
    page.wait_for_load_state("networkidle")
    page.add_script_tag(path=str(DIST / "axe.min.js"))
    found = [(page.url, one["id"], one["nodes"][0]["target"]) for one in page.evaluate(AXE)["violations"]]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append((page.url, "wider than the screen"))
    return found + page.said


@pytest.mark.usefixtures("failures")
@pytest.mark.parametrize(("locale", "scheme", "width"), LOOKS)
def test_processes_are_watched_mended_and_steered(visit, locale, scheme, width):
    rework, everything, failed, token, tried = WORDS[locale]
    size = {"width": width, "height": 900}
    page = visit(locale=locale, color_scheme=scheme, viewport=size, bypass_csp=True)
    page.goto("/operations")
    found = barriers(page)
    page.click("main td >> text=/^(Tiny plan|小計畫)$/")
    page.wait_for_selector(".heat[data-ready]")
    expect(page.locator(".heat .is-heat5")).to_have_count(2)
    assert page.inner_text(".heat .diagram-token >> nth=0") == "3"
    found += barriers(page)
    page.click(f"main nav >> text={rework}")
    page.wait_for_selector("td:text-is('review')")

    page.goto("/operations/runner")
    found += barriers(page)
    page.goto("/incidents")
    found += barriers(page)
    page.check(f"text={everything}")
    page.click("button[value=retry]")
    expect(page.locator(f"td >> text={failed}")).to_have_count(2)
    found += barriers(page)

    page.goto("/processes/1")
    page.click(f"text={token}")
    page.select_option("#move-to", "approve")
    page.click("main form button >> nth=0")
    expect(page.locator("main")).to_contain_text(tried)
    found += barriers(page)
    page.fill("#move-reason", "Reviewed by phone.")
    page.press("#move-reason", "Enter")
    page.wait_for_url("**/processes/1")
    page.wait_for_selector(".diagram .is-current")
    assert page.get_attribute(".diagram .is-current", "data-element-id") == "approve"
    assert found == []


def test_a_task_s_page_has_keys_too(visit):
    page = visit()
    page.goto("/tasks/1")
    page.keyboard.press("?")
    assert page.is_visible("#keys")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.wait_for_url("**tab=talk*")
    page.keyboard.press("c")
    page.wait_for_selector("main >> text=/With Lin/")
    page.keyboard.press("e")
    assert page.evaluate("document.activeElement.name") == "_complete"
    page.keyboard.press("i")
    page.wait_for_url("**/inbox")

    page.keyboard.press("j")
    page.keyboard.press("x")
    page.click("button[value=complete]")

    expect(page.locator("main")).to_contain_text("It asks something")
