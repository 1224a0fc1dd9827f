"""Two cases of the shipped main process, and a person who types into their forms what no form asks for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import lxml.html
import pytest
from flask import Flask

from app import create_app, demo
from app.accounts import services
from app.core import audit_check
from app.core.db import db
from app.core.permissions import ROLES
from app.workflow.models import HumanTask, InstanceStatus, ProcessInstance, TaskStatus
from tests.test_routes import PASSWORD, signed_in
from tests.workflow.test_escapes import watched

HOSTILE = [
    "__import__('os').system('id')",
    "{{ config }}",
    "${7 * 7}",
    "'; DROP TABLE item; --",
    "=cmd|' /C calc'!A0",
    "a\x00b",
    "a\u202eb",
    "9" * 5_000,
    "NaN",
    "[" * 500,
]
"""Code, a template, a query, a formula, hidden characters, numbers that are none, depth: two cases, twenty tries."""
TYPED = ".//textarea[@name] | .//input[@name][not(@type) or @type='text' or @type='number' or @type='date']"


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The demo plant, and somebody with every role."""
    folder = tmp_path_factory.mktemp("hostile")
    app = create_app(
        {
            "TESTING": True,
            "DATABASE_URL": f"sqlite:///{folder}/t.db",
            "FILES": str(folder),
            "WTF_CSRF_ENABLED": False,
        }
    )
    with app.app_context():
        db.create_all()
        demo.load(date(2026, 3, 2))
        services.create_user("everything", {"en": "Everything"}, set(ROLES), PASSWORD)
        db.session.commit()
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()


def two_tasks(app: Flask) -> list[int]:
    """An open task each of two cases."""
    with app.app_context():
        query = db.select(db.func.min(HumanTask.id)).where(HumanTask.status == TaskStatus.OPEN)
        found = db.session.scalars(query.group_by(HumanTask.instance_id)).all()
        db.session.remove()
    return list(found[:2])


def form_of(page: str, task: int) -> lxml.html.FormElement | None:
    """The form of a task, where it has something to type into."""
    forms = lxml.html.fromstring(page).forms
    return next((one for one in forms if one.action == f"/tasks/{task}" and one.xpath(TYPED)), None)


def test_twenty_tries_are_refused_with_a_sentence_and_run_nothing(plant):
    browser, answers = signed_in(plant, "everything"), []
    for task in two_tasks(plant):
        browser.get(f"/tasks/{task}")  # what is imported on first use is imported now
        for hostile in HOSTILE:
            form = form_of(browser.get(f"/tasks/{task}").text, task)
            assert form is not None, "nothing of this is taken"
            values = {name: str(value or "") for name, value in form.form_values()}
            values |= {field.get("name"): hostile for field in form.xpath(TYPED)}
            with watched() as seen:
                answers.append(browser.post(f"/tasks/{task}", data=values).status_code)
            assert [one for one in seen if one.startswith(("os.", "subprocess.", "socket."))] == []

    assert len(answers) == 20
    assert set(answers) == {422}
    with plant.app_context():
        broken = db.session.query(ProcessInstance).filter_by(status=InstanceStatus.INCIDENT).count()
        assert (broken, audit_check.verify().code) == (0, None)
        assert db.session.scalar(db.text("SELECT count(*) FROM item")) > 0
        db.session.remove()
