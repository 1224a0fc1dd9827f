"""Every address of the application, taken from its route map: policy, forgery, headers, reading without writing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app, demo
from app.accounts import services
from app.core.db import db
from app.core.permissions import PERMISSIONS, ROLES

PASSWORD = "a long password"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SAFE = {"GET", "HEAD", "OPTIONS"}
BRIEF = {"Accept": "application/json"}
"""Asks for a refusal as a sentence instead of a whole page, where the page is not what is looked at."""
VALUES = {"kind": "work_order", "month": "2026-03", "filename": "octad.css", "name": "x", "slug": "x"}
GARBAGE = {
    "quantity": "NaN",
    "date": "2026-02-30",
    "lines": "{",
    "id": "-1",
    "reason": "x" * 5000,
    "confirm": "１２",
}

HUGE = str(10**24)
"""A number that no database holds."""
NUMBERED = (
    "person",
    "copy",
    "plan",
    "site",
    "customer_id",
    "item_id",
    "only",
    "with",
    "step",
    "days",
    "case",
)


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


class Unchanged:
    """Says after each request whether the database's file holds what it held at the last look.

    SQLite itself tells: a connection's ``data_version`` differs as soon as another one has changed the file.
    """

    def __init__(self, app: Flask) -> None:
        path = app.config["DATABASE_URL"].removeprefix("sqlite:///")
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.version = self._now()

    def _now(self) -> int:
        return self.connection.execute("PRAGMA data_version").fetchone()[0]

    def __bool__(self) -> bool:
        before, self.version = self.version, self._now()
        return before == self.version


@pytest.fixture
def unchanged(plant: Flask) -> Iterator[Unchanged]:
    """A watch on the plant's database."""
    watch = Unchanged(plant)
    yield watch
    watch.connection.close()


def test_the_watch_on_the_database_sees_a_single_row(plant, unchanged):
    assert unchanged
    with plant.app_context():
        db.session.execute(db.text("UPDATE \"user\" SET language = 'en' WHERE login = 'nothing'"))
        db.session.rollback()
        assert unchanged
        db.session.execute(db.text("UPDATE \"user\" SET language = 'en' WHERE login = 'nothing'"))
        db.session.commit()
        db.session.remove()

    assert not unchanged
    assert unchanged


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


def test_a_visitor_gets_no_further_than_the_sign_in_page(plant, unprotected, unchanged):
    visitor = plant.test_client()
    for one in addresses(plant):
        if one.policy != "public":
            answer = visitor.open(one.path, method=one.method)
            if one.path.startswith("/api/"):
                assert answer.status_code == 401, one
            else:
                assert answer.status_code == 302 and answer.location.startswith("/account/login"), one
            assert unchanged, one


def test_a_person_without_roles_is_refused_wherever_a_right_is_needed(plant, unprotected):
    nobody = signed_in(plant, "nothing")
    plant.config["WTF_CSRF_ENABLED"] = False
    for one in addresses(plant):
        if one.policy in PERMISSIONS:
            assert nobody.open(one.path, method=one.method, headers=BRIEF).status_code == 403, one


@pytest.mark.parametrize("role", list(ROLES))
def test_each_role_reaches_exactly_what_its_rights_name(plant, unprotected, role, monkeypatch):
    """Pages are read, not drawn; what writes is asked with a field it does not know: nothing comes of it."""
    monkeypatch.setattr("flask.templating._render", lambda _app, _template, _context: "")
    guarded = [one for one in addresses(plant) if one.policy in PERMISSIONS]
    with plant.app_context():
        services.create_user(f"only_{role}", {"en": role}, {role}, PASSWORD)
        db.session.commit()
        db.session.remove()
    browser = signed_in(plant, f"only_{role}")
    plant.config["WTF_CSRF_ENABLED"] = False
    surprise = {"surprise": "1"}
    refused = {
        (one.method, one.path)
        for one in guarded
        if browser.open(one.path, method=one.method, data=surprise, headers=BRIEF).status_code == 403
    }

    wanted = {(one.method, one.path) for one in guarded if role not in PERMISSIONS[one.policy].roles}
    assert refused == wanted


def test_an_unsafe_request_without_our_token_is_refused_and_changes_nothing(plant, everything, unchanged):
    unsafe = [one for one in addresses(plant) if one.method not in SAFE]
    assert len(unsafe) > 20
    for one in unsafe:
        answer = everything.open(one.path, method=one.method, data={"x": "1"}, headers=BRIEF)
        assert answer.status_code == 400, one
        expect_headers(answer, one)
        assert unchanged, one


@pytest.fixture(scope="module")
def key(plant: Flask) -> str:
    """A program's key with every right."""
    with plant.app_context():
        made = services.create_token(services.find("everything"), "tests")
        db.session.commit()
        db.session.remove()
    return made


def test_a_program_with_a_key_needs_no_token_and_a_session_with_a_key_does(plant, everything, key, unchanged):
    bearer = {"Authorization": f"Bearer {key}"}
    program = plant.test_client()
    for one in addresses(plant, number=987_654_321):
        if one.method in SAFE:
            continue
        answer = program.open(one.path, method=one.method, headers=bearer | BRIEF, json={})
        if one.path.startswith("/api/"):
            assert answer.status_code == 404, one
        else:
            assert answer.status_code == 400, one  # keys open the API alone
        assert everything.open(one.path, method=one.method, headers=bearer | BRIEF).status_code == 400, one
        assert unchanged, one
    assert program.get("/api/v1/tasks", headers=bearer).status_code == 200
    assert program.get("/inbox", headers=bearer).status_code == 302
    assert program.get("/api/v1/tasks", headers={"Authorization": "Bearer wrong"}).status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
def test_an_unsafe_request_from_another_site_is_refused_and_changes_nothing(
    plant, everything, unprotected, unchanged, origin
):
    for one in addresses(plant):
        if one.method not in SAFE:
            answer = everything.open(one.path, method=one.method, headers={"Origin": origin} | BRIEF)
            assert answer.status_code == 400, one
            assert unchanged, one


def test_a_field_too_many_is_refused_and_changes_nothing(plant, unprotected, unchanged):
    browser = signed_in(plant, "everything")
    plant.config["WTF_CSRF_ENABLED"] = False
    assert not unchanged  # the sign-in
    for one in addresses(plant):
        fields = getattr(plant.view_functions[one.endpoint], "fields", None)
        if one.method in SAFE or fields is None:
            continue
        for extra in ("surprise", "id", "status", "lines-0-cost", "is_admin"):
            sent = {name.replace("*", "0"): "1" for name in fields} | {extra: "1"}
            answer = browser.open(one.path, method=one.method, data=sent, headers=BRIEF)
            assert answer.status_code == 422, (one, extra)
            assert extra in answer.text, (one, extra)
            expect_headers(answer, one)
            assert unchanged, (one, extra)


@pytest.mark.parametrize("text", ["a\x00b", "a\u202eb", "x" * 10_001], ids=["NUL", "bidi", "long"])
@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "en",
            ("Control characters are not allowed here.", "At most 10000 characters.", "At most 2000000 char"),
        ),
        ("zh-TW", ("此處不可有控制字元。", "最多 10000 個字。", "最多 2000000 個字。")),
    ],
)
def test_text_that_hides_something_or_never_ends_is_refused_in_every_field(
    plant, unprotected, unchanged, text, language, sentences
):
    browser = signed_in(plant, "everything")
    plant.config["WTF_CSRF_ENABLED"] = False
    browser.post("/language", data={"language": language.replace("zh-TW", "zh_Hant_TW")})
    assert not unchanged
    for one in addresses(plant):
        fields = getattr(plant.view_functions[one.endpoint], "fields", ())
        for name in fields if language == "en" else fields[:1]:
            if one.method in SAFE or name == "files":
                continue
            whole = text * 200 if name in getattr(plant.view_functions[one.endpoint], "sources", ()) else text
            sent = {name.replace("*", "0"): whole}
            answer = browser.open(one.path, method=one.method, data=sent, headers=BRIEF)
            assert answer.status_code == 422, (one, name)
            assert any(sentence in answer.json["message"] for sentence in sentences), (one, name)
            assert unchanged, (one, name)


def test_our_own_pages_tokens_are_taken(plant):
    browser = plant.test_client()
    token = browser.get("/account/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"login": "everything", "password": PASSWORD, "csrf_token": token}

    assert browser.post("/account/login", data=form).status_code == 302


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_reading_writes_nothing_fails_nowhere_and_tells_browsers_what_to_trust(
    plant, everything, unchanged, language
):
    pages = [one for one in addresses(plant) if one.method == "GET"]
    assert len(pages) > 40
    for one in pages:
        answer = everything.get(one.path, headers={"Accept-Language": language})
        assert answer.status_code in (200, 302, 404), one
        if not plant.url_map._rules_by_endpoint[one.endpoint][0].arguments:
            assert answer.status_code in (200, 302), one
        assert unchanged, one
        expect_headers(answer, one)


def expect_headers(answer: TestResponse, about: object) -> None:
    """What every answer tells a browser: nothing foreign, no guessing, no frames, no keeping."""
    told = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    assert {name: answer.headers.get(name) for name in told} == told, about


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("DELETE", "/inbox", 405),
        ("POST", "/nowhere", 404),
        ("GET", "/sales/orders/987654321", 404),
        ("POST", "/sales/orders/987654321/cancel", 404),
    ],
)
def test_errors_carry_the_headers_too(everything, unprotected, method, path, status):
    answer = everything.open(path, method=method)

    assert answer.status_code == status
    expect_headers(answer, path)


def test_a_failure_carries_the_headers_and_tells_nothing_of_itself(plant, everything, monkeypatch):
    def fail() -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setitem(plant.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(plant.view_functions, "workflow.inbox", fail)
    answer = everything.get("/inbox")

    assert answer.status_code == 500
    assert "secret" not in answer.text and "Traceback" not in answer.text
    expect_headers(answer, "/inbox")


def test_pages_hold_no_script_and_style_that_the_policy_forbids(plant, everything):
    for one in addresses(plant):
        if one.method == "GET":
            text = everything.get(one.path).get_data().decode("utf-8", "replace")
            if text.startswith("<!doctype html>"):
                assert "<script>" not in text and ' style="' not in text and " onclick=" not in text, one


@pytest.mark.parametrize(
    "query",
    [
        "page=abc&sort=%00&q=%00",
        "page=-1&per_page=0",
        "sort=-nothing&q=%25_%5C'",
        "export=exe",
        "&".join(f"{name}={HUGE}" for name in NUMBERED),
    ],
    ids=["page", "per_page", "sort", "export", "huge"],
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


@pytest.mark.parametrize(
    ("number", "form"),
    [(1, {}), (1, GARBAGE), (1, {"others": HUGE}), (987_654_321, {}), (987_654_321, GARBAGE)],
    ids=["empty", "garbage", "huge", "nothing-empty", "nothing-garbage"],
)
def test_nonsense_is_refused_not_a_failure(plant, unprotected, number, form):
    browser, others = signed_in(plant, "everything"), form.get("others", "NaN")
    plant.config["WTF_CSRF_ENABLED"] = False
    for one in addresses(plant, number):
        if one.method not in SAFE and one.endpoint not in ("accounts.logout",):
            known = getattr(plant.view_functions[one.endpoint], "fields", ())
            sent = {
                name.replace("*", "0"): form.get(name.rpartition("_")[2], others) for name in known if form
            }
            answer = browser.open(one.path, method=one.method, data=sent or dict(form))
            assert answer.status_code < 500, (one, answer.text[:2000])


def test_the_settings_page_of_the_deployment_names_every_setting():
    from app.config import SETTINGS

    told = (Path(__file__).parents[1] / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert [name for name in SETTINGS if f"`OCTAD_{name}`" not in told] == []
