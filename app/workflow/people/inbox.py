"""The inbox: which tasks each filter holds, counted and searched in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext
from sqlalchemy import ColumnElement, Select, String, and_, cast, false, func, or_, select, true
from sqlalchemy.orm import joinedload

from app.core import clock
from app.core.actors import Actor
from app.core.db import db
from app.core.operators import SOURCES
from app.workflow.models import HumanTask, ProcessInstance, TaskStatus
from app.workflow.people import mandates

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
MAX_MATCHES = 500
NOT_DOCUMENTS = frozenset({"item", "partner"})


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


def _condition(view: str, actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Which open tasks a filter of the inbox shows; to a deputy with limits only those within them."""
    is_open = and_(HumanTask.status == TaskStatus.OPEN, mandates.covered(actor))
    mine = or_(HumanTask.owner_id == actor.holder_id, HumanTask.candidate_id == actor.holder_id)
    roles = HumanTask.role.in_(sorted(actor.roles)) if actor.roles else false()
    free = and_(roles, HumanTask.owner_id.is_(None), HumanTask.candidate_id.is_(None))
    shown = and_(
        is_open,
        HumanTask.asked_id.is_(None),
        or_(HumanTask.hidden_until.is_(None), HumanTask.hidden_until <= now),
    )
    if view == "mine":
        return and_(shown, mine)
    if view == "roles":
        return and_(shown, free)
    if view == "overdue":
        return and_(shown, or_(mine, free), HumanTask.due_at < now)
    if view == "asked":
        return and_(is_open, HumanTask.asked_id == actor.holder_id)
    if view == "escalated":
        return and_(is_open, HumanTask.escalated_to.in_(sorted(actor.roles)))
    if view == "later":
        return and_(is_open, or_(mine, free), HumanTask.hidden_until > now)
    if view == "waiting":
        other = or_(HumanTask.owner_id.is_(None), HumanTask.owner_id != actor.holder_id)
        theirs = and_(other, ~free, HumanTask.instance_id.in_(_touched(actor)))
        return and_(is_open, or_(theirs, and_(mine, HumanTask.asked_id.is_not(None))))
    if view == "all":
        return and_(is_open, or_(mine, roles, HumanTask.instance_id.in_(_touched(actor))))
    return and_(shown, or_(mine, free))


def _touched(actor: Actor) -> Select:
    """The cases a person has started or done something in."""
    done = select(HumanTask.instance_id).where(HumanTask.completed_by_id == actor.user_id)
    started = select(ProcessInstance.id).where(ProcessInstance.started_by_id == actor.user_id)
    return select(done.union(started).subquery().c[0])


def counts(actor: Actor) -> dict[str, int]:
    """How many tasks each filter of the inbox holds, in one query."""
    now = clock.now()
    parts = [
        select(func.count()).select_from(HumanTask).where(_condition(view, actor, now)).scalar_subquery()
        for view in VIEWS
    ]
    return dict(zip(VIEWS, db.session.execute(select(*parts)).one(), strict=True))


def open_count(actor: Actor) -> int:
    """How many tasks wait for this person: the badge of the menu."""
    condition = _condition("todo", actor, clock.now())
    return db.session.scalar(select(func.count()).select_from(HumanTask).where(condition)) or 0


def count(actor: Actor, filter: Wanted) -> int:
    """How many tasks a saved filter holds."""
    return db.session.scalar(_counted(_query(actor, filter))) or 0


def found(actor: Actor, filter: Wanted, page: int = 1) -> tuple[list[HumanTask], int]:
    """One page of the inbox and how many tasks there are in all."""
    query = _query(actor, filter)
    total = db.session.scalar(_counted(query)) or 0
    order = {
        "due": (HumanTask.due_at.is_(None), HumanTask.due_at, HumanTask.id),
        "-created": (HumanTask.id.desc(),),
        "created": (HumanTask.id,),
        "step": (HumanTask.step.is_(None), HumanTask.step, HumanTask.id),
        "name": (HumanTask.element, HumanTask.id),
        "order": (_order_of(), HumanTask.instance_id, HumanTask.id),
        "owner": (HumanTask.owner_name.is_(None), HumanTask.owner_name, HumanTask.id),
    }[filter.sort]
    # the page's ids first: sorting thousands of whole rows with their cases costs a second
    ids = list(
        db.session.scalars(
            query.with_only_columns(HumanTask.id)
            .order_by(*order)
            .limit(PER_PAGE)
            .offset((page - 1) * PER_PAGE)
        )
    )
    case = joinedload(HumanTask.instance).lazyload(ProcessInstance.definition)
    rows = {
        one.id: one
        for one in db.session.scalars(select(HumanTask).where(HumanTask.id.in_(ids)).options(case))
    }
    return [rows[id] for id in ids], total


def _order_of() -> ColumnElement:
    """The customer order a task's case runs for."""
    return (
        select(ProcessInstance.customer_order_id)
        .where(ProcessInstance.id == HumanTask.instance_id)
        .scalar_subquery()
    )


def _query(actor: Actor, filter: Wanted) -> Select[tuple[HumanTask]]:
    """The tasks of a filter, unsorted."""
    step = HumanTask.step == filter.step if filter.step else true()
    query = select(HumanTask).where(_condition(filter.view, actor, clock.now()), step)
    return query.where(_matching(filter.search)) if filter.search else query


def _counted(query: Select[tuple[HumanTask]]) -> Select[int]:
    """How many rows a query has."""
    return query.with_only_columns(func.count(HumanTask.id))


def _pattern(text: str) -> str:
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _matching(text: str) -> ColumnElement[bool]:
    """Tasks whose own words, document, customer order, customer or item contain a text."""
    pattern = _pattern(text)
    looked = (
        cast(HumanTask.names, String),
        cast(HumanTask.summaries, String),
        HumanTask.document,
        HumanTask.owner_name,
    )
    ways: list[ColumnElement[bool]] = [one.ilike(pattern, escape="\\") for one in looked]
    documents = _documents(pattern)
    ways.append(HumanTask.document.in_(documents))
    orders = SOURCES[ORDERS_MATCHING].function(text) if ORDERS_MATCHING in SOURCES else []
    cases = or_(
        ProcessInstance.business_key.in_(documents),
        ProcessInstance.customer_order_id.in_(orders),
    )
    ways.append(HumanTask.instance_id.in_(select(ProcessInstance.id).where(cases)))
    return or_(*ways)


def _documents(pattern: str) -> list[str]:
    """The keys of documents whose number matches."""
    keys = []
    for table in db.metadata.sorted_tables:
        if "number" in table.c and "id" in table.c and table.name not in NOT_DOCUMENTS:
            query = select(table.c.id).where(cast(table.c.number, String).ilike(pattern, escape="\\"))
            keys += [f"{table.name}:{id}" for id in db.session.scalars(query.limit(MAX_MATCHES))]
    return keys
