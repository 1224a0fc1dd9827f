"""Diagrams of other engines: what they say is said in our dialect, and what is not is named."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import event

from app.core.db import db
from app.core.operators import OPERATORS, Operator
from app.core.permissions import ROLES
from app.studio import dialects
from app.studio.dialects import speech
from app.studio.models import ChangeFile
from app.workflow import definitions
from app.workflow.drawing.diagram import DefinitionError, Diagram, properties

FOREIGN = Path(__file__).parent / "foreign"
SCHEMA = {
    "title": "Ask",
    "type": "object",
    "required": ["pieces"],
    "properties": {
        "pieces": {"type": "integer", "title": "Pieces", "minimum": 1},
        "wanted": {"type": "string", "format": "date", "title": "Wanted on"},
        "colour": {"type": "string", "enum": ["red", "blue"]},
        "parts": {"type": "array", "items": {"type": "string"}},
    },
}


def translated(name: str, **schemas: bytes) -> dialects.Translated:
    """A sample of another engine."""
    return dialects.translate(
        (FOREIGN / f"{name}.bpmn").read_bytes(),
        "purchasing.taken",
        operators={"test.echo", "quality.inspect"},
        roles=ROLES.keys() - {"system"},
        schemas={"ask-schema.json": json.dumps(SCHEMA).encode()},
    )


def told(made: dialects.Translated, outcome: str) -> set[tuple[str, str]]:
    """Elements and codes of one outcome."""
    return {(one.element, one.code) for one in made.notes if one.outcome == outcome}


@pytest.fixture
def problems(app, monkeypatch):
    """What the deploy check says of a translation."""
    from tests.workflow import operators

    monkeypatch.setitem(OPERATORS, "test.echo", Operator("test.echo", operators.echo))

    def judge(made: dialects.Translated) -> list[str]:
        files = {"bpmn/purchasing/taken.bpmn": made.bpmn.encode()}
        files |= {f"forms/{key}.json": json.dumps(form).encode() for key, form in made.forms.items()}
        return [f"{one.element}: {one.message}" for one in definitions.check_files(files).problems]

    return judge


def node(made: dialects.Translated, identifier: str):
    diagram = Diagram(made.bpmn.encode(), "x.bpmn")
    [found] = [one for one in diagram.process.iter() if one.get("id") == identifier]
    return diagram, found


def condition(made: dialects.Translated, flow: str) -> str:
    return "".join(node(made, flow)[1].itertext()).strip()


def test_camunda_7_forms_groups_delegates_and_conditions(problems):
    made = translated("camunda7")
    diagram, review = node(made, "n_review_invoice")

    assert diagram.lane_of(review) == "buyer"
    assert properties(review)["due"] == "P2D"
    assert condition(made, "Flow_3") == "n_review_invoice.invoice_amount > 1000 and n_review_invoice.approved"
    [form] = made.forms.values()
    assert [(one["key"], one["type"]) for one in form["components"]] == [
        ("invoice_amount", "number"),
        ("approved", "checkbox"),
        ("reason", "choice"),
    ]
    assert form["components"][0]["validate"] == {"decimals": 0, "min": 0, "required": True}
    assert "n_review_invoice.invoice_amount * 2" in made.bpmn
    assert told(made, "to_do") == {("n_review_invoice", "second_role"), ("n_review_invoice", "unknown")}
    assert ("pay", "technical") in told(made, "left_out")
    assert problems(made) == []


def test_camunda_8_embedded_forms_and_feel(problems):
    made = translated("camunda8")
    diagram, check = node(made, "check")

    assert diagram.lane_of(check) == "planner"
    assert properties(check)["candidate"] == "chosen"
    assert condition(made, "f4") == 'check.how == "sea" and not (twice < 10)'
    assert "twice = check.quantity * 2" in made.bpmn
    assert told(made, "to_do") == {("check", "field"), ("send", "output")}
    assert problems(made) == []


def test_spiff_arena_schemas_scripts_and_instructions(problems):
    made = translated("arena")
    diagram, ask = node(made, "ask")
    [form] = made.forms.values()

    assert diagram.lane_of(ask) == "buyer"
    assert form["help"]["en"] == "Say what you need."
    assert [(one["key"], one["type"]) for one in form["components"]] == [
        ("pieces", "number"),
        ("wanted", "date"),
        ("colour", "choice"),
    ]
    assert "cost = ask.pieces * 2\nsmall = cost &lt; 100 and true" in made.bpmn
    assert told(made, "to_do") == {("ask", "unknown"), ("ask", "field")}
    assert problems(made) == []


@pytest.mark.parametrize(
    ("speak", "text", "said"),
    [
        (speech.juel, "${a > 1 && !b}", "a > 1 and not b"),
        (speech.juel, "${execution.getVariable('x') eq 'A'}", 'x == "A"'),
        (speech.juel, "${bean.pay(x)}", None),
        (speech.juel, "${a ? b : c}", None),
        (speech.juel, "a > 1", None),
        (speech.feel, "=count(lines) > 3 or sum(lines) = 0", "len(lines) > 3 or sum(lines) == 0"),
        (speech.feel, "=x in [1..5]", None),
        (speech.feel, "=date(due) < today()", "date(due) < today()"),
        (speech.python, "a is not None", "a is not null"),
        (speech.python, "__import__('os')", None),
        (speech.python, "a == None", "a == null"),
    ],
)
def test_expressions_are_said_or_not(speak, text, said):
    assert speak(text, {}) == said


def test_unknown_roles_operators_and_languages_are_named():
    source = (FOREIGN / "camunda7.bpmn").read_text()
    source = source.replace("buyer,accounts", "demigods").replace("echoDelegate", "payBean")
    made = dialects.translate(source.encode(), "purchasing.taken", operators=set(), roles={"buyer"})

    assert ("n_review_invoice", "no_role") in told(made, "to_do")
    assert ("pay", "no_operator") in told(made, "to_do")


@pytest.mark.parametrize(
    "source", [b"<a", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<a/>", b"\xff\xfe<a/>"]
)
def test_no_diagram_is_refused(app, source):
    with pytest.raises(DefinitionError):
        dialects.translate(source, "a.b", operators=set(), roles=set())


def test_files_are_taken_into_a_change_and_their_notes_stay(app, login):
    designer = login("process_designer", name="tseng")
    change = designer.post("/studio/changes", data={"title": "Taken over"}).location
    files = [
        (BytesIO((FOREIGN / "arena.bpmn").read_bytes()), "request.bpmn"),
        (BytesIO(json.dumps(SCHEMA).encode()), "ask-schema.json"),
    ]
    answer = designer.post(
        f"{change}/import",
        data={"key": "purchasing.asked", "files": files},
        content_type="multipart/form-data",
    )

    assert answer.status_code == 302
    kept = {one.file: one for one in db.session.query(ChangeFile)}
    assert set(kept) == {"bpmn/purchasing/asked.bpmn", "forms/purchasing/asked_ask.json"}
    page = designer.get(change).text
    assert "postScript has no counterpart." in page
    assert designer.post(f"{change}/propose").status_code == 302


@pytest.mark.parametrize(
    ("key", "name", "content", "sentence"),
    [
        ("nothing", "a.bpmn", b"<a/>", "Give an area and a name"),
        ("a.b", "a.exe", b"x", "is no diagram, decision or form"),
        ("a.b", "a.bpmn", b"<a", "not well-formed"),
        ("a.b", "a.dmn", b"\xff", "not UTF-8"),
        ("a.b", "a.json", b"{}", "None of the files"),
    ],
)
def test_what_cannot_be_taken_in_is_told(app, login, key, name, content, sentence):
    designer = login("process_designer", name="tseng")
    change = designer.post("/studio/changes", data={"title": "Taken over"}).location
    given = {"key": key, "files": [(BytesIO(content), name)]}
    answer = designer.post(f"{change}/import", data=given, content_type="multipart/form-data")

    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.query(ChangeFile).count() == 0


def archived(**files: bytes) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def sent(browser, change: str, content: bytes):
    given = {"key": "", "files": [(BytesIO(content), "all.zip")]}
    return browser.post(f"{change}/import", data=given, content_type="multipart/form-data")


def test_all_that_is_deployed_is_taken_along_and_in_again(app, login):
    definitions.deploy()
    db.session.commit()
    designer = login("process_designer", name="tseng")
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    answer = designer.get("/studio/archive")
    assert len([one for one in asked if "process_definition.source" in one]) == 1
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    change = designer.post("/studio/changes", data={"title": "Taken along"}).location

    assert packed == definitions.files_in()
    refused = sent(designer, change, answer.data)
    assert (refused.status_code, "deployed as it is" in refused.text) == (422, True)
    file = "forms/purchasing/confirm_need.json"
    packed[file] = packed[file].replace(b'"components"', b' "components"', 1)
    assert sent(designer, change, archived(**packed)).status_code == 302
    assert [(one.file, one.source) for one in db.session.query(ChangeFile)] == [(file, packed[file].decode())]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK no", "no archive that can be read"),
        (archived(**{"../../etc/passwd": b"x"}), "which is no diagram"),
        (archived(**{"bpmn/a/b.bpmn": b"\xff"}), "not UTF-8"),
        (archived(**{"bpmn/a/b.bpmn": b" " * 2_000_001}), "larger than 2 MB"),
        (archived(**{f"bpmn/a/b{n}.bpmn": b"x" for n in range(1001)}), "more than 1000"),
    ],
)
def test_an_archive_that_is_none_or_holds_other_things_is_refused(app, login, content, sentence):
    designer = login("process_designer", name="tseng")
    change = designer.post("/studio/changes", data={"title": "Taken along"}).location
    answer = sent(designer, change, content)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.query(ChangeFile).count() == 0
