"""Time between two moments: counted by the database, told in the shortest words."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class seconds_between(FunctionElement[float]):  # noqa: N801  (reads like the database's own functions)
    """The seconds from one moment to another, in SQL."""

    type = Float()
    inherit_cache = True


@compiles(seconds_between)
def _standard(element: Any, compiler: Any, **options: Any) -> str:
    began, ended = (compiler.process(one, **options) for one in element.clauses)
    return f"EXTRACT(EPOCH FROM ({ended} - {began}))"


@compiles(seconds_between, "sqlite")
def _sqlite(element: Any, compiler: Any, **options: Any) -> str:
    began, ended = (compiler.process(one, **options) for one in element.clauses)
    return f"((julianday({ended}) - julianday({began})) * 86400.0)"


def words(seconds: float | None) -> str:
    """A span in the shortest words."""
    if seconds is None:
        return "–"
    whole = max(0, round(seconds))
    if whole < 60:
        return _("%(count)s s", count=whole)
    if whole < 3600:
        return _("%(count)s min", count=whole // 60)
    if whole < 86400:
        return _("%(count)s h", count=whole // 3600)
    return _("%(count)s d", count=whole // 86400)
