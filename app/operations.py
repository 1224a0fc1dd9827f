"""What the people who run Octad look at: health, metrics and logs; and which proxies it believes."""

from __future__ import annotations

import hmac
import logging
import os
import time
from collections.abc import Iterator
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, abort, current_app, g, jsonify, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Select, func, select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.permissions import public

blueprint = Blueprint("operations", __name__)
log = structlog.get_logger("octad.request")

LOCAL = frozenset({"127.0.0.1", "::1"})
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)


def init_app(app: Flask) -> None:
    """Believe the configured proxies, write logs, count requests, answer health and metrics."""
    if hops := int(app.config["TRUSTED_PROXIES"]):
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    configure_logs(as_json=not app.config["DEMO"], take_over=not app.testing)
    app.extensions["metrics"] = Metrics()
    app.before_request(_start_clock)
    app.after_request(_note_request)
    app.register_blueprint(blueprint)


def configure_logs(*, as_json: bool, take_over: bool = True) -> None:
    """Write every log line to standard error: one JSON object each, or for a person's eyes.

    Without ``take_over`` the lines go wherever the surrounding program, a test say, collects them.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    if not take_over:
        return
    handler = logging.StreamHandler()
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, last])
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if as_json else logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)


class Metrics:
    """The counters of one application; several web processes share them through PROMETHEUS_MULTIPROC_DIR."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["method", "endpoint", "status"]
        self.requests = Counter("octad_requests", "Requests answered", labels, registry=self.registry)
        self.seconds = Histogram(
            "octad_request_seconds",
            "Time to answer",
            ["endpoint"],
            registry=self.registry,
            buckets=BUCKETS,
        )
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            self.registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(self.registry)
        self.registry.register(Work())


LAG = ("octad_runner_lag_seconds", "How long the oldest timer or event that is due has waited for the runner")
SILENCE = (
    "octad_runner_silence_seconds",
    "How long ago a runner's turn was last heard of; infinite where none ever was",
)


class Work(Collector):
    """What waits in the database: tasks, incidents, events, timers, computations."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Count at the moment of asking; at registration there is no database to ask."""
        for name, meaning, query in _waiting():
            yield GaugeMetricFamily(name, meaning, value=db.session.scalar(query) or 0)
        yield GaugeMetricFamily(*LAG, value=_runner_lag())
        yield GaugeMetricFamily(*SILENCE, value=_runner_silence())

    def describe(self) -> list[GaugeMetricFamily]:
        named = [*((name, meaning) for name, meaning, _query in _waiting()), LAG, SILENCE]
        return [GaugeMetricFamily(name, meaning) for name, meaning in named]


def _runner_lag() -> float:
    """Seconds since the oldest thing fell due that the runner has not seen to; 0 when it keeps up."""
    from app.core.events import EventRecord
    from app.workflow.models import TimerDue

    now = clock.now()
    oldest = [
        db.session.scalar(select(func.min(TimerDue.due_at)).where(TimerDue.due_at < now)),
        db.session.scalar(select(func.min(EventRecord.created_at)).where(EventRecord.delivered_at.is_(None))),
    ]
    return max((float((now - moment).total_seconds()) for moment in oldest if moment), default=0.0)


def _runner_silence() -> float:
    """Seconds since any runner was heard of."""
    from app.workflow.watching.runners import last_beat

    last = last_beat()
    return float("inf") if last is None else (clock.now() - last).total_seconds()


def _waiting() -> list[tuple[str, str, Select[int]]]:
    from app.core.events import EventRecord
    from app.workflow.models import (
        BackgroundWork,
        HumanTask,
        Incident,
        IncidentStatus,
        InstanceStatus,
        ProcessInstance,
        TaskStatus,
        TimerDue,
    )

    count = select(func.count())
    open_task = HumanTask.status == TaskStatus.OPEN
    return [
        ("octad_open_tasks", "Tasks that wait for a person", count.where(open_task)),
        ("octad_overdue_tasks", "Of these, overdue", count.where(open_task, HumanTask.due_at < clock.now())),
        (
            "octad_running_instances",
            "Processes that run",
            count.where(ProcessInstance.status == InstanceStatus.RUNNING),
        ),
        (
            "octad_open_incidents",
            "Steps that failed and wait for somebody",
            count.where(Incident.status == IncidentStatus.OPEN),
        ),
        (
            "octad_undelivered_events",
            "Events the runner has not delivered",
            count.where(EventRecord.delivered_at.is_(None)),
        ),
        ("octad_due_timers", "Timers past their time", count.where(TimerDue.due_at < clock.now())),
        ("octad_background_work", "Computations that wait or run", count.select_from(BackgroundWork)),
    ]


@blueprint.get("/health")
@public
def health() -> Response:
    """Answer 200 when the database answers, else 503."""
    try:
        db.session.connection(execution_options={"readonly": True}).execute(select(1))
    except SQLAlchemyError:
        db.session.rollback()
        answer = jsonify(status="database does not answer")
        answer.status_code = 503
        return answer
    return jsonify(status="ok")


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Counters for Prometheus: with the configured token, else for this machine only."""
    token = current_app.config["METRICS_TOKEN"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    local = request.remote_addr in LOCAL and not forwarded
    if token and not hmac.compare_digest(given.encode(), token.encode()):
        return Response(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    if not token and not local:
        abort(403)
    registry = current_app.extensions["metrics"].registry
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _start_clock() -> None:
    g.started = time.perf_counter()


def _note_request(response: Response) -> Response:
    """Count the answer and, in production, log it without its content."""
    endpoint = request.endpoint or "none"
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    found: Metrics = current_app.extensions["metrics"]
    found.requests.labels(request.method, endpoint, response.status_code).inc()
    found.seconds.labels(endpoint).observe(seconds)
    if endpoint not in ("static", "operations.health", "operations.metrics"):
        log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round(seconds * 1000),
            who=current_actor().login,
            address=request.remote_addr,
        )
    return response
