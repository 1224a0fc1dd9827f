"""Each filter of the inbox, read in parts off indexes, holds what one sentence says of every task."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, text

from app.accounts import services as accounts
from app.core import paging
from app.core.actors import Actor
from app.core.clock import now
from app.core.db import db
from app.workflow.models import HumanTask, ProcessInstance, TaskStatus
from app.workflow.people import inbox, reach
from tests.workflow.tiny import start

ROLES = ("planner", "buyer", "supervisor", "inspector")


@pytest.fixture
def people(app) -> list[int]:
    """The ids of three persons."""
    found = [accounts.create_user(one, {"en": one}, {"planner"}, "long enough").id for one in ("a", "b", "c")]
    db.session.commit()
    return found


@pytest.fixture
def tasks(people) -> list[HumanTask]:
    """Six hundred tasks of forty cases, each column filled by chance."""
    rng, moment = random.Random(5), now()
    case = start()
    base = dict(db.session.execute(select(ProcessInstance.__table__)).mappings().first())
    base.pop("id")
    somebody = (None, None, None, *people)
    cases = [case.id]
    for number in range(39):
        row = base | {"started_by_id": rng.choice(somebody), "business_key": f"order:{number}"}
        made = db.session.execute(insert(ProcessInstance.__table__).values(row)).inserted_primary_key
        cases.append(made[0])
    task = dict(db.session.execute(select(HumanTask.__table__)).mappings().first())
    task.pop("id")
    hours, rows = (None, -30, -1, 1, 30), []
    for number in range(600):
        done = rng.random() < 0.15
        due, hidden = rng.choice(hours), rng.choice((None, None, -1, 1))
        values = {
            "instance_id": rng.choice(cases),
            "engine_task": str(number),
            "role": rng.choice(ROLES),
            "owner_id": rng.choice(somebody),
            "candidate_id": rng.choice(somebody),
            "asked_id": rng.choice((None, None, *somebody)),
            "hidden_until": None if hidden is None else moment + timedelta(hours=hidden),
            "due_at": None if due is None else moment + timedelta(hours=due, seconds=number % 7),
            "escalated_to": rng.choice((None, None, *ROLES)),
            "step": rng.choice((None, 1, 2)),
            "status": TaskStatus.COMPLETED if done else TaskStatus.OPEN,
            "completed_by_id": rng.choice(people) if done else None,
        }
        rows.append(task | values)
    db.session.execute(insert(HumanTask.__table__), rows)
    db.session.commit()
    return list(db.session.scalars(select(HumanTask).order_by(HumanTask.id)))


def sentence(view: str, actor: Actor, tasks: list[HumanTask]) -> Callable[[HumanTask, datetime], bool]:
    """What a filter says, of one task at a time."""
    me = actor.user_id
    touched = {one.instance_id for one in tasks if one.completed_by_id == me}
    touched |= set(db.session.scalars(select(ProcessInstance.id).where(ProcessInstance.started_by_id == me)))

    def holds(one: HumanTask, moment: datetime) -> bool:
        mine = me in (one.owner_id, one.candidate_id)
        free = one.role in actor.roles and one.owner_id is None and one.candidate_id is None
        later = one.hidden_until is not None and one.hidden_until > moment
        shown = one.asked_id is None and not later
        others = one.owner_id != me and not free and one.instance_id in touched
        return (
            one.status == TaskStatus.OPEN
            and {
                "todo": shown and (mine or free),
                "mine": shown and mine,
                "roles": shown and free,
                "overdue": shown and (mine or free) and one.due_at is not None and one.due_at < moment,
                "asked": one.asked_id == me,
                "escalated": one.escalated_to in actor.roles,
                "later": (mine or free) and later,
                "waiting": others or (mine and one.asked_id is not None),
                "all": mine or one.role in actor.roles or one.instance_id in touched,
            }[view]
        )

    return holds


@pytest.mark.parametrize("roles", [(), ("planner",), ("buyer", "inspector")])
def test_each_filter_holds_what_its_sentence_says(tasks, people, roles):
    held = set()
    for person in people:
        actor = Actor(user_id=person, login="x", roles=frozenset(roles))
        told = inbox.counts(actor)
        for view in inbox.VIEWS:
            holds = sentence(view, actor, tasks)
            expected = [one.id for one in tasks if holds(one, now())]

            found = reach.page_of(reach.parts(view, actor, now()), None, 0, 1_000)

            assert found == expected, view
            assert told[view] == len(expected), view
            held |= {view} if expected else set()
    assert held == set(inbox.VIEWS) - (set() if roles else {"roles", "escalated"})


@pytest.mark.parametrize("by_role", [False, True])
def test_pages_follow_one_another_without_a_gap(tasks, people, by_role):
    actor = Actor(user_id=people[0], login="x", roles=frozenset(ROLES))
    parts = reach.parts("todo", actor, now(), by_role=by_role)
    holds = sentence("todo", actor, tasks)
    last = datetime.max.replace(tzinfo=now().tzinfo)
    expected = sorted(
        (one for one in tasks if holds(one, now())), key=lambda one: (one.due_at or last, one.id)
    )

    found = [one for first in range(0, 600, 7) for one in reach.page_of(parts, HumanTask.due_at, first, 7)]

    assert found == [one.id for one in expected]
    assert reach.counted(parts) == len(expected) > 100


def test_counting_ends_where_it_is_told(tasks, people, monkeypatch):
    monkeypatch.setattr(paging, "COUNTED", 20)
    actor = Actor(user_id=people[0], login="x", roles=frozenset(ROLES))

    assert inbox.open_count(actor) == 21
    assert paging.count_text(21) == "20+"
    assert paging.count_text(20) == "20"


def test_a_filter_reads_no_task_that_is_not_in_an_index_of_it(tasks, people):
    actor = Actor(user_id=people[0], login="x", roles=frozenset(ROLES))
    for view in inbox.VIEWS:
        query = reach.count_of(reach.parts(view, actor, now()))
        said = query.compile(db.engine, compile_kwargs={"literal_binds": True})
        plan = [row.detail for row in db.session.execute(text(f"EXPLAIN QUERY PLAN {said}"))]

        assert [line for line in plan if line.startswith("SCAN human_task")] == [], (view, plan)
    assert db.session.scalar(select(func.count()).select_from(HumanTask)) == len(tasks)
