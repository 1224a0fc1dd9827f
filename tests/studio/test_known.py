"""The names a process's expressions may read are offered to whoever writes its forms and decisions."""

from __future__ import annotations

from app.core.db import db
from app.studio import known
from app.studio.models import Change, ChangeFile
from app.workflow import definitions
from tests.workflow.diagrams import files, flows, lanes, node, process, script, table, user

DECIDES = node(
    "businessRuleTask",
    "limit",
    "<bpmn:extensionElements><spiffworkflow:calledDecisionId>test.limit</spiffworkflow:calledDecisionId>"
    "</bpmn:extensionElements>",
)
ORDER = process(
    "test.one",
    lanes(planner="look"),
    script("facts", "total = order.price * 2"),
    DECIDES,
    user("look", amount="number(order.amount)", summary="'no.name ' + plan.number"),
    flows("start -> facts -> limit -> look -> end"),
)
RULES = table("test.limit", [(["-"], ["1"])], ["total"], ["level"])


def test_names_are_read_from_expressions_and_not_from_texts():
    assert known.names_in(ORDER.decode()) == {"order.price", "order.amount", "plan.number"}
    assert known.names_in("<broken") == set()


def test_a_decision_is_offered_what_the_processes_know_that_take_it(app):
    definitions.deploy(files(ORDER, RULES))
    db.session.commit()
    change = Change(files=[])
    assert known.to_users_of("test.limit", change) == ["order.amount", "order.price", "plan.number"]
    assert known.to_users_of("test.other", change) == []

    changed = ORDER.replace(b"order.amount", b"order.net").decode()
    change = Change(files=[ChangeFile(file="bpmn/test/one.bpmn", source=changed)])
    assert "order.net" in known.to_users_of("test.limit", change)
    assert "order.amount" not in known.to_users_of("test.limit", change)
