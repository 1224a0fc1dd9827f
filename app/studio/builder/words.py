"""What the form builder calls things: kinds of component, their entries, acts."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import force_locale, lazy_gettext
from flask_babel import gettext as _

from app.core.i18n import LANGUAGES

KINDS = {
    "text": lazy_gettext("Text, one line"),
    "textarea": lazy_gettext("Text, several lines"),
    "number": lazy_gettext("Figure"),
    "date": lazy_gettext("Date"),
    "choice": lazy_gettext("Choice"),
    "checkbox": lazy_gettext("Check box"),
    "file": lazy_gettext("File"),
    "scan": lazy_gettext("Barcode"),
    "lines": lazy_gettext("Line table"),
    "facts": lazy_gettext("Facts to read"),
    "table": lazy_gettext("Table to read"),
}
ENTRIES = {
    "required": lazy_gettext("Must be filled in"),
    "readonly": lazy_gettext("Shown, not changed"),
    "hidden": lazy_gettext("Carried along, not shown"),
    "fixed": lazy_gettext("Rows are neither added nor removed"),
    "min": lazy_gettext("At least"),
    "max": lazy_gettext("At most"),
    "decimals": lazy_gettext("Decimal places"),
    "minLength": lazy_gettext("Characters, at least"),
    "maxLength": lazy_gettext("Characters, at most"),
    "min_rows": lazy_gettext("Rows, at least"),
    "max_rows": lazy_gettext("Rows, at most"),
    "pattern": lazy_gettext("Written like this (regular expression)"),
    "unit": lazy_gettext("Unit (word or expression)"),
    "default": lazy_gettext("Begins with (expression)"),
    "prefill": lazy_gettext("Rows it begins with (name in the source, or expression)"),
    "rows": lazy_gettext("Rows shown (name in the source, or expression)"),
    "visible": lazy_gettext("Shown only if (condition)"),
    "width": lazy_gettext("Width"),
}
ACTS = {
    "edited": lazy_gettext("Changed"),
    "added": lazy_gettext("Added"),
    "copied": lazy_gettext("Copied"),
    "moved": lazy_gettext("Moved elsewhere"),
    "removed": lazy_gettext("Removed"),
}
LANGUAGE_NAMES = {"en": "English", "zh_Hant": "繁體中文"}


def kind_labels(kind: str) -> dict[str, str]:
    """What a kind of component is called, as a first label in every language."""
    return _in_every_language(lambda: str(KINDS[kind]))


def inner_labels(kind: str) -> dict[str, str]:
    """The first label of what stands inside a component."""
    return _in_every_language(
        lambda: {"choice": _("Option"), "facts": _("Fact")}.get(kind, _("Column")),
    )


def _in_every_language(word: Callable[[], str]) -> dict[str, str]:
    made = {}
    for locale in LANGUAGES:
        with force_locale(locale):
            made["zh_Hant" if locale.startswith("zh") else locale] = word()
    return made


def language_name(key: str) -> str:
    """A language as its speakers call it; its key where nobody has said."""
    return LANGUAGE_NAMES.get(key, key)
