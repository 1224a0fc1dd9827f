"""Every setting, its default and its meaning. Set by environment variables of the same name with ``OCTAD_`` before it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError


@dataclass(frozen=True)
class Setting:
    """One setting: its default as text and what it means."""

    default: str
    meaning: str


class SettingError(RuntimeError):
    """A setting with which nothing can be started; the text names it."""


NUMBERS = ("MAX_UPLOAD_MB", "TRUSTED_PROXIES", "DELIVER_SECONDS")

SETTINGS: dict[str, Setting] = {
    "SECRET_KEY": Setting("", "signs sessions and tokens; required unless DEMO or TESTING"),
    "DATABASE_URL": Setting(
        "sqlite:///instance/octad.db", "SQLAlchemy address; PostgreSQL: postgresql+psycopg://…"
    ),
    "DEMO": Setting("0", "1: the demo factory with people to sign in as; never for real work"),
    "TIMEZONE": Setting("Asia/Taipei", "the company's time zone: of its days and of the times shown"),
    "LANGUAGE": Setting("zh_Hant_TW", "language of e-mails to people who chose none: zh_Hant_TW or en"),
    "BASE_URL": Setting("", "address people open Octad at; empty: e-mails hold no links"),
    "COOKIE_SECURE": Setting("", "1: cookies over HTTPS only; default: on unless DEMO or TESTING"),
    "METRICS_TOKEN": Setting("", "bearer token that /metrics asks for; empty: only from this machine"),
    "TRUSTED_PROXIES": Setting("0", "how many reverse proxies set X-Forwarded headers"),
    "MAX_UPLOAD_MB": Setting("20", "largest request"),
    "DELIVER_SECONDS": Setting("5", "how long a request delivers events it caused; the runner does the rest"),
    "AUDIT_KEY": Setting("", "file of the key that signs the audit trail; made by flask audit-key"),
    "AUDIT_COPY": Setting("", "file that signed checkpoints are added to; best on another machine"),
    "MAIL_SERVER": Setting("", "host:port of the mail server; empty: no e-mail is sent"),
    "MAIL_SECURITY": Setting("starttls", "starttls, tls, or none"),
    "MAIL_USER": Setting("", "name for the mail server; empty: it asks for none"),
    "MAIL_PASSWORD": Setting("", "password for the mail server"),
    "MAIL_FROM": Setting("", "address e-mails come from"),
    "DIGEST_AT": Setting("07:00", "when of a working day people are told by e-mail what waits for them"),
    "WEBHOOKS": Setting("", "file of the endpoints webhooks may go to, with their secrets"),
    "FILES": Setting("instance/files", "folder of attachments and rendered documents"),
}

ROOT = Path(__file__).resolve().parent.parent


def configure(app: Flask, overrides: Mapping[str, Any]) -> None:
    """Set the application's configuration from the environment, then from ``overrides``.

    Raises:
        SettingError: no secret key where one is needed, or a value that means nothing.
    """
    values: dict[str, Any] = {
        name: os.environ.get(f"OCTAD_{name}", s.default) for name, s in SETTINGS.items()
    }
    values |= overrides
    demo, testing = str(values["DEMO"]) == "1", bool(values.get("TESTING"))
    if not values["SECRET_KEY"]:
        if not (demo or testing):
            raise SettingError("OCTAD_SECRET_KEY is not set. Make one with: openssl rand -hex 32")
        values["SECRET_KEY"] = _kept_key() if demo and not testing else secrets.token_hex(32)
    if demo and not testing and not values["AUDIT_KEY"]:
        values["AUDIT_KEY"] = _kept_audit_key()
    _judge(values)
    secure = values["COOKIE_SECURE"]
    app.config.update(values)
    app.config.update(
        DEMO=demo,
        SQLALCHEMY_DATABASE_URI=_database(str(values["DATABASE_URL"])),
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(str(values["DATABASE_URL"])),
        MAX_CONTENT_LENGTH=int(values["MAX_UPLOAD_MB"]) * 1_000_000,
        MAX_FORM_MEMORY_SIZE=5_000_000,
        MAX_FORM_PARTS=20_000,
        SESSION_COOKIE_SECURE=secure == "1" if secure != "" else not (demo or testing),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        BABEL_DEFAULT_LOCALE="en",
        BABEL_DEFAULT_TIMEZONE=values["TIMEZONE"],
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"),
        RATELIMIT_STORAGE_URI="memory://",
        API_TITLE="Octad",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
    )
    app.config.update({name: value for name, value in overrides.items() if name not in SETTINGS})


def _judge(values: Mapping[str, Any]) -> None:
    """Refuse numbers, time zones and database addresses that are none."""
    for name in NUMBERS:
        try:
            float(values[name])
        except ValueError:
            raise SettingError(f"OCTAD_{name} is not a number: {values[name]}") from None
    from app.core import checkpoints
    from app.messaging import endpoints

    try:
        if values["AUDIT_KEY"]:
            checkpoints.private_key(Path(values["AUDIT_KEY"]))
    except checkpoints.BadFile as error:
        raise SettingError(f"OCTAD_AUDIT_KEY holds no key: {error}") from None
    _judge_mail(values)
    try:
        if values["WEBHOOKS"]:
            endpoints.read(Path(values["WEBHOOKS"]))
    except endpoints.BadEndpoints as error:
        raise SettingError(f"OCTAD_WEBHOOKS: {error}") from None
    try:
        ZoneInfo(str(values["TIMEZONE"]))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingError(f"OCTAD_TIMEZONE is no time zone: {values['TIMEZONE']}") from None
    try:
        make_url(str(values["DATABASE_URL"])).get_dialect()
    except (ArgumentError, NoSuchModuleError):
        raise SettingError("OCTAD_DATABASE_URL is no address of a database that can be used.") from None


def _database(url: str) -> str:
    """Make a relative SQLite path absolute, so that every process opens the same file."""
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith("sqlite:////") and url != prefix:
        path = ROOT / url.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        return f"{prefix}{path}"
    return url


def _engine_options(url: str) -> dict[str, Any]:
    readable = partial(json.dumps, ensure_ascii=False)  # searched by people, in their letters
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 15}, "json_serializer": readable}
    limits = "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=30s"
    return {"pool_pre_ping": True, "connect_args": {"options": limits}, "json_serializer": readable}


def _kept_key() -> str:
    """Return the demo's own key, made once, so that its web and runner processes agree."""
    path = ROOT / "instance" / "demo.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(secrets.token_hex(32))
        path.chmod(0o600)
    return path.read_text()


def _kept_audit_key() -> str:
    """Return the file of the demo's own key for its audit trail, made once."""
    from app.core import checkpoints

    path = ROOT / "instance" / "demo-audit.pem"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        checkpoints.make_key(path)
    return str(path)


def _judge_mail(values: Mapping[str, Any]) -> None:
    """Refuse what no e-mail can be written or sent with."""
    from app.core.i18n import LANGUAGES

    if values["MAIL_SECURITY"] not in ("starttls", "tls", "none"):
        raise SettingError(f"OCTAD_MAIL_SECURITY is starttls, tls or none, not {values['MAIL_SECURITY']}")
    if values["LANGUAGE"] not in LANGUAGES:
        raise SettingError(f"OCTAD_LANGUAGE is one of {', '.join(LANGUAGES)}, not {values['LANGUAGE']}")
    base = urlsplit(str(values["BASE_URL"]))
    if values["BASE_URL"] and (base.scheme not in ("http", "https") or not base.hostname or base.query):
        raise SettingError("OCTAD_BASE_URL is an address such as https://octad.example.com")
    try:
        time.fromisoformat(str(values["DIGEST_AT"]))
    except ValueError:
        raise SettingError(f"OCTAD_DIGEST_AT is a time such as 07:00, not {values['DIGEST_AT']}") from None
