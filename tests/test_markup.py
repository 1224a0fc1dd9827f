"""Markup typed into names, notes and files stays text on every page, whoever reads it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask

from app import create_app, demo
from app.accounts import services
from app.core.db import db
from app.core.permissions import ROLES
from tests.test_routes import PASSWORD, addresses, signed_in

IMAGE = "<img src=x onerror=alert(1)>"
SCRIPT = "\"><script>alert('octad')</script>"
PAYLOAD = IMAGE + SCRIPT
FREE = ("name", "note", "reason", "comment", "description", "text", "title", "file_name", "filename")
OURS = {"script", "link"}
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
        free = [one for one in table.columns if one.name in (*FREE, "names", "summaries", "address")]
        keys = list(table.primary_key.columns)
        if table.name.startswith(("audit", "process_definition", "form_definition")):
            continue  # the trail cannot be written again; a designer's labels are checked at deploy
        free = [one for one in free if not one.primary_key and not one.foreign_keys]
        for row in db.session.execute(db.select(*keys, *free)).mappings().all() if free else ():
            new = {
                one.name: spoil(row[one.name] or "") for one in free if row[one.name] or one.name == "note"
            }
            same = [key == row[key.name] for key in keys]
            if new:
                db.session.execute(db.update(table).where(*same).values(new))
                spoilt |= {f"{table.name}.{name}" for name in new}
    return spoilt


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, set[str]]]:
    """The demo plant whose every name and note carries markup, and which columns those are."""
    folder = tmp_path_factory.mktemp("markup")
    app = create_app({"TESTING": True, "DATABASE_URL": f"sqlite:///{folder}/t.db", "FILES": str(folder)})
    with app.app_context():
        db.create_all()
        demo.load(date(2026, 3, 2))
        services.create_user("everything", {"en": "Everything"}, set(ROLES), PASSWORD)
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


def test_the_reader_sees_what_a_browser_would_run():
    assert len(Page(PAYLOAD).foreign) == 2
    assert Page("&lt;img src=x onerror=alert(1)&gt;<script src='/static/app.js'></script>").foreign == []


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_markup_stays_text_on_every_page(spoilt, language):
    app, _columns = spoilt
    browser = signed_in(app, "everything")
    waiting = [one.path for one in addresses(app) if one.method == "GET"]
    seen, carried, unsafe = set(waiting), 0, {}
    for path in waiting:
        answer = browser.get(path, headers={"Accept-Language": language})
        assert answer.status_code < 500, path
        if answer.mimetype != "text/html":
            continue
        page = Page(answer.text)
        carried += "&lt;img src=x" in answer.text
        if page.foreign or PAYLOAD in answer.text:
            unsafe[path] = page.foreign
        new = [link for link in dict.fromkeys(page.links) if link not in seen and "export=" not in link]
        room = max(0, PAGES - len(waiting))
        waiting += new[: min(LINKS_PER_PAGE, room)]
        seen.update(waiting)

    assert unsafe == {}
    assert carried > 40, "the markup was hardly shown"
