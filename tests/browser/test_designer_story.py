"""A process designer who never saw the code adds an approval above 50,000 to purchasing, up to a running order.

Everything is done by mouse and keyboard, by what the screen says: the approval, its decision table and its form
are made, simulated and tested, the change is proposed and approved by a second person, an order under way is
moved, and really waits for the new approval. With ``OCTAD_PICTURES=1`` the pictures of docs/studio.md are taken.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import select

from app.core.actors import acting
from app.core.db import db
from app.masterdata.models import Item, Partner
from app.sales import services as sales
from app.workflow.models import HumanTask, TaskStatus
from app.workflow.running import messages
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.newcomer import Newcomer
from tests.browser.test_form_builder import press, type_in
from tests.scenarios.answers import SMOOTH
from tests.scenarios.driver import Factory

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
COLOURS = 64
PUMPS = "400"
ORDER = "PO2603-0001"


def picture(page: Page, name: str) -> None:
    """Keep what is seen for the documents, where it is asked for."""
    if not os.environ.get("OCTAD_PICTURES"):
        return
    taken = Image.open(BytesIO(page.screenshot())).convert("RGB")
    taken.quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURES / f"studio-{name}.png", optimize=True)


@pytest.fixture
def at_work(factory: tuple[Flask, str]) -> tuple[Flask, str]:
    """The demo factory with an order of 400 pumps, whose purchase orders wait for the buyer."""
    from app.accounts.models import User
    from app.accounts.sessions import actor_for

    app, _site = factory
    with acting(actor_for(db.session.scalars(select(User).where(User.login == "huang")).one())):
        customer = db.session.scalars(select(Partner).where(Partner.code == "C01")).one()
        item = db.session.scalars(select(Item).where(Item.number == "GP25")).one()
        line = {"item_id": str(item.id), "quantity": PUMPS, "due_date": "2026-06-30"}
        order = sales.create_order("DY", customer.id, [line])
        sales.review_order(order.id, dict.fromkeys(sales.review_names(), True))
        sales.confirm_order(order.id)
        db.session.commit()
        messages.drain()
    driver = Factory(app)
    while plans := [row for row in driver.open_tasks() if row[2] == "review_plan"]:
        assert driver.attempt(plans[0], SMOOTH) is None
    return factory


@pytest.fixture
def people(at_work: tuple[Flask, str]) -> Iterator[Any]:
    """Who signs a person in, by name."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield lambda name: Newcomer(browser, at_work[1], name)
        browser.close()


def waiting() -> dict[str, set[str]]:
    """The open purchasing tasks by the order they are about."""
    found: dict[str, set[str]] = {}
    for task in db.session.scalars(select(HumanTask).where(HumanTask.status == TaskStatus.OPEN)):
        if task.process == "purchasing.purchase":
            found.setdefault((task.summaries or {}).get("en", "").split()[0], set()).add(task.element)
    db.session.rollback()
    return found


def middle(page: Page, element: str) -> tuple[float, float]:
    """Where an element of the diagram is seen."""
    box = page.locator(f"[data-element-id='{element}'] .djs-visual").first.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def choose(page: Page, element: str) -> None:
    """Click an element and see its properties."""
    page.mouse.click(*middle(page, element))
    expect(page.locator("#field-id")).to_have_value(element)


def search(page: Page, words: str, element: str) -> None:
    """Look for an element by name with Ctrl F."""
    box = page.locator("[data-canvas]").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] - 30, box["y"] + box["height"] - 70)
    page.keyboard.press("Control+f")
    page.keyboard.type(words)
    page.locator(".djs-search-result").first.wait_for()
    page.keyboard.press("Enter")
    expect(page.locator("#field-id")).to_have_value(element)


def cell(page: Page, at: str, text: str) -> None:
    """Write a cell of the decision table."""
    page.locator(at).click()
    page.keyboard.press("Control+A")
    page.keyboard.type(text)
    page.keyboard.press("Tab")


def save(page: Page) -> None:
    """Keep the file that is edited."""
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Saved.")
    page.wait_for_selector("[data-ready]")


def draw(designer: Newcomer) -> str:
    """Begin a change of the purchasing process and put the approval in; the change's address."""
    page = designer.page
    expect(page.get_by_role("link", name="Inbox").first).to_be_visible()
    page.goto("/studio")
    designer.follow("Requisition to payable")
    page.get_by_label("What changes, in a few words").fill("Above 50,000 the general manager looks too")
    designer.press("Begin a change")
    page.wait_for_selector("[data-ready]")
    search(page, "Gather approval facts", "approval_facts")
    designer.press("Put an approval behind it")
    expect(page.locator("[data-problems] li")).to_have_count(3)
    page.get_by_role("button", name="Choose the role that does it").click()
    page.get_by_label("Role", exact=True).select_option("general_manager")
    page.get_by_label("Name (English)").fill("Approve above 50,000")
    page.get_by_label("Name (Chinese)").fill("五萬元以上核准")
    page.get_by_label("Due after, e.g. P2D").fill("P2D")
    page.keyboard.press("Tab")
    expect(page.locator("[data-problems] li")).to_have_count(2)
    expect(page.get_by_role("group", name="Not by who did").get_by_label("Check the order")).to_be_checked()
    assert designer.barriers() == []
    picture(page, "approval")
    return page.url.partition("/files/")[0]


def decide(designer: Newcomer) -> None:
    """Make the decision table with its limit."""
    page = designer.page
    page.get_by_role("button", name="Choose the decision").click()
    designer.press("Make a decision table for this step")
    page.wait_for_selector("[data-ready]")
    cell(page, ".tjs-table tbody tr:nth-child(1) td.input-cell", "<= 50000")
    cell(page, ".tjs-table tbody tr:nth-child(2) td.input-cell", "> 50000")
    expect(page.locator("[data-problems] li")).to_have_count(1)
    assert designer.barriers() == []
    picture(page, "decision")
    save(page)


def ask(designer: Newcomer) -> None:
    """Make the form: what is approved, and the verdict that the process reads."""
    page = designer.page
    page.get_by_role("button", name=re.compile("needs a form")).click()
    expect(page.locator("#field-id")).to_have_value("extra_approval")
    designer.press("Make a form for this task")
    page.wait_for_selector("#builder")
    press(page, "#pick-form")
    press(page, "#add-facts")
    press(page, "#act-up")
    press(page, "#act-up")
    type_in(page, label__0="採購單", label__1="Order")
    type_in(page, row__0__value="order.number", row__0__label__0="單號", row__0__label__1="Number")
    press(page, "#add-part")
    type_in(
        page,
        row__1__value="approval.amount",
        row__1__label__0="未稅金額",
        row__1__label__1="Amount before tax",
    )
    expect(page.locator("#seen")).to_contain_text("Amount before tax")
    assert designer.barriers() == []
    picture(page, "form")


def answer(page: Page) -> None:
    """Let the operator the simulation waits at answer what a test case says it does."""
    page.get_by_role("button", name="Answer", exact=True).click()
    page.wait_for_selector("[data-bpmn][data-ready]")


def done(page: Page) -> None:
    """Complete the task the simulation waits at."""
    page.get_by_role("button", name="Complete the task").click()
    page.wait_for_selector("[data-bpmn][data-ready]")


def at(page: Page, element: str) -> None:
    """Wait until the simulation stands at an element."""
    expect(page.locator("h3 code").first).to_have_text(element)


def refuse(page: Page) -> None:
    """Not approved, the order goes back to the buyer, who sends it once more."""
    page.get_by_label("Reason").fill("Cheaper elsewhere?")
    done(page)
    at(page, "check_order")
    done(page)
    answer(page)
    answer(page)
    at(page, "extra_approval")


def simulate(designer: Newcomer, change: str) -> None:
    """Play an order of 60,000 up to the approval and past it, and save that as a test case."""
    page = designer.page
    page.goto(change)
    designer.follow("Simulation")
    designer.press("Begin")
    page.wait_for_selector("[data-bpmn][data-ready]")
    for element in ("check_prices", "create_order"):
        at(page, element)
        answer(page)
    at(page, "check_order")
    done(page)
    at(page, "prepare_order")
    answer(page)
    at(page, "approval_facts")
    facts = page.get_by_label("What it answers, as JSON")
    facts.fill(re.sub(r'"amount": "[\d.]+"', '"amount": "60000"', facts.input_value()))
    answer(page)
    at(page, "extra_approval")
    expect(page.locator("#so-far ~ ol").last).to_contain_text("row 2 fired")
    refuse(page)
    page.get_by_label("Approve", exact=True).check()
    assert designer.barriers() == []
    page.locator("#next").scroll_into_view_if_needed()
    picture(page, "simulation")
    done(page)
    at(page, "send_order")
    page.locator("summary", has_text="Save as a test case").click()
    page.get_by_label("Name (English)").fill("60,000: the general manager too")
    page.get_by_label("Name (Chinese)").fill("六萬元須總經理核准")
    designer.press("Save as a test case")


def mend(designer: Newcomer) -> None:
    """Put the new step into the test cases that it stops, and see everything green."""
    page = designer.page
    while (failed := page.get_by_role("row").filter(has_text="it waits at: extra_approval")).count():
        failed.first.get_by_role("link", name="Play").click()
        at(page, "extra_approval")
        page.get_by_label("Approve", exact=True).check()
        done(page)
        designer.press("Go on with its steps")
        designer.press("Save these steps in its place")
        expect(page.get_by_role("heading", level=1)).to_have_text("Test cases")
    page.wait_for_selector("[data-bpmn][data-ready]")
    expect(page.get_by_text("passed", exact=True)).to_have_count(14)
    expect(page.get_by_text("failed", exact=True)).to_have_count(0)
    expect(page.locator("#walked")).to_have_text("Walked: 100 % of the flows")
    for element in ("approval_rule", "extra_approval"):
        assert "is-done" in (page.locator(f"[data-element-id={element}]").first.get_attribute("class") or "")
    assert designer.barriers() == []
    drawing = page.locator("[data-bpmn]")
    drawing.scroll_into_view_if_needed()
    shown = drawing.bounding_box()
    assert shown
    page.mouse.move(shown["x"] + shown["width"] - 20, shown["y"] + 20)
    page.mouse.down()
    page.mouse.move(
        shown["x"] + shown["width"] + 180 - middle(page, "approval_rule")[0], shown["y"] + 20, steps=4
    )
    page.mouse.up()
    picture(page, "tests")


def deploy(designer: Newcomer, manager: Newcomer, change: str) -> None:
    """The designer proposes, who sees what it touches; the plant manager approves."""
    page = designer.page
    page.goto(change)
    expect(page.get_by_role("region", name="Running cases it touches")).to_contain_text("Check the order (5)")
    expect(page.get_by_role("region", name="Test cases")).to_contain_text("all 14 passed")
    designer.press("Propose")
    expect(page.get_by_role("main")).to_contain_text("A second person has to approve it.")
    assert page.get_by_role("button", name="Approve and deploy").count() == 0
    manager.page.goto(change)
    manager.page.locator("[data-pair][data-ready]").wait_for()
    assert manager.barriers() == []
    picture(manager.page, "proposed")
    manager.press("Approve and deploy")
    expect(manager.page.get_by_role("main")).to_contain_text("Requisition to payable v2")


def move(designer: Newcomer, change: str) -> None:
    """Take the running orders along to the new version, after a dry run."""
    page = designer.page
    page.goto(change)
    designer.follow("Move running cases")
    designer.follow("Dry run")
    verdicts = page.get_by_role("region", name="Verdict")
    expect(verdicts.get_by_text("Can go", exact=True)).to_have_count(5)
    page.get_by_label("Reason").fill("The approval applies from today, to orders under way too")
    assert designer.barriers() == []
    picture(page, "move")
    designer.press("Move the chosen cases")
    expect(page.get_by_role("main")).to_contain_text("Moved", timeout=20_000)


def buy(buyer: Newcomer, head: Newcomer) -> None:
    """The buyer checks the order; it waits for the general manager, then goes on."""
    buyer.find("Check the order", ORDER)
    buyer.complete()
    assert waiting()[ORDER] == {"extra_approval"}
    buyer.follow("Inbox")
    assert buyer.rows().filter(has_text="Approve above 50,000").count() == 0
    head.follow("Inbox")
    expect(head.rows().filter(has_text="Approve above 50,000")).to_contain_text(ORDER)
    picture(head.page, "inbox")
    head.find("Approve above 50,000", ORDER)
    assert head.barriers() == []
    head.page.get_by_label("Approve", exact=True).check()
    picture(head.page, "task")
    assert "is done" in head.complete()
    assert waiting()[ORDER] == {"approve_head"}


def test_an_approval_is_added_and_a_running_order_passes_it(at_work, people):
    assert waiting()[ORDER] == {"check_order"}
    designer = people("Tseng Chun-chieh")
    change = draw(designer)
    decide(designer)
    ask(designer)
    simulate(designer, change)
    mend(designer)
    deploy(designer, people("Lin Chih-hao"), change)
    move(designer, change)
    buy(people("Chang Shu-fen"), people("Chen Kuo-tung"))
    assert designer.said == []
