"""Leafing through any number of rows: counted no further than people go, each row once, read off an index."""

from __future__ import annotations

from typing import Any

from flask_babel import format_decimal
from sqlalchemy import Select, func, select

from app.core.db import db

COUNTED = 10_000
"""How far rows are counted and leafed through: counting costs time, and who looks for one thing searches."""


def counted(rows: Select) -> int:
    """How many rows a select gives, counted no further than one beyond ``COUNTED``."""
    key = getattr(rows.column_descriptions[0]["entity"], "id", None)
    bare = rows if key is None else rows.with_only_columns(key, maintain_column_froms=True)
    return (
        db.session.scalar(select(func.count()).select_from(bare.order_by(None).limit(COUNTED + 1).subquery()))
        or 0
    )


def count_text(count: int) -> str:
    """A count as people read it: beyond ``COUNTED`` it only says so."""
    return format_decimal(min(count, COUNTED)) + ("+" if count > COUNTED else "")


def ordered(rows: Select, value: Any, *, falling: bool) -> list[Select]:
    """Rows by a value, among equals by their entity's key; a part of its own for those without the value, last.

    Databases place what has no value differently, and read only a part that has values off an index.
    """
    key = getattr(rows.column_descriptions[0]["entity"], "id", None)
    orders = [one.desc() if falling else one.asc() for one in (value, key) if one is not None]
    if key is value or not getattr(getattr(value, "expression", value), "nullable", True):
        return [rows.order_by(*orders[: 1 if key is value else 2])]
    return [
        rows.where(value.is_not(None)).order_by(*orders),
        rows.where(value.is_(None)).order_by(*orders[1:]),
    ]
