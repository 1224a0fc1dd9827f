"""The inbox: which tasks each filter holds, counted and searched in the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext
from sqlalchemy import ColumnElement, String, and_, cast, or_, select
from sqlalchemy.orm import joinedload

from app.core import clock, paging
from app.core.actors import Actor
from app.core.db import db
from app.core.operators import SOURCES
from app.workflow.models import HumanTask, ProcessInstance
from app.workflow.people import reach

PER_PAGE = 50
VIEWS = {
    "todo": lazy_gettext("To do"),
    "mine": lazy_gettext("Mine"),
    "roles": lazy_gettext("My roles"),
    "overdue": lazy_gettext("Overdue"),
    "asked": lazy_gettext("Questions to me"),
    "escalated": lazy_gettext("Escalated to me"),
    "waiting": lazy_gettext("Waiting for others"),
    "later": lazy_gettext("Postponed"),
    "all": lazy_gettext("All"),
}
SORTS = {
    "due": lazy_gettext("Due first"),
    "-created": lazy_gettext("Newest first"),
    "created": lazy_gettext("Oldest first"),
    "step": lazy_gettext("By step"),
    "name": lazy_gettext("By task"),
    "order": lazy_gettext("By order"),
    "owner": lazy_gettext("By owner"),
}
ORDERS_MATCHING = "sales.orders_matching"


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to see of the inbox; this is what its address and a saved filter hold."""

    view: str = "todo"
    search: str = ""
    sort: str = "due"
    step: int | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """As parameters of the address, without what is usual."""
        given = {"view": self.view, "q": self.search, "sort": self.sort, "step": self.step}
        usual = {"view": "", "q": "", "sort": "due", "step": None}
        return {key: str(value) for key, value in given.items() if value != usual[key]}


def wanted(view: str | None, search: str | None, sort: str | None, step: int | None) -> Wanted:
    """The filter of an address; what nobody knows becomes the usual."""
    return Wanted(
        view=view if view in VIEWS else "todo",
        search=(search or "").strip().replace("\0", "")[:100],
        sort=sort if sort in SORTS else "due",
        step=step if step in range(1, 9) else None,
    )


def counts(actor: Actor) -> dict[str, int]:
    """How many tasks each filter of the inbox holds, in one query; none counted beyond ``paging.COUNTED``."""
    now = clock.now()
    each = [reach.count_of(reach.parts(view, actor, now)).scalar_subquery() for view in VIEWS]
    return dict(zip(VIEWS, db.session.execute(select(*each)).one(), strict=True))


def open_count(actor: Actor) -> int:
    """How many tasks wait for this person: the badge of the menu."""
    return reach.counted(reach.parts("todo", actor, clock.now()))


def count(actor: Actor, filter: Wanted) -> int:
    """How many tasks a saved filter holds."""
    return reach.counted(_parts(actor, filter))


def found(actor: Actor, filter: Wanted, page: int = 1) -> tuple[list[HumanTask], int]:
    """One page of the inbox and how many tasks there are in all; a page beyond what is counted is empty."""
    first = (page - 1) * PER_PAGE
    by_due = filter.sort == "due"
    held = _parts(actor, filter, by_role=by_due)
    ids: list[int] = []
    if first < paging.COUNTED:
        ids = reach.page_of(held, _key(filter.sort), first, PER_PAGE, falling=filter.sort == "-created")
    whole = len(ids) < PER_PAGE and (ids or page == 1)
    total = first + len(ids) if whole else reach.counted(_parts(actor, filter))
    case = joinedload(HumanTask.instance).lazyload(ProcessInstance.definition)
    rows = {
        one.id: one
        for one in db.session.scalars(select(HumanTask).where(HumanTask.id.in_(ids)).options(case))
    }
    return [rows[id] for id in ids], total


def _key(sort: str) -> ColumnElement | None:
    """What the list is sorted by before the tasks' own order."""
    keys: dict[str, Any] = {
        "due": HumanTask.due_at,
        "step": HumanTask.step,
        "name": HumanTask.element,
        "order": _order_of(),
        "owner": HumanTask.owner_name,
    }
    return keys.get(sort)


def _order_of() -> ColumnElement:
    """The customer order a task's case runs for."""
    return (
        select(ProcessInstance.customer_order_id)
        .where(ProcessInstance.id == HumanTask.instance_id)
        .scalar_subquery()
    )


def _parts(actor: Actor, filter: Wanted, *, by_role: bool = False) -> list[ColumnElement[bool]]:
    """The parts of a filter with its step and its search."""
    narrowed = [HumanTask.step == filter.step] if filter.step else []
    if filter.search:
        narrowed.append(_matching(filter.search))
    held = reach.parts(filter.view, actor, clock.now(), by_role=by_role)
    return [and_(part, *narrowed) for part in held]


def _matching(text: str) -> ColumnElement[bool]:
    """Tasks whose own words, document, owner, customer order, customer or item contain a text."""
    looked = (
        cast(HumanTask.names, String),
        cast(HumanTask.summaries, String),
        HumanTask.numbers,
        HumanTask.owner_name,
    )
    ways: list[ColumnElement[bool]] = [one.icontains(text, autoescape=True) for one in looked]
    orders = SOURCES[ORDERS_MATCHING].function(text) if ORDERS_MATCHING in SOURCES else []
    if orders:
        cases = select(ProcessInstance.id).where(ProcessInstance.customer_order_id.in_(orders))
        ways.append(HumanTask.instance_id.in_(cases))
    return or_(*ways)
