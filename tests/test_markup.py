"""Markup typed into names, notes and files stays text on every page, whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import lxml.html
import pytest
from flask import Flask

from app import create_app, demo
from app.accounts import services
from app.accounts.models import User
from app.core import audit, clock
from app.core.actors import Actor, acting
from app.core.db import db
from app.core.permissions import ROLES
from app.workflow.models import HumanTask, Incident, IncidentStatus, TaskStatus
from app.workflow.people import verbs
from app.workflow.people.attachments import Attachment
from app.workflow.people.talk import SavedFilter
from app.workflow.running import instances
from tests.test_routes import PASSWORD, addresses, signed_in

IMAGE = "<img src=x onerror=alert(1)>"
SCRIPT = "\"><script>alert('octad')</script>"
PAYLOAD = IMAGE + SCRIPT
FREE = (
    *("name", "note", "reason", "comment", "description", "text", "title", "address", "summaries", "names"),
    *("sender", "author_name", "to_name", "created_by_name", "owner_name", "user_name", "completed_by_name"),
    *("message", "detail", "resolution", "specification", "drawing", "supplier_lot", "customer_reference"),
    *("customer_part", "part_number", "delivery_note", "carrier", "tracking", "picked_by", "received_by"),
    *("containment", "cause", "corrective_action", "opened_by", "email", "contents", "inspector", "draft"),
)
OURS = {"script", "link"}
MARKS = {"said-", "asked-", "kept-", "done-", "because-", "wanted-", "failed-"}
"""What stands before the markup where people write, so that each place is known to have been shown."""
LINKS_PER_PAGE, PAGES = 12, 260


def spoil(value: Any) -> Any:
    """A text, or each text of a translated one, with markup behind it."""
    if isinstance(value, dict):
        return {key: spoil(one) for key, one in value.items()}
    return value + PAYLOAD if isinstance(value, str) else value


def spoil_everything() -> set[str]:
    """Put markup behind every name and free text in the database; return the columns that hold it."""
    spoilt = set()
    for table in db.metadata.sorted_tables:
        free = [one for one in table.columns if one.name in FREE]
        keys = list(table.primary_key.columns)
        if table.name.startswith(("audit", "process_definition", "form_definition")):
            continue  # the trail cannot be written again; a designer's labels are checked at deploy
        free = [one for one in free if not one.primary_key and not one.foreign_keys]
        free = [one for one in free if str(one) != "incident.cause"]  # reckoned by us, the address of a group
        for row in db.session.execute(db.select(*keys, *free)).mappings().all() if free else ():
            new = {
                one.name: spoil(row[one.name] or "") for one in free if row[one.name] or one.name == "note"
            }
            same = [key == row[key.name] for key in keys]
            if new:
                db.session.execute(db.update(table).where(*same).values(new))
                spoilt |= {f"{table.name}.{name}" for name in new}
    return spoilt


def say_everywhere(reader: User, writer: User) -> None:
    """Let somebody write markup wherever people write: comments, questions, files, filters; and let a step fail."""
    tasks = db.session.query(HumanTask).filter_by(status=TaskStatus.OPEN).order_by(HumanTask.id).all()
    with acting(Actor(writer.id, writer.login, PAYLOAD, frozenset(ROLES))):
        for task in tasks:
            verbs.comment(task.id, f"@everything said-{PAYLOAD}")
            kept = Attachment(
                name=f"kept-{PAYLOAD}", sha256="0", size=1, content=b"x", created_by_name=PAYLOAD
            )
            kept.created_at, kept.task_id, kept.instance_id = clock.now(), task.id, task.instance_id
            db.session.add(kept)
        instances.claim(tasks[0].id)
        verbs.ask(tasks[0].id, reader.id, f"asked-{PAYLOAD}")
        told = {"note": f"done-{PAYLOAD}", PAYLOAD: PAYLOAD}
        of = {"instance_id": tasks[0].instance_id, "task_id": tasks[0].id}
        for thing in (f"customer_order:1{PAYLOAD}", "customer_order:1", f"task:{tasks[0].id}", PAYLOAD):
            audit.record(
                "order.changed",
                thing,
                before=told,
                after={**told, "note": "x"},
                reason=f"because-{PAYLOAD}",
                **of,
            )
        audit.record(PAYLOAD, "customer_order:1", after=told)
        made = {"owner_id": reader.id, "owner_name": PAYLOAD, "created_at": clock.now(), "role": "planner"}
        db.session.add(SavedFilter(name=f"wanted-{PAYLOAD}", wanted={"text": PAYLOAD}, **made))
    failed = {
        "cause": "c0ffee",
        "element": tasks[0].element,
        "names": {"en": PAYLOAD},
        "operator": PAYLOAD,
        "data": told,
    }
    for status in (IncidentStatus.OPEN, IncidentStatus.RETRYING):
        db.session.add(
            Incident(
                instance_id=tasks[0].instance_id,
                engine_task=tasks[0].engine_task,
                message=f"failed-{PAYLOAD}",
                detail=PAYLOAD,
                status=status,
                created_at=clock.now(),
                **failed,
            )
        )
    db.session.flush()


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, set[str]]]:
    """The demo plant whose every name and note carries markup, and which columns those are."""
    folder = tmp_path_factory.mktemp("markup")
    app = create_app({"TESTING": True, "DATABASE_URL": f"sqlite:///{folder}/t.db", "FILES": str(folder)})
    with app.app_context():
        db.create_all()
        demo.load(date(2026, 3, 2))
        reader = services.create_user("everything", {"en": "Everything"}, set(ROLES), PASSWORD)
        writer = services.create_user("writer", {"en": "Writer" + PAYLOAD}, set(ROLES), PASSWORD)
        db.session.commit()
        say_everywhere(reader, writer)
        columns = spoil_everything()
        db.session.commit()
        db.session.remove()
    yield app, columns
    with app.app_context():
        db.engine.dispose()


class Page(HTMLParser):
    """What a browser would make of a page: where it leads, and what would run that isn't ours."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.foreign: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link, a handler, an image of nothing or a script in the page itself."""
        given = dict(attrs)
        if tag == "a" and (given.get("href") or "").startswith("/"):
            self.links.append(given["href"].split("#")[0])
        if any(name.startswith("on") for name in given) or given.get("src") == "x":
            self.foreign.append(self.get_starttag_text())
        if tag == "script" and not (given.get("src") or given.get("type", "").startswith("application/")):
            self.foreign.append(self.get_starttag_text())


def test_the_markup_is_in_the_texts_people_type(spoilt):
    _app, columns = spoilt

    assert columns >= {"item.names", "partner.names", "customer_order.note", "user.names"}
    assert columns >= {
        "attachment.name",
        "task_comment.text",
        "notice.text",
        "notice.sender",
        "saved_filter.name",
    }
    assert columns >= {"incident.message", "incident.detail", "incident.names"}


def test_the_reader_sees_what_a_browser_would_run():
    assert len(Page(PAYLOAD).foreign) == 2
    assert Page("&lt;img src=x onerror=alert(1)&gt;<script src='/static/app.js'></script>").foreign == []


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_markup_stays_text_on_every_page(spoilt, language):
    app, _columns = spoilt
    browser = signed_in(app, "everything")
    waiting = [one.path for one in addresses(app) if one.method == "GET"]
    seen, carried, unsafe, marks = set(waiting), 0, {}, set()
    for path in waiting:
        answer = browser.get(path, headers={"Accept-Language": language})
        assert answer.status_code < 500, path
        if answer.mimetype != "text/html":
            continue
        page = Page(answer.text)
        carried += "&lt;img src=x" in answer.text
        marks |= {one for one in MARKS if f"{one}&lt;img src=x" in answer.text}
        if page.foreign or PAYLOAD in answer.text:
            unsafe[path] = page.foreign
        new = [link for link in dict.fromkeys(page.links) if link not in seen and "export=" not in link]
        room = max(0, PAGES - len(waiting))
        waiting += new[: min(LINKS_PER_PAGE, room)]
        seen.update(waiting)

    assert unsafe == {}
    assert carried > 40, "the markup was hardly shown"
    assert marks == MARKS


SENT = [
    ("/account/login", {"login": PAYLOAD, "password": PAYLOAD}),
    ("/imports", {"files": [(BytesIO(b"x"), f"{PAYLOAD}.csv")]}),
    ("/imports", {"files": [(BytesIO(f"code,{PAYLOAD}\nA,{PAYLOAD}\n".encode()), "items.csv")]}),
    ("/imports", {"files": [(BytesIO(f"code,name_en\n{PAYLOAD},{PAYLOAD}\n".encode()), "partners.csv")]}),
    ("/imports", {"files": [(BytesIO(PAYLOAD.encode()), "boms.xlsx")]}),
]


@pytest.mark.parametrize("number", range(len(SENT)))
def test_what_is_wrong_with_what_was_sent_shows_it_as_text(spoilt, number):
    app, _columns = spoilt
    browser = signed_in(app, "everything")
    path, fields = SENT[number]
    app.config["WTF_CSRF_ENABLED"] = False
    answer = browser.post(path, data=fields, content_type="multipart/form-data")
    app.config["WTF_CSRF_ENABLED"] = True

    assert answer.status_code in (401, 422)
    assert (Page(answer.text).foreign, PAYLOAD in answer.text) == ([], False)


def sent_back(page: str, address: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each form of a page with markup typed into every field that takes a text, as (action, values)."""
    for form in lxml.html.fromstring(page).forms:
        if (form.method or "GET").upper() != "POST":
            continue
        values = {name: str(value or "") for name, value in form.form_values()}
        for field in form.xpath(".//textarea[@name] | .//input[@name]"):
            if field.tag == "textarea" or field.get("type", "text") in (
                "text",
                "search",
                "number",
                "date",
                "email",
            ):
                values[field.get("name")] = PAYLOAD
        yield urljoin(address, form.get("action") or address), values


def test_a_form_sent_with_markup_in_every_field_comes_back_with_text(spoilt):
    app, _columns = spoilt
    browser = signed_in(app, "everything")
    router, tried, unsafe = app.url_map.bind("localhost"), set(), {}
    app.config["WTF_CSRF_ENABLED"] = False
    for path in [one.path for one in addresses(app) if one.method == "GET" and "logout" not in one.path]:
        shown = browser.get(path)
        if shown.mimetype != "text/html" or "<form" not in shown.text:
            continue
        for action, values in sent_back(shown.text, path):
            endpoint, _values = router.match(urlsplit(action).path, method="POST")
            if endpoint in tried or "log" in endpoint:
                continue
            tried.add(endpoint)
            answer = browser.post(action, data=values)
            assert answer.status_code < 500, (action, values)
            if answer.mimetype == "text/html" and (Page(answer.text).foreign or PAYLOAD in answer.text):
                unsafe[action] = answer.status_code
    app.config["WTF_CSRF_ENABLED"] = True

    assert unsafe == {}
    assert len(tried) > 20, sorted(tried)


def test_no_template_and_no_code_calls_a_text_safe():
    root = Path(__file__).parents[1] / "app"
    files = [*root.rglob("*.html"), *root.rglob("*.py")]

    drawn = {"preview.py"}  # our own template, rendered in another language than the page's
    found = {one.name for one in files if re.search(r"\|\s*safe\b|\bMarkup\(", one.read_text())}
    assert found - drawn == set()
    assert len(files) > 200
