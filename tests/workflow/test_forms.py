"""Forms: what a person typed becomes clean data, or a sentence beside the field."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel, force_locale
from werkzeug.datastructures import MultiDict

from app.core.operators import SOURCES, Operator
from app.workflow.form import forms
from app.workflow.form.forms_request import browser_condition, submitted_values

LABEL = {"en": "Label", "zh_Hant": "標籤"}


def component(kind: str, key: str = "value", **rest: object) -> dict:
    """One component with a label."""
    return {"type": kind, "key": key, "label": LABEL, **rest}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of forms, in an application that knows nothing else."""
    app = Flask("forms")
    app.config.update(FORMS_FOLDER=str(tmp_path), TIMEZONE="UTC")
    Babel(app)
    with app.test_request_context():
        yield tmp_path


def write(folder: Path, *components: dict, **rest: object) -> str:
    """Put a form into the folder and return its key."""
    (folder / "plan").mkdir(exist_ok=True)
    content = {"title": LABEL, "components": list(components), **rest}
    (folder / "plan" / "form.json").write_text(json.dumps(content), encoding="utf-8")
    forms._cache.clear()
    return "plan/form"


def fill(folder: Path, kind: str, typed: object, **rest: object) -> forms.FormState:
    """A form of one field with something typed into it, validated."""
    state = forms.open_form(write(folder, component(kind, **rest)), {}, {"value": typed})
    state.clean = state.validate()
    return state


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("12", "12"),
        ("12.50", "12.5"),
        ("１２．５", "12.5"),
        ("1,234", "1234"),
        (" −3 ", "-3"),
        ("0.000001", "0.000001"),
    ],
)
def test_a_number_is_kept_as_plain_text(folder, typed, kept):
    assert fill(folder, "number", typed).clean == {"value": kept}


@pytest.mark.parametrize(
    "typed",
    ["NaN", "inf", "-Infinity", "1e5", "1_000", "12 kg", "1,23", "--1", "⅓", ".", "٣٤"],
)
def test_what_is_not_a_number_is_refused_and_still_shown(folder, typed):
    state = fill(folder, "number", typed)

    assert state.clean is None
    assert state.errors == {"value": ["This is not a number."]}
    assert state.values["value"] == typed


@pytest.mark.parametrize(
    ("typed", "rules", "sentence"),
    [
        ("9999999999999", {}, "This number is too large."),
        ("1.2345", {"decimals": 3}, "At most 3 decimal places."),
        ("1.5", {"decimals": 0}, "Only whole numbers."),
        ("-1", {"min": 0}, "At least 0."),
        ("11", {"max": "5 + 5"}, "At most 10."),
        ("", {"required": True}, "Please fill in this field."),
    ],
)
def test_a_number_outside_its_rules_says_the_rule(folder, typed, rules, sentence):
    assert fill(folder, "number", typed, validate=rules).errors == {"value": [sentence]}


def test_an_empty_optional_field_is_nothing(folder):
    assert fill(folder, "number", "").clean == {"value": None}


def test_messages_come_in_the_reader_s_language(folder):
    with force_locale("zh_Hant_TW"):
        message = fill(folder, "number", "x").errors["value"][0]

    assert isinstance(message, str)


def test_a_choice_returns_the_option_s_own_value(folder):
    options = [{"value": 7, "label": LABEL}]

    assert fill(folder, "choice", "7", values=options).clean == {"value": 7}
    assert fill(folder, "choice", "8", values=options).errors == {
        "value": ["Please choose one of the options."]
    }


@pytest.mark.parametrize(("typed", "kept"), [("2026-03-31", "2026-03-31"), ("２０２６/03/31", "2026-03-31")])
def test_a_date_is_kept_in_iso(folder, typed, kept):
    assert fill(folder, "date", typed).clean == {"value": kept}


@pytest.mark.parametrize("typed", ["2026-02-30", "31.3.2026", "0001-01-01", "soon"])
def test_a_wrong_date_is_refused(folder, typed):
    assert "value" in fill(folder, "date", typed).errors


@pytest.mark.parametrize("typed", ["a\x00b", "a\u202eb"])
def test_text_that_hides_something_is_refused(folder, typed):
    assert fill(folder, "text", typed).errors == {"value": ["Control characters are not allowed here."]}


def test_a_field_the_form_does_not_have_is_refused(folder):
    form = forms.load(write(folder, component("text")))
    state = forms.open_form(form.key, {}, submitted_values(form, MultiDict({"value": "a", "price": "1"})))

    assert state.validate() is None
    assert state.errors == {"price": ["The form has no such field."]}


LINES = component(
    "lines",
    "lines",
    columns=[
        component("text", "item"),
        component("number", "quantity", validate={"min": 0, "required": True}),
    ],
)


def test_rows_are_read_in_order_and_empty_ones_dropped(folder):
    form = forms.load(write(folder, LINES))
    sent = MultiDict(
        {
            "lines-0-item": "A",
            "lines-0-quantity": "2",
            "lines-3-item": "",
            "lines-3-quantity": "",
        }
    )
    state = forms.open_form(form.key, {}, submitted_values(form, sent))

    assert state.validate() == {"lines": [{"item": "A", "quantity": "2"}]}


class Looked(MultiDict):
    """Says how often all its names were gone through."""

    times = 0

    def __iter__(self):
        self.times += 1
        return super().__iter__()


@pytest.mark.parametrize("rows", [1, 500])
def test_names_are_gone_through_as_often_however_many_rows_are_sent(folder, rows):
    form = forms.load(write(folder, LINES))
    sent = Looked({f"lines-{row}-item": "x" for row in range(rows)})

    assert len(submitted_values(form, sent)["lines"]) == rows
    assert sent.times == 2


def test_an_error_in_a_row_names_its_cell(folder):
    form = forms.load(write(folder, LINES))
    sent = MultiDict({"lines-0-item": "A", "lines-0-quantity": "-2"})
    state = forms.open_form(form.key, {}, submitted_values(form, sent))

    assert state.validate() is None
    assert state.error_list() == [("f-lines-0-quantity", "Label 1 – Label", "At least 0.")]


def test_a_row_is_added_and_removed_without_javascript(folder):
    form = forms.load(write(folder, LINES))
    sent = {
        "lines-0-item": "A",
        "lines-0-quantity": "2",
        "lines-1-item": "B",
        "lines-1-quantity": "3",
    }

    added = submitted_values(form, MultiDict({**sent, "_add": "lines"}))
    removed = submitted_values(form, MultiDict({**sent, "_remove": "lines:0"}))

    assert len(added["lines"]) == 3
    assert [row["item"] for row in removed["lines"]] == ["B"]


def test_a_fixed_row_cannot_be_changed_where_it_is_read_only(folder):
    columns = [component("text", "item", readonly=True), component("number", "counted")]
    key = write(
        folder,
        component("lines", "lines", columns=columns, fixed=True, prefill="stock"),
    )
    data = {"stock": [{"item": "A"}, {"item": "B"}]}

    honest = forms.open_form(
        key,
        data,
        {"lines": [{"item": "A", "counted": "1"}, {"item": "B", "counted": "2"}]},
    )
    forged = forms.open_form(
        key,
        data,
        {"lines": [{"item": "A", "counted": "1"}, {"item": "X", "counted": "2"}]},
    )

    assert honest.validate()["lines"][1] == {"item": "B", "counted": "2"}
    assert forged.validate() is None


def test_a_hidden_field_is_neither_asked_nor_kept(folder):
    reason = component("text", "reason", visible="not approve", validate={"required": True})
    key = write(folder, component("checkbox", "approve"), reason)

    assert forms.open_form(key, {}, {"approve": True, "reason": "x"}).validate() == {"approve": True}
    assert forms.open_form(key, {}, {"approve": False, "reason": ""}).validate() is None


def test_the_browser_gets_the_condition_with_process_data_put_in(folder):
    key = write(folder, component("checkbox", "approve"), component("number", "quantity"))
    state = forms.open_form(key, {"order": {"limit": 5}})

    condition = browser_condition(state, "not approve and number(quantity) > order.limit")

    assert condition == [
        "and",
        ["not", ["field", "approve"]],
        [">", ["number", ["field", "quantity"]], ["value", 5]],
    ]


def test_a_source_prefills_and_offers_choices(folder, monkeypatch):
    monkeypatch.setitem(
        SOURCES,
        "plan.order",
        Operator("plan.order", lambda order_id: {"rows": [{"item": order_id}]}),
    )
    key = write(
        folder,
        component("lines", "lines", columns=[component("text", "item")], prefill="rows"),
        source="plan.order",
        source_parameters={"order_id": "order.id"},
    )

    assert forms.open_form(key, {"order": {"id": 42}}).values == {"lines": [{"item": "42"}]}


def test_a_draft_returns_as_it_was_typed(folder):
    key = write(folder, component("number", default="5"))

    assert forms.open_form(key, {}, draft={"value": "about 7"}).values == {"value": "about 7"}


def test_a_missing_form_is_not_found(folder):
    with pytest.raises(forms.NotFound):
        forms.load("../secret")


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ({"type": "slider", "key": "a", "label": LABEL}, 'There is no component type "slider".'),
        ({"type": "text", "key": "A b", "label": LABEL}, "A field needs a key"),
        (
            {"type": "text", "key": "a", "label": {"en": "A"}},
            "The label is missing in zh_Hant.",
        ),
        (component("text", visible="__import__('os')"), "unknown function __import__"),
        (component("text", colour="red"), 'There is no entry "colour" here.'),
        (component("choice"), "A choice needs values."),
        (
            component("choice", values={"source": "no.where"}),
            'There is no source "no.where".',
        ),
        (component("choice", values={"source": " "}), "A choice needs values."),
        (
            component("choice", values=[{"value": "1", "label": LABEL}, {"value": 1, "label": LABEL}]),
            'The option "1" is there twice.',
        ),
        (component("lines"), "A line table needs columns."),
        (component("lines", columns=[component("text")], min_rows="2"), 'min_rows is no whole number: "2".'),
        (component("number", validate={"decimals": -1}), "decimals is no whole number: -1."),
        (component("date", validate={"min": 5}), "A date's limit is a day or an expression, not 5."),
        (component("number", validate={"min": 3, "max": 1}), "The least value 3 is above the greatest, 1."),
        (component("text", validate={"pattern": "("}), "pattern: The pattern cannot be read"),
        (component("text", validate={"pattern": "(a+)+b"}), "pattern: A repetition inside a repetition"),
    ],
)
def test_a_broken_form_names_element_and_reason(folder, broken, sentence):
    write(folder, broken)

    problems = forms.check(folder / "plan" / "form.json")

    assert any(sentence in problem.message for problem in problems), problems
    assert problems[0].file == "plan/form.json" or problems[0].file.endswith("plan/form.json")


def test_every_form_of_the_project_is_sound():
    paths = sorted((Path(__file__).parents[2] / "forms").glob("*/*.json"))
    missing = [p for path in paths for p in forms.check(path) if "source" not in p.message]

    assert missing == []
