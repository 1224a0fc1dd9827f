"""Signing in: counted tries, sessions that end, keys of programs, deputies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.accounts import services
from app.accounts.models import ApiToken, LoginAttempt, ServerSession, User
from app.core import audit_check, clock
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import DomainError

PASSWORD = "a long password"


@pytest.fixture
def lin(app: Flask) -> User:
    user = services.create_user("lin", {"en": "Lin Mei-hua", "zh_Hant": "林美華"}, {"planner"}, PASSWORD)
    db.session.commit()
    return user


def sign_in(browser, login="lin", password=PASSWORD, **more):
    return browser.post("/account/login", data={"login": login, "password": password, **more})


def test_a_wrong_password_and_an_unknown_name_look_the_same(client, lin):
    wrong, unknown = sign_in(client, password="something else"), sign_in(client, login="nobody")

    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace("lin", "") == unknown.text.replace("nobody", "").replace("lin", "")
    assert client.get("/account/settings").status_code == 302


def test_the_eleventh_wrong_try_waits_even_with_the_right_password(client, lin, clock):
    clock("2026-03-02T08:00")
    for _n in range(services.TRIES_PER_ACCOUNT):
        assert sign_in(client, password="wrong").status_code == 422

    assert sign_in(client).status_code == 429
    clock("2026-03-02T08:16")
    assert sign_in(client).status_code == 302


def test_an_address_that_tries_many_names_waits(client, lin):
    for n in range(services.TRIES_PER_ADDRESS):
        assert sign_in(client, login=f"name{n}", password="wrong").status_code == 422

    assert sign_in(client).status_code == 429


@pytest.mark.parametrize("at_once", [20])
def test_twenty_tries_at_once_are_counted_one_by_one(database, at_once):
    services.create_user("lin", {"en": "Lin"}, {"planner"}, PASSWORD)
    db.session.commit()

    def one(_n):
        return sign_in(database.test_client(), password="wrong").status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(at_once)))

    assert sorted(set(answers)) == [422, 429]
    assert answers.count(422) == services.TRIES_PER_ACCOUNT


def test_signing_in_makes_a_new_session_and_out_ends_it(client, lin):
    with client.session_transaction() as cookie:
        cookie["token"] = cookie["planted"] = "by somebody else"

    sign_in(client)

    with client.session_transaction() as cookie:
        token = cookie["token"]
        assert token != "by somebody else" and "planted" not in cookie
    assert db.session.query(ServerSession).one().token_hash not in token
    assert client.get("/account/settings").status_code == 200
    client.post("/account/logout")
    with client.session_transaction() as cookie:
        cookie["token"] = token
    assert client.get("/account/settings").status_code == 302


def test_a_session_ends_after_its_days(client, lin):
    start = datetime(2026, 3, 2, 8, tzinfo=UTC)
    with clock.freeze(start):
        sign_in(client)
    with clock.freeze(start + timedelta(days=13)):
        assert client.get("/account/settings").status_code == 200
    with clock.freeze(start + timedelta(days=15)):
        assert client.get("/account/settings").status_code == 302


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/x", "//evil.example", "/\\evil.example", "javascript:x", "/\t/evil.example"],
)
def test_what_a_form_goes_on_with_never_leads_to_another_site(client, lin, elsewhere):
    assert sign_in(client, next=elsewhere).location == "/"
    assert client.post("/theme", data={"theme": "dark", "next": elsewhere}).location == "/"
    assert (
        client.post("/theme", data={"theme": "dark", "next": "/orders?page=2"}).location == "/orders?page=2"
    )


def test_somebody_kept_out_is_out_at_once(client, lin):
    sign_in(client)
    services.set_active(lin.id, active=False)
    db.session.commit()

    assert client.get("/account/settings").status_code == 302
    assert sign_in(client).status_code == 422


def test_a_new_password_ends_all_other_sessions(client, lin, app):
    other = app.test_client()
    sign_in(client)
    sign_in(other)

    short = client.post("/account/password", data={"old": PASSWORD, "new": "short"})
    wrong = client.post("/account/password", data={"old": "no", "new": "another long one"})
    done = client.post("/account/password", data={"old": PASSWORD, "new": "another long one"})

    assert (short.status_code, wrong.status_code, done.status_code) == (422, 422, 302)
    assert client.get("/account/settings").status_code == 200
    assert other.get("/account/settings").status_code == 302


def test_every_try_is_on_record(client, lin):
    sign_in(client, password="wrong")
    sign_in(client)

    acts = [
        (entry.action, entry.login, entry.address)
        for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)
    ]
    assert acts == [
        ("user.created", "system", None),
        ("user.sign_in_failed", "system", "127.0.0.1"),
        ("user.signed_in", "lin", "127.0.0.1"),
    ]
    assert [one.succeeded for one in db.session.query(LoginAttempt)] == [False, True]
    assert audit_check.verify().code is None


def test_a_key_signs_a_program_in_for_the_interface_only(client, lin, app):
    sign_in(client)
    answer = client.post("/account/keys", data={"name": "scale at gate 2", "days": "30"})
    key = answer.text.split('<code class="text-break">')[1].split("<")[0]
    program = app.test_client()
    header = {"Authorization": f"Bearer {key}"}

    assert program.get("/api/v1/tasks", headers=header).status_code == 200
    assert program.get("/account/settings", headers=header).status_code == 302
    with client.session_transaction() as kept:
        assert key not in str(dict(kept)), "a cookie is signed, not sealed"
    assert key not in client.get("/account/settings").text
    row = db.session.query(ApiToken).one()
    assert key not in (row.token_hash, row.name)
    client.post(f"/account/keys/{row.id}/revoke")
    assert program.get("/api/v1/tasks", headers=header).status_code == 401


def test_nobody_ends_the_key_of_somebody_else(lin, login):
    services.create_token(lin, "mine")
    db.session.commit()

    assert login("buyer").post("/account/keys/1/revoke").status_code == 404
    assert db.session.get(ApiToken, 1).revoked_at is None


@pytest.mark.parametrize(("name", "days"), [("", 5), ("x", 0), ("x", 367)])
def test_a_key_without_name_or_with_too_long_a_life_is_refused(lin, name, days):
    with pytest.raises(DomainError):
        services.create_token(lin, name, days)
