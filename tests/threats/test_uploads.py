"""Small files that would become large."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from app.imports import reading

SHEET = "xl/worksheets/sheet1.xml"


def test_a_small_workbook_that_unpacks_to_much_is_refused(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book,
        book.open(SHEET, "w") as part,
    ):
        for _megabyte in range(501):
            part.write(b" " * 1_000_000)
    assert path.stat().st_size < 3_000_000

    with pytest.raises(reading.Unreadable, match="unpacks"):
        list(reading.read(path))


def test_a_file_with_rows_without_end_is_refused(tmp_path, monkeypatch):
    if reading.MAX_ROWS < 10**9:
        monkeypatch.setattr(reading, "MAX_ROWS", 50)  # the half million of real life, smaller
    path = tmp_path / "rows.csv"
    path.write_text("code\n" + "A\n" * 200, encoding="utf-8")

    with pytest.raises(reading.Unreadable, match="rows"):
        list(reading.read(path))


def workbook(path: Path, rows: int) -> Path:
    """A workbook of the stations' codes, as a program writes it that does not care how many there are."""
    whole = io.BytesIO()
    book = Workbook()
    book.active.append(["code", "name_en"])
    book.save(whole)
    with zipfile.ZipFile(whole) as good, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bad:
        for name in good.namelist():
            content = good.read(name)
            if name == SHEET:
                cells = b"<row><c><v>1</v></c><c><v>2</v></c><c><v>3</v></c></row>" * rows
                content = content.replace(b"</sheetData>", cells + b"</sheetData>")
            bad.writestr(name, content)
    return path


@pytest.mark.parametrize("checked", [True, False], ids=["", "red control"])
def test_a_workbook_of_150_000_rows_is_refused_before_it_is_read(tmp_path, monkeypatch, checked):
    path, read = workbook(tmp_path / "items.xlsx", 150_000), []
    monkeypatch.setattr(reading, "load_workbook", lambda *_given, **_options: read.append(1) or 1 / 0)
    if not checked:
        monkeypatch.setattr(reading, "MAX_WORKBOOK_ROWS", 10**9)
    tracemalloc.start()
    try:
        with pytest.raises((reading.Unreadable, ZeroDivisionError)) as told:
            list(reading.read(path))
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert bool(read) is not checked
    assert ("rows" in str(told.value)) is checked
    assert most < 5_000_000


def test_who_sends_it_is_told_in_a_sentence_and_nothing_is_taken(tmp_path, login):
    path = workbook(tmp_path / "items.xlsx", 150_000)
    browser = login("admin")
    answer = browser.post("/imports", data={"files": [(path.open("rb"), "items.xlsx")]})

    assert answer.status_code == 422
    assert "100000 rows" in answer.text


def lying(path: Path, megabytes: int, told: int) -> Path:
    """A workbook whose headers say that its sheet unpacks to a few bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        with book.open(SHEET, "w") as part:
            for _megabyte in range(megabytes):
                part.write(b"<row/>" * 166_667)
        true = book.getinfo(SHEET).file_size
    content = path.read_bytes()
    path.write_bytes(content.replace(struct.pack("<L", true), struct.pack("<L", told)))
    with zipfile.ZipFile(path) as book:
        assert book.getinfo(SHEET).file_size == told
    return path


@pytest.mark.parametrize("told", [0, 100, 400_000_000])
def test_a_workbook_whose_headers_lie_about_its_size_is_refused_and_not_unpacked(tmp_path, told):
    path = lying(tmp_path / "lying.xlsx", 60, told)
    tracemalloc.start()
    try:
        with pytest.raises(reading.Unreadable):
            list(reading.read(path))
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 5_000_000
