"""The form builder over the web: every act is a form that is sent, and nothing of the file gets lost."""

from __future__ import annotations

import json
import random
import re
from html import unescape
from typing import Any

import pytest

from app.core.db import db
from app.studio.builder import edits
from app.studio.models import Change, ChangeFile
from app.workflow import definitions
from app.workflow.decision import decisions
from app.workflow.decision.deciding import decide
from app.workflow.models import ProcessDefinition
from tests.studio.test_form_edits import FORMS, _spoil, field, form, label
from tests.workflow import tiny
from tests.workflow.diagrams import files, flows, lanes, process, script, user

FILE = "forms/planning/tally.json"


@pytest.fixture
def designer(login):
    """A process designer's browser."""
    return login("process_designer", name="tseng")


class Builder:
    """A browser at a form of a draft, without scripts."""

    def __init__(self, browser, content: Any = None, file: str = FILE) -> None:
        self.browser, self.file = browser, file
        answer = browser.post("/studio/changes", data={"title": "A tally", "file": file})
        assert answer.status_code == 302, answer.text
        self.change = answer.location.partition("/files/")[0]
        self.address = f"{self.change}/files/{file}"
        if content is not None:
            source = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            assert browser.post(self.address, data={"source": source}).status_code == 302

    @property
    def row(self) -> ChangeFile:
        number = int(self.change.rpartition("/")[2])
        db.session.expire_all()
        return db.session.query(ChangeFile).filter_by(change_id=number, file=self.file).one()

    @property
    def content(self) -> Any:
        return json.loads(self.row.source)

    def see(self, **asked: Any) -> str:
        answer = self.browser.get(self.address, query_string=asked)
        assert answer.status_code == 200, answer.text
        return answer.text

    def do(self, act: str, at: str = "", was: str = "", **typed: str) -> str:
        """Press a button with what is typed; the page it leads to."""
        sent = {"_act": act, "at": at, "was": was, "language-0": "zh_Hant", "language-1": "en"}
        sent |= {name.replace("__", "-"): text for name, text in typed.items()}
        answer = self.browser.post(f"{self.change}/build/{self.file}", data=sent)
        assert answer.status_code == 302, answer.text
        self.place = answer.location.partition("?")[2]
        return self.browser.get(answer.location).text

    def tried(self, **typed: str) -> str:
        answer = self.browser.post(f"{self.change}/tried/{self.file}", data={"_look": "en", **typed})
        assert answer.status_code == 200, answer.text
        return answer.text


def test_a_form_with_a_line_table_is_made_from_nothing_by_pressing_buttons(designer):
    builder = Builder(designer)
    builder.do("add lines", title__1="Tally", title__0="點收")
    assert "at=1" in builder.place
    builder.do("add-column number", "1", "lines", key="parts", label__1="Parts", label__0="料件")
    assert "at=1.1" in builder.place
    builder.do(
        "apply",
        "1.1",
        "number",
        key="quantity",
        label__1="Quantity",
        label__0="數量",
        min="1",
        required="true",
    )
    builder.do("remove 0", "1", "parts")

    assert builder.content == {
        "title": {"en": "Tally", "zh_Hant": "點收"},
        "components": [
            {
                "key": "parts",
                "type": "lines",
                "label": {"en": "Parts", "zh_Hant": "料件"},
                "columns": [
                    {"key": "text", "type": "text", "label": {"zh_Hant": "欄", "en": "Column"}},
                    {
                        "key": "quantity",
                        "type": "number",
                        "label": {"zh_Hant": "數量", "en": "Quantity"},
                        "validate": {"required": True, "min": 1},
                    },
                ],
            }
        ],
    }
    assert designer.post(f"{builder.change}/propose").status_code == 302


def test_acts_are_undone_and_done_again_one_by_one(designer):
    builder = Builder(designer)
    before = builder.row.source
    builder.do("add number")
    builder.do("add date")
    assert "Added: date" in builder.see()
    assert "Added: number" in builder.do("undo")
    builder.do("undo")
    assert builder.row.source == before
    builder.do("redo")
    assert [one["key"] for one in builder.content["components"]] == ["agreed", "number"]
    builder.do("add file")
    builder.do("redo")

    assert [one["key"] for one in builder.content["components"]] == ["agreed", "number", "file"]


def test_a_form_put_back_as_it_was_does_not_differ_from_what_is_deployed(designer):
    tiny.start("SO-1")
    deployed = db.session.query(ProcessDefinition).filter_by(kind="form", active=True).one()
    source = deployed.source
    builder = Builder(designer, file=deployed.file)
    builder.do("move 0 1")
    assert builder.row.source != source
    builder.do("move 1 0")

    assert builder.row.source == source
    assert designer.post(f"{builder.change}/propose").status_code == 422


def test_a_preview_speaks_each_language_and_reads_a_sample(designer):
    number = field("good", "number", unit="source.unit", default="source.quantity", validate={"max": 5})
    builder = Builder(designer, form(number))

    chinese, english = builder.see(look="zh_Hant_TW"), builder.see(look="en")
    assert 'lang="zh-Hant-TW">' in chinese and "good中" in re.sub(r"<input[^>]*>", "", chinese)
    assert 'name="good"' in english and 'value="10"' in english
    sample = json.dumps({"source": {"unit": "kg", "quantity": "3"}})
    page = builder.tried(_sample=sample, good="3")
    assert ">kg<" in page and "The process would get" in page and "&#34;good&#34;: &#34;3&#34;" in page
    assert 'value="3"' in builder.see(look="en")
    for odd in ("{", "[" * 100_000, "[]", '{"data": 1}', '{"data": {"a": ' + "[" * 50 + "]" * 50 + "}}"):
        assert "not JSON" in builder.tried(_sample=odd, good="3"), odd[:9]


def test_a_preview_tells_errors_as_a_task_would(designer):
    columns = [field("item", validate={"required": True}), field("n", "number", validate={"max": 5})]
    builder = Builder(designer, form(field("parts", "lines", columns=columns)))
    row = {"parts-0-item": "", "parts-0-n": "6", "parts-0-_row": "1"}

    page = builder.tried(_check="1", **row)
    assert "Please fill in this field." in page and "At most 5." in page and "would get" not in page
    assert "parts-1-item" in builder.tried(_add="parts", **{**row, "parts-0-item": "x"})
    assert "請填寫此欄位。" in builder.tried(_look="zh_Hant_TW", _check="1", **row)


def test_what_is_wrong_is_told_beside_the_component_and_leads_to_it(designer):
    broken = field("when", "date", visible="open('x')")
    builder = Builder(designer, form(field("a"), field("t", "lines", columns=[field("x"), broken])))

    page = builder.see(at="1.1")
    assert 'value="choose 1.1" class="problem tone-bad"' in page
    assert unescape(page).count("unknown function open") == 2
    assert "at=1.1" in (builder.do("choose 1.1"), builder.place)[1]


def test_a_component_that_lacks_something_is_left_out_of_the_preview(designer):
    builder = Builder(designer, form(field("a"), field("odd", "slider"), field("c", "choice", values=[])))

    page = builder.see()

    assert "Not shown, because something is missing: odd, c" in page
    assert 'id="f-a"' in page and 'id="f-c"' not in page


def test_a_deployed_form_is_shown_as_people_see_it(designer):
    tiny.start("SO-1")
    deployed = db.session.query(ProcessDefinition).filter_by(kind="form", active=True).one()

    page = designer.get(f"/studio/definitions/{deployed.id}").text

    assert "Change an order where you must, then decide." in page and 'name="lines-0-item"' in page


def test_it_says_which_tasks_show_the_form(designer):
    tiny.start("SO-1")
    builder = Builder(designer, file="forms/planning/tiny.json")

    page = builder.see()
    assert "Tiny plan" in page and "Approve the plan" in page
    assert "does not ask" not in page


def test_it_says_what_a_process_reads_that_its_form_no_longer_asks(designer):
    look, note = user("look", "planning/tally"), script("note", "noted = look.agreed")
    reads = process("test.one", lanes(planner="look"), look, note, flows("start -> look -> note -> end"))
    definitions.deploy({**files(reads), FILE: json.dumps(form(field("agreed"))).encode()})
    db.session.commit()
    builder = Builder(designer)
    assert "does not ask" not in builder.see()

    builder.do("apply", "0", "agreed", key="accepted")

    assert "<code>look.agreed</code>" in builder.see()


def test_a_task_gets_a_form_of_its_own_in_the_same_change(designer):
    tiny.start("SO-1")
    builder = Builder(designer, file="bpmn/planning/tiny.bpmn")
    source = tiny.BPMN.replace('value="planning/tiny"', 'value="planning/approve"')
    sent = {
        "file": builder.file,
        "form": "planning/approve",
        "en": "Approve",
        "zh_Hant": "",
        "source": source,
    }
    answer = designer.post(f"{builder.change}/task-part", data=sent)

    page = designer.get(answer.location).text
    assert answer.location.endswith("/files/forms/planning/approve.json")
    assert "in this change" in page and "planning/approve" in builder.row.source
    made = db.session.query(ChangeFile).filter_by(file="forms/planning/approve.json").one()
    assert json.loads(made.source)["title"] == {"en": "Approve", "zh_Hant": "Approve"}
    assert designer.post(f"{builder.change}/propose").status_code == 302
    for odd in ({"form": "../x"}, {"file": FILE}):
        assert designer.post(f"{builder.change}/task-part", data=sent | odd).status_code == 404


def test_a_step_gets_a_decision_table_of_its_own_that_asks_what_the_gateway_reads(designer):
    tiny.start("SO-1")
    builder = Builder(designer, file="bpmn/planning/tiny.bpmn")
    sent = {
        "file": builder.file,
        "decision": "planning.big_enough",
        "en": 'Big & "enough"?',
        "zh_Hant": "夠大？",
        "looks_at": "plan.quantity",
        "output": "big",
        "source": tiny.BPMN,
    }
    answer = designer.post(f"{builder.change}/task-part", data=sent)

    assert answer.location.endswith("/files/bpmn/planning/big_enough.dmn")
    made = db.session.query(ChangeFile).filter_by(file="bpmn/planning/big_enough.dmn").one()
    table = decisions.read(made.source.encode(), made.file, "planning.big_enough")
    assert (table["key"], table["names"]) == (
        "planning.big_enough",
        {"en": 'Big & "enough"?', "zh_Hant": "夠大？"},
    )
    assert table["inputs"][0]["expression"] == "number(plan.quantity)"
    assert [decide(table, {"plan": {"quantity": n}})[0] for n in ("0", "7")] == [
        {"big": False},
        {"big": True},
    ]
    assert (
        designer.post(f"{builder.change}/task-part", data=sent | {"output": "not a name"}).status_code == 302
    )
    assert designer.post(f"{builder.change}/task-part", data=sent | {"decision": "../x"}).status_code == 404


@pytest.mark.parametrize(("read", "asked"), [("approve.approve", ["approve", "reason"]), ("'x'", ["agreed"])])
def test_the_form_of_an_approval_begins_with_the_verdict_its_process_reads(designer, read, asked):
    tiny.start("SO-1")
    builder = Builder(designer, file="bpmn/planning/tiny.bpmn")
    own = f'<spiffworkflow:property name="summary" value="{read}"/>'
    source = tiny.BPMN.replace(
        '<spiffworkflow:property name="separate_from"', f'{own}<spiffworkflow:property name="separate_from"'
    ).replace('value="planning/tiny"', 'value="planning/verdict"')
    sent = {"file": builder.file, "form": "planning/verdict", "en": "Verdict", "source": source}
    designer.post(f"{builder.change}/task-part", data=sent)

    made = db.session.query(ChangeFile).filter_by(file="forms/planning/verdict.json").one()
    assert [one["key"] for one in json.loads(made.source)["components"]] == asked


def test_a_form_changed_in_another_window_is_shown_and_not_overwritten(designer):
    builder = Builder(designer, form(field("a"), field("b")))
    builder.do("move 0 1", "0", "a")

    page = builder.do("apply", "0", "a", key="a", label__1="Mine")

    assert "changed meanwhile" in page
    assert [one["label"]["en"] for one in builder.content["components"]] == ["b", "a"]


def test_an_act_that_cannot_be_done_changes_nothing(designer):
    builder = Builder(designer)
    before = builder.row.source
    odd = ("fly", "move", "move 0 x", "move 9 0", "add wings", "add-column text", "remove 7", "add-part")
    for act in (*odd, "move-part 0 1", "choose", "copy", "remove"):
        answer = designer.post(f"{builder.change}/build/{FILE}", data={"_act": act})
        assert answer.status_code == 422, act
        assert builder.row.source == before, act


def test_a_proposed_form_and_another_persons_are_seen_and_not_changed(designer, login):
    builder = Builder(designer)
    other = login("process_designer", name="other")
    assert other.post(f"{builder.change}/build/{FILE}", data={"_act": "add text"}).status_code == 403
    approver = login("plant_manager", name="lin")
    assert "Check as if submitted" in approver.get(builder.address).text
    assert builder.address in approver.get(builder.change).text
    assert designer.post(f"{builder.change}/propose").status_code == 302

    assert designer.post(f"{builder.change}/build/{FILE}", data={"_act": "undo"}).status_code == 409
    page = builder.see(at="0")
    assert 'name="_act" value="add text"' not in page and 'href="' in page
    assert approver.post(f"{builder.change}/tried/{FILE}", data={"_sample": "{}"}).status_code == 200
    assert builder.row.sample is None


def test_what_cannot_be_taken_apart_is_mended_as_text(designer):
    builder = Builder(designer)
    assert 'id="source"' in builder.see(as_text=1)
    deep = '{"components": [], "a": ' + "[" * 5_000 + "]" * 5_000 + "}"
    for source in ("", "[]", deep, '{"components": {}}', '{"title": 1, "components": ["x"]}'):
        assert designer.post(builder.address, data={"source": source}).status_code == 302
        assert 'id="source"' in builder.see()
        answer = designer.post(f"{builder.change}/build/{FILE}", data={"_act": "add text"})
        assert answer.status_code == 302 and builder.row.source == source


def test_every_form_is_shown_and_tried_in_the_builder_and_however_it_is_spoiled_none_fails(designer):
    definitions.deploy()
    db.session.commit()
    chance = random.Random(3)
    builder = Builder(designer)
    for path in FORMS:
        content = json.loads(path.read_text(encoding="utf-8"))
        _keep(builder, content)
        page = builder.see(look="zh_Hant_TW")
        assert "cannot be shown" not in page and "Not shown" not in page, path
        for _time in range(3):
            _spoil(content, chance)
        _keep(builder, content)
        builder.see(at="0")
        answer = designer.post(f"{builder.change}/tried/{FILE}", data={"_check": "1"})
        assert answer.status_code == (200 if edits.readable(content) else 302)


def _keep(builder: Builder, content: Any) -> None:
    """Put a content into the draft, past the web."""
    row = builder.row
    row.source = json.dumps(content, ensure_ascii=False)
    db.session.commit()


def test_the_history_of_a_file_stays_small(designer):
    builder = Builder(designer, form(field("a", help=label("x" * 400_000))))
    for number in range(4):
        builder.do("apply", label__1="", title__1=str(number))

    row = db.session.query(Change).one().files[0]
    assert len(row.past) == 1
