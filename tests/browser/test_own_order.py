"""A salesperson's own order, by clicking alone: every role finds its task, up to the approved cost.

It is the demo factory's first morning, before its own two orders are confirmed. Each kind of task is done once
through the browser, by what is seen on the screen; only the repeats of a kind are sent over HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Flask
from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.accounts.models import User
from app.core.db import db
from app.core.documents import document_labels
from app.core.i18n import localized
from app.workflow.models import HumanTask
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.newcomer import Newcomer, measure_all
from tests.scenarios.answers import SMOOTH
from tests.scenarios.driver import Factory


def choose(name: str) -> Callable[[Page], None]:
    """What ticks the box or takes the choice that says ``name``."""
    return lambda page: page.locator("label", has_text=re.compile(f"^{name}$")).first.click()


def type_in(label: str, text: str) -> Callable[[Page], None]:
    """What types ``text`` into the field called ``label``."""
    return lambda page: page.get_by_label(label).first.fill(text)


TYPED: dict[str, Callable[[Page], None]] = {
    "review_plan": choose("Approve the plan"),
    "enter_invoice": type_in("Invoice number", "CD10000001"),
    "send_pieces": choose("The pieces have left.*"),
    "measure": measure_all,
    "pack": type_in("Contents", "15 cartons"),
    "prove": type_in("Received by", "K. Sato"),
    "review_cost": choose("Submit.*"),
    "approve_cost": choose("Approve"),
}
"""What has to be typed; the other tasks need nothing but a look and Complete."""
KINDS = {
    "planning.plan_supply/review_plan",
    "subcontracting.subcontract_order/ship_components",
    "subcontracting.subcontract_order/send_pieces",
    "subcontracting.subcontract_order/receive_order",
    "subcontracting.subcontract_order/enter_invoice",
    "purchasing.purchase/check_order",
    "purchasing.purchase/receive_goods",
    "purchasing.purchase/enter_invoice",
    "scheduling.schedule/review_schedule",
    "shopfloor.work_order/issue_material",
    "shopfloor.work_order/report_operation",
    "quality.inspection/measure",
    "logistics.ship/confirm_pick",
    "logistics.ship/pack",
    "logistics.ship/prove",
    "costing.close_order/review_cost",
    "costing.close_order/approve_cost",
}
"""What sixty pumps ask of people: made, partly outside and partly assembled outside, with seals bought."""
PEOPLE = {
    "Wu Yi-chun",
    "Chang Shu-fen",
    "Liu Hsiu-ying",
    "Cheng A-tsai",
    "Chou Chia-ying",
    "Huang Ya-ting",
    "Yang Shu-hui",
    "Lin Chih-hao",
}
"""Who did it."""


def enter_own_order(seller: Newcomer) -> str:
    """Enter, review and confirm an order of the seller's own; its number."""
    page = seller.page
    seller.follow("Customer orders")
    seller.follow("Enter an order")
    page.get_by_label("Customer *").select_option(label="C01 Mikawa Pump Co., Ltd.")
    expect(page.get_by_label("Currency")).to_contain_text("JPY, the customer's own")
    page.get_by_label("Item").first.select_option(label="GP25 Gear pump GP-25")
    expect(page.get_by_label("Price").first).to_have_value("8800")
    expect(page.get_by_role("row").nth(1)).to_contain_text("unit")
    page.get_by_label("Quantity").first.fill("60")
    page.get_by_label("Due").first.fill("2026-04-24")
    assert seller.barriers() == []
    seller.press("Enter the order")
    number = page.get_by_role("heading", level=1).inner_text().split()[0]
    for point in ("Drawing and revision", "Tooling", "Capacity and due date", "Certificates and packing"):
        page.get_by_label(point).check()
    seller.press("Confirm the order")
    expect(page.get_by_role("main")).to_contain_text(f"Order {number} is confirmed; planning begins.")
    return number


@dataclass(frozen=True)
class Errand:
    """A task as one tells a newcomer: its name, what it is about, who may be asked."""

    kind: str
    element: str
    title: str
    about: str
    order: str
    people: tuple[str, ...]


def errand(app: Flask, task_id: int) -> Errand:
    """What somebody has to be told to find a task."""
    with app.test_request_context(headers={"Accept-Language": "en"}):
        task = db.session.get_one(HumanTask, task_id, options=[joinedload(HumanTask.instance)])
        case = task.instance
        document = task.document or case.business_key
        labels = document_labels([document, case.business_key])
        people = [
            localized(user.names)
            for user in db.session.scalars(select(User).order_by(User.login))
            if task.role in user.roles
        ]
        found = Errand(
            f"{task.process}/{task.element}",
            task.element,
            task.names["en"],
            labels.get(document or "", ""),
            labels.get(case.business_key or "", ""),
            tuple(people),
        )
        db.session.rollback()
        return found


class Staff:
    """The people of the factory, each at a browser from the first time somebody needs them."""

    def __init__(self, browser: Any, site: str) -> None:
        self.browser, self.site = browser, site
        self.signed_in: dict[str, Newcomer] = {}

    def person(self, name: str) -> Newcomer:
        """Return a person's browser."""
        if name not in self.signed_in:
            self.signed_in[name] = Newcomer(self.browser, self.site, name)
        return self.signed_in[name]

    def do(self, task: Errand) -> dict[str, Any]:
        """Let the first who may find a task in the inbox and complete it; what was seen on the way."""
        refused = []
        for name in task.people:
            person = self.person(name)
            told: dict[str, Any] = person.find(task.title, task.about)
            if not person.page.get_by_role("button", name="Complete").count():
                refused.append((name, "no button"))
                continue
            if fill := TYPED.get(task.element):
                fill(person.page)
            told |= {"by": name, "barriers": person.barriers()}
            said = person.complete()
            if f"{task.title} is done." in said:
                return told
            refused.append((name, said))
        return {"refused": refused}


def work(app: Flask, staff: Staff, own: str) -> dict[str, list[dict[str, Any]]]:
    """Do every task there is: those of one's own order and the first of each kind by hand; what was seen."""
    driver, seen, refused = Factory(app), {}, {}
    for _ in range(600):
        rows = driver.open_tasks()
        if not rows:
            return seen
        row = next((one for one in rows if one[0] not in refused), None)
        assert row, f"nobody could do any of these: {refused}"
        task = errand(app, row[0])
        if task.order == own or task.kind not in seen:
            told = staff.do(task)
            if "refused" not in told:
                seen.setdefault(task.kind, []).append(told | {"own": task.order == own})
            problem = told.get("refused")
        else:
            problem = driver.attempt(row, SMOOTH)
        refused = refused | {row[0]: problem} if problem else {}
    raise AssertionError(f"still open: {rows}")


def test_an_own_order_is_clicked_through_all_eight_steps(factory):
    app, site = factory
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        staff = Staff(browser, site)
        seller = staff.person("Huang Ya-ting")
        number = enter_own_order(seller)

        seen = work(app, staff, number)

        manager = staff.person("Lin Chih-hao")
        manager.follow("Customer orders")
        manager.follow(number)
        manager.follow("Follow the order")
        page = manager.page
        result = page.get_by_role("region", name="Cost and profit")
        expect(result.get_by_role("link", name="Cost sheet")).to_be_visible()
        figures = dict(re.findall(r"(Revenue|Cost|Profit)\n(-?[\d,.]+)", result.inner_text()))
        steps = page.get_by_role("list", name="Eight steps").get_by_role("listitem").all_inner_texts()
        barriers = manager.barriers()
        browser.close()
    told = [one for visits in seen.values() for one in visits]
    assert set(seen) == KINDS
    assert [one for one in told if one["barriers"] or not one["quantity"] or not one["due"]] == []
    assert {one["by"] for one in told} == PEOPLE
    assert [step.split("\n")[1] for step in steps] == ["done"] * 8
    assert barriers == []
    revenue, cost, profit = (
        Decimal(figures[name].replace(",", "")) for name in ("Revenue", "Cost", "Profit")
    )
    assert revenue > 0
    assert cost > 0
    assert profit == revenue - cost
