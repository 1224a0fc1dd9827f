"""Every address of the application, taken from its route map: policy, forgery, headers, reading without writing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app import create_app, demo
from app.accounts import services
from app.core.db import db
from app.core.edge import POLICY
from app.core.permissions import PERMISSIONS, ROLES

PASSWORD = "a long password"
SAFE = {"GET", "HEAD", "OPTIONS"}
VALUES = {"kind": "work_order", "month": "2026-03", "filename": "octad.css", "name": "x", "slug": "x"}
GARBAGE = {
    "quantity": "NaN",
    "date": "2026-02-30",
    "lines": "{",
    "ids": "\x00",
    "reason": "x" * 5000,
    "confirm": "１２",
}


class Address(NamedTuple):
    """A method and an address, with its numbers filled in."""

    method: str
    path: str
    endpoint: str
    policy: str | None


def addresses(app: Flask, number: int = 1) -> list[Address]:
    """Every method of every rule, with its parameters filled in."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.endpoint == "static":
                continue
            values = {name: VALUES.get(name, number) for name in rule.arguments}
            path = app.url_map.bind("localhost").build(rule.endpoint, values, method=next(iter(rule.methods)))
            view = app.view_functions[rule.endpoint]
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                function = getattr(getattr(view, "view_class", None), method.lower(), view)
                found.append(Address(method, path, rule.endpoint, getattr(function, "policy", None)))
    return sorted(found)


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The demo plant with its forgery protection on, somebody with every role and somebody with none."""
    folder = tmp_path_factory.mktemp("routes")
    app = create_app({"TESTING": True, "DATABASE_URL": f"sqlite:///{folder}/t.db", "FILES": str(folder)})
    with app.app_context():
        db.create_all()
        demo.load(date(2026, 3, 2))
        services.create_user("everything", {"en": "Everything"}, set(ROLES), PASSWORD)
        services.create_user("nothing", {"en": "Nothing"}, set(), PASSWORD)
        db.session.commit()
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()


def signed_in(app: Flask, login: str) -> FlaskClient:
    """A browser of a person."""
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    assert browser.post("/account/login", data={"login": login, "password": PASSWORD}).status_code == 302
    app.config["WTF_CSRF_ENABLED"] = True
    return browser


@pytest.fixture(scope="module")
def everything(plant: Flask) -> FlaskClient:
    """A browser of somebody who holds every role."""
    return signed_in(plant, "everything")


@pytest.fixture
def unprotected(plant: Flask) -> Iterator[None]:
    """Forgery protection off, to reach what is behind it."""
    plant.config["WTF_CSRF_ENABLED"] = False
    yield
    plant.config["WTF_CSRF_ENABLED"] = True


class Writes:
    """The writing statements of a while."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __enter__(self) -> Writes:
        event.listen(Engine, "before_cursor_execute", self._look)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "before_cursor_execute", self._look)

    def _look(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().split(None, 1)[0].upper() in {"INSERT", "UPDATE", "DELETE", "REPLACE"}:
            self.seen.append(statement)


def test_every_route_declares_who_may_use_it(plant):
    missing = [f"{one.method} {one.path}" for one in addresses(plant) if one.policy is None]
    unknown = {one.policy for one in addresses(plant)} - PERMISSIONS.keys() - {"public", "logged-in", None}

    assert (missing, unknown) == ([], set())


def test_only_these_routes_are_public(plant):
    public = {(one.method, one.endpoint) for one in addresses(plant) if one.policy == "public"}

    assert public == {
        ("GET", "accounts.login"),
        ("POST", "accounts.sign_in"),
        ("POST", "core.language"),
        ("POST", "core.theme"),
        ("GET", "operations.health"),
        ("GET", "operations.metrics"),
    }


def test_a_visitor_gets_no_further_than_the_sign_in_page(plant, unprotected):
    visitor = plant.test_client()
    with Writes() as writes:
        for one in addresses(plant):
            if one.policy != "public":
                answer = visitor.open(one.path, method=one.method)
                if one.path.startswith("/api/"):
                    assert answer.status_code == 401, one
                else:
                    assert answer.status_code == 302 and answer.location.startswith("/account/login"), one

    assert writes.seen == []


def test_a_person_without_roles_is_refused_wherever_a_right_is_needed(plant, unprotected):
    nobody = signed_in(plant, "nothing")
    plant.config["WTF_CSRF_ENABLED"] = False
    for one in addresses(plant):
        if one.policy in PERMISSIONS:
            assert nobody.open(one.path, method=one.method).status_code == 403, one


def test_each_role_reaches_exactly_what_its_rights_name(plant, unprotected):
    pages = [one for one in addresses(plant) if one.method == "GET" and one.policy in PERMISSIONS]
    for role in ROLES:
        with plant.app_context():
            if services.find(f"only_{role}") is None:
                services.create_user(f"only_{role}", {"en": role}, {role}, PASSWORD)
                db.session.commit()
                db.session.remove()
        browser = signed_in(plant, f"only_{role}")
        refused = {one.path for one in pages if browser.get(one.path).status_code == 403}

        wanted = {one.path for one in pages if role not in PERMISSIONS[one.policy].roles}
        assert refused == wanted, role


def test_an_unsafe_request_without_our_token_is_refused_and_changes_nothing(plant, everything):
    unsafe = [one for one in addresses(plant) if one.method not in SAFE]
    assert len(unsafe) > 20
    with Writes() as writes:
        for one in unsafe:
            answer = everything.open(one.path, method=one.method, data={"x": "1"})
            assert answer.status_code == 400, one

    assert writes.seen == []


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
def test_an_unsafe_request_from_another_site_is_refused_and_changes_nothing(
    plant, everything, unprotected, origin
):
    with Writes() as writes:
        for one in addresses(plant):
            if one.method not in SAFE:
                answer = everything.open(one.path, method=one.method, headers={"Origin": origin})
                assert answer.status_code == 400, one

    assert writes.seen == []


def test_our_own_pages_tokens_are_taken(plant):
    browser = plant.test_client()
    token = browser.get("/account/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"login": "everything", "password": PASSWORD, "csrf_token": token}

    assert browser.post("/account/login", data=form).status_code == 302


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_reading_writes_nothing_fails_nowhere_and_tells_browsers_what_to_trust(plant, everything, language):
    pages = [one for one in addresses(plant) if one.method == "GET"]
    assert len(pages) > 40
    for one in pages:
        with Writes() as writes:
            answer = everything.get(one.path, headers={"Accept-Language": language})
        assert answer.status_code in (200, 302, 404), one
        if not plant.url_map._rules_by_endpoint[one.endpoint][0].arguments:
            assert answer.status_code in (200, 302), one
        assert writes.seen == [], one
        assert answer.headers["Content-Security-Policy"] == POLICY, one
        assert answer.headers["X-Content-Type-Options"] == "nosniff", one
        assert answer.headers["Referrer-Policy"] == "same-origin", one
        assert answer.headers["Cache-Control"] == "no-store", one


def test_pages_hold_no_script_and_style_that_the_policy_forbids(plant, everything):
    for one in addresses(plant):
        if one.method == "GET":
            text = everything.get(one.path).get_data().decode("utf-8", "replace")
            if text.startswith("<!doctype html>"):
                assert "<script>" not in text and ' style="' not in text and " onclick=" not in text, one


@pytest.mark.parametrize(
    "query", ["page=abc&sort=%00&q=%00", "page=-1&per_page=0", "sort=-nothing&q=%25_%5C'", "export=exe"]
)
def test_a_strange_question_gets_an_answer(plant, everything, query):
    for one in addresses(plant):
        if one.method == "GET":
            assert everything.get(f"{one.path}?{query}").status_code < 500, one


def test_a_number_no_database_holds_names_nothing(plant, everything):
    for one in addresses(plant):
        if one.method == "GET" and "/1" in one.path:
            assert everything.get(one.path.replace("/1", f"/{10**24}")).status_code == 404, one


def test_what_does_not_exist_is_not_found(plant, everything):
    numbered = [one for one in addresses(plant, number=987_654_321) if "987654321" in one.path]
    found = {
        one.path for one in numbered if one.method == "GET" and everything.get(one.path).status_code != 404
    }

    assert found == set()


@pytest.mark.parametrize("number", [1, 987_654_321])
@pytest.mark.parametrize("form", [{}, GARBAGE], ids=["empty", "garbage"])
def test_nonsense_is_refused_not_a_failure(plant, unprotected, number, form):
    browser = signed_in(plant, "everything")
    plant.config["WTF_CSRF_ENABLED"] = False
    for one in addresses(plant, number):
        if one.method not in SAFE and one.endpoint not in ("accounts.logout",):
            answer = browser.open(one.path, method=one.method, data=dict(form))
            assert answer.status_code < 500, (one, answer.text[:2000])


def test_the_settings_page_of_the_deployment_names_every_setting():
    from app.config import SETTINGS

    told = (Path(__file__).parents[1] / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert [name for name in SETTINGS if f"`OCTAD_{name}`" not in told] == []
