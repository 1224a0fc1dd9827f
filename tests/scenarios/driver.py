"""Do people's tasks as they do: open the page, look at the form, fill it in, press Complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import lxml.html
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import User
from app.accounts.views import DEMO_PASSWORD
from app.core.db import db
from app.workflow.models import HumanTask, TaskStatus

CONFLICT = 409
Fill = Callable[[dict[str, str]], dict[str, str]]


@dataclass
class Factory:
    """The people of the demo factory at their browsers."""

    app: Flask
    browsers: dict[str, FlaskClient] = field(default_factory=dict)
    done: list[tuple[str, str, str]] = field(default_factory=list)

    def browser(self, login: str) -> FlaskClient:
        """Return a person's browser, signed in."""
        if login not in self.browsers:
            browser = self.app.test_client()
            answer = browser.post("/account/login", data={"login": login, "password": DEMO_PASSWORD})
            assert answer.status_code == 302, answer.text
            self.browsers[login] = browser
        return self.browsers[login]

    def open_tasks(self) -> list[tuple[int, str, str, str, list[str]]]:
        """Return every open task: id, process, element, role, elements it is kept apart from."""
        rows = db.session.execute(
            select(HumanTask.id, HumanTask.process, HumanTask.element, HumanTask.role)
            .where(HumanTask.status == TaskStatus.OPEN)
            .order_by(HumanTask.id)
        ).all()
        db.session.rollback()
        return [tuple(row) for row in rows]

    def people_of(self, role: str) -> list[str]:
        """Return the logins of those who hold a role."""
        logins = [user.login for user in db.session.scalars(select(User)) if role in user.roles]
        db.session.rollback()
        return sorted(logins)

    def complete(self, task_id: int, login: str, fill: Fill | dict[str, str] | None = None) -> Any:
        """Open a task as ``login``, change what ``fill`` says, submit it. Returns the answer."""
        browser = self.browser(login)
        page = browser.get(f"/tasks/{task_id}")
        assert page.status_code == 200, (task_id, login, page.status_code, page.text[-600:])
        form = lxml.html.fromstring(page.text).get_element_by_id("task-form")
        values = {name: value or "" for name, value in form.form_values()}
        if callable(fill):
            values = fill(values)
        else:
            values |= fill or {}
        values["_complete"] = "1"
        return browser.post(f"/tasks/{task_id}", data=values, headers={"Accept": "text/html"})

    def run(
        self, answers: dict[str, Fill | dict[str, str]], *, until: Iterable[str] = (), limit: int = 400
    ) -> None:
        """Do every open task, by the first person of its role who may, until there is none left.

        A task that cannot be done yet, such as the issue of material that somebody else has just taken,
        is tried again after the others.

        Args:
            answers: what to fill in, by ``process/element`` or ``element``.
            until: elements to leave undone.
        """
        stop, refused, progress = set(until), {}, True
        for _ in range(limit):
            waiting = [row for row in self.open_tasks() if row[2] not in stop]
            if not waiting:
                return
            fresh = [row for row in waiting if row[0] not in refused]
            if not fresh:
                assert progress, f"nobody could complete any task: {refused}"
                fresh, refused, progress = waiting, {}, False
            reasons = self.attempt(fresh[0], answers)
            if reasons is None:
                progress = True
                continue
            refused[fresh[0][0]] = reasons
            if any(status != CONFLICT for _login, status, _messages in reasons):
                raise AssertionError(f"nobody could complete {fresh[0]}: {reasons}")
        raise AssertionError(f"still open after {limit} tasks: {self.open_tasks()}")

    def attempt(self, row: tuple, answers: dict[str, Fill | dict[str, str]]) -> list | None:
        """Let the people of a task's role try it one after the other; why each was refused, or None."""
        task_id, process, element, role = row
        fill = answers.get(f"{process}/{element}", answers.get(element))
        refused = []
        for login in self.people_of(role):
            answer = self.complete(task_id, login, fill)
            if answer.status_code == 302:
                self.done.append((login, process, element))
                return None
            refused.append((login, answer.status_code, messages(answer.text)))
        return refused


def messages(html: str) -> list[str]:
    """Return what a refused page says."""
    tree = lxml.html.fromstring(html)
    found = tree.xpath(
        "//*[@role='alert' or contains(@class, 'invalid-feedback') or contains(@class, 'error')]"
    )
    return [" ".join(one.text_content().split())[:400] for one in found] or [tree.text_content()[-400:]]
