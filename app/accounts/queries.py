"""Reads for the pages of people and of the audit trail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, func, or_, select

from app.accounts.models import ApiToken, Substitute, User
from app.core import audit_check, clock
from app.core.audit import AuditEntry, AuditHead
from app.core.audit_check import Verdict
from app.core.db import db
from app.core.documents import document_label
from app.core.i18n import format_quantity, localized
from app.core.lists import Column, Filter
from app.core.operators import SOURCES
from app.core.record_fields import Labels, changed, field_text, labels_of, remember_labels
from app.core.record_words import action_label
from app.core.web import url_if

CHECKED_AT_ONCE = 20_000
MADE = "decision.made"
SHOWN_ROWS = 3
"""How many changed rows of a table the page shows; a file holds them all."""


@dataclass(frozen=True)
class Deputy:
    """A deputy as a page shows them: of whom, when, in which processes and up to which amount."""

    id: int
    user_id: int
    of: str
    name: str
    valid_from: date | None
    valid_to: date | None
    processes: list[str]
    limit: str


PROCESSES = "workflow.processes"
"""What names the processes a deputy may be limited to."""


def deputies(user_ids: Iterable[int] | None = None) -> list[Deputy]:
    """The deputies people have named, or everybody's."""
    query = select(Substitute).order_by(Substitute.user_id, Substitute.id)
    return _shown(query if user_ids is None else query.where(Substitute.user_id.in_(list(user_ids))))


def valid_mandates(deputy_id: int) -> Select[Substitute]:
    """What a deputy holds today."""
    day = clock.today()
    return select(Substitute).where(
        Substitute.deputy_id == deputy_id,
        or_(Substitute.valid_from.is_(None), Substitute.valid_from <= day),
        or_(Substitute.valid_to.is_(None), Substitute.valid_to >= day),
    )


def mandates(deputy_id: int) -> list[Deputy]:
    """What a person may do for others today."""
    return _shown(valid_mandates(deputy_id).order_by(Substitute.user_id, Substitute.id))


def _shown(query: Select[Substitute]) -> list[Deputy]:
    """Deputies as a page shows them."""
    called = {one["value"]: one["label"] for one in processes()}
    named = names()
    return [
        Deputy(
            row.id,
            row.user_id,
            named.get(row.user_id, ""),
            named.get(row.deputy_id, ""),
            row.valid_from,
            row.valid_to,
            [called.get(key, key) for key in row.processes],
            "" if row.amount_limit is None else format_quantity(row.amount_limit),
        )
        for row in db.session.scalars(query)
    ]


def processes() -> list[dict[str, str]]:
    """The processes a deputy may be limited to, by name."""
    return SOURCES[PROCESSES].function() if PROCESSES in SOURCES else []


def keys(user_id: int) -> list[ApiToken]:
    """The keys of a person's programs that can still be used."""
    rows = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    return list(db.session.scalars(rows.where(ApiToken.expires_at > clock.now()).order_by(ApiToken.id)))


def names() -> dict[int, str]:
    """The name of everybody by id."""
    people = db.session.execute(select(User.id, User.names).order_by(User.login))
    return {number: localized(texts) for number, texts in people}


def active() -> list[User]:
    """Everybody who may sign in."""
    return list(db.session.scalars(select(User).where(User.active).order_by(User.login)))


def others(user_id: int) -> list[User]:
    """Everybody else who may sign in."""
    return list(db.session.scalars(select(User).where(User.active, User.id != user_id).order_by(User.login)))


def trail(*, check: bool) -> Verdict | None:
    """What a check of the audit trail found; None: it is long and is checked only when asked."""
    head = db.session.get(AuditHead, 1)
    if not check and head is not None and head.last > CHECKED_AT_ONCE:
        return None
    return audit_check.verify()


def audit_entries() -> Select[tuple[AuditEntry]]:
    """All acts."""
    return select(AuditEntry)


def audit_columns() -> list[Column]:
    """The columns of the audit page."""
    named = names()
    return [
        Column("id", _("No."), "number", sort=AuditEntry.id),
        Column("at", _("When"), "datetime", sort=AuditEntry.at),
        Column(
            "login",
            _("Who"),
            "code",
            display=lambda row: (
                named.get(row.user_id) or (_("System") if row.login == "system" else row.login)
            ),
            sort=AuditEntry.login,
        ),
        Column("on_behalf_of", _("For whom"), value=lambda row: named.get(row.on_behalf_of, "")),
        Column(
            "action", _("What"), "code", display=lambda row: action_label(row.action), sort=AuditEntry.action
        ),
        Column("object", _("Object"), "document", sort=AuditEntry.object, href=_story),
        _side("before", _("Before"), 0),
        _side("after", _("After"), 1),
        Column("reason", _("Reason"), sortable=False),
        Column("definition", _("Process and version"), display=_version, sortable=False),
        Column("address", _("From where"), sort=AuditEntry.address),
    ]


def audit_filters() -> list[Filter]:
    """Who, what and how long ago."""
    called = {person.login: person.name for person in db.session.scalars(select(User))}
    called["system"] = _("System")
    who, what = _different(AuditEntry.login), _different(AuditEntry.action)
    periods = [("1", _("last 24 hours")), ("7", _("last 7 days")), ("31", _("last 31 days"))]
    return [
        Filter(
            "who",
            _("Who"),
            [(one, called.get(one, one)) for one in who],
            lambda value: AuditEntry.login == value,
        ),
        Filter(
            "what",
            _("What"),
            [(one, action_label(one)) for one in what],
            lambda value: AuditEntry.action == value,
        ),
        Filter(
            "period",
            _("When"),
            periods,
            lambda value: AuditEntry.at >= clock.now() - timedelta(days=int(value)),
        ),
    ]


def _different(column: Any) -> list[str]:
    """The different values of an indexed column, each found by one look into the index, however many rows."""
    values = select(func.min(column).label("value")).cte("different", recursive=True)
    after = select(func.min(column)).where(column > values.c.value).scalar_subquery()
    values = values.union_all(select(after).where(values.c.value.is_not(None)))
    return [one for one in db.session.scalars(select(values.c.value)) if one is not None]


def _story(row: AuditEntry) -> str | None:
    """Where the story of an act's case, else of its document, is told."""
    if row.instance_id is not None:
        return url_if("workflow.story", subject=f"case:{row.instance_id}")
    if row.object.startswith("/"):  # the address of a request that was denied
        return None
    return url_if("workflow.story", subject=row.object)


def _side(key: str, label: str, side: int) -> Column:
    """The column of the fields as they were, or as they are."""
    return Column(
        key,
        label,
        "lines",
        value=lambda row: _fields(row, side),
        display=lambda row: _changed(row, side),
        sortable=False,
        prepare=lambda rows: remember_labels({row.task_id for row in rows if row.task_id is not None}),
    )


def _fields(row: AuditEntry, side: int) -> str:
    """What was before or after, whole, for a file."""
    return field_text((row.before, row.after)[side], _labels(row))


def _changed(row: AuditEntry, side: int) -> str:
    """What of it differs, for a page: the first rows of a table."""
    return field_text(changed(row.before, row.after)[side], _labels(row), rows=SHOWN_ROWS)


def _labels(row: AuditEntry) -> Labels:
    """What the fields of an act are called: as in its task's form, or in the decision that was made."""
    return labels_of(row.task_id, (row.after or {}).get("decision", "") if row.action == MADE else "")


def _version(row: AuditEntry) -> str:
    """A process by its name, and the version."""
    key, _space, version = (row.definition or "").rpartition(" ")
    return f"{document_label(f'bpmn:{key}')} {version}" if key else row.definition or ""
