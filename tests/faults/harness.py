"""A plant's work under kill -9: run as a process of its own, told the database and the way of working.

    python -m tests.faults.harness DATABASE_URL atomic|naive INSTANCES KILLS

``naive`` writes an effect in a transaction of its own before the step: the red control.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, mapped_column

from app import create_app, jobs, modules
from app.core import audit, events
from app.core.actors import Actor, acting
from app.core.db import db
from app.core.errors import DomainError
from app.core.operators import OPERATORS, Operator
from app.workflow import definitions, instances, messages
from app.workflow.models import HumanTask, InstanceStatus, ProcessInstance, TaskStatus
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
        "audit_broken_at": audit.verify(),
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


def main() -> None:
    """Work, be killed, work again; print what came of it."""
    url, count, kills = sys.argv[1], int(sys.argv[3]), int(sys.argv[4])
    modules.AREAS = ("core", "accounts", "workflow")
    app = create_app({"TESTING": True, "DATABASE_URL": url})
    OPERATORS["test.book"] = Operator("test.book", book)
    events.event("test.arrived", "for tests")
    assert os.waitpid(forked(app, lambda: set_up(count)), 0)[1] == 0
    chance, killed, turn = random.Random(7), 0, 0
    while killed < kills:
        turn += 1
        pid = forked(app, web if turn % 3 else lambda: runner(app))
        time.sleep(chance.uniform(0.03, 0.15))
        finished, _status = os.waitpid(pid, os.WNOHANG)
        if finished:
            if turn > 3 * kills:
                break
            continue
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        killed += 1
    for _round in range(20):
        for work in (lambda: runner(app), web):
            assert os.waitpid(forked(app, work), 0)[1] == 0
    print(json.dumps({"killed": killed, **_told(app)}))


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
