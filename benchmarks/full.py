"""A database after years: a hundred thousand open tasks, a million closed cases, the documents they are about.

The demo factory's people do both orders over HTTP. Each case is kept as it stood when a task of it waited; these
and the closed ones are then copied by the database. What differs from copy to copy: document and number, order,
times, owner and whether it is late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, case, cast, func, insert, literal, null, select
from sqlalchemy.types import JSON, String

from app.accounts import services as accounts
from app.accounts.models import User
from app.core import clock
from app.core.db import db
from app.core.permissions import ROLES
from app.demo.loader import PASSWORD
from app.workflow.models import HumanTask, InstanceStatus, ProcessInstance, StepHistory, TaskStatus
from benchmarks.filling import copy, copy_documents, later, named
from benchmarks.web import People

EVERYBODY = "everybody"
"""Who holds every role: each open task is theirs to do."""
CLOSED = {
    "logistics.put_away": (55, "lot", "L-"),
    "quality.inspection": (25, "inspection", "IQ-"),
    "purchasing.inspect_receipt": (19, "receipt_line", None),
    "purchasing.purchase": (1, "requisition", "PR-"),
}
"""Of a hundred closed cases how many are of which process, and what documents they are about."""
CASES_OF_AN_ORDER = 20
DAY = 86_400


@dataclass
class Keepers(People):
    """The people of the demo factory; each case is kept as it stood before a task of it was done."""

    kept: dict[tuple[str, str], dict[type, list[Mapping[str, Any]]]] = field(default_factory=dict)

    def complete(self, task_id: int, login: str, fill: Any = None) -> Any:
        """Keep the case, then complete the task."""
        task = db.session.get_one(HumanTask, task_id)
        if (place := (task.process, task.element)) not in self.kept:
            own = {ProcessInstance: ProcessInstance.id, StepHistory: StepHistory.instance_id}
            found = {model: _rows(model, column == task.instance_id) for model, column in own.items()}
            self.kept[place] = found | {HumanTask: _rows(HumanTask, HumanTask.id == task_id)}
        db.session.rollback()
        return super().complete(task_id, login, fill)


def _rows(model: Any, condition: ColumnElement[bool]) -> list[Mapping[str, Any]]:
    """Rows as they stand, without the ids that the database gives."""
    columns = [one for one in model.__table__.columns if one.key != "id"]
    return [dict(row._mapping) for row in db.session.execute(select(*columns).where(condition))]


def fill(people: Keepers, open_tasks: int, closed_cases: int) -> None:
    """Fill the database in which these people have done the demo's orders."""
    accounts.create_user(EVERYBODY, {"en": "Everybody"}, set(ROLES), PASSWORD, language="en")
    db.session.commit()
    orders = copy_documents("customer_order", 1, max(closed_cases // CASES_OF_AN_ORDER, 1), "SO-")
    _closed(closed_cases, orders)
    _open(people, open_tasks, orders)


def _closed(count: int, orders: range) -> None:
    """Copy closed cases, the later the higher their number."""
    for process, (percent, kind, prefix) in CLOSED.items():
        share = max(count * percent // 100, 1)
        model = db.session.scalars(
            select(ProcessInstance)
            .where(ProcessInstance.process == process, ProcessInstance.status == InstanceStatus.COMPLETED)
            .order_by(ProcessInstance.id)
        ).first()
        if model is None:
            raise RuntimeError(f"No case of {process} was completed.")
        document = int(model.business_key.partition(":")[2])
        base = copy_documents(kind, document, share, prefix).start if prefix else 1_000
        db.session.rollback()

        def changes(n: ColumnElement[int], kind: str = kind, base: int = base, share: int = share) -> Any:
            ago = n * (900 * DAY // share) - 900 * DAY
            own = {
                "business_key": named(f"{kind}:", base + n),
                "customer_order_id": orders.start + n % len(orders),
            }
            own |= _moved(ProcessInstance, ("started_at", "ended_at"), ago)
            done = _moved(HumanTask, ("created_at", "completed_at", "due_at"), ago)
            passed = _moved(StepHistory, ("entered_at", "left_at"), ago)
            return {ProcessInstance: own, HumanTask: done, StepHistory: passed}

        copy(model.id, share, changes)


def _moved(model: Any, names: tuple[str, ...], seconds: ColumnElement[int]) -> dict[str, Any]:
    """Moments of a table as much later as a copy is."""
    return {name: later(model.__table__.c[name], seconds) for name in names}


def _open(people: Keepers, count: int, orders: range) -> None:
    """Copy the kept cases, each with its open task."""
    share, rest = divmod(count, len(people.kept))
    owner = db.session.scalars(select(User).order_by(User.id)).first()
    for place, tables in enumerate(people.kept.values()):
        model = _put(tables)
        now = clock.now()

        def changes(n: ColumnElement[int], place: int = place, now: Any = now) -> Any:
            order = orders.start + (n * 7 + place) % len(orders)
            words = literal('{"en": "SO-').concat(cast(order - orders.start, String)).concat(literal('"}'))
            taken = {
                "owner_id": case((n % 10 == 3, owner.id), else_=null()),
                "owner_name": case((n % 10 == 3, owner.login), else_=null()),
            }
            number = literal("SO-").concat(cast(order - orders.start, String))
            told = {
                "numbers": number,
                "summaries": cast(words, JSON) if db.engine.dialect.name != "sqlite" else words,
            }
            due = {"due_at": later(literal(now, HumanTask.due_at.type), (n % 60 - 20) * DAY)}
            return {
                ProcessInstance: {"customer_order_id": order},
                HumanTask: told | due | taken,
            }

        copy(model, share + (place < rest) - 1, changes)


def _put(tables: Mapping[type, list[Mapping[str, Any]]]) -> int:
    """Insert a case as it was kept; returns its id."""
    added = db.session.execute(
        insert(ProcessInstance.__table__).values(tables[ProcessInstance][0])
    ).inserted_primary_key[0]
    for model in (HumanTask, StepHistory):
        if tables[model]:
            rows = [dict(row) | {"instance_id": added} for row in tables[model]]
            db.session.execute(insert(model.__table__), rows)
    db.session.commit()
    return added


def open_count() -> int:
    """How many tasks are open."""
    return db.session.scalar(select(func.count()).where(HumanTask.status == TaskStatus.OPEN)) or 0
