"""Lists that search, filter, sort, turn pages and export as CSV and XLSX."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from math import ceil
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from flask_babel import format_date, format_datetime, format_decimal, ngettext
from flask_babel.speaklater import LazyString
from sqlalchemy import ColumnElement, Select, or_
from werkzeug.datastructures import MultiDict

from app.core import paging
from app.core.db import db
from app.core.documents import document_label, remember
from app.core.exports import export

PAGE = 50
EXPORT_LIMIT = 100_000
SEARCH_LIMIT = 100


@dataclass
class Column:
    """One column: where its value comes from, how it is shown, by what it sorts.

    ``kind`` is text, number, money, date, datetime, status or document (named like ``lot:4``); ``value`` takes the row (default: the
    key), ``href`` gives a link, ``decimals`` the places of all rows or of one, ``sort`` an SQL expression where the list is a select, and
    ``prepare`` sees all rows before the first is shown.
    """

    key: str
    label: str | LazyString
    kind: str = "text"
    value: Callable[[Any], Any] | None = None
    href: Callable[[Any], str | None] | None = None
    sort: Any = None
    decimals: int | Callable[[Any], int] | None = None
    display: Callable[[Any], str] | None = None
    sortable: bool = True
    direction: str | None = None
    prepare: Callable[[Sequence[Any]], None] | None = None

    def raw(self, row: Any) -> Any:
        """The row's value as it is stored."""
        if self.value is not None:
            return self.value(row)
        if isinstance(row, Mapping):
            return row.get(self.key)
        return getattr(row, self.key, None)

    def text(self, row: Any) -> str:
        """The row's value as a person reads it."""
        if self.display is not None:
            return self.display(row)
        value = self.raw(row)
        if self.kind == "document":
            return document_label(value)
        places = self.decimals(row) if callable(self.decimals) else self.decimals
        return _shown(value, places)

    def shown(self, row: Any) -> str | None:
        """The wording of a status, where the column has its own."""
        return self.display(row) if self.display else None

    def link(self, row: Any) -> str | None:
        """Where the cell leads."""
        return self.href(row) if self.href else None


@dataclass
class Filter:
    """A choice above a list: a key in the address, its options and what it means for the query."""

    key: str
    label: str | LazyString
    options: Sequence[tuple[Any, Any]]
    condition: Any = None
    value: str = ""


@dataclass
class Listing:
    """One page of a list, ready for macros/table.html; `export` is a response where one was asked for."""

    title: str
    columns: list[Column]
    rows: list[Any]
    total: int
    number: int = 1
    per_page: int = PAGE
    search: str = ""
    sort: str = ""
    filters: list[Filter] = field(default_factory=list)
    export: Response | None = None

    @property
    def pages(self) -> int:
        """How many pages can be opened."""
        return max(1, ceil(min(self.total, paging.COUNTED) / self.per_page))

    @property
    def size(self) -> str:
        """How many rows there are, in words."""
        return ngettext("%(count)s row", "%(count)s rows", self.total, count=paging.count_text(self.total))

    @property
    def cut(self) -> bool:
        """Whether this is the last page that can be opened, and not the last there is."""
        return self.number == self.pages and self.total > paging.COUNTED

    @property
    def filtered(self) -> bool:
        """Whether a search or a filter narrows the list."""
        return bool(self.search or any(one.value for one in self.filters))

    def url(self, **changes: Any) -> str:
        """This page's address with some parameters changed."""
        values = MultiDict(request.args)
        for key, value in changes.items():
            values.setlist(key, [str(value)])
        pairs = [
            (key, value) for key, value in values.items(multi=True) if key != "export" or "export" in changes
        ]
        return f"{request.path}?{urlencode(pairs)}"

    def sort_url(self, column: Column) -> str:
        """The address that sorts by a column, the other way round at the second click."""
        return self.url(sort=f"-{column.key}" if self.sort == column.key else column.key, page=1)


def as_columns(columns: Sequence[Any]) -> list[Column]:
    """Columns from Column objects, dicts or tuples (key, label[, kind])."""
    made = []
    for one in columns:
        if isinstance(one, Column):
            made.append(one)
        elif isinstance(one, Mapping):
            made.append(Column(**one))
        else:
            made.append(Column(*one))
    return made


def listing(
    rows: Select | Sequence[Any],
    columns: Sequence[Any],
    *,
    title: str = "",
    search: Sequence[Any] = (),
    filters: Sequence[Filter] = (),
    sort: str = "",
    per_page: int = PAGE,
) -> Listing:
    """One page of rows as the address asks: ``q``, ``sort``, ``page``, ``export`` and each filter's key.

    Args:
        rows: a select of one entity (searched and sorted by SQL) or a sequence of rows.
        search: SQL text columns the search looks into, or functions from the text to a condition; a sequence
            is searched in all its columns.
        sort: the column key to sort by at first, with a leading ``-`` for falling; among equals the latest
            row is first or last, and empty values are last.
    """
    columns = as_columns(columns)
    query = request.args.get("q", "").strip()[:SEARCH_LIMIT]
    order = request.args.get("sort") or sort
    keys = {column.key for column in columns if column.sortable}
    order = order if order.lstrip("-") in keys else sort
    number = max(1, request.args.get("page", 1, type=int))
    chosen = [_chosen(one) for one in filters]
    for column in columns:
        column.direction = _direction(column, order)
    page = Listing(title or "list", columns, [], 0, number, per_page, query, order, chosen)
    whole = request.args.get("export") in ("csv", "xlsx")
    limit = EXPORT_LIMIT if whole else None
    if isinstance(rows, Select):
        page.rows, page.total = _from_select(rows, page, search, limit)
    else:
        page.rows, page.total = _from_sequence(rows, page, limit)
    for column in columns:
        if column.kind == "document":
            remember({column.raw(row) for row in page.rows})
        if column.prepare is not None:
            column.prepare(page.rows)
    if whole:
        page.export = export(page, request.args["export"])
    return page


def _chosen(one: Filter) -> Filter:
    """The filter with the value the address gives, if that is among its options."""
    value = request.args.get(one.key, "")
    allowed = {str(option) for option, _label in one.options}
    return Filter(
        one.key,
        one.label,
        one.options,
        one.condition,
        value if value in allowed else "",
    )


def _direction(column: Column, order: str) -> str | None:
    """How the list is sorted by this column, in ARIA's words."""
    if order.lstrip("-") != column.key:
        return None
    return "descending" if order.startswith("-") else "ascending"


def _from_select(rows: Select, page: Listing, search: Sequence[Any], limit: int | None) -> tuple[list, int]:
    """Search, filter, sort and cut in the database."""
    if page.search and search:
        rows = rows.where(or_(*(_holding(one, page.search) for one in search)))
    for one in page.filters:
        if one.value and callable(one.condition) and not isinstance(one.condition, ColumnElement):
            rows = rows.where(one.condition(one.value))
    total = paging.counted(rows)
    page.number = min(page.number, max(1, ceil(min(total, paging.COUNTED) / page.per_page)))
    first, size = (0, limit) if limit else ((page.number - 1) * page.per_page, page.per_page)
    found: list[Any] = []
    for part in _parts(rows, page):
        result = db.session.execute(part.limit(size - len(found)).offset(first))
        found += result.all() if len(rows.column_descriptions) > 1 else result.scalars()
        if len(found) == size:
            break
        first = first - paging.counted(part) if first and not found else 0
    return found, total


def _holding(place: Any, text: str) -> ColumnElement[bool]:
    """Whether a column holds a text, or what a function makes of it."""
    return place.icontains(text, autoescape=True) if hasattr(place, "icontains") else place(text)


def _parts(rows: Select, page: Listing) -> list[Select]:
    """The rows in the order of the chosen column, or of the entity's attribute where it names no expression."""
    column = next((one for one in page.columns if one.key == page.sort.lstrip("-")), None)
    value = column.sort if column is not None else None
    if value is None and column is not None:
        value = getattr(rows.column_descriptions[0]["entity"], column.key, None)
    if value is None or not hasattr(value, "desc"):
        return [rows]
    return paging.ordered(rows, value, falling=page.sort.startswith("-"))


def _from_sequence(rows: Sequence, page: Listing, limit: int | None) -> tuple[list, int]:
    """Search, filter, sort and cut in memory."""
    kept = list(rows)
    if page.search:
        word = page.search.casefold()
        kept = [row for row in kept if any(word in one.text(row).casefold() for one in page.columns)]
    for one in page.filters:
        if one.value:
            test = one.condition or (lambda row, value, key=one.key: str(Column(key, "").raw(row)) == value)
            kept = [row for row in kept if test(row, one.value)]
    column = next((one for one in page.columns if one.key == page.sort.lstrip("-")), None)
    if column is not None:
        kept.sort(
            key=lambda row: _sortable(column.raw(row)),
            reverse=page.sort.startswith("-"),
        )
    total = len(kept)
    page.number = min(page.number, max(1, ceil(total / page.per_page)))
    start = 0 if limit else (page.number - 1) * page.per_page
    return kept[start : start + (limit or page.per_page)], total


def _sortable(value: Any) -> tuple:
    """A key that orders empty values last and never compares unlike types."""
    if value is None:
        return (2, "")
    if isinstance(value, int | float | Decimal):
        return (0, Decimal(str(value)))
    return (1, value.isoformat() if isinstance(value, date) else str(value))


def _shown(value: Any, decimals: int | None) -> str:
    """A value in the reader's language."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return format_date(value, "yyyy-MM-dd", rebase=False)
    if isinstance(value, int | float | Decimal):
        pattern = "#,##0." + "0" * decimals if decimals is not None else "#,##0.######"
        return format_decimal(value, format=pattern.rstrip("."))
    return str(value)


def moment_text(moment: datetime) -> str:
    """An instant as lists show it: date and time to the minute where the reader is."""
    return format_datetime(moment, "yyyy-MM-dd HH:mm")
