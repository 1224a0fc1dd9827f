"""What an export writes is what an import reads, and no file is more than it seems."""

from __future__ import annotations

import csv
import io
import zipfile
from decimal import Decimal

import pytest
from openpyxl import Workbook, load_workbook

from app.core.lists import Column, listing
from app.imports import reading

TEXTS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'=1",
    "''=1",
    "'plain",
    "plain",
    "-",
    "軸承 =1",
]
NUMBERS = [Decimal("-12.5"), Decimal("0.000001"), Decimal("-3")]


def exported(app, kind: str) -> bytes:
    """A list with every text and number, as the file a person takes away."""
    rows = [{"text": text, "number": NUMBERS[place % 3]} for place, text in enumerate(TEXTS)]
    columns = [Column("text", "text"), Column("number", "number", "number")]
    with app.test_request_context(f"/?export={kind}"):
        return listing(rows, columns, title="t").export.get_data()


def test_a_csv_export_holds_no_formula_and_its_numbers_stay_numbers(app):
    _header, *rows = csv.reader(io.StringIO(exported(app, "csv").decode("utf-8-sig"), newline=""))

    assert [text for text, _number in rows if text.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert [Decimal(number) for _text, number in rows] == NUMBERS * 4


def test_an_xlsx_export_types_text_as_text_and_numbers_as_numbers(app):
    sheet = load_workbook(io.BytesIO(exported(app, "xlsx"))).worksheets[0]

    cells = list(sheet.iter_rows(min_row=2))
    assert {text.data_type for text, _number in cells} == {"s"}
    assert {number.data_type for _text, number in cells} == {"n"}
    assert [Decimal(str(number.value)) for _text, number in cells] == NUMBERS * 4


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_import_of_the_export_gives_texts_and_numbers_back(app, tmp_path, kind):
    path = tmp_path / f"t.{kind}"
    path.write_bytes(exported(app, kind))

    rows = [row for _number, row in reading.read(path)]

    assert [row["text"] for row in rows] == [text.strip() for text in TEXTS]  # blanks at the ends are dropped
    assert [Decimal(row["number"]) for row in rows] == NUMBERS * 4


LAUGHS = b"".join(
    b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10 if level else b"ha" * 10)
    for level in range(9)
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels", "xl/workbook.xml"]
)
def test_a_workbook_whose_parts_declare_entities_is_refused(tmp_path, part, encoding):
    whole = io.BytesIO()
    book = Workbook()
    book.active.append(["number"])
    book.save(whole)
    bomb = b"<!-- " + b"x" * 20_000 + b" --><!DOCTYPE d [" + LAUGHS + b"]><d>&l8;</d>"
    path = tmp_path / "laughs.xlsx"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            declared = f'<?xml version="1.0" encoding="{encoding}"?>'
            content = (declared + bomb.decode()).encode(encoding) if name == part else source.read(name)
            target.writestr(name, content)
        assert part in target.namelist()

    with pytest.raises(reading.Unreadable, match="without document type declarations"):
        list(reading.read(path))


def test_a_workbook_with_a_broken_part_is_named_as_such(tmp_path):
    path = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("xl/workbook.xml", "<workbook><a></workbook>")

    with pytest.raises(reading.Unreadable, match="an XLSX workbook"):
        list(reading.read(path))
