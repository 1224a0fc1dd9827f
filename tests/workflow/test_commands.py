"""The commands of those who keep the diagrams."""

from __future__ import annotations

import re

import pytest

from app.core.db import db
from app.workflow import definitions
from app.workflow.drawing.layout import arrange_file
from app.workflow.models import ProcessDefinition
from tests.workflow.diagrams import flows, lanes, process, user


@pytest.fixture
def run(app):
    """Run a command; returns its result."""
    return lambda *words: app.test_cli_runner().invoke(args=[str(word) for word in words])


def diagram(*parts):
    """A diagram of one planner's task."""
    body = parts or (user("look"), flows("start -> look -> end"))
    return process("test.one", lanes(planner="look"), *body)


def test_check_says_that_what_is_shipped_can_be_deployed(run):
    result = run("check", "bpmn/inventory/transfer.bpmn")

    assert result.exit_code == 0, result.output
    assert "inventory.transfer: 2 of 2 test cases passed" in result.output
    assert "All definitions can be deployed." in result.output


def test_deploy_takes_the_files_once(run, monkeypatch, tmp_path):
    source = tmp_path / "bpmn" / "test" / "one.bpmn"
    source.parent.mkdir(parents=True)
    source.write_bytes(process("test.one", flows("start -> end")))
    files = definitions.files_in
    monkeypatch.setattr(definitions, "files_in", lambda root=tmp_path: files(root))

    first, second = run("deploy"), run("deploy")

    assert "bpmn test.one v1" in first.output
    assert "0 deployed" in second.output


def test_deploy_names_what_it_refuses_and_takes_nothing(run, monkeypatch, tmp_path):
    source = tmp_path / "bpmn" / "test" / "one.bpmn"
    source.parent.mkdir(parents=True)
    source.write_bytes(process("test.one", user("look", form="test/none"), flows("start -> look -> end")))
    files = definitions.files_in
    monkeypatch.setattr(definitions, "files_in", lambda root=tmp_path: files(root))

    result = run("deploy")

    assert result.exit_code == 1
    assert "bpmn/test/one.bpmn: look:" in result.output
    assert db.session.query(ProcessDefinition).count() == 0


def test_export_writes_what_was_deployed_and_only_what_differs(world, run, tmp_path):
    world.deploy(diagram())

    first, second = run("export", tmp_path), run("export", tmp_path)

    assert (tmp_path / "bpmn/test/one.bpmn").read_bytes() == diagram()
    assert "2 written" in first.output
    assert "0 written" in second.output


def test_export_writes_nowhere_else(world, run, tmp_path):
    world.deploy(diagram())
    db.session.query(ProcessDefinition).update({"file": "bpmn/../../out.bpmn"})
    db.session.commit()

    result = run("export", tmp_path)

    assert result.exit_code == 1
    assert not (tmp_path.parent / "out.bpmn").exists()


def test_a_drawn_diagram_shows_every_node_once_and_stays_as_it_is(run, tmp_path):
    source = tmp_path / "one.bpmn"
    source.write_bytes(diagram())

    assert "drawn" in run("arrange", source).output
    drawn = source.read_text()
    assert "has a drawing already" in run("arrange", source).output

    assert source.read_text() == drawn
    for element in ("start", "look", "end", "start_to_look", "look_to_end"):
        assert drawn.count(f'bpmnElement="{element}"') == 1


def test_nodes_of_a_drawing_do_not_overlap(tmp_path):
    from lxml import etree

    source = tmp_path / "one.bpmn"
    source.write_bytes(definitions.files_in()["bpmn/main/order_to_cost.bpmn"])
    arrange_file(source, again=True)

    shapes = [
        (shape.get("bpmnElement"), shape[0])
        for shape in etree.parse(source).iter("{*}BPMNShape")
        if "lane" not in shape.get("bpmnElement", "").lower()
    ]
    boxes = [
        (name, *(float(bounds.get(key)) for key in ("x", "y", "width", "height"))) for name, bounds in shapes
    ]
    overlapping = [
        (one, other)
        for number, (one, x, y, width, height) in enumerate(boxes)
        for other, left, top, wide, high in boxes[number + 1 :]
        if x < left + wide and left < x + width and y < top + high and top < y + height
    ]
    assert len(boxes) > 10
    assert overlapping == []


def test_operators_lists_each_with_its_parameters_and_meaning(run):
    from app.planning.services import run_mrp

    output = run("operators").output

    assert "planning.run_mrp(" in output
    assert (run_mrp.__doc__ or "").splitlines()[0] in output


def test_the_page_for_designers_names_what_may_be_drawn_and_said():
    from app.core.expressions import FUNCTIONS
    from app.workflow.drawing.diagram_check import NODES
    from app.workflow.drawing.event_check import HANDLED, POSITIONS
    from app.workflow.drawing.node_check import PROPERTIES

    page = (definitions.ROOT / "docs/processes.md").read_text()
    words = set(re.findall(r"`([^`]+)`", page))

    assert words >= NODES
    assert words >= PROPERTIES
    assert words >= HANDLED | {kind for kinds in POSITIONS.values() for kind in kinds}
    assert " ".join(FUNCTIONS) in page


def test_check_and_deploy_speak_the_language_of_the_terminal(run, monkeypatch, tmp_path):
    source = tmp_path / "forms" / "test" / "one.json"
    source.parent.mkdir(parents=True)
    source.write_text('{"title": {"en": "One"}}')
    files = definitions.files_in
    monkeypatch.setattr(definitions, "files_in", lambda root=tmp_path: files(tmp_path))
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)

    monkeypatch.setenv("LANG", "zh_TW.UTF-8")
    chinese = run("check"), run("deploy")
    monkeypatch.setenv("LANG", "C.UTF-8")
    english = run("check"), run("deploy")

    assert {one.exit_code for one in (*chinese, *english)} == {1}
    assert all("zh_Hant 的標題未填。" in one.output for one in chinese)
    assert all("The title is missing in zh_Hant." in one.output for one in english)
    assert "2 個問題" in chinese[0].output
    assert "2 problems" in english[0].output
