"""Starting, health, metrics, proxies, logs."""

from __future__ import annotations

import json
import logging

import pytest
from flask import Flask

from app import create_app, jobs
from app.config import SETTINGS
from app.core import clock
from app.core.db import db
from app.operations import configure_logs
from app.reports.models import Document, DocumentStatus
from app.reports.services import pdf


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing."""
    for name in SETTINGS:
        monkeypatch.delenv(f"OCTAD_{name}", raising=False)


@pytest.fixture
def quiet_logs():
    """The test's own logging, put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def production(tmp_path, **more) -> Flask:
    return create_app({"SECRET_KEY": "x" * 32, "DATABASE_URL": f"sqlite:///{tmp_path}/p.db"} | more)


def test_production_does_not_start_without_a_secret_key(bare):
    with pytest.raises(RuntimeError, match="OCTAD_SECRET_KEY"):
        create_app()


def test_production_sends_cookies_over_https_only_and_shows_no_demo_people(bare, tmp_path, quiet_logs):
    app = production(tmp_path)
    with app.app_context():
        db.create_all()
        page = app.test_client().get("/account/login", base_url="https://octad.example")
        db.session.remove()
        db.engine.dispose()

    assert "demo-person" not in page.text
    cookie = page.headers["Set-Cookie"]
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax"))


def test_health_answers_for_the_database(client, app):
    assert client.get("/health").get_json() == {"status": "ok"}


def test_health_tells_when_the_database_does_not_answer(tmp_path, quiet_logs):
    app = create_app({"TESTING": True, "DATABASE_URL": f"sqlite:///{tmp_path}/missing/folder/x.db"})

    assert app.test_client().get("/health").status_code == 503


def test_metrics_count_requests_and_waiting_work(client):
    client.get("/health")
    told = client.get("/metrics").text

    assert 'octad_requests_total{endpoint="operations.health",method="GET",status="200"} 1.0' in told
    assert "octad_open_tasks 0.0" in told


def test_metrics_tell_how_far_the_runner_is_behind(client, app, clock):
    from app.core import events

    happened = events.event("test.happened", "for tests")
    clock("2026-03-02T08:00:00")
    events.emit(happened, key="thing:1")
    db.session.commit()
    clock("2026-03-02T08:01:30")
    told = client.get("/metrics").text
    events.EVENTS.pop("test.happened")

    assert "octad_undelivered_events 1.0" in told
    assert "octad_runner_lag_seconds 90.0" in told
    assert "octad_runner_silence_seconds +Inf" in told
    for name in ("open_tasks", "open_incidents", "due_timers", "background_work", "overdue_tasks"):
        assert f"octad_{name} 0.0" in told


def test_metrics_are_for_this_machine_or_the_token(client, app):
    def status(**headers):
        return client.get("/metrics", headers=headers).status_code

    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403
    assert status(**{"X-Forwarded-For": "192.0.2.7"}) == 403
    app.config["METRICS_TOKEN"] = "long enough"
    assert status() == 401
    assert status(Authorization="Bearer wrong") == 401
    assert status(Authorization="Bearer long enough") == 200


@pytest.mark.parametrize(("hops", "believed"), [("0", "127.0.0.1"), ("1", "192.0.2.7")])
def test_only_configured_proxies_are_believed(tmp_path, hops, believed):
    from flask import request

    app = create_app({"TESTING": True, "DATABASE_URL": "sqlite://", "TRUSTED_PROXIES": hops})
    seen = []
    app.before_request(lambda: seen.append(request.remote_addr))
    app.test_client().get("/static/octad.css", headers={"X-Forwarded-For": "192.0.2.7"}).close()

    assert seen == [believed]


def test_a_log_line_is_one_json_object(quiet_logs, capsys):
    configure_logs(as_json=True)
    try:
        raise ValueError("no such lot")
    except ValueError:
        logging.getLogger("app.jobs").exception("%s failed", "timers")

    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["logger"]) == ("timers failed", "error", "app.jobs")
    assert "no such lot" in line["exception"]


def test_one_turn_of_the_runner_makes_the_papers_that_wait(app, monkeypatch):
    monkeypatch.setattr(pdf, "make", lambda page: page.encode())
    paper = Document(
        kind="traveller", object_id=1, language="en", title="x", page="<p>x</p>", requested_at=clock.now()
    )
    db.session.add(paper)
    db.session.commit()

    assert jobs.run_once(app)["documents"] == 1
    assert db.session.query(Document).populate_existing().one().status is DocumentStatus.RENDERED
