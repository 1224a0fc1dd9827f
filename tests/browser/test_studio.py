"""The studio in the browser: a diagram and a decision are changed, judged while one works, and deployed by a second person."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DIST
from tests.browser.test_pages import AXE

FILE = "bpmn/planning/tiny.bpmn"


@pytest.fixture
def designer(visit):
    """A process designer's page."""
    return visit("tseng", bypass_csp=True)


def violations(page) -> list[tuple[str, list]]:
    """What bars people from the page."""
    page.add_script_tag(path=str(DIST / "axe.min.js"))
    return [(one["id"], one["nodes"][0]["target"]) for one in page.evaluate(AXE)["violations"]]


def begun(page, title: str) -> None:
    """Begin a change of the tiny process and wait for its editor."""
    page.goto("/studio")
    page.click(".studio-tree a:has-text('Tiny plan')")
    page.fill("#new-title", title)
    page.click("button:has-text('Begin a change')")
    page.wait_for_selector("[data-ready]")


def choose(page, element: str) -> None:
    """Click an element of the diagram."""
    page.click(f"g[data-element-id='{element}'] .djs-hit >> nth=0", force=True)


def field(page, label: str, value: str) -> None:
    """Fill a field of the properties panel."""
    page.get_by_label(label, exact=True).fill(value)
    page.keyboard.press("Tab")


def test_a_designer_changes_a_diagram_and_a_second_person_deploys_it(designer, visit):
    page = designer
    begun(page, "Look twice")
    choose(page, "review")
    assert page.input_value("#field-form") == "planning/tiny"
    field(page, "Name (English)", "Review the plan well")
    field(page, "Due after, e.g. P2D", "two days")
    page.wait_for_selector("[data-problems] button:has-text('two days')")
    choose(page, "approve")
    page.click("[data-problems] button:has-text('two days')")
    assert page.input_value("#field-id") == "review"
    field(page, "Due after, e.g. P2D", "P3D")
    field(page, "Escalate so long after, e.g. P1D", "PT6H")
    page.get_by_label("Escalate to", exact=True).select_option("general_manager")
    page.wait_for_selector("[data-problems] :text('Nothing is wrong.')")
    with page.expect_navigation():
        page.click("button:has-text('Save')")
    page.wait_for_load_state("networkidle")
    page.goto(page.url.partition("/files/")[0])
    assert "Review the plan well" in page.inner_text("main")
    assert violations(page) == []
    page.click("button:has-text('Propose')")
    expect(page.get_by_role("main")).to_contain_text("A second person has to approve it.")

    manager = visit("lin", bypass_csp=True)
    manager.goto(page.url)
    manager.click("button:has-text('Approve and deploy')")
    expect(manager.get_by_role("button", name="Approve and deploy")).to_have_count(0)

    expect(manager.locator("main, [role=status]").first).to_contain_text("v2")
    manager.goto("/studio")
    manager.click(".studio-tree a:has-text('Tiny plan')")
    assert {"P3D", "PT6H", "general_manager"} <= set(manager.inner_text("main").split())
    manager.wait_for_selector("[data-pair][data-ready]")
    manager.click("[data-shows] button:has-text('review')")
    expect(manager.locator("[data-pair] .is-this[data-element-id=review]")).to_have_count(2)
    assert violations(manager) == []
    assert page.said == manager.said == []


def elements(page) -> set[str]:
    """What is drawn, by id."""
    found = page.locator(".djs-element").evaluate_all("all => all.map((one) => one.dataset.elementId)")
    return {one for one in found if not one.endswith("_label")}


def drawn_from_nothing(page, words: tuple[str, str]) -> None:
    """Begin a change with a process that is not there yet."""
    page.goto("/studio")
    page.click(f"summary:has-text('{words[0]}')")
    page.fill("#new-title", "From nothing")
    page.click(f"button:has-text('{words[0]}')")
    page.fill("#add-file", "bpmn/planning/fresh.bpmn")
    page.click(f"button:has-text('{words[1]}')")
    page.wait_for_selector("[data-ready]")


BEGIN = {"en": ("Begin a change", "Add the file"), "zh-TW": ("開始修改", "納入此檔案")}


@pytest.mark.parametrize("locale", ["en", "zh-TW"])
def test_a_step_and_an_approval_are_put_in_and_each_taken_back_at_once(visit, locale):
    page = visit("tseng", bypass_csp=True, locale=locale, color_scheme="dark")
    page.set_default_timeout(15_000)
    drawn_from_nothing(page, BEGIN[locale])
    before = elements(page)
    choose(page, "begin")
    page.click("#put-step")
    expect(page.locator("#field-id")).to_have_value("new_step")
    assert elements(page) - before == {"new_step", "new_step_to_finish"}
    expect(page.locator("[data-problems] li")).to_have_count(2)
    page.select_option("#field-role", "buyer")
    expect(page.locator("[data-problems] li")).to_have_count(1)
    assert "buyer" in page.locator(".djs-visual text").all_text_contents()
    page.click("#put-approval")
    expect(page.locator("#field-id")).to_have_value("approval_rule")
    assert "extra_approval_gateway_to_new_step" in elements(page)
    assert violations(page) == []

    for gone in ("extra_approval", "lane_buyer", "new_step"):
        page.locator("[data-canvas] svg").first.focus()
        page.keyboard.press("Control+z")
        page.wait_for_function("id => !document.querySelector(`[data-element-id=${id}]`)", arg=gone)
    assert elements(page) == before
    assert page.said == []


@pytest.mark.parametrize("width", [1400, 390])
def test_the_editors_speak_chinese_and_fit(visit, width):
    page = visit("tseng", bypass_csp=True, locale="zh-TW", viewport={"width": width, "height": 900})
    page.goto("/studio")
    page.click(".studio-tree a:has-text('小計畫')")
    page.fill("#new-title", "再看一次")
    page.click("button:has-text('開始修改')")
    page.wait_for_selector("[data-ready]")

    assert "流程" in page.inner_text("[data-panel]")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    assert page.said == []


def test_a_new_decision_is_written_in_its_table(designer):
    page = designer
    begun(page, "A limit")
    page.goto(page.url.partition("/files/")[0])
    page.fill("#add-file", "bpmn/planning/second_look.dmn")
    page.click("button:has-text('Add the file')")
    page.wait_for_selector("[data-ready]")
    page.locator(".tjs-table tbody td.input-cell").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("< 50000")
    page.keyboard.press("Tab")

    page.wait_for_selector("[data-problems] :text('amount = 50000')")
    with page.expect_navigation():
        page.click("button:has-text('Save')")
    page.wait_for_load_state("networkidle")
    assert "&lt; 50000" in page.content() or "< 50000" in page.input_value("#source")
    assert page.said == []


def test_without_scripts_the_source_is_text(visit):
    page = visit("tseng", java_script_enabled=False)
    page.goto("/studio")
    page.click(".studio-tree a:has-text('Tiny plan')")
    page.fill("#new-title", "As text")
    page.click("button:has-text('Begin a change')")
    source = page.input_value("#source")
    page.fill("#source", source.replace("P2D", "soon"))
    page.click("button:has-text('Save')")

    expect(page.locator("[data-problems]")).to_contain_text("soon")
