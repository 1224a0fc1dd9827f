"""Every shipped process goes to a longer copy of itself, wherever the demo's cases stand, and goes on from there."""

from __future__ import annotations

from collections import Counter
from typing import Any

import lxml.html
import pytest
from lxml import etree
from sqlalchemy import func, select

from app.core.db import db
from app.sales.models import CustomerOrder, OrderStatus
from app.workflow import definitions
from app.workflow.drawing.diagram import BPMN
from app.workflow.models import InstanceStatus, ProcessInstance
from app.workflow.moving import migration, moves
from app.workflow.moving.migration_models import CaseStatus, MigrationCase
from app.workflow.spiff.engine import Spec
from tests.scenarios.answers import SMOOTH
from tests.scenarios.driver import Factory
from tests.workflow.logs import kept, the_logs_fit

MIDWAY = 45
EVERY = 3


def longer(source: bytes) -> bytes:
    """The diagram with a script task behind every start and before every end, in all its subprocesses."""
    root = etree.fromstring(source)
    process = root.find(f"{BPMN}process")
    lanes = {ref.text.strip(): ref.getparent() for ref in process.iter(f"{BPMN}flowNodeRef")}
    ends = {node.get("id") for node in process.iter(f"{BPMN}endEvent", f"{BPMN}startEvent")}
    for number, flow in enumerate(list(process.iter(f"{BPMN}sequenceFlow"))):
        source_id, target_id = flow.get("sourceRef"), flow.get("targetRef")
        if not {source_id, target_id} & ends:
            continue
        task = etree.SubElement(flow.getparent(), f"{BPMN}scriptTask", id=f"noted_{number}", name="Note")
        etree.SubElement(task, f"{BPMN}script").text = f"noted_{number} = 1"
        onward = etree.SubElement(flow.getparent(), f"{BPMN}sequenceFlow", id=f"onward_{number}")
        onward.set("sourceRef", task.get("id"))
        onward.set("targetRef", target_id)
        flow.set("targetRef", task.get("id"))
        lane = lanes.get(source_id, lanes.get(target_id))
        if lane is not None:
            etree.SubElement(lane, f"{BPMN}flowNodeRef").text = task.get("id")
    for drawing in root.findall("{http://www.omg.org/spec/BPMN/20100524/DI}BPMNDiagram"):
        root.remove(drawing)
    return etree.tostring(root)


def longer_files() -> dict[str, bytes]:
    """All shipped files, the diagrams longer."""
    files = definitions.files_in()
    return {path: longer(content) if path.endswith(".bpmn") else content for path, content in files.items()}


def longer_specs() -> dict[str, Spec]:
    """The engine's specs of the longer diagrams."""
    bundle = definitions.check_files(longer_files())
    assert bundle.problems == []
    return {key: Spec(definitions._spec(bundle, key)) for key in bundle.diagrams}


def running() -> list[ProcessInstance]:
    """The cases under way."""
    query = select(ProcessInstance).where(ProcessInstance.status.in_(migration.RUNNING))
    return list(db.session.scalars(query))


def test_every_state_the_cases_stand_in_can_go_to_a_longer_copy(factory: Factory, monkeypatch) -> None:
    specs, tried, refused = longer_specs(), Counter(), []
    seen: set[tuple[str, Any]] = set()
    attempt = Factory.attempt

    def look(self: Factory, row: tuple, answers: Any) -> Any:
        for case in running() if len(self.done) % EVERY == 0 else []:
            state = db.session.scalar(select(ProcessInstance.state).where(ProcessInstance.id == case.id))
            if (case.process, state) in seen:
                continue
            seen.add((case.process, state))
            try:
                moves.moved(state, definitions.spec_of(case.definition), specs[case.process], ())
                tried[case.process] += 1
            except moves.CannotMove as refusal:
                refused.append((case.process, refusal.code, refusal.names))
        db.session.rollback()
        return attempt(self, row, answers)

    monkeypatch.setattr(Factory, "attempt", look)
    factory.run(SMOOTH)

    assert refused == []
    assert sum(tried.values()) > 40
    assert len(tried) >= 6


def test_all_cases_are_moved_midway_and_both_orders_are_delivered_and_costed(factory: Factory) -> None:
    with pytest.raises(AssertionError, match="still open"):
        factory.run(SMOOTH, limit=MIDWAY)
    db.session.rollback()
    moved = {case.process for case in running()}
    definitions.deploy(longer_files())
    db.session.commit()
    designer = factory.browser("tseng")
    for key in sorted(moved):
        address = f"/operations/versions/{definitions.active(key).id}"
        page = lxml.html.fromstring(designer.get(f"{address}?dry=1").text)
        assert page.xpath("//input[@name='instances']")
        assert designer.post(address, data={"_all": "1", "reason": "A step more."}).status_code == 302

    results = Counter(db.session.scalars(select(MigrationCase.status)))
    assert set(results) == {CaseStatus.MOVED}
    factory.run(SMOOTH)

    assert set(db.session.scalars(select(CustomerOrder.status))) == {OrderStatus.CLOSED}
    assert set(db.session.scalars(select(ProcessInstance.status))) == {InstanceStatus.COMPLETED}
    cases = db.session.scalars(select(ProcessInstance).where(ProcessInstance.process.in_(moved)))
    noted = {case.process for case in cases if any(name.startswith("noted_") for name in case.data)}
    assert noted == moved
    the_logs_fit()
    kept("half of the cases moved to a new version")
    assert db.session.scalar(select(func.count(MigrationCase.id))) == sum(results.values())
