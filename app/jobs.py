"""The runner: events, timers, retries and long computations. APScheduler is only its clock."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import OperationalError

from app.core.db import db
from app.costing.services import valuation
from app.reports.services import documents
from app.workflow.moving import migration
from app.workflow.running import due_deeds, messages, timers

log = logging.getLogger(__name__)

TURN: tuple[tuple[str, Callable[[], int]], ...] = (
    ("events", messages.drain),
    ("timers", timers.fire_due),
    ("deadlines", due_deeds.carry_out),
    ("retries", timers.retry_due),
    ("migrations", migration.work),
)


def run_once(app: Flask, *, background: bool = True) -> dict[str, int]:
    """One turn of the runner: everything that is due now, each job in its own transactions."""
    done: dict[str, int] = {}
    jobs = (
        (*TURN, ("background", timers.compute_background), ("events", messages.drain)) if background else TURN
    )
    with app.app_context():
        for name, job in jobs:
            try:
                done[name] = done.get(name, 0) + job()
            except OperationalError as error:
                log.warning("%s: the database is busy, next turn again: %s", name, error)
                db.session.rollback()
            except Exception:  # the runner's edge: one failing job must not stop the others
                log.exception("%s failed, next turn again", name)
                db.session.rollback()
            finally:
                db.session.remove()
    return done


def run(app: Flask, *, seconds: float = 1.0, stop: threading.Event | None = None) -> None:
    """Run turns until stopped; long computations have a thread of their own."""
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = BackgroundScheduler(timezone="UTC")
    settings = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    scheduler.add_job(lambda: run_once(app, background=False), "interval", seconds=seconds, **settings)
    scheduler.add_job(lambda: _long_work(app), "interval", seconds=seconds, **settings)
    scheduler.start()
    try:
        (stop or threading.Event()).wait()
    finally:
        scheduler.shutdown(wait=True)


def _long_work(app: Flask) -> None:
    """The long computations that wait, one after the other."""
    with app.app_context():
        try:
            if timers.compute_background():
                messages.drain()
            valuation.value_moves()
            db.session.commit()
            documents.make_pending()
        except Exception:  # the runner's edge, as above
            log.exception("a long computation failed, next turn again")
            db.session.rollback()
        finally:
            db.session.remove()
