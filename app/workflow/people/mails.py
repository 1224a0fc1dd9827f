"""E-mails about what waits for a person: each morning of a working day, and at once to those who want it.

Each person's e-mail is one transaction that also notes what it tells, under a lock on the person: of two runners
one writes it, and a runner that dies has told nobody anything. A morning that no runner saw is made up for later
in the day. What somebody has read meanwhile is not sent any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import current_app, render_template
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import lazyload

from app.accounts.models import MailNotices, User
from app.accounts.sessions import actor_for
from app.core import clock, outbox, working_time
from app.core.db import db
from app.core.i18n import language_of
from app.core.lists import moment_text
from app.core.paging import count_text
from app.core.words import listed
from app.workflow.models import HumanTask
from app.workflow.people import reach
from app.workflow.people.talk import WORDS, Notice

LINES = 20
"""How many lines a part of an e-mail has; of the others it gives the number."""
PATIENCE = timedelta(minutes=1)
"""How long a notice may still be read in the browser before it goes out at once."""


@dataclass(frozen=True)
class Line:
    """One task, or what somebody said about one."""

    text: str
    detail: str = ""
    url: str = ""


@dataclass(frozen=True)
class Section:
    """Lines of one kind, and how many there are in all."""

    title: str
    lines: list[Line]
    count: int

    @property
    def more(self) -> str:
        """What is not among the lines."""
        left = self.count - len(self.lines)
        return _("… and %(count)s more", count=count_text(left)) if left > 0 else ""


def work() -> int:
    """Write the e-mails that are due, each in its own transaction; returns how many. A job of the runner."""
    if not current_app.config["MAIL_SERVER"]:
        return 0
    now = clock.now()
    written = sum(_at_once(user_id) for user_id in _eager(now))
    if (morning := _this_morning(now)) is not None:
        written += sum(_digest(user_id, morning, now) for user_id in _not_told_since(morning))
    return written


def _eager(now: datetime) -> list[int]:
    """Who wants to know at once and has something to know."""
    waiting = select(Notice.id).where(*_untold(User.id), Notice.at <= now - PATIENCE)
    return _people(User.mail_notices == MailNotices.AT_ONCE, waiting.exists())


def _not_told_since(morning: datetime) -> list[int]:
    """Who is told each morning and was not yet told this one."""
    late = or_(User.digest_at.is_(None), User.digest_at < morning)
    return _people(User.mail_notices != MailNotices.NEVER, late)


def _people(*conditions: ColumnElement[bool]) -> list[int]:
    """The active people with an address of whom something is true."""
    query = select(User.id).where(User.active, User.email.is_not(None), *conditions).order_by(User.id)
    found = list(db.session.scalars(query))
    db.session.rollback()
    return found


def _untold(user_id: Any) -> tuple[ColumnElement[bool], ...]:
    """What nobody has read in the browser or been sent."""
    return (Notice.user_id == user_id, Notice.read_at.is_(None), Notice.mailed_at.is_(None))


def _this_morning(now: datetime) -> datetime | None:
    """When this day's e-mails are due; None where that is later, or the plant does not work."""
    zone = ZoneInfo(current_app.config["TIMEZONE"])
    day = now.astimezone(zone).date()
    morning = datetime.combine(day, time.fromisoformat(current_app.config["DIGEST_AT"]), zone)
    works = now >= morning and working_time.plant_calendar([], zone.key).works(day)
    db.session.rollback()
    return morning if works else None


def _at_once(user_id: int) -> bool:
    """Send a person what they were told; returns whether there still was anything."""
    user = _locked(user_id)
    with force_locale(language_of(user.language)):
        section = _told(user) if user.mail_notices is MailNotices.AT_ONCE else None
        if section is not None and section.lines:
            subject = f"{section.lines[0].text}: {section.lines[0].detail}"
            if section.count > 1:
                subject = ngettext("%(num)d notice", "%(num)d notices", section.count)
            _put(user, subject, [section])
    db.session.commit()
    return section is not None and bool(section.lines)


def _digest(user_id: int, morning: datetime, now: datetime) -> bool:
    """Send a person what waits for them; returns whether anything does."""
    user, sections = _locked(user_id), []
    since = user.digest_at or now - timedelta(days=1)
    if user.mail_notices is not MailNotices.NEVER and (user.digest_at is None or user.digest_at < morning):
        user.digest_at = now
        with force_locale(language_of(user.language)):
            sections = [one for one in (*_tasks(user, since, now), _told(user)) if one.lines]
            if sections:
                what = listed(f"{one.title} {count_text(one.count)}" for one in sections)
                _put(user, _("Octad this morning: %(what)s", what=what), sections)
    db.session.commit()
    return bool(sections)


def _locked(user_id: int) -> User:
    """A person, locked until the transaction ends."""
    return db.session.get_one(User, user_id, with_for_update=True, populate_existing=True)


def _tasks(user: User, since: datetime, now: datetime) -> Iterator[Section]:
    """What of the inbox is late, falls due today, or is new and due later."""
    zone = ZoneInfo(current_app.config["TIMEZONE"])
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    due, later = HumanTask.due_at, or_(HumanTask.due_at.is_(None), HumanTask.due_at >= midnight)
    kinds = (
        (_("Overdue"), due < now),
        (_("Due today"), and_(due >= now, due < midnight)),
        (_("New tasks"), and_(HumanTask.created_at > since, later)),
    )
    todo = reach.parts("todo", actor_for(user), now)
    for title, condition in kinds:
        held = [and_(part, condition) for part in todo]
        ids = reach.page_of(held, due.expression, 0, LINES)
        rows = db.session.scalars(select(HumanTask).where(HumanTask.id.in_(ids)).options(lazyload("*")))
        lines = [_task_line(one) for one in sorted(rows, key=lambda row: ids.index(row.id))]
        yield Section(title, lines, reach.counted(held) if len(lines) == LINES else len(lines))


def _task_line(task: HumanTask) -> Line:
    """A task with when it is due."""
    when = _("due %(when)s", when=moment_text(task.due_at)) if task.due_at else ""
    return Line(_title(task), when, link("workflow.task", task_id=task.id))


def _told(user: User) -> Section:
    """What a person was told and has neither read nor been sent, the latest first; from now on it is sent."""
    found = db.session.execute(
        select(Notice, HumanTask)
        .join(HumanTask, HumanTask.id == Notice.task_id)
        .where(*_untold(user.id))
        .order_by(Notice.id.desc())
        .options(lazyload("*"))
    ).all()
    for notice, _task in found:
        notice.mailed_at = clock.now()
    lines = [
        Line(
            f"{notice.sender} {WORDS[notice.kind]}",
            "\n".join(filter(None, (_title(task), notice.text))),
            link("workflow.task", task_id=task.id),
        )
        for notice, task in found[:LINES]
    ]
    return Section(_("What you were told"), lines, len(found))


def _title(task: HumanTask) -> str:
    return " · ".join(part for part in (task.name, task.summary) if part)


def link(endpoint: str, **values: Any) -> str:
    """The address of a page as people open it; empty where the installation has not said its own."""
    base = urlsplit(current_app.config["BASE_URL"])
    if not base.netloc:
        return ""
    pages = current_app.url_map.bind(base.netloc, base.path or "/", url_scheme=base.scheme)
    return pages.build(endpoint, values, force_external=True)


def _put(user: User, subject: str, sections: list[Section]) -> None:
    """Write an e-mail into the outbox, as text and as a page."""
    given = {
        "name": user.name,
        "sections": sections,
        "inbox": link("workflow.inbox"),
        "settings": link("accounts.settings"),
        "language": language_of(user.language).replace("_", "-"),
        "subject": subject,
    }
    texts = {
        kind: render_template(f"workflow/mail.{end}", **given)
        for kind, end in (("text", "txt"), ("html", "html"))
    }
    outbox.put("mail", user.email or "", " ".join(subject.split())[:200], texts)
