"""The story of a case or of a document, told act by act from the audit trail, in the reader's language.

Read by key, never by place: an act's number is where a page begins, so that the thousandth page costs what
the first does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import format_date, to_user_timezone
from flask_babel import gettext as _
from sqlalchemy import Select, func, or_, select, union

from app.accounts.models import User
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.documents import document_label, remember
from app.core.errors import NotFound
from app.core.i18n import localized
from app.core.record_fields import changed, field_values, labels_of, remember_labels
from app.core.record_sentences import act_sentence, person_text, task_text
from app.core.words import listed
from app.workflow.models import HumanTask, ProcessInstance

PAGE = 100
ROWS = 20
MOST_TASKS = 2_000
EMPTY = ("", "–")
NOTHING = {"–", "· –"}
MADE = "decision.made"
DENIED = {"task.denied", "request.denied"}
HELD = re.compile(r"\s+")


@dataclass(frozen=True)
class Subject:
    """What a story is about: a document, and a case of it or all of them."""

    document: str
    case: int | None = None

    @property
    def cases(self) -> Select:
        """The cases it ran in; a customer order's are all that ran for it."""
        found = select(ProcessInstance.id)
        if self.case is not None:
            return found.where(ProcessInstance.id == self.case)
        kind, _colon, number = self.document.partition(":")
        of_document = ProcessInstance.business_key == self.document
        if kind == "customer_order" and number.isdecimal():
            return found.where(or_(of_document, ProcessInstance.customer_order_id == int(number)))
        return found.where(of_document)

    @property
    def tasks(self) -> list[str]:
        """The tasks about the document, in whatever case."""
        if self.case is not None:
            return []
        found = select(HumanTask.id).where(HumanTask.document == self.document).limit(MOST_TASKS)
        return [f"task:{one}" for one in db.session.scalars(found)]


@dataclass(frozen=True)
class Act:
    """One act as it is told."""

    number: int
    moment: str
    sentence: str
    denied: bool
    reason: str
    decisions: list[str]
    fields: list[tuple[str, str, str]]


@dataclass
class Story:
    """A page of a story, day by day, and where the pages before and after it begin."""

    subject: Subject
    days: list[tuple[str, list[Act]]] = field(default_factory=list)
    earlier: int | None = None
    later: int | None = None

    @property
    def acts(self) -> list[Act]:
        """The acts of this page."""
        return [act for _day, acts in self.days for act in acts]


def subject(case: int | None, document: str) -> Subject:
    """What is asked for.

    Raises:
        NotFound: there is no such case, or nothing on record about the document.
    """
    if case is not None:
        key = db.session.scalar(select(ProcessInstance.business_key).where(ProcessInstance.id == case))
        wanted = Subject(key or "", case)
    else:
        wanted = Subject(document)
        key = document if document and db.session.scalar(_ids(wanted).limit(1)) is not None else None
    if not key:
        raise NotFound("no_story", _("There is no such case or document on record."))
    return wanted


def people(wanted: Subject) -> list[tuple[str, str]]:
    """Who did something in it: sign-in name and name."""
    query = select(AuditEntry.login, func.max(AuditEntry.user_id)).where(AuditEntry.id.in_(_ids(wanted)))
    found = db.session.execute(query.group_by(AuditEntry.login).order_by(AuditEntry.login)).all()
    named = _names(number for _login, number in found)
    return [(login, _name(login, number, named)) for login, number in found]


def steps(wanted: Subject) -> list[tuple[str, str]]:
    """The steps people had in it: element and name."""
    latest = select(func.max(HumanTask.id)).where(_of(wanted)).group_by(HumanTask.element)
    found = select(HumanTask.element, HumanTask.names).where(HumanTask.id.in_(latest))
    return [(one, localized(names, one)) for one, names in db.session.execute(found.order_by(HumanTask.id))]


def tell(
    wanted: Subject,
    *,
    person: str = "",
    step: str = "",
    after: int | None = None,
    before: int | None = None,
    size: int = PAGE,
) -> Story:
    """A page of the story: what follows an act, or what came before one; else its beginning."""
    query = select(AuditEntry).where(AuditEntry.id.in_(_ids(wanted)))
    if person:
        query = query.where(AuditEntry.login == person)
    if step:
        of_step = select(HumanTask.id).where(_of(wanted), HumanTask.element == step)
        query = query.where(AuditEntry.task_id.in_(of_step))
    backwards = before is not None
    if backwards:
        query = query.where(AuditEntry.id < before).order_by(AuditEntry.id.desc())
    else:
        query = query.where(AuditEntry.id > (after or 0)).order_by(AuditEntry.id)
    found = list(db.session.scalars(query.limit(size + 1)))
    more, entries = len(found) > size, found[:size]
    if backwards:
        entries.reverse()
    told = Story(wanted, _by_day(entries))
    if entries:
        told.earlier = entries[0].id if (more if backwards else after) else None
        told.later = entries[-1].id if (backwards or more) else None
    return told


def _ids(wanted: Subject) -> Any:
    """The numbers of the acts: on the document, in its cases, on tasks about it."""
    parts = [
        select(AuditEntry.id).where(AuditEntry.object == wanted.document),
        select(AuditEntry.id).where(AuditEntry.instance_id.in_(wanted.cases)),
    ]
    if tasks := wanted.tasks:
        parts.append(select(AuditEntry.id).where(AuditEntry.object.in_(tasks)))
    return union(*parts)


def _of(wanted: Subject) -> Any:
    """Whether a task is one of it."""
    inside = HumanTask.instance_id.in_(wanted.cases)
    return inside if wanted.case is not None else or_(inside, HumanTask.document == wanted.document)


def _by_day(entries: list[AuditEntry]) -> list[tuple[str, list[Act]]]:
    """The acts under the days they fell on, where the reader is."""
    numbers = {one.task_id for one in entries if one.task_id is not None}
    tasks = {one.id: one for one in db.session.scalars(select(HumanTask).where(HumanTask.id.in_(numbers)))}
    remember_labels(numbers)
    remember([one.object for one in entries] + [one.document for one in tasks.values()])
    named = _names(number for one in entries for number in (one.user_id, one.on_behalf_of))
    days: dict[str, list[Act]] = {}
    for one in entries:
        day = format_date(to_user_timezone(one.at), "full", rebase=False)
        days.setdefault(day, []).append(_act(one, tasks.get(one.task_id or 0), named))
    return list(days.items())


def _act(entry: AuditEntry, task: HumanTask | None, named: dict[int, str]) -> Act:
    """An act as it is told."""
    who = person_text(_name(entry.login, entry.user_id, named), named.get(entry.on_behalf_of or 0, ""))
    decided = _decided(entry.after) if entry.action == MADE else []
    return Act(
        entry.id,
        to_user_timezone(entry.at).strftime("%H:%M"),
        one_line(act_sentence(entry.action, who, _thing(entry, task))),
        entry.action in DENIED,
        entry.reason or "",
        decided,
        _fields(entry),
    )


def _thing(entry: AuditEntry, task: HumanTask | None) -> str:
    """What an act was done to, as a person calls it."""
    if task is not None and (entry.object.startswith("task:") or entry.action in DENIED):
        return task_text(task.name, document_label(task.document))
    return document_label(entry.object)


def _decided(after: dict[str, Any] | None) -> list[str]:
    """The decisions and the rows that fired, those it required after it."""
    if not after:
        return []
    name = document_label(f"dmn:{after.get('decision', '')}").removeprefix("dmn:")
    rows = listed(str(one) for one in after.get("rows") or [])
    if rows:
        said = _("Decision “%(name)s”, row %(rows)s", name=name, rows=rows)
    else:
        said = _("Decision “%(name)s”, no row fired", name=name)
    return [one_line(said), *(line for one in after.get("requires", []) for line in _decided(one))]


def _fields(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """Label, before and after of what differs; of a decision what it looked at and what came of it."""
    sides = entry.before, entry.after
    if entry.action == MADE:
        told = entry.after or {}
        sides = None, {**told.get("inputs", {}), **({"value": told["value"]} if "value" in told else {})}
    decision = (entry.after or {}).get("decision", "") if entry.action == MADE else ""
    labels = labels_of(entry.task_id, decision)
    old, new = (field_values(side, labels, rows=ROWS) for side in changed(*sides))
    differing: list[tuple[str, str, str]] = []
    for key in dict.fromkeys([*old, *new]):
        before, after = (
            "–" if side in NOTHING else side for side in (old.get(key, EMPTY)[1], new.get(key, EMPTY)[1])
        )
        if before != after:
            differing.append(((new.get(key) or old[key])[0], before, after))
    return differing


def one_line(text: str) -> str:
    """A text without line breaks, so that what people typed cannot look like another act."""
    return HELD.sub(" ", text).strip()


def _names(numbers: Iterable[int | None]) -> dict[int, str]:
    """The names of these people."""
    wanted = {one for one in numbers if one is not None}
    found = db.session.execute(select(User.id, User.names).where(User.id.in_(wanted)))
    return {number: localized(names) for number, names in found}


def _name(login: str, number: int | None, named: dict[int, str]) -> str:
    """The name of whoever acted."""
    return named.get(number or 0) or (_("System") if login == "system" else login)
