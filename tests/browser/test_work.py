"""Doing work in the browser: by keyboard, with pasted rows, and without JavaScript."""

from __future__ import annotations

from playwright.sync_api import expect


def test_a_task_is_found_claimed_and_opened_by_keyboard_alone(visit):
    page = visit()
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.wait_for_selector("text=1 task claimed.")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/*")

    assert page.inner_text("h1") == "Review the plan"


def test_the_keys_are_explained(visit):
    page = visit()
    page.keyboard.press("?")

    assert page.is_visible("#keys")


def test_rows_from_a_spreadsheet_are_pasted(visit):
    page = visit()
    page.goto("/tasks/1")
    page.focus("[name=lines-0-item]")
    page.evaluate(
        """() => { const data = new DataTransfer(); data.setData('text/plain', 'A\\t1\\r\\nB\\t2\\r\\nC\\t3,5\\r\\n');
        document.activeElement.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})); }"""
    )

    items = [page.input_value(f"[name=lines-{row}-item]") for row in range(3)]
    assert items == ["A", "B", "C"]
    assert page.input_value("[name=lines-2-quantity]") == "3,5"


def test_a_field_appears_when_its_condition_holds(visit):
    page = visit()
    page.goto("/tasks/1")
    assert not page.is_visible("[name=reason]")

    page.check("[name=decision][value=again]")

    assert page.is_visible("[name=reason]")


def test_an_error_is_listed_linked_and_focused(visit):
    page = visit()
    page.goto("/tasks/1")
    page.fill("[name=lines-0-quantity]", "many")
    page.click("[name=_complete]")
    page.wait_for_selector("#error-summary")
    assert page.evaluate("document.activeElement.id") == "error-summary"

    page.click("#error-summary a >> nth=0")

    assert page.evaluate("document.activeElement.id") == "f-lines-0-quantity"


def test_typing_is_kept_as_a_draft(visit):
    page = visit()
    page.goto("/tasks/1")
    page.fill("[name=lines-0-quantity]", "about 7")
    page.wait_for_selector("text=Draft saved")
    page.goto("/tasks/1")

    assert page.input_value("[name=lines-0-quantity]") == "about 7"


def test_everything_works_without_javascript(visit):
    page = visit(java_script_enabled=False)
    page.goto("/tasks/1")
    page.click("[name=_add]")
    page.fill("[name=lines-2-item]", "SEAL")
    page.fill("[name=lines-2-quantity]", "2")
    page.click("[name=_remove] >> nth=0")
    expect(page.locator("[name=lines-1-item]")).to_have_value("SEAL")
    expect(page.locator("[name=lines-0-item]")).to_have_value("SHAFT-16")

    page.check("[name=decision][value=approve]")
    page.click("[name=_complete]")

    expect(page.get_by_role("main")).to_contain_text("Review the plan is done.")


def test_the_next_person_sees_the_next_task_at_once(visit):
    first = visit()
    first.goto("/tasks/1")
    first.check("[name=decision][value=approve]")
    first.click("[name=_complete]")
    expect(first.get_by_role("main")).to_contain_text("Review the plan is done.")

    second = visit("chen")

    expect(second.locator("[data-task]")).to_have_count(1)
    expect(second.locator("[data-task]")).to_contain_text("Approve the plan")
