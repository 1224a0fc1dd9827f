"""Every command, typed by a newcomer: on a database without tables or data, with words that mean nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app import create_app
from app.config import SettingError
from app.core.db import db

ROOT = Path(__file__).parents[1]
UPGRADE = "Run: flask --app app.wsgi db upgrade"
WITHOUT_DATABASE = ["arrange", "audit-key", "check", "operators"]
WITH_DATABASE = [
    "create-admin",
    "demo",
    "deploy",
    "event-logs",
    "export",
    "import-data",
    "plan",
    "runner",
    "sign-audit",
    "verify-audit",
]


def words(folder: Path) -> dict[str, list[str]]:
    """Each command with what it needs to be typed right."""
    (folder / "items.csv").write_text("code,name_en\nA,A\n")
    drawing = folder / "one.bpmn"
    drawing.write_bytes((ROOT / "bpmn/main/order_to_cost.bpmn").read_bytes())
    return {
        "arrange": [str(drawing)],
        "audit-key": [str(folder / "audit.pem")],
        "check": [str(ROOT / "bpmn/inventory/transfer.bpmn")],
        "create-admin": ["boss", "--password", "a long password"],
        "demo": [],
        "deploy": [],
        "event-logs": [str(folder / "logs")],
        "export": [str(folder / "out")],
        "import-data": [str(folder)],
        "operators": [],
        "plan": ["MAIN"],
        "runner": ["--once"],
        "sign-audit": [],
        "verify-audit": [],
    }


WRONG = [
    ["arrange"],
    ["arrange", "/nowhere"],
    ["arrange", str(ROOT / "README.md")],
    ["audit-key"],
    ["audit-key", str(ROOT / "README.md")],
    ["audit-key", "/nowhere/audit.pem"],
    ["sign-audit"],
    ["verify-audit", "--copy", "/nowhere"],
    ["verify-audit", "--copy", str(ROOT / "README.md")],
    ["verify-audit", "--key", str(ROOT / "README.md")],
    ["check", "/nowhere"],
    ["create-admin"],
    ["create-admin", "boss", "--password", "short"],
    ["create-admin", "", "--password", "a long password"],
    ["create-admin", "x" * 5000, "--password", "a long password"],
    ["create-admin", "boss\x00", "--password", "a long password"],
    ["create-admin", "boss"],
    ["demo", "--never"],
    ["export", str(ROOT / "README.md")],
    ["import-data"],
    ["import-data", "/nowhere"],
    ["import-data", str(ROOT / "README.md")],
    ["import-data", str(ROOT / "docs")],
    ["plan"],
    ["plan", "nowhere"],
    ["plan", "MAIN", "again"],
    ["runner", "twice"],
    ["nothing"],
]


def made(url: str, folder: Path) -> Iterator[Flask]:
    app = create_app({"TESTING": True, "DATABASE_URL": url, "FILES": str(folder / "files")})
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Flask]:
    """The application on a database that has no tables."""
    yield from made(f"sqlite:///{tmp_path}/bare.db", tmp_path)


@pytest.fixture
def bare_postgres(postgres_database: str, tmp_path: Path) -> Iterator[Flask]:
    """The same on PostgreSQL."""
    yield from made(postgres_database, tmp_path)


def typed(app: Flask, *args: str) -> Result:
    """Type a command; whatever is not an exit would be a traceback."""
    result = app.test_cli_runner().invoke(args=list(args))
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert "Traceback" not in result.output
    return result


def own(app: Flask) -> set[str]:
    """The commands this project adds."""
    return {
        name
        for name, one in app.cli.commands.items()
        if getattr(one.callback, "__module__", "").startswith("app.")
    }


def test_every_command_is_tried_here(bare, tmp_path):
    assert own(bare) == words(tmp_path).keys() == {*WITH_DATABASE, *WITHOUT_DATABASE}


@pytest.mark.parametrize("name", WITH_DATABASE)
def test_a_database_without_tables_is_answered_by_what_to_run(bare, tmp_path, name):
    result = typed(bare, name, *words(tmp_path)[name])

    assert (result.exit_code, result.output.strip().splitlines()[-1].endswith(UPGRADE)) == (1, True)
    assert len(result.output.strip().splitlines()) <= 2


@pytest.mark.parametrize("name", WITHOUT_DATABASE)
def test_what_needs_no_database_works_without_one(bare, tmp_path, name):
    assert typed(bare, name, *words(tmp_path)[name]).exit_code == 0


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["demo", "runner"])
def test_so_it_is_on_postgresql(bare_postgres, tmp_path, name):
    result = typed(bare_postgres, name, *words(tmp_path)[name])

    assert (result.exit_code, UPGRADE in result.output) == (1, True)


def test_what_to_run_is_said_in_the_language_of_the_terminal(bare, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_TW.UTF-8")

    assert "資料庫沒有資料表" in typed(bare, "demo").output


def test_a_database_out_of_reach_is_named_with_the_reason(tmp_path):
    (app,) = made(f"sqlite:///{tmp_path}/no/such/folder.db", tmp_path)

    result = typed(app, "verify-audit")

    assert (result.exit_code, "unable to open database file" in result.output) == (1, True)


@pytest.mark.parametrize("name", ["export", "runner", "verify-audit"])
def test_on_an_empty_database_there_is_nothing_to_do(app, tmp_path, name):
    assert typed(app, name, *words(tmp_path)[name]).exit_code == 0


@pytest.mark.parametrize("args", WRONG, ids=lambda args: " ".join(args)[:40].replace("\x00", "0"))
def test_wrong_words_are_refused_in_a_sentence(app, args):
    result = typed(app, *args)

    assert result.exit_code in (1, 2)
    assert result.output.strip()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_UPLOAD_MB", "much"),
        ("TIMEZONE", "Mars/Olympus"),
        ("TIMEZONE", "../../etc/passwd"),
        ("DATABASE_URL", "nowhere"),
        ("DATABASE_URL", "oracledb+none://x"),
    ],
)
def test_a_setting_that_means_nothing_is_named(name, value):
    with pytest.raises(SettingError, match=f"OCTAD_{name}"):
        create_app({"TESTING": True, name: value})


def test_a_command_without_the_secret_key_says_how_to_make_one():
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OCTAD_")}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app.wsgi", "deploy"],
        cwd=ROOT,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "OCTAD_SECRET_KEY is not set" in done.stderr
    assert "Traceback" not in done.stderr
