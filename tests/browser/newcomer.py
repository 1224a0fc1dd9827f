"""Somebody who never saw the code: clicks and types what is on the screen, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from tests.browser.conftest import DIST
from tests.browser.test_pages import AXE

WAIT = 20_000


class Newcomer:
    """A person of the demo factory at a browser, found on the start page by name."""

    def __init__(self, browser: Any, site: str, name: str) -> None:
        context = browser.new_context(
            base_url=site, locale="en", viewport={"width": 1400, "height": 900}, bypass_csp=True
        )
        self.name = name
        self.page: Page = context.new_page()
        self.page.set_default_timeout(WAIT)
        self.said: list[str] = []
        self.page.on("console", lambda one: self.said.append(one.text) if one.type == "error" else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto("/")
        self.press(name)

    def press(self, name: str) -> None:
        """Press the button that says ``name``."""
        self.page.get_by_role("button", name=name).first.click()
        self.page.wait_for_load_state()

    def follow(self, name: str) -> None:
        """Follow the link that says ``name``."""
        self.page.get_by_role("link", name=name).first.click()
        self.page.wait_for_load_state()

    def rows(self) -> Locator:
        """The tasks listed in the inbox."""
        return (
            self.page.get_by_role("main")
            .get_by_role("listitem")
            .filter(has=self.page.get_by_role("checkbox"))
        )

    def find(self, task: str, about: str) -> dict[str, str]:
        """Open the task of this name about a document, from the inbox; what its row said."""
        self.follow("Inbox")
        row = self.rows().filter(has_text=task).filter(has_text=about).first
        told = {
            "quantity": row.locator(".taskrow-quantity").inner_text(),
            "due": row.locator(".taskrow-due").inner_text(),
        }
        row.get_by_role("link", name=task).click()
        self.page.wait_for_load_state()
        return told

    def complete(self) -> str:
        """Press Complete; what the next page says."""
        self.press("Complete")
        return " ".join(
            self.page.get_by_role("main").locator("[role=status], [role=alert]").all_inner_texts()
        )

    def barriers(self) -> list[Any]:
        """What axe finds on the page, and what the console said."""
        self.page.add_script_tag(path=str(Path(DIST) / "axe.min.js"))
        found = self.page.evaluate(AXE)["violations"]
        return [(one["id"], one["nodes"][0]["target"]) for one in found] + self.said

    def leave(self) -> None:
        """Close the browser's window."""
        self.page.context.close()


def measure_all(page: Page) -> None:
    """Type a value in the middle of the limits that stand in each row."""
    for row in page.get_by_role("row").filter(has=page.get_by_role("textbox")).all():
        limits = row.locator("td[data-label=Limits]").inner_text()
        found = [float(one) for one in re.findall(r"\d+(?:\.\d+)?", limits.replace(",", ""))]
        row.get_by_role("textbox").first.fill(f"{sum(found) / len(found):g}" if found else "0")
