"""A form's content under the builder's acts: what was asked for happens, everything else stays as it was."""

from __future__ import annotations

import json
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.studio.builder import edits, kinds, panel, sample
from app.workflow.form import forms_check

FORMS = sorted((Path(__file__).parents[2] / "forms").glob("*/*.json"))
SOURCES = {"masterdata.items": ["site"], "planning.plan_review": ["plan_id"]}


def label(text: str) -> dict[str, str]:
    return {"en": text, "zh_Hant": f"{text}中"}


def form(*components: dict, **rest: Any) -> dict:
    return {"title": label("Form"), "components": list(components), **rest}


def field(key: str, kind: str = "text", **rest: Any) -> dict:
    return {"key": key, "type": kind, "label": label(key), **rest}


def keys(content: dict) -> list[str]:
    return [edits.written(place) + " " + str(one.get("key")) for place, one in edits.places(content)]


TABLE = form(field("a"), field("t", "lines", columns=[field("x"), field("y")]), field("b"))


def shown(content: dict, place: edits.Place) -> dict[str, str]:
    """What the panel would send if nobody typed anything."""
    holder = edits.found(content, place)
    spoken = panel.languages(content)
    sent = {"at": edits.written(place), **{f"language-{n}": one for n, one in enumerate(spoken)}}
    for n, one in enumerate(spoken):
        for name in ("label", "help") if place else ("title", "help"):
            sent[f"{name}-{n}"] = panel.label_in(holder.get(name), one)
    if not place:
        return {**sent, "source": panel.shown(holder.get("source"))}
    sent |= {"key": panel.shown(holder.get("key")), "type": holder["type"]}
    for one in kinds.entries(holder, column=len(place) > 1):
        if one.way != "flag" or one.value:
            sent[one.name] = panel.shown(one.value).replace("\n", "")
    for number, part in enumerate(edits.parts(holder)):
        for name in ("value", "key", "type"):
            if name in part:
                sent[f"row-{number}-{name}"] = panel.shown(part[name])
        for n, one in enumerate(spoken):
            sent[f"row-{number}-label-{n}"] = panel.label_in(part.get("label"), one)
    if holder["type"] == "choice":
        sourced = isinstance(holder["values"], dict)
        sent["values_from"] = "source" if sourced else "fixed"
        sent["values_source"] = holder["values"]["source"] if sourced else ""
    return sent


def typed(content: dict, place: edits.Place, **changes: str | None) -> dict:
    """The content after a person changed some inputs; None unticks a box."""
    sent = shown(content, place) | {k.replace("__", "-"): v for k, v in changes.items()}
    return panel.write(content, place, {k: v for k, v in sent.items() if v is not None}, SOURCES)


def test_the_builder_knows_every_kind_entry_and_rule_that_the_deploy_check_knows():
    assert set(kinds.USUAL) == forms_check.FIELDS | forms_check.SHOWN
    assert kinds.RULES == forms_check.RULES
    for kind, entries in kinds.USUAL.items():
        known = forms_check.ENTRIES[kind] | forms_check.RULES
        assert set(entries) <= known, kind


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_sent_as_it_was_shown_stays_as_it_was(path):
    content = json.loads(path.read_text(encoding="utf-8"))

    assert edits.readable(content)
    for place in [(), *dict(edits.places(content))]:
        assert panel.write(content, place, shown(content, place), SOURCES) == content, place


@pytest.mark.parametrize("kind", kinds.USUAL)
def test_a_new_component_of_each_kind_can_be_deployed_as_it_is(kind):
    content, at = edits.add(form(), kinds.blank(kind, label("New"), label("Inside")), ())

    assert at == (0,)
    assert list(forms_check.problems_in(content)) == []


@pytest.mark.parametrize("after", kinds.USUAL)
@pytest.mark.parametrize("before", kinds.USUAL)
def test_a_component_of_each_kind_can_become_one_of_each_other(before, after):
    content, _at = edits.add(form(field(after)), kinds.blank(before, label("New"), label("Inside")), (0,))

    turned = typed(content, (1,), type=after, required="true", min="1")

    assert turned["components"][1]["type"] == after
    if before != after:
        assert list(forms_check.problems_in(turned)) == []


def test_components_and_columns_are_added_after_the_chosen_one_with_a_key_of_their_own():
    content, at = edits.add(TABLE, field("a"), (0,))
    assert (keys(content)[:2], at) == (["0 a", "1 a_2"], (1,))
    content, at = edits.add(TABLE, field("x"), (1, 0))
    assert (keys(content)[2:5], at) == (["1.0 x", "1.1 x_2", "1.2 y"], (1, 1))
    assert keys(TABLE) == ["0 a", "1 t", "1.0 x", "1.1 y", "2 b"]


def test_components_and_columns_move_within_their_list_and_no_further():
    content, at = edits.move(TABLE, (2,), 0)
    assert (keys(content), at) == (["0 b", "1 a", "2 t", "2.0 x", "2.1 y"], (0,))
    content, at = edits.move(TABLE, (1, 0), 9)
    assert (keys(content)[2:4], at) == (["1.0 y", "1.1 x"], (1, 1))


def test_what_is_taken_out_leaves_the_choice_on_its_neighbour():
    assert [edits.remove(TABLE, place)[1] for place in [(0,), (2,), (1, 1)]] == [(0,), (1,), (1, 0)]
    alone, at = edits.remove(form(field("a")), (0,))
    assert (alone["components"], at) == ([], ())


def test_a_copy_stands_after_its_original():
    content, at = edits.copy(TABLE, (1,))

    assert (content["components"][2]["key"], at) == ("t_2", (2,))
    assert content["components"][2]["columns"] == TABLE["components"][1]["columns"]


def test_options_are_added_moved_and_taken_out():
    content = form(field("c", "choice", values=[{"value": "1", "label": label("one")}]))
    content = edits.add_part(content, (0,), {"value": "1", "label": label("two")})
    content = edits.move_part(content, (0,), 1, 0)

    assert [one["value"] for one in edits.parts(content["components"][0])] == ["1_2", "1"]
    assert edits.parts(edits.remove_part(content, (0,), 0)["components"][0])[0]["value"] == "1"


def test_only_what_was_typed_changes_and_entries_nobody_knows_stay():
    odd = field("n", "number", validate={"min": 0.5, "odd": [1]}, own={"deep": [1, {"a": None}]})
    content = form(odd, field("b"), own=1)

    made = typed(content, (0,), max="10", unit="kg", label__0="數量")

    assert made["components"][0] == {
        **odd,
        "label": {"en": "n", "zh_Hant": "數量"},
        "validate": {"min": 0.5, "odd": [1], "max": 10},
        "unit": "kg",
    }
    assert {**made, "components": []} == {**content, "components": []}
    assert made["components"][1] is not content["components"][1] and made["components"][1] == field("b")


@pytest.mark.parametrize(
    ("text", "kept"),
    [("3", 3), ("0.1", 0.1), ("-2.50", -2.5), ("today()", "today()"), ("1e-9", "1e-9"), ("NaN", "NaN")],
)
def test_a_limit_is_a_number_where_it_is_one_else_an_expression(text, kept):
    made = typed(form(field("n", "number")), (0,), min=text)

    assert made["components"][0]["validate"] == {"min": kept}
    assert typed(made, (0,), min="")["components"][0] == field("n", "number")


def test_a_box_ticked_and_unticked_leaves_nothing_behind():
    ticked = typed(form(field("a")), (0,), required="true", readonly="true")
    assert ticked["components"][0] == field("a", validate={"required": True}, readonly=True)
    assert typed(ticked, (0,), required=None, readonly=None) == form(field("a"))


def test_a_label_speaks_as_many_languages_as_the_form_does():
    content = form(field("a"), title=label("Form") | {"ja": "計画"})

    assert panel.languages(content) == ["zh_Hant", "en", "ja"]
    assert typed(content, (0,), label__2="品目")["components"][0]["label"] == label("a") | {"ja": "品目"}
    assert typed(content, (), title__2="")["title"] == label("Form")


def test_another_source_keeps_the_arguments_it_knows():
    content = form(field("a"), source="planning.plan_review", source_parameters={"plan_id": "1", "old": "2"})
    sent = {"parameter__0__name": "plan_id", "parameter__0__value": "plan.id"}

    assert typed(content, (), **sent)["source_parameters"] == {"plan_id": "plan.id", "old": "2"}
    other = typed(content, (), **sent, source="masterdata.items")
    assert "source_parameters" not in other and other["source"] == "masterdata.items"
    assert "source" not in typed(content, (), source="")


def test_a_choice_takes_its_options_from_a_source_or_holds_them():
    content = form(field("c", "choice", values=[{"value": "1", "label": label("one")}]))
    sourced = typed(content, (0,), values_from="source", values_source="masterdata.items")
    assert sourced["components"][0]["values"] == {"source": "masterdata.items"}
    assert typed(sourced, (0,), values_from="fixed")["components"][0]["values"] == []


@pytest.mark.parametrize(
    ("element", "place"),
    [
        ("a", (0,)),
        ("t", (1,)),
        ("t.y", (1, 1)),
        ("t.columns[0]", (1,)),
        ("components[2]", (2,)),
        ("title", ()),
    ],
)
def test_a_problem_is_led_to_the_component_it_is_about(element, place):
    content = form(field("a"), field("t", "lines", columns=[field("x"), field("y")]), {"type": "facts"})

    assert edits.place_of(content, element) == place


def test_what_cannot_be_taken_apart_is_left_to_the_text():
    broken = [
        [],
        {"components": {}},
        form("a"),
        form(field("t", "lines", columns=["x"])),
        form({"type": "facts", "items": 1}),
        form(own=json.loads("[" * 30 + "]" * 30)),
    ]

    assert [edits.readable(one) for one in broken] == [False] * len(broken)


def test_a_sample_holds_what_the_forms_expressions_ask_for():
    content = form(
        field("n", "number", unit="source.unit", default="source.quantity", visible="order.urgent"),
        field("d", "date", validate={"min": "data.begun"}),
        {"type": "table", "rows": "parts", "columns": [{"key": "item"}, {"key": "price", "type": "number"}]},
        field("b", visible="n and decision == 'order' and len(source.late) > 0"),
    )

    made = sample.sample(content, date(2026, 4, 1))

    assert made["data"] == {"begun": "2026-04-01", "decision": "order", "order": {"urgent": True}}
    assert made["source"]["unit"] == "pc" and made["source"]["quantity"] == "10"
    assert [row["price"] for row in made["source"]["parts"]] == ["10", "20"]


def test_whatever_a_form_holds_its_parts_can_be_told():
    """Anything anywhere replaced: the builder takes the form apart or leaves it to the text, and never fails."""
    chance = random.Random(7)
    for path in FORMS:
        content = json.loads(path.read_text(encoding="utf-8"))
        for _round in range(10):
            _spoil(content, chance)
            if edits.readable(content):
                sample.sample(content, date(2026, 4, 1))
                for place, one in edits.places(content):
                    list(kinds.entries(one, column=len(place) > 1))
                    assert edits.found(content, edits.read_place(edits.written(place))) is one
                for element, _message in forms_check.problems_in(content):
                    edits.place_of(content, element)


def _spoil(content: Any, chance: random.Random) -> None:
    """Replace something somewhere in a content."""
    while True:
        places = list(content) if isinstance(content, dict) else range(len(content))
        where = chance.choice(list(places))
        inner = content[where]
        if not isinstance(inner, dict | list) or not inner or chance.random() < 0.2:
            content[where] = chance.choice([None, 1, -1.5, "", "x y", True, [], {}, [1], {"a": []}, "number"])
            return
        content = inner
