"""A list as a file: CSV and XLSX whose text no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import Response

from app.core.downloads import file_answer

if TYPE_CHECKING:
    from app.core.lists import Column, Listing


_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def safe_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula; plain negative numbers stay as they are.

    An apostrophe of one's own before such a sign gets another, so that an import takes away exactly one.
    """
    if text.lstrip("'").startswith(_DANGEROUS) and not _NUMBER.match(text):
        return "'" + text
    return text


def export(page: Listing, kind: str) -> Response:
    """The whole list as a file."""
    name = re.sub(r"[^\w-]+", "-", str(page.title)).strip("-").lower() or "list"
    content, mimetype = _csv(page) if kind == "csv" else _xlsx(page)
    return file_answer(content, mimetype, f"{name}.{kind}")


def _plain(value: Any) -> Any:
    """A value for a file: numbers as numbers, moments in ISO, the rest as text."""
    if value is None or isinstance(value, bool | int | float | Decimal):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return _CONTROL.sub("", str(getattr(value, "value", value)))


def _exported(column: Column, row: Any) -> Any:
    """What a file holds for a cell: the wording where the column has its own, else the value."""
    if column.display is not None and column.kind in ("text", "status"):
        return column.display(row)
    if column.kind == "document":
        return column.text(row)
    return _plain(column.raw(row))


def _csv(page: Listing) -> tuple[bytes, str]:
    """CSV with a byte-order mark, so that spreadsheets read Chinese."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([safe_cell(str(column.label)) for column in page.columns])
    for row in page.rows:
        cells = [_exported(column, row) for column in page.columns]
        writer.writerow(["" if cell is None else safe_cell(str(cell)) for cell in cells])
    return ("\ufeff" + buffer.getvalue()).encode(), "text/csv; charset=utf-8"


def _xlsx(page: Listing) -> tuple[bytes, str]:
    """XLSX whose text cells are typed as text, so that nothing is read as a formula."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([str(column.label) for column in page.columns])
    for row in page.rows:
        cells = []
        for column in page.columns:
            value = _exported(column, row)
            cell = WriteOnlyCell(sheet, value=value)
            if isinstance(value, str):
                cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return (
        buffer.getvalue(),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
