"""Which open tasks a filter of the inbox holds, in parts that a database reads off an index each.

One condition of all of them together would make it read every open task there is. The parts of a filter have no
task in common, so that they can be counted one after the other, and be sorted each for itself.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, not_, or_, select, union_all

from app.core import paging
from app.core.actors import Actor
from app.core.db import db
from app.workflow.models import HumanTask, ProcessInstance, TaskStatus
from app.workflow.people import mandates

TOUCHED = 2_000
"""Of how many cases, the latest a person started and the latest they worked on, others' tasks are shown."""

Part = ColumnElement[bool]


def parts(view: str, actor: Actor, now: datetime, *, by_role: bool = False) -> list[Part]:
    """The parts of a filter's tasks; to a deputy with limits only those within them.

    Args:
        by_role: a part for each role, so that an index can sort it.
    """
    found = _PARTS[view](_Reach(actor, now, by_role))
    return [and_(HumanTask.status == TaskStatus.OPEN, mandates.covered(actor), part) for part in found]


class _Reach:
    """What is a person's own, what their roles may take, and what they had to do with."""

    def __init__(self, actor: Actor, now: datetime, by_role: bool) -> None:
        self.holder, self.now = actor.holder_id, now
        self.names = sorted(actor.roles)
        role, owner, candidate = HumanTask.role, HumanTask.owner_id, HumanTask.candidate_id
        self.not_owned = or_(owner.is_(None), owner != self.holder)
        self.not_meant = or_(candidate.is_(None), candidate != self.holder)
        self.own = [owner == self.holder, and_(candidate == self.holder, self.not_owned)]
        self.roles = [role == name for name in self.names] if by_role else [role.in_(self.names)]
        self.nobody = and_(owner.is_(None), candidate.is_(None))
        self.free = [and_(one, self.nobody) for one in self.roles]
        self.any_own = or_(owner == self.holder, candidate == self.holder)
        self.any_free = and_(role.in_(self.names), self.nobody) if self.names else false()
        self.touched = HumanTask.instance_id.in_(_touched(actor))
        hidden = HumanTask.hidden_until
        self.shown = and_(HumanTask.asked_id.is_(None), or_(hidden.is_(None), hidden <= now))


def _touched(actor: Actor) -> Select:
    """The latest cases a person has started or done something in."""
    cases = HumanTask.__table__.alias("done")
    done = (
        select(cases.c.instance_id.label("id"))
        .where(cases.c.completed_by_id == actor.user_id)
        .order_by(cases.c.instance_id.desc())
        .limit(TOUCHED)
        .subquery()
    )
    started = (
        select(ProcessInstance.id)
        .where(ProcessInstance.started_by_id == actor.user_id)
        .order_by(ProcessInstance.id.desc())
        .limit(TOUCHED)
        .subquery()
    )
    return select(select(done.c.id).union(select(started.c.id)).subquery().c.id)


def _todo(reach: _Reach) -> list[Part]:
    return [and_(one, reach.shown) for one in (*reach.own, *reach.free)]


def _waiting(reach: _Reach) -> list[Part]:
    """Others' tasks of cases one had to do with, and one's own that wait for an answer."""
    theirs = and_(reach.touched, reach.not_owned, not_(reach.any_free))
    asked = HumanTask.asked_id.is_not(None)
    owned, meant = reach.own
    return [theirs, and_(owned, asked), and_(meant, asked, not_(reach.touched))]


def _all(reach: _Reach) -> list[Part]:
    others = and_(reach.not_owned, reach.not_meant)
    of_roles = [and_(one, others) for one in reach.roles]
    return [*reach.own, *of_roles, and_(reach.touched, others, HumanTask.role.not_in(reach.names))]


_PARTS = {
    "todo": _todo,
    "mine": lambda reach: [and_(one, reach.shown) for one in reach.own],
    "roles": lambda reach: [and_(one, reach.shown) for one in reach.free],
    "overdue": lambda reach: [and_(one, HumanTask.due_at < reach.now) for one in _todo(reach)],
    "asked": lambda reach: [HumanTask.asked_id == reach.holder],
    "escalated": lambda reach: [
        and_(HumanTask.escalated_to.is_not(None), HumanTask.escalated_to.in_(reach.names))
    ],
    "later": lambda reach: [and_(HumanTask.hidden_until > reach.now, or_(reach.any_own, reach.any_free))],
    "waiting": _waiting,
    "all": _all,
}


def count_of(found: list[Part]) -> Select[int]:
    """How many tasks some parts have together, counted no further than one beyond ``paging.COUNTED``."""
    each = union_all(*(select(literal(1).label("one")).where(part).select_from(HumanTask) for part in found))
    return select(func.count()).select_from(each.limit(paging.COUNTED + 1).subquery())


def counted(found: list[Part]) -> int:
    """The same, asked."""
    return db.session.scalar(count_of(found)) or 0


def page_of(
    found: list[Part], key: ColumnElement | None, first: int, size: int, *, falling: bool = False
) -> list[int]:
    """The ids of one page of some parts' tasks; each part gives no more than the page can need.

    Args:
        key: what is sorted by before the tasks' own order, empty ones last; None: nothing.
        falling: the newest first.
    """
    shown = literal(None).label("key") if key is None else key.label("key")
    orders = [] if key is None else [key.nulls_last()]
    last = HumanTask.id.desc() if falling else HumanTask.id
    each = [
        select(HumanTask.id, shown).where(part).order_by(*orders, last).limit(first + size).subquery()
        for part in found
    ]
    rows = union_all(*(select(one.c.id, one.c.key) for one in each)).subquery()
    outer = [] if key is None else [rows.c.key.nulls_last()]
    query = select(rows.c.id).order_by(*outer, rows.c.id.desc() if falling else rows.c.id)
    return list(db.session.scalars(query.limit(size).offset(first)))
