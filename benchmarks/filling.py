"""Many cases out of a few real ones: every row of a case that was really run, copied by the database.

A copy has its own case, tasks and history; the state and what people typed are those of the case it was made
from. What would otherwise be alike in all copies (times, owners, documents) is given per copy by the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    String,
    cast,
    func,
    insert,
    literal,
    select,
    text,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from app.core.db import UtcDateTime, db
from app.workflow.models import HumanTask, ProcessInstance, StepHistory

Changes = Callable[[ColumnElement[int]], Mapping[type, Mapping[str, Any]]]
BATCH = 100_000


class later(FunctionElement[datetime]):  # noqa: N801  (reads like the database's own functions)
    """A moment some seconds later, in SQL."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(later)
def _standard(element: Any, compiler: Any, **options: Any) -> str:
    moment, seconds = (compiler.process(one, **options) for one in element.clauses)
    return f"({moment} + ({seconds}) * INTERVAL '1 second')"


@compiles(later, "sqlite")
def _sqlite(element: Any, compiler: Any, **options: Any) -> str:
    moment, seconds = (compiler.process(one, **options) for one in element.clauses)
    return f"strftime('%Y-%m-%d %H:%M:%f000', {moment}, ({seconds}) || ' seconds')"


def copy(instance_id: int, count: int, changes: Changes | None = None) -> range:
    """Copy a case ``count`` times with all its tasks and history; returns the ids of the new cases.

    Args:
        changes: from a copy's number, counted from 0, the columns that differ, per table.
    """
    base = _next_id(ProcessInstance.__table__)
    for copies in _batches(count):
        n = copies.c.n
        given = changes(n) if changes else {}
        own = {"id": base + n} | dict(given.get(ProcessInstance, {}))
        _insert(ProcessInstance.__table__, ProcessInstance.id == instance_id, copies, own)
        for model in (HumanTask, StepHistory):
            linked = {"instance_id": base + n} | dict(given.get(model, {}))
            _insert(model.__table__, model.instance_id == instance_id, copies, linked)
        db.session.commit()
    _go_on_after(ProcessInstance.__table__, base + count)
    return range(base, base + count)


def copy_documents(name: str, document_id: int, count: int, prefix: str) -> range:
    """Copy a document ``count`` times, each with a number of its own, and its lines where it has some."""
    table, lines = db.metadata.tables[name], db.metadata.tables.get(f"{name}_line")
    base = _next_id(table)
    for copies in _batches(count):
        n = copies.c.n
        numbered = {"id": base + n, "number": named(prefix, n)}
        _insert(table, table.c.id == document_id, copies, numbered)
        if lines is not None:
            link = next(one for one in lines.c if any(key.column.table is table for key in one.foreign_keys))
            _insert(lines, link == document_id, copies, {link.key: base + n})
        db.session.commit()
    _go_on_after(table, base + count)
    return range(base, base + count)


def _next_id(table: Any) -> int:
    return (db.session.scalar(select(func.max(table.c.id))) or 0) + 1


def _go_on_after(table: Any, last: int) -> None:
    """Let the database count on behind the ids that were given."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(
            text("SELECT setval(:counter, :last)"), {"counter": f"{table.name}_id_seq", "last": last}
        )
        db.session.commit()


def _batches(count: int) -> Iterator[CTE]:
    for first in range(0, count, BATCH):
        yield _numbers(first, min(first + BATCH, count) - 1)


def _numbers(first: int, last: int) -> CTE:
    """The numbers of a range as rows, made by the database."""
    start = select(literal(first, Integer).label("n")).cte("copies", recursive=True)
    return start.union_all(select(start.c.n + 1).where(start.c.n < last))


def _insert(table: Any, condition: ColumnElement[bool], copies: CTE, changes: Mapping[str, Any]) -> None:
    """Insert some rows of a table once for each number, with the columns that differ."""
    columns = [column for column in table.columns if column.key != "id" or "id" in changes]
    given = [changes.get(column.key, column) for column in columns]
    values = [
        value if isinstance(value, ColumnElement) else literal(value, column.type)
        for value, column in zip(given, columns, strict=True)
    ]
    query = select(*values).select_from(table.join(copies, true())).where(condition)
    db.session.execute(insert(table).from_select([column.name for column in columns], query))


def named(prefix: str, number: ColumnElement[int]) -> ColumnElement[str]:
    """A document's key that differs per copy."""
    return literal(prefix, String).concat(cast(number, String))
