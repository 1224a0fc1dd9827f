"""Deputies: named with days, processes and an amount; they see and do what is within them, and nothing else."""

from __future__ import annotations

import pytest

from app.accounts import services
from app.accounts.models import Substitute, User
from app.core.actors import acting
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import Forbidden
from app.workflow.people import inbox
from app.workflow.running import instances
from tests.workflow.diagrams import flows, lanes, process, user

BUY = process(
    "test.buy",
    lanes(buyer="ask", plant_manager="agree"),
    user("ask"),
    user("agree", separate_from="ask", amount="value"),
    flows("start -> ask -> agree -> end"),
)
LOOK = process("test.look", lanes(plant_manager="look"), user("look"), flows("start -> look -> end"))


@pytest.fixture
def plant(world):
    """An absent plant manager, a deputy, a buyer who asked for things worth 400, 600 and nobody knows what."""
    world.deploy(BUY)
    world.deploy(LOOK)
    for login, *roles in (("boss", "plant_manager"), ("kuo", "warehouse"), ("chang", "buyer")):
        world.person(login, *roles)
    for number, value in enumerate(("400", "600", "dear")):
        with acting(world.people["chang"]):
            instances.start("test.buy", {"value": value}, f"thing:{number}")
        db.session.commit()
        world.done(world.people["chang"], "ask")
    with acting(world.people["chang"]):
        instances.start("test.look", {}, "thing:9")
    db.session.commit()
    return world


def name(world, *, deputy="kuo", **limits):
    """Let the plant manager name a deputy; returns the deputy acting for them."""
    boss = world.people["boss"].user_id
    services.add_substitute(boss, world.people[deputy].user_id, **limits)
    db.session.commit()
    return services.actor_in_place_of(db.session.get(User, world.people[deputy].user_id), boss)


def seen(actor) -> list[tuple[str, str]]:
    """The element and amount of what an actor's inbox holds."""
    tasks, _total = inbox.found(actor, inbox.Wanted())
    return [(one.element, str(one.amount)) for one in tasks]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, [("agree", "400"), ("agree", "600"), ("agree", "None"), ("look", "None")]),
        ({"amount_limit": 500}, [("agree", "400"), ("look", "None")]),
        ({"processes": ["test.buy"]}, [("agree", "400"), ("agree", "600"), ("agree", "None")]),
        ({"processes": ["test.buy"], "amount_limit": 600}, [("agree", "400"), ("agree", "600")]),
        ({"processes": ["test.look"]}, [("look", "None")]),
    ],
)
def test_a_deputy_sees_and_does_what_is_within_the_limits(plant, limits, expected):
    kuo = name(plant, **limits)

    assert seen(kuo) == expected
    assert inbox.counts(kuo)["todo"] == len(expected)
    done = []
    for task in plant.tasks():
        with acting(kuo):
            try:
                instances.complete(task.id, {"ok": True})
                done.append((task.element, str(task.amount)))
            except Forbidden:
                db.session.rollback()
        db.session.commit()
    assert sorted(done) == sorted(expected)
    acts = db.session.query(AuditEntry).filter_by(action="task.completed", login="kuo").all()
    assert {one.on_behalf_of for one in acts} == {kuo.on_behalf_of}


def test_a_deputy_taken_back_meanwhile_completes_nothing(plant):
    kuo = name(plant)
    services.remove_substitute(None, db.session.query(Substitute).one().id)
    db.session.commit()

    for verb in (lambda task_id: instances.complete(task_id, {}), instances.claim):
        with acting(kuo), pytest.raises(Forbidden):
            verb(plant.task("look").id)
        db.session.rollback()


def test_what_a_deputy_claims_belongs_to_the_absent_person(plant):
    kuo = name(plant)
    with acting(kuo):
        task = instances.claim(plant.task("look").id)
    db.session.commit()

    assert (task.owner_id, task.owner_name) == (kuo.on_behalf_of, "Boss")
    with acting(plant.people["kuo"]), pytest.raises(Forbidden):
        instances.complete(task.id, {})
    db.session.rollback()
    plant.done(plant.people["boss"], "look")


def test_whom_the_case_excludes_leaves_no_draft_for_the_approver(plant):
    chang = name(plant, deputy="chang")
    task = plant.tasks("agree")[0]

    with acting(chang), pytest.raises(Forbidden):
        instances.save_draft(task.id, {"ok": True})


@pytest.fixture
def browsers(plant, login):
    """Browsers of the plant manager, the deputy and an administrator."""
    return {
        login_name: login(role, name=login_name)
        for login_name, role in (("boss", "plant_manager"), ("kuo", "warehouse"), ("root", "admin"))
    }


def ids() -> dict[str, int]:
    return {one.login: one.id for one in db.session.query(User)}


def test_a_person_names_a_deputy_with_limits_who_acts_in_the_browser(plant, browsers):
    boss, kuo, people = browsers["boss"], browsers["kuo"], ids()
    form = {"deputy_id": people["kuo"], "processes": ["test.buy"], "amount_limit": "500"}
    assert boss.post("/account/deputies", data=form).status_code == 302
    page = boss.get("/account/deputies").text
    assert "Kuo" in page and "up to 500" in page

    assert kuo.post("/account/acting", data={"user_id": people["boss"]}).status_code == 302
    small, large = [one for one in plant.tasks("agree") if one.amount is not None]
    text = kuo.get("/inbox").text
    assert "You are acting for Boss." in text
    assert "Act for myself again" in kuo.get("/account/deputies").text
    assert f'href="/tasks/{small.id}"' in text and f'href="/tasks/{large.id}"' not in text
    assert kuo.get(f"/tasks/{large.id}").status_code == 404
    assert kuo.post(f"/tasks/{large.id}", data={"ok": "1"}).status_code == 404
    assert kuo.get("/account/audit").status_code == 403  # a right of the plant manager's
    assert kuo.post(f"/tasks/{small.id}", data={"ok": "1"}).status_code == 302
    assert "Kuo completed this task for Boss" in boss.get(f"/tasks/{small.id}").text


def test_an_administrator_names_deputies_for_others_but_never_themself(plant, browsers):
    root, kuo, people = browsers["root"], browsers["kuo"], ids()
    form = {"person": people["boss"], "deputy_id": people["kuo"]}

    assert kuo.post("/account/deputies", data=form).status_code == 403
    assert kuo.get(f"/account/deputies?person={people['boss']}").status_code == 403
    refused = root.post("/account/deputies", data=form | {"deputy_id": people["root"]})
    assert refused.status_code == 422 and "another administrator" in refused.text
    assert root.post("/account/deputies", data=form).status_code == 302
    assert "Kuo" in root.get(f"/account/deputies?person={people['boss']}").text
    [row] = db.session.query(Substitute)
    assert kuo.post(f"/account/deputies/{row.id}/remove", data={}).status_code == 404
    remove = {"person": people["boss"]}
    assert root.post(f"/account/deputies/{row.id}/remove", data=remove).status_code == 302
    assert db.session.query(Substitute).count() == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount_limit": "0"}, "amount_limit"),
        ({"amount_limit": "much"}, "amount_limit"),
        ({"processes": ["test.none"]}, "processes"),
        ({"valid_to": "2020-01-01"}, "valid_to"),
        ({"deputy_id": "999"}, "deputy_id"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(plant, browsers, wrong, field):
    form = {"deputy_id": ids()["kuo"], "amount_limit": "500"} | wrong

    answer = browsers["boss"].post("/account/deputies", data=form)

    assert answer.status_code == 422 and f'id="{field}-error"' in answer.text
    assert db.session.query(Substitute).count() == 0
