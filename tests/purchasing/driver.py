"""Drive a process as its people would: open the next task's form, fill it in, complete it."""

from pathlib import Path

from app.core.actors import Actor, acting
from app.core.db import db
from app.workflow import definitions, queries
from app.workflow.form import forms
from app.workflow.models import HumanTask, Incident, TaskStatus
from app.workflow.running import instances, messages

ROOT = Path(__file__).parents[2]


class Driver:
    """A small cast, one person per role, and the deployed processes of some areas."""

    def __init__(self, *areas: str):
        wanted = {
            name: source for name, source in definitions.files_in(ROOT).items() if name.split("/")[1] in areas
        }
        definitions.deploy(wanted)
        db.session.commit()
        self.people: dict[str, Actor] = {}

    def person(self, role: str) -> Actor:
        """The person who holds a role."""
        if role not in self.people:
            from app.accounts import services

            user = services.create_user(role, {"en": role}, {role}, "a long password")
            db.session.commit()
            self.people[role] = Actor(user.id, role, role, frozenset({role}))
        return self.people[role]

    def open(self, element: str | None = None) -> list[HumanTask]:
        """The tasks that wait for somebody."""
        messages.drain()
        problems = [incident.message for incident in db.session.query(Incident).all()]
        assert not problems, problems
        tasks = (
            db.session.query(HumanTask)
            .filter(HumanTask.status == TaskStatus.OPEN)
            .order_by(HumanTask.id)
            .all()
        )
        return [task for task in tasks if element in (None, task.element)]

    def waiting(self) -> list[str]:
        """What waits, as task and role."""
        return [f"{task.element} {task.role}" for task in self.open()]

    def do(self, element: str, rows: dict | None = None, /, **values: object) -> None:
        """Complete the next task of this kind; ``rows`` changes the first line of a line table."""
        task = self.open(element)[0]
        with acting(self.person(task.role)):
            state = forms.open_form(task.form, queries.data_of(task))
            state.values.update(values)
            for key, changes in (rows or {}).items():
                state.values[key][0].update(changes)
            boxes = {one["key"] for one in state.form.components if one["type"] == "checkbox"}
            state.values = {k: v for k, v in state.values.items() if v or k not in boxes}
            data = state.validate()
            assert data is not None, state.errors
            instances.complete(task.id, data)
            db.session.commit()
