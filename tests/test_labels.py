"""What the program stores as words has a label in both languages: enumerations, acts on record, their fields."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask_babel import force_locale

from app import create_app
from app.core.db import db
from app.core.record_fields import HIDDEN
from app.core.record_words import FIELDS
from app.core.words import OWN, STATUS, status_label
from app.costing.models import Account
from app.costing.queries.wording import ACCOUNTS
from app.scheduling.lateness import Reason
from app.scheduling.queries.orders import REASONS

ROOT = Path(__file__).resolve().parents[1]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ELSEWHERE: dict[type[StrEnum], Any] = {Account: ACCOUNTS, Reason: REASONS}
"""Enumerations with a vocabulary of their own."""
RECORDERS = {"record", "note"}


def choices() -> list[type[StrEnum]]:
    """Every enumeration that a column holds."""
    create_app({"TESTING": True})  # so that every area's models are known
    found = {
        column.type.enum_class
        for table in db.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, sa.Enum) and column.type.enum_class
    }
    return sorted(found, key=lambda one: (one.__module__, one.__name__))


def known(member: StrEnum) -> bool:
    """Whether a member has a label of its own rather than its bare word."""
    return f"{type(member).__name__}.{member}" in OWN or member.value in STATUS


def label(member: StrEnum) -> str:
    """A member in the reader's language."""
    words = ELSEWHERE.get(type(member))
    return str(words[member.value]) if words else status_label(member)


def fields_on_record(source: str) -> Iterator[str]:
    """The keys of every literal given as before or after of an act."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        if getattr(node.func, "id", getattr(node.func, "attr", "")) not in RECORDERS:
            continue
        for given in node.keywords:
            if given.arg in {"before", "after"}:
                for part in ast.walk(given.value):
                    if isinstance(part, ast.Dict):
                        yield from (key.value for key in part.keys if isinstance(key, ast.Constant))


@pytest.mark.parametrize("kind", choices(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_choice_has_a_label_in_both_languages(app: Any, kind: type[StrEnum]):
    with app.test_request_context():
        for member in kind:
            with force_locale("en"):
                english = label(member)
            with force_locale("zh_Hant_TW"):
                chinese = label(member)

            assert kind in ELSEWHERE or known(member), member
            assert english and english != member.value, member
            assert CHINESE.search(chinese), (member, chinese)


def test_a_released_work_order_is_not_called_like_a_released_lot(app: Any):
    from app.inventory.models import LotStatus
    from app.scheduling.models import WorkOrderStatus

    with app.test_request_context(), force_locale("zh_Hant_TW"):
        assert status_label(WorkOrderStatus.RELEASED) == "已核發"
        assert status_label(LotStatus.RELEASED) == "已放行"


def test_every_field_on_record_has_words():
    wordless = {
        str(path.relative_to(ROOT)): sorted(missing)
        for path in sorted((ROOT / "app").rglob("*.py"))
        if (missing := set(fields_on_record(path.read_text(encoding="utf-8"))) - FIELDS.keys() - HIDDEN)
    }

    assert wordless == {}


def test_a_field_without_words_is_found():
    assert list(fields_on_record('audit.record("a.b", "c:1", after={"odd": 1})')) == ["odd"]
    assert list(fields_on_record('print(after={"odd": 1})')) == []
