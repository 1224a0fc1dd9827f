"""Where a customer order stands in the eight steps: a few columns of its cases, whatever their number."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, select

from app.core import clock
from app.core.db import db
from app.core.web import STEPS
from app.workflow.models import HumanTask, InstanceStatus, ProcessInstance, StepHistory


def order_cases(order_id: int) -> Sequence[Row]:
    """The ``id process status`` of every process that runs or ran for a customer order, and no more."""
    query = select(ProcessInstance.id, ProcessInstance.process, ProcessInstance.status)
    query = query.where(ProcessInstance.customer_order_id == order_id).order_by(ProcessInstance.id)
    return db.session.execute(query).all()


def passed_steps(*instance_ids: int) -> Sequence[Row]:
    """The ``instance_id step left_at`` of what some cases passed that belongs to one of the eight steps."""
    query = select(StepHistory.instance_id, StepHistory.step, StepHistory.left_at)
    query = query.where(StepHistory.instance_id.in_(instance_ids), StepHistory.step.is_not(None))
    return db.session.execute(query).all()


def _runs_in(area: str, case: ProcessInstance | Row) -> bool:
    """Whether a document's own process of a step's area has not ended."""
    return case.process.partition(".")[0] == area and case.status in (
        InstanceStatus.RUNNING,
        InstanceStatus.INCIDENT,
    )


def main_cases(instances: Sequence[ProcessInstance | Row]) -> set[int]:
    """The cases of the process that leads an order through the eight steps."""
    return {one.id for one in instances if one.process.startswith("main.")}


def step_states(
    instances: Sequence[ProcessInstance | Row],
    rows: Sequence[StepHistory | Row],
    tasks: Sequence[HumanTask],
) -> dict:
    """Where each of the eight steps stands for an order: done, under way, current, late or to come.

    A step whose documents are still under way is not done, though the order itself went on.

    Args:
        instances: the order's, or the ``order_cases`` of it.
        rows: the history of its main case, or the ``passed_steps`` of it.
        tasks: the open ones.
    """
    main = main_cases(instances)
    states: dict[int, str] = {}
    for row in rows:
        if row.step and row.instance_id in main:
            state = "done" if row.left_at else "current"
            states[row.step] = "current" if "current" in (state, states.get(row.step)) else "done"
    for step in STEPS:
        if states.get(step.number) == "done" and any(_runs_in(step.area, one) for one in instances):
            states[step.number] = "open"
    for task in tasks:
        if task.step:
            late = task.due_at is not None and task.due_at < clock.now()
            known = states.get(task.step)
            states[task.step] = (
                "late" if late or known == "late" else "current" if known == "current" else "open"
            )
    return states
