"""A long case: ten tasks of one person, round and round; and what it takes to have many of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from app.accounts import services as accounts
from app.core.actors import Actor, acting
from app.core.db import db
from app.demo.loader import PASSWORD
from app.workflow import definitions
from app.workflow.models import HumanTask, ProcessInstance, TaskStatus
from app.workflow.running import instances
from benchmarks.filling import copy, named
from tests.workflow.diagrams import files, flows, lanes, node, process, user

TASKS = 10
KEY, ROLE, LOGIN = "test.long", "planner", "walker"
ANSWER = {"ok": False}
"""What each task is completed with: the case goes round again."""


def diagram(again: str) -> bytes:
    """The diagram, going round while ``again`` holds."""
    names = [f"t{number}" for number in range(TASKS)]
    return process(
        KEY,
        lanes(**{ROLE: " ".join(names)}),
        "".join(user(name) for name in names),
        node("exclusiveGateway", "again", default="again_to_end"),
        flows(f"start -> {' -> '.join(names)} -> again -> end\nagain -> t0 if {again}"),
    )


def person(login: str = LOGIN) -> Actor:
    """Add somebody who does these tasks."""
    user = accounts.create_user(login, {"en": login.title()}, {ROLE}, PASSWORD, language="en")
    db.session.commit()
    return Actor(user.id, login, login.title(), frozenset({ROLE}))


def deploy() -> None:
    """Deploy the diagram and its form."""
    definitions.deploy(files(diagram("not t9.ok")))
    db.session.commit()


@contextmanager
def walk(actor: Actor) -> Iterator[Walk]:
    """Start one case and lead it on as a person."""
    with acting(actor):
        case = instances.start(KEY, {"key": "k"}, "thing:0")
        db.session.commit()
        yield Walk(case.id)


class Walk:
    """One case that is led from task to task."""

    def __init__(self, instance_id: int) -> None:
        self.instance_id, self.place = instance_id, 1

    def to(self, place: int) -> None:
        """Complete tasks until the one with this number is open."""
        while self.place < place:
            instances.complete(open_task(self.instance_id), ANSWER)
            db.session.commit()
            self.place += 1

    def copies(self, count: int) -> list[int]:
        """Copies of the case as it stands; returns their ids."""
        prefix = f"thing:{self.place}-"
        return list(
            copy(self.instance_id, count, lambda n: {ProcessInstance: {"business_key": named(prefix, n)}})
        )


def open_task(instance_id: int) -> int:
    """The id of a case's one open task."""
    query = select(HumanTask.id).where(
        HumanTask.instance_id == instance_id, HumanTask.status == TaskStatus.OPEN
    )
    return db.session.scalars(query).one()
