"""Languages: chosen by the person, else by the browser."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from typing import Any

from flask import has_request_context, request
from flask_babel import Babel, get_locale
from flask_babel import format_date as babel_date
from flask_babel import format_decimal as babel_decimal

LANGUAGES = {"zh_Hant_TW": "繁體中文", "en": "English"}
NAME_KEYS = {"zh_Hant", "en"}
"""The keys of texts per language in the database, in forms and in process data."""

babel = Babel()


def select_locale() -> str:
    """Return the language of the person, else the best the browser asks for."""
    from app.core.web import current_language

    if chosen := current_language():
        return chosen
    if not has_request_context():
        return "en"
    wanted = request.accept_languages.best_match(["zh-TW", "zh-Hant", "zh-Hant-TW", "zh", "en", "en-US"])
    return "zh_Hant_TW" if wanted and wanted.startswith("zh") else "en"


def language_of(chosen: str | None) -> str:
    """Return the language somebody is written to in: the one they chose, else the company's."""
    from flask import current_app

    return chosen or str(current_app.config["LANGUAGE"])


def terminal_language() -> str:
    """Return the language of whoever types a command, as their terminal has it."""
    chosen = next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), ""
    )
    return "zh_Hant_TW" if chosen.startswith("zh") else "en"


def select_timezone() -> str | None:
    """Return the time zone times are shown in: the configured one."""
    from flask import current_app

    return current_app.config.get("TIMEZONE")


def language() -> str:
    """Return the key of the current language in text-per-language columns: ``zh_Hant`` or ``en``."""
    locale = get_locale()
    return "zh_Hant" if locale is not None and locale.language == "zh" else "en"


def localized(names: dict[str, str] | None, fallback: str = "") -> str:
    """Return the text in the current language, else English, else any."""
    if not names:
        return fallback
    return names.get(language()) or names.get("en") or next(iter(names.values()), fallback)


def in_language(value: Any, key: str) -> Any:
    """Return data in which every text per language, such as ``{"en": …, "zh_Hant": …}``, is one language's."""
    if isinstance(value, dict):
        if "en" in value and value.keys() <= NAME_KEYS:
            return value.get(key) or value["en"]
        return {name: in_language(one, key) for name, one in value.items()}
    return [in_language(one, key) for one in value] if isinstance(value, list) else value


UNITS = {"unit": "台", "set": "組", "pc": "個", "bar": "支", "box": "盒"}
"""Units that have a Chinese name of their own; others, such as kg, are written alike."""


def unit_name(unit: str) -> str:
    """Return a unit in the current language."""
    return UNITS.get(unit, unit) if language() == "zh_Hant" else unit


def format_quantity(value: Decimal | None, unit: str = "") -> str:
    """Return a quantity with its thousands separated and no trailing zeros, and its unit."""
    if value is None:
        return "–"
    text = babel_decimal(value, format="#,##0.######")
    return f"{text} {unit_name(unit)}".rstrip()


def format_money(value: Decimal | None, decimals: int = 0) -> str:
    """Return an amount with exactly ``decimals`` places."""
    if value is None:
        return "–"
    return babel_decimal(value, format="#,##0" + ("." + "0" * decimals if decimals else ""))


def format_date(value: date | None) -> str:
    """Return a date as YYYY-MM-DD with the weekday, the same width everywhere."""
    return "–" if value is None else babel_date(value, "yyyy-MM-dd", rebase=False)
