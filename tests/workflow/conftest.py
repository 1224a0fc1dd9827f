"""People, operators and events for tests of the engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.core.actors import Actor, acting
from app.core.db import db
from app.core.events import EVENTS, event
from app.core.operators import OPERATORS, Operator
from app.workflow import definitions, queries
from app.workflow.models import HumanTask, StepHistory
from tests.workflow.operators import CALLS, crash, echo, refuse, slow
from tests.workflow.state_proof import Prover


@pytest.fixture(autouse=True)
def test_operators() -> Iterator[None]:
    """Offer the operators and events of these tests."""
    CALLS.clear()
    made = {
        f"test.{f.__name__}": Operator(f"test.{f.__name__}", f, f is slow)
        for f in (echo, refuse, crash, slow)
    }
    OPERATORS.update(made)
    for name in ("test.happened", "test.arrived"):
        event(name, "for tests")
    yield
    for name in made:
        OPERATORS.pop(name)
    for name in ("test.happened", "test.arrived"):
        EVENTS.pop(name)


@pytest.fixture(autouse=True)
def proven_states(monkeypatch: pytest.MonkeyPatch) -> Prover:
    """Hold every saved state against the library's serializer."""
    return Prover().install(monkeypatch)


class World:
    """What a test does with the engine: deploy, act as somebody, look."""

    def __init__(self) -> None:
        self.people: dict[str, Actor] = {}

    def person(self, login: str, *roles: str, on_behalf_of: int | None = None) -> Actor:
        """A person with roles, made on first use."""
        from app.accounts import services

        if login not in self.people:
            user = services.create_user(login, {"en": login.title()}, set(roles), "a long password")
            db.session.flush()
            self.people[login] = Actor(user.id, login, login.title(), frozenset(roles), on_behalf_of)
            db.session.commit()
        return self.people[login]

    def deploy(self, *sources: bytes) -> None:
        """Deploy diagrams and decisions."""
        from tests.workflow.diagrams import files

        definitions.deploy(files(*sources))
        db.session.commit()

    def task(self, element: str, instance: object = None) -> HumanTask:
        """The one open task at an element."""
        return self.tasks(element)[0]

    def tasks(self, element: str | None = None) -> list[HumanTask]:
        """The open tasks, at an element."""
        found = db.session.query(HumanTask).filter_by(status="open").order_by(HumanTask.id)
        return [t for t in found.populate_existing() if element in (None, t.element)]

    def done(self, actor: Actor, element: str, **data: object) -> HumanTask:
        """Let a person complete the open task at an element."""
        from app.workflow.running import instances

        with acting(actor):
            task = instances.complete(self.task(element).id, data)
        db.session.commit()
        return task

    def trace(self, instance: object) -> list[str]:
        """The elements an instance has left, in order."""
        rows = db.session.query(StepHistory).filter_by(instance_id=instance.id, state="completed")
        return [r.element for r in rows.order_by(StepHistory.left_place)]

    data = staticmethod(queries.data_of_instance)


@pytest.fixture
def world(app: object) -> World:
    """The engine on an empty SQLite database."""
    return World()


@pytest.fixture
def both(database: object) -> World:
    """The engine on an empty database, SQLite and PostgreSQL."""
    return World()


@pytest.fixture
def replayed(world: World) -> Iterator[None]:
    """What came to its end on its own way can be replayed on its diagram's net."""
    from tests.workflow.logs import the_logs_fit

    yield
    db.session.rollback()
    the_logs_fit()
