"""Small files that would become large."""

from __future__ import annotations

import zipfile

import pytest

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
