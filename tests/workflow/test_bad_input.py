"""What cannot be taken, in every kind of field: a sentence in the reader's language, and nothing changed."""

from __future__ import annotations

import re
import sqlite3
from io import BytesIO
from typing import Any

import pytest
from flask_babel import refresh

from app.workflow import queries
from app.workflow.people import attachments
from tests.workflow import tiny
from tests.workflow.tiny import label

NOT_NUMBERS = ["NaN", "Infinity", "-inf", "1e30", "5 kg", "１２３個", "1_000", "0x1F", "--1", "1,23"]
OUT_OF_RANGE = ["-1", "0", "9" * 13, "１００００１", "1.2345678", "0.0001"]
NOT_DATES = ["2026-02-30", "31.3.2026", "0001-01-01", "9999-12-31", "soon", "２０２６-13-01", "2026-03-31x"]
NOT_TEXT = ["a\x00b", "a\u202eb", "a\u2066b", "x" * 10_001]
BAD: list[tuple[str, Any]] = [
    *(("amount", text) for text in NOT_NUMBERS + OUT_OF_RANGE),
    *(("day", text) for text in NOT_DATES),
    *(("note", text) for text in NOT_TEXT),
    *(("code", text) for text in NOT_TEXT),
    ("way", "unknown"),
    ("way", "2"),
    *(("lines-0-count", text) for text in NOT_NUMBERS),
    *(("lines-0-item", text) for text in NOT_TEXT),
    ("lines-0-price", "1"),
    ("price", "1"),
    ("paper", (b"MZ", "virus.exe")),
    ("paper", (b"", "empty.pdf")),
    ("paper", (b"x", "../../etc/passwd")),
    ("paper", (b"x" * 100_001, "huge.pdf")),
]
GOOD = {
    "amount": "１，２００．５",
    "day": "２０２６/03/31",
    "note": "fine",
    "code": "LOT-1",
    "way": "1",
    "lines-0-item": "PUMP",
    "lines-0-count": "3",
}
NUMBER = {"type": "number", "validate": {"required": True, "min": 1, "max": 100_000, "decimals": 3}}
FORM = {
    "title": label("Everything", "全部"),
    "components": [
        {"key": "amount", "label": label("Amount", "數量"), "unit": "kg", **NUMBER},
        {"key": "day", "type": "date", "label": label("Day", "日期")},
        {"key": "note", "type": "textarea", "label": label("Note", "備註")},
        {"key": "code", "type": "scan", "label": label("Code", "條碼")},
        {
            "key": "way",
            "type": "choice",
            "label": label("Way", "方式"),
            "values": [{"value": 1, "label": label("One", "一")}],
        },
        {"key": "paper", "type": "file", "label": label("Paper", "文件")},
        {
            "key": "lines",
            "type": "lines",
            "label": label("Lines", "明細"),
            "columns": [
                {"key": "item", "type": "text", "label": label("Item", "品項")},
                {"key": "count", "type": "number", "label": label("Count", "個數")},
            ],
        },
    ],
}


@pytest.fixture
def case(app, monkeypatch):
    """A case whose first task asks for one field of every type."""
    monkeypatch.setattr(tiny, "FORM", FORM)
    monkeypatch.setattr(attachments, "LIMIT", 100_000)  # the 15 MB of real life, smaller
    return tiny.start()


def version(app) -> int:
    """A figure of the database's file that any change alters, seen by a connection that stays open."""
    if not hasattr(app, "watch"):
        app.watch = sqlite3.connect(
            app.config["DATABASE_URL"].removeprefix("sqlite:///"), isolation_level=None
        )
    return app.watch.execute("PRAGMA data_version").fetchone()[0]


@pytest.mark.parametrize("language", ["en", "zh_Hant_TW"])
def test_each_is_refused_with_a_sentence_and_changes_nothing(app, case, login, language):
    browser = login("planner")
    browser.post("/language", data={"language": language})
    refresh()  # the test's own application context remembers the language
    address = f"/tasks/{tiny.open_task('review').id}"
    before = version(app)
    for field, bad in BAD:
        sent = GOOD | {field: (BytesIO(bad[0]), bad[1]) if isinstance(bad, tuple) else bad}
        answer = browser.post(address, data=sent, content_type="multipart/form-data")
        about = (field, str(bad)[:40], answer.status_code)
        assert answer.status_code in (413, 422), about
        said = " ".join(
            re.findall(r'role="alert".*?</div>|invalid-feedback.*?</div>|<h1>.*?</h1>', answer.text, re.S)
        )
        assert len(re.sub(r"<[^>]*>|\s", "", said)) > 5, about
        assert version(app) == before, about
        if language == "zh_Hant_TW":
            assert re.search(r"[\u4e00-\u9fff]{3}", said), about
    app.watch.close()


def test_the_good_values_are_taken_full_width_digits_too(app, case, login):
    browser = login("planner")
    task = tiny.open_task("review").id
    sent = GOOD | {"paper": (BytesIO(b"%PDF"), "..\\..\\a\u202eb.pdf")}

    assert browser.post(f"/tasks/{task}", data=sent, content_type="multipart/form-data").status_code == 302
    assert tiny.open_task("review") is None
    kept = queries.data_of(tiny.open_task("approve"))["review"]
    assert (kept["amount"], kept["day"], kept["way"]) == ("1200.5", "2026-03-31", 1)
    assert kept["paper"]["name"] == "ab.pdf"
