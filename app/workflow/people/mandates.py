"""Which tasks are within what a deputy may do for whom they stand in for."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, true

from app.core.actors import Actor, Mandate
from app.workflow.models import HumanTask


def covers(task: HumanTask, actor: Actor) -> bool:
    """Whether a task is within an actor's mandates; it always is for whoever acts without limits."""
    return actor.covers(task.process, about_money=task.about_money, amount=task.amount)


def covered(actor: Actor) -> ColumnElement[bool]:
    """The same as a condition of a query."""
    if not actor.mandates:
        return true()
    return or_(*(_within(one) for one in actor.mandates))


def _within(mandate: Mandate) -> ColumnElement[bool]:
    process = HumanTask.process.in_(sorted(mandate.processes)) if mandate.processes else true()
    if mandate.limit is None:
        return process
    # an amount nobody knows compares to nothing: the task is not within the limit
    return and_(process, or_(HumanTask.about_money.is_(False), HumanTask.amount <= mandate.limit))
