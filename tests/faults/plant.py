"""A plant at work over HTTP, and two who keep their own account of it: its clients and plain SQL."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import NullPool, create_engine, text

from app import create_app
from app.accounts import services
from app.core.actors import Actor, acting
from app.core.db import db
from tests.workflow import tiny

PASSWORD = "a long password"
PEOPLE = {"wang": "planner", "li": "supervisor"}
DOES = {"review": "wang", "approve": "li"}


class Plant:
    """The application as it is served, people signed in, and cases of two tasks each."""

    def __init__(self, url: str, folder: Path, *, fresh: bool = True) -> None:
        self.url, self.answers = url, Counter()
        self.done: set[int] = set()
        self.app: Flask = create_app(
            {"TESTING": True, "DATABASE_URL": url, "FILES": str(folder / "files"), "WTF_CSRF_ENABLED": False}
        )
        self.app.config["PROPAGATE_EXCEPTIONS"] = False  # a failure is an answer, as in production
        self.sql = create_engine(url, poolclass=NullPool, execution_options={"readonly": True})
        if fresh:
            with self.context():
                db.drop_all()
                db.create_all()
                for login, role in PEOPLE.items():
                    services.create_user(login, {"en": login.title()}, {role}, PASSWORD)
                db.session.commit()
        self.browsers = {login: self.signed_in(login) for login in PEOPLE}

    @contextmanager
    def context(self) -> Iterator[None]:
        """The application for a while, with a session of its own."""
        with self.app.app_context():
            yield
            db.session.remove()

    def signed_in(self, login: str) -> FlaskClient:
        browser = self.app.test_client()
        answer = browser.post("/account/login", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        return browser

    def start(self, count: int = 1) -> None:
        """Begin so many cases."""
        with self.context():
            for number in range(count):
                tiny.start(f"SO-{number}")

    def open_tasks(self) -> list[tuple[int, str]]:
        """The open tasks by SQL: number and element."""
        with self.sql.connect() as connection:
            query = "SELECT id, element FROM human_task WHERE status = 'open' ORDER BY id"
            return [tuple(row) for row in connection.execute(text(query))]

    def send(self, task: int, element: str) -> int:
        """Complete a task as its form does, which carries the same key each time; note the answer."""
        form = tiny.GOOD | {"_idempotency": f"{task:032x}"}
        status = self.browsers[DOES[element]].post(f"/tasks/{task}", data=form).status_code
        self.answers[status] += 1
        if status == 302:
            self.done.add(task)
        return status

    def finish(self) -> None:
        """Send what is open until nothing is."""
        for _round in range(4):
            for task, element in self.open_tasks():
                self.send(task, element)

    def verdict(self) -> dict[str, int]:
        """What was lost, doubled, stuck or failed, by the clients' journal and by SQL alone."""
        with self.sql.connect() as connection:

            def ask(query: str) -> list:
                return connection.execute(text(query)).all()

            completed = {row[0] for row in ask("SELECT id FROM human_task WHERE status = 'completed'")}
            acts = ask(
                "SELECT task_id, count(*) FROM audit_entry WHERE action = 'task.completed' GROUP BY task_id"
            )
            stuck = ask("SELECT count(*) FROM process_instance WHERE status <> 'completed'")[0][0]
        told = {task for task, _count in acts}
        return {
            "lost": len(self.done - completed) + len(self.done ^ told),
            "doubled": sum(count - 1 for _task, count in acts),
            "stuck": stuck,
            "failed": sum(count for status, count in self.answers.items() if status >= 500 and status != 503),
        }

    def close(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        self.sql.dispose()


WELL = {"lost": 0, "doubled": 0, "stuck": 0, "failed": 0}


def at_once(app: Flask, *acts: tuple[Callable[[], object], Actor]) -> list[object]:
    """Let people act at the same moment, each in a transaction of their own; what came of each, in order."""
    gate, outcomes = threading.Barrier(len(acts)), [None] * len(acts)

    def one(place: int, act: Callable[[], object], actor: Actor) -> None:
        with app.app_context(), acting(actor):
            gate.wait()
            try:
                outcomes[place] = act()
                db.session.commit()
            except Exception as error:
                db.session.rollback()
                outcomes[place] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=(place, *act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
