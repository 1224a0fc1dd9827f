"""Conflicts of duties: who holds the roles of both sides of a separation, and who did both sides after all.

The second list is worked out from the completed tasks alone, not from the rules that should have prevented it:
what stands there was allowed by the owner's override, was done before the separation was drawn, or is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, cast, literal, or_, select
from sqlalchemy.orm import aliased, joinedload

from app.accounts.models import User
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.i18n import localized
from app.core.permissions import ROLES
from app.workflow import definitions
from app.workflow.models import DefinitionKind, HumanTask, ProcessDefinition, TaskStatus

MOST = 2_000
"""More than anybody reads; the newest are told."""


@dataclass(frozen=True)
class Possible:
    """Two steps of a process that one person must not both do, and the people whose roles allow both."""

    process: str
    first: str
    first_role: str
    second: str
    second_role: str
    both: tuple[str, ...]
    left: int
    """How many could do the second step if one of these did the first; 0: the case would stand still."""


@dataclass(frozen=True)
class Done:
    """Two separated steps of one case that one person did, alone or in somebody's place."""

    instance_id: int
    document: str
    process: str
    first: str
    second: str
    person: str
    at: datetime
    allowed: bool
    """By the owner's override, which is on record."""


def possible() -> list[Possible]:
    """Every separation of the active processes, those first that nobody could keep."""
    holders: dict[str, dict[int, str]] = {role: {} for role in ROLES}
    for person in db.session.scalars(select(User).where(User.active)):
        for role in person.roles & holders.keys():
            holders[role][person.id] = person.name
    found = [_possible(one, other, holders) for one, other in _separations()]
    return sorted(
        found, key=lambda one: (one.left > 0 or not one.both, not one.both, one.process, one.second)
    )


def _separations() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What the diagrams say of each separated pair: the step before, the step that excludes who did it."""
    query = select(ProcessDefinition).where(
        ProcessDefinition.kind == DefinitionKind.BPMN, ProcessDefinition.active
    )
    seen = set()
    for definition in db.session.scalars(query.order_by(ProcessDefinition.key)):
        for elements in definitions.spec_of(definition).elements.values():
            for element, meta in elements.items():
                if (meta["process"], element) in seen or meta["process"] != definition.key:
                    continue
                seen.add((meta["process"], element))
                for name in meta["properties"].get("separate_from", "").split(","):
                    before = _element(definition, name.strip())
                    if before is not None:
                        yield {**before, "title": definition.name}, meta


def _element(definition: ProcessDefinition, name: str) -> dict[str, Any] | None:
    """What a diagram says of one of its elements, in whichever scope it lies."""
    scopes = definitions.spec_of(definition).elements.values()
    return next((scope[name] for scope in scopes if name in scope), None)


def _possible(first: dict[str, Any], second: dict[str, Any], holders: dict[str, dict[int, str]]) -> Possible:
    firsts, seconds = holders.get(first["role"] or "", {}), holders.get(second["role"] or "", {})
    both = sorted(firsts.keys() & seconds.keys())
    return Possible(
        first["title"],
        localized(first["names"]),
        localized(ROLES.get(first["role"], {})),
        localized(second["names"]),
        localized(ROLES.get(second["role"], {})),
        tuple(firsts[one] for one in both),
        len(seconds) - 1 if both else len(seconds),
    )


def done() -> list[Done]:
    """The cases in which one person did both sides, the newest first."""
    before, after = aliased(HumanTask), aliased(HumanTask)
    people = (after.completed_by_id, after.on_behalf_of_id)
    # the column's text; "_" in a name stands for any letter there, so that it is looked at once more below
    named = cast(after.separate_from, String).like(literal('%"') + before.element + '"%')
    same = or_(before.completed_by_id.in_(people), before.on_behalf_of_id.in_(people))
    query = (
        select(before, after)
        .join(after, and_(after.instance_id == before.instance_id, after.process == before.process))
        .where(before.status == TaskStatus.COMPLETED, after.status == TaskStatus.COMPLETED, same)
        .where(before.id != after.id, named)
        .options(joinedload(after.instance))
        .order_by(after.completed_at.desc(), after.id.desc(), before.id)
        .limit(MOST)
    )
    pairs = [(one, other) for one, other in db.session.execute(query) if one.element in other.separate_from]
    overridden = set(
        db.session.scalars(
            select(AuditEntry.task_id).where(
                AuditEntry.action == "duty.overridden",
                AuditEntry.task_id.in_({two.id for _one, two in pairs}),
            )
        )
    )
    return [_done(one, other, other.id in overridden) for one, other in pairs]


def _done(first: HumanTask, second: HumanTask, allowed: bool) -> Done:
    return Done(
        second.instance_id,
        second.document or second.instance.business_key,
        second.process,
        localized(first.names),
        localized(second.names),
        second.completed_by_name or "–",
        second.completed_at or second.created_at,
        allowed,
    )
