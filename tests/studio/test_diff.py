"""What differs is told element by element; layout and formatting do not count."""

from __future__ import annotations

import json

from app.studio.diff import Difference, differences
from tests.workflow.diagrams import flows, lanes, node, process, script, service, table, timer, user

FILE = "bpmn/test/one.bpmn"


def told(before: bytes, after: bytes, file: str = FILE) -> list[Difference]:
    return differences(file, before.decode(), after.decode())


def test_a_diagram_without_its_drawing_is_the_same_diagram():
    source = process("test.one", script("x", "a = 1"), flows("start -> x -> end"))
    drawn = source.replace(b"</bpmn:definitions>", b'<di:x xmlns:di="http://d"/></bpmn:definitions>')

    assert told(source, drawn.replace(b"><bpmn:", b">\n  <bpmn:")) == []


def test_each_changed_property_is_told_before_and_after():
    before = process(
        "test.one",
        lanes(planner="look", buyer="other"),
        user("look", summary="a"),
        user("other"),
        service("call", "test.echo", "r", value="1"),
        node("exclusiveGateway", "x", default="x_to_end"),
        flows("start -> look -> call -> x -> end\nx -> other if a > 1\nother -> end"),
    )
    after = (
        before.replace(b"look other", b"")
        .replace(b'name="summary" value="a"', b'name="summary" value="b"')
        .replace(b'id="value" type="str" value="1"', b'id="value" type="str" value="2"')
        .replace(b"a &gt; 1", b"a &gt; 2")
        .replace(b'name="look"', b'name="Look"')
    )

    assert told(before, after) == [
        Difference("call", "call", "changed", "parameter value", "1", "2"),
        Difference("look", "Look", "changed", "name", "look", "Look"),
        Difference("look", "Look", "changed", "summary", "a", "b"),
        Difference("x_to_other", "", "changed", "conditionExpression", "a > 1", "a > 2"),
    ]


def test_what_an_editor_writes_otherwise_and_means_the_same_does_not_differ():
    border = node("boundaryEvent", "late", timer("P1D"), attachedToRef="look", cancelActivity="true")
    drawn = (lanes(planner="look", system="late"), user("look"), border, flows("start -> look -> end"))
    before = process("test.one", *drawn)
    after = before.replace(b' cancelActivity="true"', b"").replace(
        b"<bpmn:flowNodeRef>late</bpmn:flowNodeRef>", b""
    )

    assert after != before
    assert told(before, after) == []
    assert [one.after for one in told(before, before.replace(b'Activity="true"', b'Activity="false"'))] == [
        "false"
    ]


def test_what_is_new_or_gone_is_told_once():
    before = process("test.one", script("x", "a = 1"), flows("start -> x -> end"))
    after = process("test.one", script("y", "a = 1"), flows("start -> y -> end"))

    assert [(one.element, one.what) for one in told(before, after)] == [
        ("start_to_x", "removed"),
        ("start_to_y", "added"),
        ("x", "removed"),
        ("x_to_end", "removed"),
        ("y", "added"),
        ("y_to_end", "added"),
    ]


def test_a_decision_is_compared_cell_by_cell():
    before = table("test.t", [(["< 5"], ["1"])], ["a"], ["y"])
    after = table("test.t", [(["< 7"], ["1"]), ([">= 7"], ["2"])], ["a"], ["y"])

    assert told(before, after, "bpmn/test/t.dmn") == [
        Difference("rule0", "", "changed", "inputEntry 1", "< 5", "< 7"),
        Difference("rule1", "", "added"),
    ]


def test_a_form_is_compared_component_by_component():
    before = {
        "title": {"en": "A"},
        "components": [{"key": "ok", "type": "checkbox"}, {"key": "no", "type": "text"}],
    }
    after = {"title": {"en": "B"}, "components": [{"key": "ok", "type": "text"}]}

    found = differences("forms/a/b.json", json.dumps(before), json.dumps(after))

    assert [(one.element, one.what, one.property) for one in found] == [
        ("form", "changed", "title"),
        ("no", "removed", ""),
        ("ok", "changed", "kind"),
        ("ok", "changed", "type"),
    ]


def test_a_new_file_is_all_added():
    source = process("test.one", script("x", "a = 1"), flows("start -> x -> end")).decode()

    assert {one.what for one in differences(FILE, None, source)} == {"added"}
