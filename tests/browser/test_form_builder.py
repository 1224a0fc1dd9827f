"""The form builder in the browser: a form with a line table from nothing, seen and judged while it is made."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_studio import begun as begun_diagram
from tests.browser.test_studio import choose, violations


def begun(page: Any, file: str, words: dict[str, str]) -> None:
    """Begin a change and take a form into it that is not there yet."""
    page.goto("/studio")
    page.click(f"summary:has-text('{words['begin']}')")
    page.fill("#new-title", "Tally")
    page.click(f"button:has-text('{words['begin']}')")
    page.fill("#add-file", file)
    page.click(f"button:has-text('{words['add']}')")
    page.wait_for_selector("#builder")


def press(page: Any, button: str) -> None:
    """Press a button of the builder and wait for what it leads to."""
    with page.expect_response(lambda answer: "/files/forms/" in answer.url):
        page.click(button)
    settled(page)


def settled(page: Any) -> None:
    """Wait until the page is swapped in whole."""
    page.wait_for_function("!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")


def type_in(page: Any, **texts: str) -> None:
    """Fill inputs of the panel and leave the last one, so that what was typed is seen."""
    for name, text in texts.items():
        with page.expect_response(lambda answer: "/files/forms/" in answer.url):
            page.fill(f"#p-{name.replace('__', '-')}", text)
            page.keyboard.press("Tab")
        settled(page)


WORDS = {
    "en": {"begin": "Begin a change", "add": "Add the file", "label": "Parts", "least": "At least 1."},
    "zh-TW": {"begin": "開始修改", "add": "納入此檔案", "label": "料件", "least": "不得小於 1。"},
}


@pytest.mark.parametrize(("locale", "width", "theme"), [("en", 1400, "light"), ("zh-TW", 390, "dark")])
def test_a_form_with_a_line_table_is_made_from_nothing(visit, locale, width, theme):
    page = visit(
        "tseng",
        bypass_csp=True,
        locale=locale,
        color_scheme=theme,
        viewport={"width": width, "height": 900},
    )
    words = WORDS[locale]
    begun(page, "forms/planning/tally.json", words)
    press(page, "#pick-form")
    type_in(page, title__1="Tally", title__0="點收")
    press(page, "#add-lines")
    assert page.evaluate("document.activeElement.id") == "panel-title"
    type_in(page, label__0="料件", label__1="Parts", key="parts")
    page.wait_for_selector(f"[data-at='1'] :text-is('{words['label']}')")
    press(page, "#add-column-number")
    type_in(page, label__0="數量", label__1="Quantity", min="1")
    page.check("#p-required")
    press(page, "#act-up")
    assert page.evaluate("document.activeElement.id") == "act-down"
    page.wait_for_function(
        "(y => y > 0 && y < innerHeight)(document.activeElement.getBoundingClientRect().top)"
    )
    assert barriers(page, width) == []

    press_try(page)
    assert page.locator("#seen .invalid-feedback").count() == 0
    page.click("#try-form [data-add]")
    page.fill("#try-form [name='parts-0-number']", "0")
    press_try(page)
    assert page.inner_text("#seen .invalid-feedback") == words["least"]
    assert barriers(page, width) == []
    page.fill("#try-form [name='parts-0-number']", "3")
    press_try(page)
    assert '"number": "3"' in page.inner_text("#seen .result")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page, width) == []
    assert page.said == []


def barriers(page: Any, width: int) -> list[tuple[str, list]]:
    """What bars people from the page, seen as a whole: the phone's fixed menu covers nothing then."""
    page.set_viewport_size({"width": width, "height": 4000})
    found = violations(page)
    page.set_viewport_size({"width": width, "height": 900})
    return found


def press_try(page: Any) -> None:
    """Send the drawn form as if it were a task's."""
    with page.expect_response(lambda answer: "/tried/" in answer.url):
        page.click("#try-form .btn-secondary")
    settled(page)


def test_a_task_gets_a_form_of_its_own_from_the_diagram(visit):
    page = visit("tseng", bypass_csp=True)
    begun_diagram(page, "A form of its own")
    choose(page, "approve")
    assert page.inner_text("#make-form") == "Open the form"
    page.select_option("#field-form", "")
    page.keyboard.press("Tab")
    choose(page, "review")
    choose(page, "approve")
    with page.expect_navigation(url="**/files/forms/planning/approve_the_plan.json"):
        page.click("#make-form")
    assert page.input_value("#p-title-1") == "Approve the plan"
    assert page.input_value("#p-title-0") == "核准計畫"
    assert "Tiny plan" in page.inner_text("#uses + ul")

    page.click("#uses + ul a")
    page.wait_for_selector("[data-ready]")
    choose(page, "approve")
    assert page.input_value("#field-form") == "planning/approve_the_plan"
    expect(page.locator("[data-problems]")).to_have_text("Nothing is wrong.")
    assert page.said == []


def test_components_are_moved_by_keys_and_by_dragging_and_acts_undone(visit):
    page = visit("tseng", bypass_csp=True)
    begun(page, "forms/planning/tally.json", WORDS["en"])
    for kind in ("text", "number"):
        press(page, f"#add-{kind}")
    assert keys(page) == ["agreed", "text", "number"]
    page.fill("#p-label-1", "Pieces")
    with page.expect_response(lambda answer: "/files/forms/" in answer.url):
        page.press("#p-label-1", "Enter")
    page.wait_for_selector("[data-at='2'] :text-is('Pieces')")
    settled(page)
    page.focus("#pick-2")
    with page.expect_response(lambda answer: "/files/forms/" in answer.url):
        page.keyboard.press("Alt+ArrowUp")
    settled(page)
    assert (keys(page), page.evaluate("document.activeElement.id")) == (
        ["agreed", "number", "text"],
        "pick-1",
    )
    with page.expect_response(lambda answer: "/files/forms/" in answer.url):
        page.drag_and_drop("#pick-2", "#pick-0")
    settled(page)
    assert keys(page) == ["text", "agreed", "number"]
    assert page.inner_text("#said") == "Moved elsewhere: text"
    for _act in range(3):
        press(page, "#act-undo")
    assert keys(page) == ["agreed", "text", "number"]
    assert page.inner_text("[data-at='2'] .outline-label") == "Figure"
    assert page.said == []


def keys(page: Any) -> list[str]:
    """The keys of the form's components as the outline shows them."""
    return page.locator(".outline-kind code").all_inner_texts()
