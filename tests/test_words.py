"""The words people read: one translation per message, the trade's own terms, no bare text beside gettext."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from babel.messages.pofile import read_po
from lxml import etree

ROOT = Path(__file__).resolve().parents[1]

AVOIDED = [
    "質量",
    "工藝",
    "外協",
    "庫位",
    "排產",
    "返工",
    "次品",
    "讓步接收",
    "審批",
    "生產訂單",
    "虛擬件",
    "供應商",
    "機器",
    "默認",
    "數據",
    "信息",
    "用戶",
    "界面",
    "視頻",
    "屏幕",
    "鼠標",
    "網絡",
    "軟件",
    "硬件",
    "服務器",
    "數據庫",
    "優化",
    "字段",
    "模塊",
    "質檢",
    "在線",
    "賬",
    "里程碑",
    "採購訂單",
    "計劃",
    "實體店",
    "搜索",
    "添加",
    "導入",
    "導出",
    "打印",
    "菜單",
    "登錄名",
]

TERMS = {
    "Customer order": "客戶訂單",
    "Work order": "生產工單",
    "Purchase order": "採購單",
    "Subcontractor": "協力廠商",
    "Supplier": "廠商",
    "Machine": "機台",
    "Work centre": "工作中心",
    "Operation": "製程",
    "Lot": "批號",
    "Item": "品項",
    "Location": "儲位",
    "Rework": "重工",
    "Scrap": "報廢",
    "Delivery note": "出貨單",
    "Minimum charge": "基本費",
    "Safety stock": "安全存量",
    "Planned orders": "計畫訂單",
}

HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]|[\u4e00-\u9fff]\.(?:\s|$)|\.\.\.")
TIGHT = re.compile(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]")
PLACEHOLDER = re.compile(r"\{[^}]*\}|%\(\w+\)[sd]")
LATIN_WORD = re.compile(r"[A-Za-z]{2}")


class Words(NamedTuple):
    """One text in both languages and the file it stands in."""

    place: str
    english: str
    chinese: str
    context: str | None = None


def parts() -> Iterator[Words]:
    """Every message of the catalogues' parts."""
    for path in sorted((ROOT / "translations" / "parts").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id:
                    english, chinese = message.id, message.string
                    for one, other in (
                        [(english, chinese)] if isinstance(english, str) else [(english[0], chinese[0])]
                    ):
                        yield Words(path.name, one, other, message.context)


def form_texts(thing: Any, place: str) -> Iterator[Words]:
    """Every text of a form."""
    if isinstance(thing, dict) and "zh_Hant" in thing:
        yield Words(place, thing.get("en", ""), thing["zh_Hant"])
    elif isinstance(thing, dict | list):
        for value in thing.values() if isinstance(thing, dict) else thing:
            yield from form_texts(value, place)


def forms() -> Iterator[Words]:
    """Every text of every form."""
    for path in sorted((ROOT / "forms").rglob("*.json")):
        yield from form_texts(json.loads(path.read_text(encoding="utf-8")), path.name)


def diagrams() -> Iterator[Words]:
    """Every label of every diagram and decision."""
    for path in sorted((ROOT / "bpmn").rglob("*.*mn")):
        for node in etree.parse(path).iter("{*}property"):
            if node.get("name") == "label.zh_Hant":
                yield Words(
                    path.name, node.getparent().getparent().getparent().get("name") or "", node.get("value")
                )


def everything() -> list[Words]:
    """Every text people read, in both languages."""
    return [*parts(), *forms(), *diagrams()]


def avoided(words: list[Words]) -> list[str]:
    """Texts with a word that is not said in Taiwan or not in this trade."""
    return [f"{one.place}: {one.chinese} ({bad})" for one in words for bad in AVOIDED if bad in one.chinese]


def half_width(words: list[Words]) -> list[str]:
    """Chinese texts with half-width punctuation."""
    return [
        f"{one.place}: {one.chinese}" for one in words if HALF_WIDTH.search(PLACEHOLDER.sub("", one.chinese))
    ]


def tight(words: list[Words]) -> list[str]:
    """Chinese texts without a space beside Latin letters or figures."""
    return [f"{one.place}: {one.chinese}" for one in words if TIGHT.search(PLACEHOLDER.sub("", one.chinese))]


def off_the_glossary(words: list[Words]) -> list[str]:
    """Labels that are exactly a term but show another word for it."""
    return [
        f"{one.place}: {one.english} is {one.chinese}"
        for one in words
        if one.english in TERMS and TERMS[one.english] not in one.chinese
    ]


def divided(words: list[Words]) -> dict[str, set[str]]:
    """Messages with several translations; only the first of them would ever be shown."""
    found = defaultdict(set)
    for one in words:
        found[one.context, one.english].add(one.chinese)
    return {english: chinese for (_context, english), chinese in found.items() if len(chinese) > 1}


def bare_text(template: str) -> list[str]:
    """Words in a template's text and attributes that no gettext call holds."""
    text = re.sub(r"\{#.*?#\}|<(script|style|svg|kbd)\b.*?</\1>", "", template, flags=re.S)
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.S)
    spoken = re.findall(r'\b(?:title|aria-label|placeholder|alt)="([^"]*)"', text)
    spoken += re.findall(r">([^<>]*)(?=<)", re.sub(r'"[^"]*"', '""', text))
    return [
        one.strip()
        for one in spoken
        if LATIN_WORD.search(re.sub(r"&\w+;|[\w-]+=\"\"|Octad|CSV|XLSX", "", one))
    ]


def bare_sentences(source: str) -> list[str]:
    """Literal sentences given to an error or a flash without gettext."""
    position = {"DomainError": 1, "NotFound": 1, "Conflict": 1, "flash": 0}
    found = []
    for node in ast.walk(ast.parse(source)):
        name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
        if name in position and len(node.args) > position[name]:
            said = node.args[position[name]]
            if isinstance(said, ast.Call) and getattr(said.func, "attr", "") == "format":
                said = said.func.value
            literal = said.values if isinstance(said, ast.JoinedStr) else [said]
            texts = [
                one.value for one in literal if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            if LATIN_WORD.search("".join(texts)):
                found.append(ast.unparse(said))
    return found


def test_no_text_holds_a_word_to_avoid():
    assert avoided(everything()) == []


def test_chinese_punctuation_is_full_width():
    assert half_width(everything()) == []


def test_a_space_parts_chinese_from_latin():
    assert tight(everything()) == []


def test_a_term_is_shown_by_its_one_word():
    assert off_the_glossary(everything()) == []


def test_a_message_has_one_translation():
    assert divided(list(parts())) == {}


@pytest.mark.parametrize(
    ("check", "chinese"),
    [(avoided, "質量檢查"), (half_width, "請填數量,再送出。"), (tight, "跑MRP"), (off_the_glossary, "設備")],
)
def test_the_checks_of_words_find_what_they_look_for(check: Any, chinese: str):
    assert check([Words("one.po", "Machine", chinese)])
    assert not check([Words("one.po", "Machine", "機台（共 3 台）")])


def test_a_second_translation_is_found():
    assert divided([Words("a.po", "Due", "交期"), Words("b.po", "Due", "期限")]) == {"Due": {"交期", "期限"}}


def test_templates_say_nothing_past_gettext():
    found = {
        path.name: said
        for path in sorted((ROOT / "app" / "templates").rglob("*.html"))
        if (said := bare_text(path.read_text(encoding="utf-8")))
    }

    assert found == {}


def test_errors_say_nothing_past_gettext():
    found = {
        str(path.relative_to(ROOT)): said
        for path in sorted((ROOT / "app").rglob("*.py"))
        if (said := bare_sentences(path.read_text(encoding="utf-8")))
    }

    assert found == {}


def test_bare_text_is_found():
    assert bare_text('<p title="Help me">{{ _("Fine") }}</p>') == ["Help me"]
    assert bare_text("<p>Late</p>") == ["Late"]
    assert bare_text('<p>{{ _("Late") }} &nbsp;</p>') == []


def test_a_bare_sentence_is_found():
    assert bare_sentences('raise NotFound("x", f"No item {n}.")')
    assert bare_sentences('raise NotFound("x", "No {n}.".format(n=1))')
    assert bare_sentences('raise NotFound("x", _("No {n}.").format(n=1))') == []
