"""What is wrong with a form, a diagram, a decision or an expression is told in the reader's language."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_file
from flask import Flask, jsonify, request
from flask_babel import force_locale
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.core import expressions
from app.core.db import db
from app.core.expressions import ExpressionError
from app.core.operators import SOURCES, Operator
from app.core.permissions import public
from app.workflow import definitions
from app.workflow.form import forms_check
from app.workflow.models import ProcessDefinition
from tests.workflow.diagrams import files, process, table
from tests.workflow.test_patterns import REFUSED as PATTERNS
from tests.workflow.test_refusals import REFUSED as DIAGRAMS

ROOT = Path(__file__).parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LABEL = {"en": "Field", "zh_Hant": "欄位"}


def field(kind: str = "text", **rest: Any) -> dict:
    return {"key": "a", "type": kind, "label": LABEL, **rest}


def form(*components: Any, **rest: Any) -> dict:
    return {"title": LABEL, "components": list(components) or [field()], **rest}


BROKEN_FORMS: list[Any] = [
    [],
    form(colour="red"),
    {"components": [field()]},
    form(help="text"),
    form(source="no.where"),
    form(source="test.rows"),
    form(source="test.rows", source_parameters=[1]),
    form(source="test.rows", source_parameters={"plan": "1", "other": "1"}),
    form(source="test.rows", source_parameters={"plan": "(("}),
    {"title": LABEL, "components": []},
    form("text"),
    form(field("slider")),
    form(field(["text"])),
    form(field("lines", columns=[field("file")])),
    form(field("lines")),
    form({"key": "t", "type": "table", "columns": [1]}),
    form({"key": "f", "type": "facts", "items": [1]}),
    form(field(key="A b")),
    form(field(), field()),
    form(field(key="csrf_token")),
    form(field(label={"en": "A"})),
    form(field(visible="lambda: 1")),
    form(field("choice")),
    form(field("choice", values=[{}])),
    form(field("choice", values=[{"value": "a", "label": {"en": "A", "zh_Hant": "甲"}}] * 2)),
    form(field(validate={"maxLength": "many"})),
    form(field("date", validate={"min": 3})),
    form(field("choice", values={"source": "no.where"})),
    form(field(validate=[1])),
    form(field(validate={"even": True})),
    form(field("number", validate={"min": 3, "max": 1})),
    form(field("number", validate={"min": "1 +"})),
    form(field(validate={"pattern": [1]})),
    *(form(field(validate={"pattern": pattern})) for pattern in [*PATTERNS, "a{99999999999999999999}"]),
]
BROKEN_FILES = [b"{", b"\xff\xfe", b"[" * 100_000, b" " * 2_000_001, b"1" * 5_000]

UNREADABLE = {
    "": "there is no expression",
    "a" * 3_000: "it is longer than 2000 characters",
    "1 +": "cannot be read from character",
    "1 + " * 150 + "1": "it has more than 200 parts",
    "not " * 40 + "a": "it is nested deeper than 30 levels",
    "9" * 40: "a number in",
    "open('x')": "unknown function open in",
    "lambda: 1": 'in "lambda: 1" is not part of the language',
    "a.__class__": "is not part of the language",
    "...": "is not part of the language",
}
FAILING = {
    "number('x')": "'x' is not a number",
    "number('Infinity')": "is not a finite number",
    "date('x')": "'x' is not a date",
    "1 / 0": "division by zero",
    "rows[5]": "is shorter than asked",
    "rows + 1": "do not go together",
    "nowhere": "unknown name nowhere",
    "'a' * 2": "only numbers can be multiplied or divided",
    "text.part": "'abc' has no part part",
    "thing": "a value of the kind object cannot be used",
    "long + long": "a text or list is longer than 10000",
    "[many, many, many]": "a list holds more than 20000 values",
    "big * big": "a number is too large",
}
DATA = {
    "rows": [1],
    "text": "abc",
    "thing": object(),
    "long": "x" * 6_000,
    "many": [1] * 9_000,
    "big": 10**29,
}


@pytest.fixture
def source() -> Iterator[None]:
    """A form source of these tests."""

    def rows(plan: str) -> dict:
        """Rows."""
        return {"rows": [plan]}

    SOURCES["test.rows"] = Operator("test.rows", rows)
    yield
    SOURCES.pop("test.rows")


def failure(text: str, data: dict | None = None) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        expressions.check(text) if data is None else expressions.evaluate(text, data)
    return caught.value


def form_problems(content: Any) -> list[str]:
    return [message for _element, message in forms_check.problems_in(content)]


def file_problem(content: bytes) -> str:
    with pytest.raises(ValueError) as caught:
        forms_check.parsed(content)
    return str(caught.value)


def everything_told() -> list[str]:
    """Each sentence that the broken examples of this file give."""
    told = [message for content in BROKEN_FORMS for message in form_problems(content)]
    told += [file_problem(content) for content in BROKEN_FILES]
    told += [str(failure(text)) for text in UNREADABLE]
    return told + [str(failure(text, DATA)) for text in FAILING]


def messages(path: str) -> set[str]:
    """The messages in a module's source, as the catalogue knows them."""
    keywords = {"_": None, "ExpressionError": None}
    return {found[1] for found in extract_from_file("python", ROOT / path, keywords=keywords)}


@pytest.mark.parametrize("number", range(len(BROKEN_FORMS)))
def test_a_broken_form_is_told_in_chinese(app, source, number):
    english = form_problems(BROKEN_FORMS[number])
    with force_locale("zh_Hant_TW"):
        chinese = form_problems(BROKEN_FORMS[number])

    assert english
    assert not any(CHINESE.search(one) for one in english)
    assert [one for one in chinese if not CHINESE.search(one)] == []


@pytest.mark.parametrize(("text", "sentence"), [*UNREADABLE.items(), *FAILING.items()])
def test_an_expression_that_cannot_be_used_is_told_in_both_languages(app, text, sentence):
    error = failure(text, DATA if text in FAILING else None)

    assert sentence in str(error)
    with force_locale("zh_Hant_TW"):
        assert CHINESE.search(str(error))


@pytest.mark.parametrize(
    "path",
    [
        "app/core/expressions.py",
        "app/core/expression_error.py",
        "app/workflow/form/forms_check.py",
        "app/workflow/form/patterns.py",
    ],
)
def test_every_sentence_of_these_modules_has_a_broken_example(app, source, path):
    told = everything_told()
    parts = {one: re.split(r"\{\w+\}", one) for one in messages(path)}
    unseen = {
        one
        for one, words in parts.items()
        if not any(re.search(".*".join(map(re.escape, words)), t, re.S) for t in told)
    }

    assert unseen <= {"The file cannot be read."}


@pytest.mark.parametrize("name", list(DIAGRAMS))
def test_a_broken_diagram_is_told_in_chinese(world, name):
    broken = process("test.one", DIAGRAMS[name], messages=("test.arrived", "test.unheard"))
    with force_locale("zh_Hant_TW"):
        problems = definitions.check_files(files(broken)).problems

    assert [one.message for one in problems if not CHINESE.search(one.message)] == []


PIECES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["", "a", "text", "lines", "((", "test.rows"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted(forms_check._COMMON)), inner, max_size=3)
    ),
    max_leaves=6,
)
WHOLE = form(
    field("choice", key="b", values=[{"value": "x", "label": LABEL}]),
    field("choice", key="c", values={"source": "test.rows", "parameters": {"plan": "1"}}),
    field("lines", key="l", columns=[field("number", validate={"min": 0, "max": "a", "pattern": "x"})]),
    {"type": "facts", "label": LABEL, "items": [{"label": LABEL, "value": "a"}]},
    {"type": "table", "label": LABEL, "rows": "rows", "columns": [{"key": "k", "label": LABEL}]},
    source="test.rows",
    source_parameters={"plan": "1"},
)


def places(thing: Any, path: tuple = ()) -> Iterator[tuple]:
    """Every place in a form's content."""
    yield path
    for key in thing if isinstance(thing, dict) else range(len(thing)) if isinstance(thing, list) else ():
        yield from places(thing[key], (*path, key))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(list(places(WHOLE))), piece=PIECES)
@example(path=("components", 0, "type"), piece=["text"])
@example(path=("source",), piece={})
def test_whatever_stands_in_a_form_is_judged(app, source, path, piece):
    content = copy.deepcopy({"form": WHOLE})
    holder: Any = content
    for key in ("form", *path)[:-1]:
        holder = holder[key]
    holder[("form", *path)[-1]] = piece

    for message in form_problems(content["form"]):
        assert message


def test_the_whole_form_of_these_tests_is_sound(app, source):
    assert form_problems(WHOLE) == []


@pytest.fixture
def upload(app: Flask) -> Any:
    """A browser that wants Chinese and an address that deploys the files it is sent."""

    @app.post("/test/deploy")
    @public
    def deploy() -> Any:
        sent = {name: one.read() for name, one in request.files.items()}
        return jsonify(deployed=len(definitions.deploy(sent)))

    def send(content: dict[str, bytes]) -> Any:
        parts = {name: (BytesIO(source), Path(name).name) for name, source in content.items()}
        return app.test_client().post("/test/deploy", data=parts, headers={"Accept-Language": "zh-TW"})

    return send


SOUND = {"forms/test/form.json": json.dumps(form()).encode()}
UPLOADS = {
    "form": {"forms/test/form.json": json.dumps(form(field("slider"))).encode()},
    "form that is no JSON": {"forms/test/form.json": b"{"},
    "diagram": files(process("test.one", DIAGRAMS["unknown operator"])),
    "diagram that is no XML": {"bpmn/test/one.bpmn": b"<a"},
    "diagram in another encoding": {
        "bpmn/test/one.bpmn": '<?xml version="1.0" encoding="ISO-8859-1"?><a b="\xe9"/>'.encode("latin-1")
    },
    "decision": files(table("test.t", [(["((", "-"], ["1"])], ["a"], ["y"])),
}


@pytest.mark.parametrize("name", list(UPLOADS))
def test_a_broken_file_sent_from_a_chinese_browser_is_refused_in_chinese_and_changes_nothing(
    app, upload, name
):
    answer = upload({"forms/test/sound.json": SOUND["forms/test/form.json"], **UPLOADS[name]})

    assert answer.status_code == 422
    assert CHINESE.search(answer.text)
    assert not re.search(r"There is|cannot be|is not", answer.text)
    assert db.session.query(ProcessDefinition).count() == 0


def test_sound_files_sent_the_same_way_are_deployed(app, upload):
    assert upload(SOUND).json == {"deployed": 1}
    assert db.session.query(ProcessDefinition).count() == 1
