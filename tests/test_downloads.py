"""A file's name in any script reaches the browser in headers every server sends."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from app.core.downloads import file_answer


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("note.pdf", "note.pdf"),
        ("採購單-PO2603-0004.pdf", "PO2603-0004.pdf"),
        ("圖面.pdf", "file.pdf"),
        ("Übersicht (2).xlsx", "Ubersicht (2).xlsx"),
        ('a"b\r\nX: y.txt', "a-b-X- y.txt"),
        ("../../etc/passwd", "etc-passwd"),
        ("", "file"),
    ],
)
def test_the_name_stands_plain_and_whole(name, plain):
    header = file_answer(b"x", "application/pdf", name).headers["Content-Disposition"]

    assert header.isascii()
    assert header.startswith(f"attachment; filename=\"{plain}\"; filename*=UTF-8''")


def test_the_whole_name_comes_back():
    header = file_answer(b"x", "application/pdf", "採購單.pdf", inline=True).headers["Content-Disposition"]

    assert header.startswith("inline;")
    assert unquote(header.partition("UTF-8''")[2]) == "採購單.pdf"
