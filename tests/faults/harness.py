"""A plant's work under kill -9: run as a process of its own, told the database and the way of working.

    python -m tests.faults.harness DATABASE_URL atomic|naive random INSTANCES KILLS [SEED]
    python -m tests.faults.harness DATABASE_URL atomic|naive points EVERY

``random`` kills web and runner at times that chance chooses. ``points`` starts one instance after the
other and has its process die at the first statement or commit, the second, the third …, until one lives
through: every gap between two statements is met, in every run the same. ``naive`` writes an effect in a
transaction of its own before the step: the red control.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from functools import partial

from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Mapped, configure_mappers, mapped_column

from app import create_app, jobs, modules
from app.core import audit_check, events
from app.core.actors import Actor, acting
from app.core.db import db
from app.core.errors import DomainError
from app.core.operators import OPERATORS, Operator
from app.workflow import definitions
from app.workflow.models import HumanTask, InstanceStatus, ProcessInstance, TaskStatus
from app.workflow.running import instances, messages
from tests.workflow.diagrams import (
    extensions,
    files,
    flows,
    lanes,
    message,
    node,
    process,
    properties,
    service,
    timer,
    user,
)

NAIVE = "naive" in sys.argv


class Effect(db.Model):
    """Something a step did; nothing in the table prevents doing it twice."""

    __tablename__ = "test_effect"

    id: Mapped[int] = mapped_column(primary_key=True)
    thing: Mapped[int]
    step: Mapped[str]


def book(thing: int, step: str) -> dict:
    """Have an effect, and tell everybody."""
    if not NAIVE:
        db.session.add(Effect(thing=int(thing), step=step))
    if step == "first":
        events.emit(events.EVENTS["test.arrived"], key=f"thing:{thing}")
    return {"step": step}


DIAGRAM = process(
    "test.work",
    lanes(operator="one two"),
    user("one"),
    service("first", "test.book", "a", thing="thing", step="'first'"),
    node("intermediateCatchEvent", "pause", timer("PT0S")),
    service("second", "test.book", "b", thing="thing", step="'second'"),
    node(
        "intermediateCatchEvent",
        "wait",
        extensions(properties(correlation="'thing:' + text(thing)")) + message("test.arrived"),
    ),
    user("two"),
    service("third", "test.book", "c", thing="thing", step="'third'"),
    flows("start -> one -> first -> wait -> second -> pause -> two -> third -> end"),
    messages=("test.arrived",),
)


def set_up(count: int) -> None:
    """Deploy the diagram and start the instances."""
    from app.accounts import services

    db.create_all()
    services.create_user("worker", {"en": "Worker"}, {"operator"}, "a long password")
    definitions.deploy(files(DIAGRAM))
    for number in range(count):
        instances.start("test.work", {"thing": number}, f"thing:{number}")
    db.session.commit()


def web() -> None:
    """Complete tasks as requests do: step, commit, deliver."""
    from app.accounts.models import User

    person = Actor(db.session.scalar(select(User.id)), "worker", "Worker", frozenset({"operator"}))
    db.session.rollback()
    while True:
        task = db.session.scalar(
            select(HumanTask).where(HumanTask.status == TaskStatus.OPEN).order_by(func.random()).limit(1)
        )
        db.session.rollback()
        if task is None:
            return
        with acting(person):
            _complete(task)
        messages.drain()


def _complete(task: HumanTask) -> None:
    try:
        if NAIVE:
            thing = int(db.session.get(ProcessInstance, task.instance_id).business_key.partition(":")[2])
            db.session.add(Effect(thing=thing, step=task.element))
            db.session.commit()
        instances.complete(task.id, {}, idempotency_key=f"task:{task.id}")
        db.session.commit()
    except DomainError:
        db.session.rollback()


def runner(app: Flask) -> None:
    """Take turns as the runner does."""
    while any(jobs.run_once(app).values()):
        pass


def report() -> dict:
    """Count what was done."""
    rows = db.session.execute(
        select(Effect.thing, Effect.step, func.count()).group_by(Effect.thing, Effect.step)
    ).all()
    done = ProcessInstance.status == InstanceStatus.COMPLETED
    return {
        "completed": db.session.scalar(select(func.count()).select_from(ProcessInstance).where(done)),
        "effects": len(rows),
        "doubled": sum(count - 1 for _thing, _step, count in rows),
        "audit_broken_at": audit_check.verify().entry,
    }


def forked(app: Flask, work: Callable[[], None]) -> int:
    """Run work in a child that shares no connection; returns its process id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        with app.app_context():
            work()
        os._exit(0)
    except BaseException as error:
        sys.stderr.write(f"{error!r}\n")
        os._exit(1)


def prepared(url: str) -> Flask:
    """The engine alone, with this module's operator and event."""
    modules.AREAS = ("core", "accounts", "workflow")
    app = create_app({"TESTING": True, "DATABASE_URL": url})
    OPERATORS["test.book"] = Operator("test.book", book)
    events.event("test.arrived", "for tests")
    configure_mappers()  # else each child spends its short life on this
    return app


def finish(app: Flask, rounds: int) -> None:
    """Work undisturbed until nothing is left."""
    for _round in range(rounds):
        for work in (lambda: runner(app), web):
            assert os.waitpid(forked(app, work), 0)[1] == 0


def die_at(point: int) -> None:
    """Be killed just before this process's n-th statement or commit from now."""
    passed = itertools.count(1)

    def count(*_: object) -> None:
        if next(passed) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)


def work_and_die(app: Flask, number: int, point: int) -> None:
    """Mend what the last death left, start an instance and see it through unless the point comes first."""
    for _round in range(3):
        runner(app)
        web()
    instances.start("test.work", {"thing": number}, f"thing:{number}")
    db.session.commit()
    die_at(point)
    for _round in range(3):
        web()
        runner(app)


def at_every_point(app: Flask, every: int) -> dict:
    """Die at one point after the other; tell how often, and what the survivors made of it."""
    assert os.waitpid(forked(app, lambda: set_up(0)), 0)[1] == 0
    deaths = 0
    while True:
        point = 1 + deaths * every
        _pid, status = os.waitpid(forked(app, partial(work_and_die, app, deaths, point)), 0)
        if not os.WIFSIGNALED(status):
            assert status == 0
            break
        deaths += 1
    finish(app, 4)
    return {"started": deaths + 1, "killed": deaths}


def telling(writer: int, work: Callable[[], None]) -> Callable[[], None]:
    """The work, with a byte written at each commit."""

    def told() -> None:
        event.listen(Engine, "commit", lambda *_: os.write(writer, b"."))
        work()

    return told


def at_random(app: Flask, count: int, kills: int, seed: int = 7) -> dict:
    """Die after a few commits and at a moment that chance chooses, all instances at once."""
    assert os.waitpid(forked(app, lambda: set_up(count)), 0)[1] == 0
    chance, killed = random.Random(seed), 0
    for turn in range(3 * kills):
        reader, writer = os.pipe()
        pid = forked(app, telling(writer, web if turn % 3 else lambda: runner(app)))
        os.close(writer)
        finished = any(not os.read(reader, 1) for _commit in range(chance.randint(1, 4)))
        if not finished:
            time.sleep(chance.uniform(0, 0.03))
            os.kill(pid, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(pid, 0)[1])
        os.close(reader)
        if killed == kills:
            break
    under_fire = _told(app)["effects"]
    finish(app, 5)
    return {"started": count, "killed": killed, "under_fire": under_fire}


def main() -> None:
    """Work, be killed, work again; print what came of it."""
    url, kind, figures = sys.argv[1], sys.argv[3], [int(one) for one in sys.argv[4:]]
    app = prepared(url)
    told = at_every_point(app, *figures) if kind == "points" else at_random(app, *figures)
    print(json.dumps({**told, **_told(app)}))


def _told(app: Flask) -> dict:
    """The report, made in a child as everything else that touches the database."""
    reader, writer = os.pipe()
    pid = forked(app, lambda: os.write(writer, json.dumps(report()).encode()) and None)
    os.waitpid(pid, 0)
    os.close(writer)
    with os.fdopen(reader) as told:
        return json.loads(told.read())


if __name__ == "__main__":
    main()
