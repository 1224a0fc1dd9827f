"""Every act the code records has words in the reader's language; documents are called by their number."""

from __future__ import annotations

import re
from pathlib import Path

from app.core.documents import document_label
from app.core.record_words import NOUNS, VERBS, action_label

APP = Path(__file__).parents[2] / "app"
RECORDED = re.compile(r"\b(?:record|note)\(\s*f?\"([a-z_]+)\.([a-z_]+)\"")


def test_every_recorded_act_has_words():
    acts = {act for path in APP.rglob("*.py") for act in RECORDED.findall(path.read_text())}

    assert len(acts) > 60
    assert [act for act in acts if act[0] not in NOUNS or act[1] not in VERBS] == []


def test_an_act_is_written_as_noun_and_verb(app):
    with app.test_request_context():
        assert action_label("purchase_order.sent") == "Purchase order: sent"
        assert action_label("from.elsewhere") == "from.elsewhere"


def test_what_has_no_number_is_called_by_its_kind(app):
    assert document_label("opening:1") == "Opening stock 1"
    assert document_label("unheard_of:7") == "unheard_of:7"
    assert document_label(None) == ""
