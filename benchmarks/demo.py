"""Both orders of the demo factory from plan to cost, over HTTP."""

from __future__ import annotations

from app.core.db import db
from app.demo import load
from benchmarks.store import Store
from benchmarks.table import Line, Row
from benchmarks.web import People, server
from tests.scenarios.answers import SMOOTH

LIMIT = 0.150


def measure(store: Store) -> list[Line]:
    """Let the people of the demo factory do everything there is to do; the time of each completion."""
    with store.fresh("demo") as (app, settings):
        load()
        db.session.remove()
        with server(settings) as address:
            people = People(app, address=address)
            people.run(SMOOTH)
    what = "complete a task of the demo's orders: POST /tasks/ID, gunicorn, audit, SQLite"
    return [Row(what, LIMIT, tuple(people.times))]
