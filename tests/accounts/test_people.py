"""Users and roles, my settings, deputies, the audit page."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from app.accounts import services
from app.accounts.commands import verify_audit
from app.accounts.models import Substitute, User
from app.accounts.sessions import actor_for
from app.core import audit
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.permissions import allowed

PASSWORD = "a long password"


@pytest.fixture
def admin(login):
    return login("admin")


def person(login="lin", *roles):
    user = services.create_user(login, {"en": login.title()}, set(roles or {"planner"}), PASSWORD)
    db.session.commit()
    return user


def test_an_administrator_adds_a_person_who_then_signs_in(admin, client):
    form = {
        "login": "Wu.Yi",
        "name_en": "Wu",
        "name_zh_Hant": "吳",
        "password": PASSWORD,
        "roles": ["planner"],
    }

    assert admin.post("/account/users", data=form).status_code == 302
    assert client.post("/account/login", data={"login": "wu.yi", "password": PASSWORD}).status_code == 302
    assert "吳" in admin.get("/account/users?q=吳").text
    assert "wu.yi" not in admin.get("/account/users?q=%25").text


@pytest.mark.parametrize(
    "wrong",
    [{"login": ""}, {"login": "a b"}, {"login": "<b>"}, {"password": "short"}, {"roles": ["owner"]}],
)
def test_a_person_who_cannot_be_is_refused_and_nothing_changes(admin, wrong):
    form = {"login": "wu", "name_en": "Wu", "password": PASSWORD, "roles": ["planner"]} | wrong

    assert admin.post("/account/users", data=form).status_code == 422
    assert db.session.query(User).count() == 1


def test_a_sign_in_name_belongs_to_one_person(app):
    person("lin")

    with pytest.raises(Conflict, match="lin"):
        person("LIN")


def test_roles_are_given_and_taken_with_a_record_of_both(admin):
    lin = person("lin", "planner", "buyer")

    admin.post(f"/account/users/{lin.id}", data={"roles": ["planner", "scheduler"], "active": "1"})

    db.session.expire_all()
    assert lin.roles == {"planner", "scheduler"}
    entry = db.session.query(audit.AuditEntry).order_by(audit.AuditEntry.id.desc()).first()
    assert (entry.action, entry.login) == ("user.roles_changed", "admin")
    assert (entry.before, entry.after) == (
        {"roles": ["buyer", "planner"]},
        {"roles": ["planner", "scheduler"]},
    )


def test_the_last_administrator_stays(admin):
    [only] = services.people()

    kept = admin.post(f"/account/users/{only.id}", data={"roles": ["planner"], "active": "1"})
    shut = admin.post(f"/account/users/{only.id}", data={"roles": ["admin"]})

    assert (kept.status_code, shut.status_code) == (422, 422)
    db.session.expire_all()
    assert only.roles == {"admin"} and only.active


@pytest.mark.parametrize("role", ["planner", "operator", "process_designer"])
def test_only_administrators_manage_people(login, role):
    browser = login(role)

    assert browser.get("/account/users").status_code == 403
    assert browser.post("/account/users", data={"login": "x"}).status_code == 403
    assert browser.get("/account/audit").status_code == 403


def test_my_settings_choose_language_and_theme(login):
    browser = login("planner")

    browser.post("/account/settings", data={"language": "zh_Hant_TW", "theme": "dark"})

    page = browser.get("/account/settings").text
    assert 'lang="zh-Hant-TW"' in page and 'data-bs-theme="dark"' in page
    assert browser.post("/account/settings", data={"language": "xx", "theme": "dark"}).status_code == 422


@pytest.mark.parametrize(
    ("asked", "shown"), [("zh-TW,en;q=0.5", "zh-Hant-TW"), ("en-GB", "en"), ("fr", "en")]
)
def test_the_browser_chooses_the_language_while_the_person_has_not(client, asked, shown):
    assert f'<html lang="{shown}"' in client.get("/account/login", headers={"Accept-Language": asked}).text


def test_a_deputy_acts_with_the_rights_of_whom_they_stand_in_for(login, clock):
    clock("2026-03-02T08:00+08:00")
    lin, deputy = login("cost_accountant", "admin", name="lin"), login("operator", name="wu")
    wu = db.session.query(User).filter_by(login="wu").one()
    lin_id = db.session.query(User).filter_by(login="lin").one().id
    term = {"deputy_id": wu.id, "valid_from": "2026-03-02", "valid_to": "2026-03-03"}
    assert lin.post("/account/deputies", data=term).status_code == 302

    assert deputy.get("/costing/orders").status_code == 403
    assert deputy.post("/account/acting", data={"user_id": lin_id}).status_code == 302
    assert deputy.get("/costing/orders").status_code == 200
    assert "Lin" in deputy.get("/account/settings").text
    assert deputy.get("/account/users").status_code == 403, "nobody inherits the administration"

    clock("2026-03-04T08:00+08:00")
    assert deputy.get("/costing/orders").status_code == 403
    assert deputy.post("/account/acting", data={"user_id": lin_id}).status_code == 403


def test_a_deputy_taken_back_is_one_no_more(login):
    lin, deputy = login("cost_accountant", name="lin"), login("operator", name="wu")
    ids = {user.login: user.id for user in services.people()}
    lin.post("/account/deputies", data={"deputy_id": ids["wu"]})
    deputy.post("/account/acting", data={"user_id": ids["lin"]})
    [row] = db.session.query(Substitute)

    assert deputy.post(f"/account/deputies/{row.id}/remove").status_code == 404
    assert lin.post(f"/account/deputies/{row.id}/remove").status_code == 302

    assert deputy.get("/costing/orders").status_code == 403


def test_a_deputy_with_limits_has_the_tasks_within_them_and_no_other_right(app):
    lin, wu = person("lin", "general_manager"), person("wu", "buyer")
    services.add_substitute(lin.id, wu.id, processes=["purchasing.purchase"], amount_limit=Decimal(50_000))

    actor = services.actor_in_place_of(wu, lin.id)

    assert services.principals(wu.id) == [lin]
    assert (actor.roles, actor.on_behalf_of) == ({"general_manager"}, lin.id)
    assert not allowed(actor, "audit:read") and allowed(actor, "order:follow")
    within = actor.covers("purchasing.purchase", about_money=True, amount=Decimal(50_000))
    above = actor.covers("purchasing.purchase", about_money=True, amount=Decimal("50000.01"))
    unknown = actor.covers("purchasing.purchase", about_money=True, amount=None)
    elsewhere = actor.covers("quality.nonconformance", about_money=False, amount=None)
    assert (within, above, unknown, elsewhere) == (True, False, False, False)


def test_a_second_mandate_without_limits_lifts_those_of_the_first(app):
    lin, wu = person("lin", "general_manager"), person("wu", "buyer")
    for limit in (Decimal(1), None):
        services.add_substitute(lin.id, wu.id, amount_limit=limit)

    actor = services.actor_in_place_of(wu, lin.id)

    assert actor.mandates == () and allowed(actor, "audit:read")


@pytest.mark.parametrize(("deputy", "until"), [("lin", None), ("nobody", None), ("wu", date(2026, 1, 1))])
def test_a_deputy_that_cannot_be_is_refused(app, deputy, until):
    ids = {name: person(name).id for name in ("lin", "wu")}

    with pytest.raises(DomainError):
        services.add_substitute(ids["lin"], ids.get(deputy, 99), date(2026, 1, 2), until)


def test_an_actor_names_who_and_for_whom(app):
    lin, wu = person("lin"), person("wu", "buyer")

    actor = actor_for(wu, "127.0.0.1", lin)

    assert (actor.login, actor.on_behalf_of, actor.roles) == ("wu", lin.id, {"planner"})


def test_the_audit_page_filters_and_exports_without_formulas(login):
    admin = login("admin")
    audit.record(
        "note.made", "=cmd|' /C calc'!A0", before={"price": "1"}, after={"price": "2"}, reason="-2+3"
    )
    db.session.commit()

    page = admin.get("/account/audit?what=note.made").text
    exported = admin.get("/account/audit?what=note.made&export=csv").get_data().decode("utf-8-sig")

    assert "Price: 1" in page and "Price: 2" in page and "1 row" in page
    header, row = csv.reader(io.StringIO(exported))
    cells = dict(zip(header, row, strict=True))
    assert (cells["Object"], cells["Reason"]) == ("'=cmd|' /C calc'!A0", "'-2+3")
    assert "The chain holds" in page


def test_a_changed_entry_is_found_by_page_and_command(login, app):
    admin = login("admin")
    audit.record("note.made", "note:1", reason="true")
    db.session.commit()
    entry = db.session.scalars(db.select(audit.AuditEntry).filter_by(object="note:1")).one().id
    db.session.execute(db.update(audit.AuditEntry).where(audit.AuditEntry.id == entry).values(reason="false"))
    db.session.commit()

    assert f"broken at entry {entry}" in admin.get("/account/audit").text
    told = app.test_cli_runner().invoke(verify_audit)
    assert told.exit_code == 1 and str(entry) in told.stderr


def test_the_first_administrator_comes_from_the_command(app, client):
    run = app.test_cli_runner().invoke

    made = run(args=["create-admin", "root", "--password", PASSWORD])
    again = run(args=["create-admin", "root", "--password", PASSWORD])

    assert (made.exit_code, again.exit_code) == (0, 1)
    assert client.post("/account/login", data={"login": "root", "password": PASSWORD}).status_code == 302


def test_everybody_says_where_their_e_mails_go_and_the_change_is_on_record(login):
    wu = login("buyer", name="wu")
    kept = {"language": "en", "theme": "auto"}

    wu.post("/account/settings", data={**kept, "email": "wu@example.com"})
    refused = wu.post("/account/settings", data={**kept, "email": "wu@example.com, all@example.com"})

    assert person_of("wu").email == "wu@example.com" and refused.status_code == 422
    entry = db.session.query(audit.AuditEntry).filter_by(action="user.changed").one()
    assert (entry.before, entry.after) == ({"email": None}, {"email": "wu@example.com"})


def person_of(name):
    return db.session.scalar(
        db.select(User).where(User.login == name).execution_options(populate_existing=True)
    )
