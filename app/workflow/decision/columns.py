"""What the inputs of a decision are called in the reader's language, and the words they choose from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g
from flask_babel import gettext as _
from sqlalchemy import select

from app.core.db import db
from app.core.i18n import localized
from app.core.record_fields import decision_labels
from app.core.words import STATUS, status_label
from app.workflow.decision import decisions, unary
from app.workflow.drawing.diagram import DefinitionError
from app.workflow.models import DefinitionKind, ProcessDefinition

TABLES = ("", "inputs.", "requires.inputs.")
"""Where a decision on record holds what it looked at."""


@decision_labels
def labels(key: str) -> dict[str, str]:
    """The labels of a decision's inputs as it is deployed now, by what the record calls them."""
    known: dict[str, dict[str, str]] = g.setdefault("decision_columns", {})
    if key not in known:
        known[key] = _labels(key)
    return known[key]


def _labels(key: str) -> dict[str, str]:
    latest = select(ProcessDefinition.source, ProcessDefinition.file).where(
        ProcessDefinition.kind == DefinitionKind.DMN, ProcessDefinition.key == key
    )
    row = db.session.execute(latest.order_by(ProcessDefinition.id.desc()).limit(1)).one_or_none()
    if row is None:
        return {}
    try:
        content = decisions.read(row.source.encode(), row.file, key)
    except (
        DefinitionError
    ):  # an older version's file, which this one would refuse: the record's own words stand
        return {}
    named = [one for table in (content, *content["requires"]) for one in table.get("inputs", ())]
    found = {f"{table}{word}": said for table in TABLES for one in named for word, said in _words(one)}
    return found | {f"{inside}rows": _("Rows that fired") for inside in ("", "requires.")}


def _words(column: Mapping[str, Any]) -> list[tuple[str, str]]:
    """An input's label and its choices, each with what it is called."""
    label = column["label"]
    choices = unary.split(column["values"]) if column["values"] else []
    told = {word: _choice(word) for one in choices if (word := one.strip().strip('"'))}
    return [
        (label, localized(column["names"], label)),
        *((f"{label}={word}", said) for word, said in told.items()),
    ]


def _choice(word: str) -> str:
    """A word of the program, or yes or no, in the reader's language; another word as it is."""
    if word in ("yes", "no"):
        return _("Yes") if word == "yes" else _("No")
    return status_label(word) if word in STATUS else word
