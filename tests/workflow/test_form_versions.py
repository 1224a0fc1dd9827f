"""A case shows the forms its version was deployed with; a new form comes with a new version of its process."""

from __future__ import annotations

import json

import pytest

from app.core.actors import acting
from app.core.db import db
from app.studio.queries import dependents
from app.workflow import definitions
from app.workflow.form import forms
from app.workflow.models import HumanTask, ProcessInstance, TaskStatus
from app.workflow.moving import migration
from app.workflow.running import instances
from tests.workflow.conftest import World
from tests.workflow.diagrams import flows, lanes, process, user

FILE, FORM = "bpmn/test/one.bpmn", "forms/test/asked.json"
ONE = process(
    "test.one",
    lanes(planner="a b"),
    user("a", form="test/asked"),
    user("b", form="test/asked"),
    flows("start -> a -> b -> end"),
)


def asked(*keys: str) -> bytes:
    """A form that asks for one text per key."""
    fields = [{"key": key, "type": "text", "label": {"en": key, "zh_Hant": key}} for key in keys]
    return json.dumps({"title": {"en": "Asked", "zh_Hant": "提問"}, "components": fields}).encode()


@pytest.fixture
def case(app) -> ProcessInstance:
    """A case whose process was deployed with a form of one field."""
    definitions.deploy({FILE: ONE, FORM: asked("first")})
    made = instances.start("test.one", {}, "thing:1", own=False)
    db.session.commit()
    return made


def change_form() -> None:
    """Deploy the form with a second field, as an approved change does: with what uses it."""
    files = {FORM: asked("first", "second")}
    files |= {row.file: row.source.encode() for row in dependents([FORM])}
    definitions.deploy(files)
    db.session.commit()


def shown(case: ProcessInstance) -> list[str]:
    """The fields of the open task's form."""
    db.session.expire_all()
    task = db.session.query(HumanTask).filter_by(instance_id=case.id, status=TaskStatus.OPEN).one()
    return [one["key"] for one in forms.of_task(task).components]


def go_on(world: World, case: ProcessInstance, **values: str) -> None:
    task = db.session.query(HumanTask).filter_by(instance_id=case.id, status=TaskStatus.OPEN).one()
    with acting(world.person("planner", "planner")):
        instances.complete(task.id, values)
        db.session.commit()


def test_a_running_case_keeps_its_form_and_a_new_one_has_the_new(case, world):
    change_form()

    assert definitions.active("test.one").version == 2
    assert shown(case) == ["first"]
    go_on(world, case, first="x")
    assert shown(case) == ["first"]
    later = instances.start("test.one", {}, "thing:2", own=False)
    db.session.commit()
    assert shown(later) == ["first", "second"]


def test_a_moved_case_keeps_the_open_form_and_asks_with_the_new_one_afterwards(case, world):
    change_form()
    said = migration.dry_run(case, definitions.active("test.one"))
    assert (said.code, [one["en"] for one in said.kept]) == (None, ["a"])
    migration.begin("test.one", [case.id], "The new form.")
    db.session.commit()
    migration.work()

    assert shown(case) == ["first"]
    go_on(world, case, first="x")
    assert shown(case) == ["first", "second"]


def test_a_form_that_did_not_change_makes_no_version(case):
    files = {FORM: asked("first")} | {row.file: row.source.encode() for row in dependents([FORM])}

    assert definitions.deploy(files) == []
