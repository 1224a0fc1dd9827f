"""The approval chain of a task's case: its levels, who may, who is excluded and why, which decision row fired."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.accounts.models import User, UserRole
from app.accounts.queries import names
from app.core.db import db
from app.core.i18n import localized
from app.core.record_fields import field_values
from app.workflow import definitions
from app.workflow.decision import columns
from app.workflow.models import (
    DefinitionKind,
    HumanTask,
    ProcessDefinition,
    ProcessInstance,
    StepHistory,
    TaskStatus,
)
from app.workflow.people import pages, separation
from app.workflow.people.verbs import candidates

PERSONS = ("userTask", "manualTask")


@dataclass
class Level:
    """One task of a person in the process, and where it stands in this case."""

    name: str
    role: str
    state: str
    this: bool = False
    done_by: str = ""
    done_for: str = ""
    done_at: datetime | None = None
    may: list[str] = field(default_factory=list)
    excluded: list[tuple[str, str]] = field(default_factory=list)
    separate: list[str] = field(default_factory=list)


def levels(task: HumanTask) -> list[Level]:
    """The tasks of persons in the task's process in the diagram's order."""
    instance = db.session.get_one(ProcessInstance, task.instance_id)
    nodes = _nodes(instance, task.process)
    query = select(HumanTask).where(
        HumanTask.instance_id == task.instance_id, HumanTask.process == task.process
    )
    rows: dict[str, HumanTask] = {
        one.element: one for one in db.session.scalars(query.order_by(HumanTask.id))
    }
    return [_level(element, node, nodes, rows, task) for element, node in nodes.items()]


def _nodes(instance: ProcessInstance, process: str) -> dict[str, dict]:
    """The tasks of persons of a process, as the case's definition has them."""
    spec = definitions.spec_of(instance.definition)
    return {
        element: node
        for scope in spec.elements.values()
        for element, node in scope.items()
        if node["kind"] in PERSONS and node["process"] == process
    }


def _level(
    element: str, node: dict, nodes: dict[str, dict], rows: dict[str, HumanTask], task: HumanTask
) -> Level:
    row = rows.get(element)
    elements = [one.strip() for one in node["properties"].get("separate_from", "").split(",") if one.strip()]
    made = Level(
        name=localized(node["names"], element),
        role=pages.role_name(row.role if row is not None else node["role"]),
        state=_state(row),
        this=element == task.element,
        separate=[localized(nodes[one]["names"], one) for one in elements if one in nodes],
    )
    if row is not None and row.status == TaskStatus.COMPLETED:
        made.done_by, made.done_at = row.completed_by_name or "", row.completed_at
        made.done_for = names().get(row.on_behalf_of_id or 0, "")
        return made
    if row is not None and row.status == TaskStatus.OPEN:
        made.may = [one.name for one in candidates(row)]
    else:
        out = separation.barred(task.instance_id, task.process, elements)
        made.may = [one.name for one in _holders(node["role"] or "") if one.id not in out]
    for one in elements:
        other = rows.get(one)
        if other is not None and other.status == TaskStatus.COMPLETED and one in nodes:
            why = localized(nodes[one]["names"], one)
            made.excluded.append((other.completed_by_name or "–", why))
    return made


def _state(row: HumanTask | None) -> str:
    if row is None:
        return "later"
    return {"completed": "done", "open": "open"}.get(row.status.value, "cancelled")


def _holders(role: str) -> list[User]:
    """The active people of a role."""
    held = select(UserRole.user_id).where(UserRole.role == role)
    return list(
        db.session.scalars(
            select(User).where(User.active.is_(True), User.id.in_(held)).order_by(User.login).limit(100)
        )
    )


def decisions(instance_ids: list[int]) -> list[dict[str, Any]]:
    """The decisions taken in some cases: the inputs they saw and the rows that fired."""
    query = select(StepHistory).where(
        StepHistory.instance_id.in_(instance_ids), StepHistory.kind == "businessRuleTask"
    )
    found = db.session.scalars(query.order_by(StepHistory.id.desc()).limit(50))
    taken = [one for one in found if one.decision]
    keys = {one.decision["decision"] for one in taken if one.decision}
    names = {
        one.key: one.name
        for one in db.session.scalars(
            select(ProcessDefinition).where(
                ProcessDefinition.kind == DefinitionKind.DMN, ProcessDefinition.key.in_(keys)
            )
        )
    }
    return [_decision(one, names) for one in taken]


def _decision(row: StepHistory, names: dict[str, str]) -> dict[str, Any]:
    record = row.decision or {}
    return {
        "name": names.get(record.get("decision", ""), row.name),
        "step": row.name,
        "at": row.left_at or row.entered_at,
        "rows": record.get("rows", []),
        "inputs": _pairs(record.get("inputs"), columns.labels(record.get("decision", ""))),
    }


def _pairs(values: dict[str, Any] | None, labels: dict[str, str]) -> list[tuple[str, str]]:
    """Inputs as names and values."""
    return list(field_values(values, labels).values())
