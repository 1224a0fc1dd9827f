"""The runner: events, timers, retries and long computations. APScheduler is only its clock."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.core import checkpoints, outbox
from app.core.db import db
from app.costing.services import valuation
from app.reports.services import documents
from app.workflow.moving import migration
from app.workflow.people import mails
from app.workflow.running import due_deeds, messages, timers
from app.workflow.watching.runners import Pulse, counted

log = logging.getLogger(__name__)

TURN: tuple[tuple[str, Callable[[], int]], ...] = (
    ("events", messages.drain),
    ("timers", timers.fire_due),
    ("deadlines", due_deeds.carry_out),
    ("retries", timers.retry_due),
    ("migrations", migration.work),
    ("checkpoints", checkpoints.keep),
    ("mails", mails.work),
)


def _value_moves() -> int:
    """Value the stock moves that have none; returns how many items."""
    items = int(valuation.value_moves()["items"])
    db.session.commit()
    return items


LONG: tuple[tuple[str, Callable[[], int]], ...] = (
    ("background", timers.compute_background),
    ("events", messages.drain),
    ("valuation", _value_moves),
    ("documents", documents.make_pending),
    ("outbox", outbox.work),
)


def run_once(app: Flask, *, background: bool = True, pulse: Pulse | None = None) -> dict[str, int]:
    """One turn of the runner: everything that is due now, each job in its own transactions.

    ``background``: the long computations, too.
    """
    done: dict[str, int] = {}
    with app.app_context():
        for name, job in (*TURN, *LONG) if background else TURN:
            done[name] = done.get(name, 0) + _do(name, job, pulse)
        _beat(pulse)
    return done


def _do(name: str, job: Callable[[], Any], pulse: Pulse | None) -> int:
    """Do one job; what goes wrong stops no other and is tried again at the next turn."""
    try:
        return counted(pulse, name, job)
    except OperationalError as error:
        log.warning("%s: the database is busy, next turn again: %s", name, error)
        db.session.rollback()
        _failed(pulse, name, error)
    except Exception as error:  # the runner's edge: one failing job must not stop the others
        log.exception("%s failed, next turn again", name)
        db.session.rollback()
        _failed(pulse, name, error)
    finally:
        db.session.remove()
    return 0


def _failed(pulse: Pulse | None, name: str, error: Exception) -> None:
    if pulse is not None:
        pulse.failed(name, error)


def _beat(pulse: Pulse | None) -> None:
    """Write a sign of life; a busy database is no reason to stop."""
    try:
        if pulse is not None:
            pulse.beat()
    except SQLAlchemyError as error:
        log.warning("no sign of life could be written: %s", error)
        db.session.rollback()
    finally:
        db.session.remove()


def run(app: Flask, *, seconds: float = 1.0, stop: threading.Event | None = None) -> None:
    """Run turns until stopped; long computations have a thread of their own."""
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = BackgroundScheduler(timezone="UTC")
    settings = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    turns, long = Pulse("turns"), Pulse("long")
    scheduler.add_job(
        lambda: run_once(app, background=False, pulse=turns), "interval", seconds=seconds, **settings
    )
    scheduler.add_job(lambda: _long_work(app, long), "interval", seconds=seconds, **settings)
    scheduler.start()
    try:
        (stop or threading.Event()).wait()
    finally:
        scheduler.shutdown(wait=True)
        with app.app_context():
            turns.end()
            long.end()
            db.session.remove()


def _long_work(app: Flask, pulse: Pulse | None = None) -> None:
    """The long computations that wait, one after the other."""
    with app.app_context():
        for name, job in LONG:
            _do(name, job, pulse)
        _beat(pulse)
