"""The runners' state: when each was last heard of, what it does, and what waits for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import render_template
from flask_babel import lazy_gettext

from app.core import clock
from app.core.lists import moment_text
from app.core.permissions import requires
from app.core.queues import QUEUES
from app.workflow.views import PROCESS_READ, blueprint
from app.workflow.watching import queues as _queues  # noqa: F401  (declares the queues)
from app.workflow.watching import runners, spans

JOBS = {
    "events": lazy_gettext("Deliver messages"),
    "timers": lazy_gettext("Fire timers"),
    "deadlines": lazy_gettext("Remind and escalate"),
    "retries": lazy_gettext("Try failed steps again"),
    "migrations": lazy_gettext("Move cases to new versions"),
    "checkpoints": lazy_gettext("Sign the audit trail"),
    "mails": lazy_gettext("Write e-mails about what waits"),
    "outbox": lazy_gettext("Send e-mails and webhooks"),
    "background": lazy_gettext("Compute at length"),
    "valuation": lazy_gettext("Value stock moves"),
    "documents": lazy_gettext("Make documents"),
}
PARTS = {"turns": lazy_gettext("Turns"), "long": lazy_gettext("Long computations")}
LATE = 60
"""Seconds after which what is due is shown as late."""


@blueprint.get("/operations/runner")
@requires(PROCESS_READ)
def runner() -> str:
    """Which runners are alive, what each does, and how much waits."""
    beats = runners.known()
    last = runners.last_beat()
    return render_template(
        "workflow/runner.html",
        threads=[_thread(one) for one in beats],
        running=len({(one.host, one.pid) for one in beats if runners.alive(one)}),
        silent=[f"{one.host} {one.pid}" for one in beats if not runners.alive(one)],
        last=_ago(last) if last else None,
        queues=[_queue(label, read()) for label, read in QUEUES],
    )


def _ago(moment: datetime) -> str:
    return spans.words((clock.now() - moment).total_seconds())


def _thread(beat: runners.RunnerBeat) -> dict[str, Any]:
    return {
        "where": f"{beat.host} · {beat.pid}",
        "part": PARTS.get(beat.part, beat.part),
        "alive": runners.alive(beat),
        "since": moment_text(beat.started_at),
        "beat": _ago(beat.beat_at),
        "jobs": [_job(name, beat.jobs[name]) for name in JOBS if name in beat.jobs],
    }


def _job(name: str, noted: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": JOBS[name],
        "done": noted["done"],
        "last": _moment(noted.get("last")),
        "failed": _moment(noted.get("failed")),
        "error": noted.get("error", ""),
    }


def _moment(text: str | None) -> str:
    return moment_text(datetime.fromisoformat(text)) if text else "–"


def _queue(label: Any, depth: Any) -> dict[str, Any]:
    age = (clock.now() - depth.oldest).total_seconds() if depth.oldest else 0
    return {
        "name": label,
        "total": depth.total,
        "due": depth.due,
        "oldest": spans.words(age) if depth.oldest else "–",
        "late": depth.due and age > LATE,
    }
