"""An approver adds another named person: both must approve, either may refuse, all of it on record."""

from datetime import date

import pytest

from app.accounts.models import User
from app.core.actors import acting
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.purchasing import services
from app.purchasing.models import OrderStatus, PurchaseOrder
from app.workflow import queries
from app.workflow.people import approvers, verbs
from app.workflow.people.talk import Notice
from app.workflow.running import instances
from tests.purchasing.conftest import Plant
from tests.purchasing.driver import Driver

DUE = date(2026, 3, 13)


@pytest.fixture
def plant(app, clock):
    """An order of 42,000 waits for the head of materials; an engineer and a quality manager work here too."""
    clock("2026-03-04T02:00:00")
    plant = Plant()
    plant.driver = Driver("purchasing", "quality")
    services.order_from_plan(str(plant.plan((plant.seal, "1000", DUE)).id))
    db.session.commit()
    plant.driver.do("check_order")
    [plant.task] = plant.driver.open("approve_head")
    return plant


def add(plant, role):
    """The head of materials adds the person of a role."""
    person = plant.driver.person(role)
    with acting(plant.driver.person("material_head")):
        verbs.add_approver(plant.task.id, person.user_id)
    db.session.commit()
    return person


def approve(plant):
    """The head of materials approves."""
    with acting(plant.driver.person("material_head")):
        instances.complete(plant.task.id, {"approve": True})
    db.session.commit()


def test_without_the_added_approver_it_is_not_approved(plant):
    engineer = add(plant, "engineer")

    with pytest.raises(Conflict, match="engineer has not approved yet"):
        approve(plant)
    db.session.rollback()
    with acting(engineer):
        verbs.decide_added(plant.task.id, approve=True, reason="")
    approve(plant)

    assert plant.driver.waiting() == ["approve_plant plant_manager"]
    acts = [entry.action for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)]
    assert {"task.approver_added", "task.co_approved"} <= set(acts)


def test_a_no_of_the_added_approver_leaves_only_the_refusal(plant):
    engineer = add(plant, "engineer")
    with acting(engineer), pytest.raises(DomainError, match="Say why"):
        verbs.decide_added(plant.task.id, approve=False, reason=" ")
    with acting(engineer):
        verbs.decide_added(plant.task.id, approve=False, reason="Too many")
    db.session.commit()

    with pytest.raises(Conflict, match="engineer refused: Too many"):
        approve(plant)
    db.session.rollback()
    plant.driver.do("approve_head", approve="", reason="Too many")
    assert plant.driver.waiting() == ["check_order buyer"]
    assert db.session.query(PurchaseOrder).one().status is OrderStatus.DRAFT


def test_the_added_person_finds_it_in_the_inbox_and_is_told(plant):
    engineer = add(plant, "engineer")

    found = db.session.scalars(queries.visible_tasks(engineer)).all()
    assert [task.id for task in found] == [plant.task.id]
    assert [notice.user_id for notice in db.session.query(Notice)] == [engineer.user_id]
    assert not queries.may_do(plant.task, engineer)


def test_who_the_case_excludes_oneself_or_twice_cannot_be_added(plant):
    add(plant, "engineer")

    for role in ("buyer", "material_head", "engineer"):
        with pytest.raises(DomainError) as refused:
            add(plant, role)
        assert refused.value.code == "unknown_person"


def test_who_was_added_to_one_level_does_not_sign_the_next(plant):
    manager = add(plant, "plant_manager")
    with acting(manager):
        verbs.decide_added(plant.task.id, approve=True, reason="")
    approve(plant)

    [following] = plant.driver.open("approve_plant")
    assert queries.why_not(following, manager) is not None


def test_an_approver_who_has_not_decided_is_taken_back(plant):
    add(plant, "engineer")
    [added] = approvers.of(plant.task.id)
    with acting(plant.driver.person("material_head")):
        verbs.remove_approver(plant.task.id, added.id)
    approve(plant)

    assert plant.driver.waiting() == ["approve_plant plant_manager"]


def test_what_is_no_approval_takes_no_approver(plant):
    approve(plant)
    plant.driver.do("approve_plant", approve="1")
    [task] = plant.driver.open("receive_goods")

    with acting(plant.driver.person("warehouse")), pytest.raises(DomainError) as refused:
        verbs.add_approver(task.id, plant.driver.person("engineer").user_id)
    assert refused.value.code == "no_approval"


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_it_is_done_on_the_task_s_page(plant, login, language):
    said = {"Accept-Language": language}
    head, engineer = login("material_head", name="kuo"), login("engineer", name="tseng")
    whom = db.session.query(User).filter_by(login="tseng").one().id
    page, task = f"/tasks/{plant.task.id}", plant.task.id
    db.session.commit()
    assert engineer.get(page, headers=said).status_code == 404
    assert ("加簽" if language == "zh-TW" else "Add an approver") in head.get(page, headers=said).text

    assert head.post(f"/tasks/{task}/approvers", data={"user_id": whom}).status_code == 302
    shown = engineer.get(page, headers=said)
    assert shown.status_code == 200
    assert ("您是加簽人" if language == "zh-TW" else "You were asked to approve this too") in shown.text
    assert head.post(f"/tasks/{task}/approvers/decide", data={"verdict": "approve"}).status_code == 403
    answer = engineer.post(f"/tasks/{task}/approvers/decide", data={"verdict": "approve", "text": "Fine"})
    assert answer.status_code == 302
    assert "Fine" in head.get(page, headers=said).text
