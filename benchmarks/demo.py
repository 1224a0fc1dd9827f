"""The demo orders from plan to cost over HTTP, then the inbox when 10,000 tasks are open."""

from __future__ import annotations

from pathlib import Path

import lxml.html
from flask_migrate import upgrade
from sqlalchemy import insert, inspect, select

from app import create_app
from app.core.db import db
from app.demo import load
from app.workflow.models import HumanTask, TaskStatus
from benchmarks.table import Row
from benchmarks.web import People, server
from tests.scenarios.answers import SMOOTH

COMPLETE_LIMIT, INBOX_LIMIT = 0.150, 0.200
OPEN_TASKS, INBOX_RUNS = 10_000, 10
PERSON_ROLE = "planner"


def measure(folder: Path) -> list[Row]:
    """Run both orders of the demo factory in ``folder``; returns the completion's and the inbox's rows."""
    address = f"sqlite:///{folder}/demo.db"
    files = str(folder / "files")
    app = create_app({"DEMO": "1", "DATABASE_URL": address, "FILES": files})
    with app.app_context():
        upgrade()
        load()
        db.session.remove()
        settings = {"OCTAD_DEMO": "1", "OCTAD_DATABASE_URL": address, "OCTAD_FILES": files}
        with server(settings) as where:
            people = People(app, address=where)
            people.run(SMOOTH)
            inbox = _inbox(people)
        db.engine.dispose()
    times = tuple(people.times)
    return [
        Row("complete a task: POST /tasks/ID, gunicorn, audit, SQLite file", COMPLETE_LIMIT, times),
        Row(f"open the inbox with {OPEN_TASKS:,} open tasks: GET /inbox", INBOX_LIMIT, inbox),
    ]


def _inbox(people: People) -> tuple[float, ...]:
    """Open one person's inbox after all of these many tasks became theirs to do."""
    done = db.session.scalars(select(HumanTask).where(HumanTask.role == PERSON_ROLE)).all()
    columns = [column.key for column in inspect(HumanTask).column_attrs if column.key != "id"]
    models = [{name: getattr(task, name) for name in columns} for task in done]
    fresh = {"status": TaskStatus.OPEN, "data": None, "completed_at": None, "completed_by_id": None}
    fresh |= {
        "completed_by_name": None,
        "owner_id": None,
        "owner_name": None,
        "claimed_at": None,
        "candidate_id": None,
    }
    fresh |= {"asked_id": None, "separate_from": [], "excluded": [], "hidden_until": None}
    rows = [models[n % len(models)] | fresh | {"engine_task": f"benchmark-{n}"} for n in range(OPEN_TASKS)]
    db.session.execute(insert(HumanTask), rows)
    db.session.commit()
    browser = people.browser(people.people_of(PERSON_ROLE)[0])
    answers = [browser.get("/inbox") for _ in range(INBOX_RUNS)]
    if any(answer.status_code != 200 or str(OPEN_TASKS) not in _figures(answer.text) for answer in answers):
        raise RuntimeError(f"The inbox does not show the open tasks, but {_figures(answers[0].text)}.")
    return tuple(answer.seconds for answer in answers)


def _figures(page: str) -> list[str]:
    """Return the counts beside the inbox's filters."""
    return lxml.html.fromstring(page).xpath("//span[@class='number']/text()")
