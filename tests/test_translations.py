"""Traditional Chinese is complete: no message without translation, no other placeholders, labels in both languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from lxml import etree

from scripts.translations import LANGUAGE, problems, translated, wanted

ROOT = Path(__file__).resolve().parents[1]
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
LANGUAGES = {"en", "zh_Hant"}
NAMED = (
    "userTask",
    "manualTask",
    "serviceTask",
    "businessRuleTask",
    "scriptTask",
    "callActivity",
    "receiveTask",
)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_message_is_translated_with_its_placeholders():
    assert problems(wanted(), translated()) == []


@pytest.mark.parametrize("path", sorted((ROOT / "translations" / "parts").glob("*.po")), ids=named)
def test_a_part_is_readable_and_holds_nothing_fuzzy(path):
    with path.open("rb") as file:
        assert [
            message.id for message in read_po(file, locale=LANGUAGE) if message.id and message.fuzzy
        ] == []


def texts(thing: Any, where: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every text per language in a form, and where it stands."""
    if isinstance(thing, dict):
        if "en" in thing or "zh_Hant" in thing:
            yield where, thing
        else:
            for key, value in thing.items():
                yield from texts(value, f"{where}.{key}")
    elif isinstance(thing, list):
        for number, value in enumerate(thing):
            yield from texts(value, f"{where}[{number}]")


@pytest.mark.parametrize("path", sorted((ROOT / "forms").rglob("*.json")), ids=named)
def test_a_form_speaks_both_languages(path):
    found = list(texts(json.loads(path.read_text(encoding="utf-8"))))

    assert found
    assert [
        where for where, words in found if {key for key, text in words.items() if text} != LANGUAGES
    ] == []


@pytest.mark.parametrize("path", sorted((ROOT / "bpmn").rglob("*.bpmn")), ids=named)
def test_what_a_person_sees_of_a_diagram_speaks_both_languages(path):
    tree = etree.parse(path)
    silent = []
    for kind in NAMED:
        for node in tree.iter(f"{BPMN}{kind}"):
            labels = {one.get("name"): one.get("value") for one in node.iter(f"{SPIFF}property")}
            if not node.get("name") or not labels.get("label.zh_Hant"):
                silent.append(node.get("id"))

    assert silent == []
