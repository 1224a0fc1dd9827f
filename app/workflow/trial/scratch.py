"""A database of nobody, in memory, on which diagrams are tried: the real engine, and nothing of the plant.

All of it happens in one thread with an application of its own. No live database, no operator and no clock of
others can be reached from there; how long it may take is limited.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from contextvars import Context
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from flask import Flask
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _
from sqlalchemy import text, update

from app.core import clock
from app.core.db import db
from app.core.errors import DomainError
from app.core.i18n import babel
from app.workflow import definitions
from app.workflow.models import DefinitionKind, ProcessDefinition

R = TypeVar("R")

STEP_SECONDS = 4.0
"""How long the engine may run without waiting for anybody."""
MOST_SECONDS = 60.0
BEGINNING = datetime.fromisoformat("2026-01-05T08:00:00+00:00")
"""When every trial begins: a Monday morning, so that a trial runs alike on every day."""
KEPT = 6
"""Sets of files whose database is kept for the next trial."""
FIRST_ID = 1_000_000_000
"""Versions made here have ids that no deployed version has, so that nothing kept by id is mistaken."""


def on_scratch(work: Callable[[], R], *, seconds: float = MOST_SECONDS) -> R:
    """Do some work on the scratch database, in the language of whoever asks.

    Raises:
        DomainError: it takes too long, or the work raises it.
    """
    locale = str(get_locale() or "en")
    task = _thread().submit(Context().run, _inside, work, locale)
    try:
        return task.result(timeout=seconds)
    except TookTooLong:
        task.cancel()
        raise DomainError(
            "took_too_long", _("This took longer than {count} seconds.").format(count=round(seconds))
        ) from None


@lru_cache(maxsize=1)
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="trial")


@lru_cache(maxsize=1)
def _app() -> Flask:
    """The application of the scratch database: an engine without pages."""
    app = Flask("app.trial")
    app.config.update(
        SQLALCHEMY_DATABASE_URI="sqlite://",
        TIMEZONE="UTC",
        BABEL_DEFAULT_LOCALE="en",
        BABEL_TRANSLATION_DIRECTORIES=str(definitions.ROOT / "translations"),
        DEMO=False,
        STEP_SECONDS=STEP_SECONDS,
        ON_TRIAL=True,
    )
    db.init_app(app)
    babel.init_app(app)
    return app


def _inside(work: Callable[[], R], locale: str) -> R:
    with _app().app_context(), force_locale(locale):
        try:
            return work()
        finally:
            db.session.remove()


def _raw() -> sqlite3.Connection:
    return db.engine.raw_connection().driver_connection  # type: ignore[return-value]


@lru_cache(maxsize=1)
def _empty() -> sqlite3.Connection:
    """A database with all tables and no rows."""
    db.create_all()
    return _copy(_raw())


_deployed: dict[str, sqlite3.Connection] = {}


def _copy(origin: sqlite3.Connection, target: sqlite3.Connection | None = None) -> sqlite3.Connection:
    target = target or sqlite3.connect(":memory:", check_same_thread=False)
    origin.backup(target)
    return target


def fresh(files: Mapping[str, bytes]) -> None:
    """Put the scratch database where nothing but these files is deployed; runs inside ``on_scratch``.

    Raises:
        DefinitionError: a file would be refused.
    """
    db.session.remove()
    clock.suppose(BEGINNING)
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + files[name] + b"\0")
    key = digest.hexdigest()
    if key not in _deployed:
        _copy(_empty(), _raw())
        _take_in(files)
        while len(_deployed) >= KEPT:
            _deployed.pop(next(iter(_deployed))).close()
        _deployed[key] = _copy(_raw())
    else:
        _copy(_deployed[key], _raw())


def _take_in(files: Mapping[str, bytes]) -> None:
    """Deploy the files; no event starts them, and references to people who are not there are no error."""
    db.session.execute(text("SELECT 1"))
    db.session.rollback()
    _raw().execute("PRAGMA foreign_keys=OFF")
    placeholder: dict[str, Any] = {"key": "", "version": 0, "kind": DefinitionKind.BPMN, "names": {}}
    more: dict[str, Any] = {"source": "", "hash": "", "deployed_at": clock.now(), "active": False}
    db.session.add(ProcessDefinition(id=FIRST_ID, **placeholder, **more))
    db.session.flush()
    definitions.deploy(dict(files))
    db.session.execute(update(ProcessDefinition).values(starts_with=None))
    db.session.commit()
