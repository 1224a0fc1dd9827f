"""Read CSV and XLSX files into rows of text, within limits. Pure."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.parsers import expat

from openpyxl import load_workbook

from app.imports.told import Told

MAX_BYTES, MAX_ROWS, MAX_COLUMNS, MAX_CELL = 50_000_000, 500_000, 100, 4_000
MAX_WORKBOOK_ROWS = 100_000
"""A workbook is read far more slowly than a CSV file, and is looked through before it is read."""
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_QUOTED = re.compile(r"'+[=+\-@\t\r\n]")


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a file: where, what was found and what was expected."""

    file: str
    row: int | None
    column: str | None
    expected: str
    found: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.row, self.column) if part is not None)
        return f"{place}: {self.expected}" + (f" ({self.found!r})" if self.found else "")


class Unreadable(Told):
    """The file is no table at all."""


def read(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield ``(row number, {column: text})``; the header is row 1.

    Raises:
        Unreadable: not UTF-8, no header, a column named twice, or beyond the limits.
    """
    if path.stat().st_size > MAX_BYTES:
        raise Unreadable("at most {count} MB", count=MAX_BYTES // 1_000_000)
    table = _xlsx(path) if path.suffix.lower() == ".xlsx" else _csv(path)
    header = [cell.strip() for cell in next(table, [])]
    while header and not header[-1]:
        header.pop()  # a workbook's rows end with empty cells
    if not header:
        raise Unreadable("a header row with column names")
    if len(set(header)) != len(header):
        raise Unreadable("each column name once")
    if len(header) > MAX_COLUMNS:
        raise Unreadable("at most {count} columns", count=MAX_COLUMNS)
    for number, cells in enumerate(table, start=2):
        if number > MAX_ROWS:
            raise Unreadable("at most {count} rows", count=MAX_ROWS)
        if any(cell.strip() for cell in cells[len(header) :]):
            raise Unreadable(
                "at most {count} cells in each row, as in the header (row {row} has more)",
                count=len(header),
                row=number,
            )
        if any(cell.strip() for cell in cells):
            padded = [*cells, *[""] * (len(header) - len(cells))]
            yield number, {name: cell.strip() for name, cell in zip(header, padded, strict=False) if name}


def count_rows(path: Path) -> int:
    """Return how many lines a CSV file has below its header; a workbook counts as one."""
    if path.suffix.lower() != ".csv":
        return 1
    with path.open("rb") as file:
        return max(1, sum(1 for _line in file) - 1)


def _csv(path: Path) -> Iterator[list[str]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("text in UTF-8 (byte {place} is not)", place=error.start) from None
    if "\0" in text:
        raise Unreadable("text without NUL characters")
    csv.field_size_limit(MAX_CELL * 10)
    try:
        for cells in csv.reader(io.StringIO(text, newline="")):
            yield [_unquoted(cell) for cell in cells]
    except csv.Error as error:
        raise Unreadable("a CSV table ({reason})", reason=error) from None


def _unquoted(cell: str) -> str:
    """The text behind the apostrophe that an export sets before what looks like a formula."""
    return cell[1:] if _QUOTED.match(cell) else cell


def _xlsx(path: Path) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(path) as parts:
            if sum(part.file_size for part in parts.infolist()) > 10 * MAX_BYTES:
                raise Unreadable("a workbook that unpacks to at most 500 MB")
            _refuse_entities(parts)
            _refuse_length(parts)
        with path.open("rb") as content:
            book = load_workbook(content, read_only=True, data_only=True)
            for row in book.worksheets[0].iter_rows(values_only=True, max_col=MAX_COLUMNS):
                yield ["" if cell is None else _cell(cell) for cell in row]
            book.close()
    except Unreadable:
        raise
    except (zipfile.BadZipFile, zlib.error, KeyError, IndexError, OSError, ValueError, SyntaxError):
        raise Unreadable("an XLSX workbook") from None


def _refuse_length(parts: zipfile.ZipFile) -> None:
    """No sheet has more rows than may be, whatever it says of itself; counted without being read."""
    for name in parts.namelist():
        if name.lower().startswith("xl/worksheets/") and name.lower().endswith(".xml"):
            count, rest = 0, b""
            with parts.open(name) as part:
                while count <= MAX_WORKBOOK_ROWS and (piece := part.read(1 << 16)):
                    text = rest + piece
                    end = text.rfind(b"<")
                    whole, rest = (text, b"") if end < 0 else (text[:end], text[end:])
                    count += len(_ROW.findall(whole))
            if count > MAX_WORKBOOK_ROWS:
                raise Unreadable("at most {count} rows", count=MAX_WORKBOOK_ROWS)


class _Root(Exception):
    """The root element begins: what could declare entities is behind."""


def _refuse_entities(parts: zipfile.ZipFile) -> None:
    """No part of the workbook declares a document type: entities could make a small file endless."""
    for name in parts.namelist():
        if name.lower().endswith((".xml", ".rels", ".vml")):
            with parts.open(name) as part:
                _read_prolog(part)


def _read_prolog(part: IO[bytes]) -> None:
    """Read one part up to its root element, whatever its encoding."""
    parser = expat.ParserCreate()

    def declared(*_what: object) -> None:
        raise Unreadable("a workbook without document type declarations")

    def begun(*_what: object) -> None:
        raise _Root

    parser.StartDoctypeDeclHandler, parser.StartElementHandler = declared, begun
    try:
        while piece := part.read(8192):
            parser.Parse(piece, False)
        parser.Parse(b"", True)  # some versions of the parser hold long tokens back until the end
    except _Root:
        return
    except expat.ExpatError:
        raise Unreadable("an XLSX workbook") from None


def _cell(value: object) -> str:
    """Return a cell as a CSV file would hold it; whole floats lose their point, midnights their time."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).removesuffix(" 00:00:00")
