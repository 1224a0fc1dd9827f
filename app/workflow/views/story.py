"""The story of a case or a document in sentences, for auditors: to read, to print, to keep as a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from app.accounts import AUDIT_READ
from app.core.documents import document_label
from app.core.downloads import file_answer
from app.core.permissions import requires
from app.core.web import labelled, url_if
from app.workflow.views import blueprint
from app.workflow.watching import story as stories
from app.workflow.watching.story import Story, one_line

AS_TEXT: dict[str, Any] = {"as": "text"}
NUMBER = re.compile(r"[0-9]{1,18}\Z")
LARGEST = 2**63 - 1
LONGEST = 200
"""The longest sign-in name, step or document asked for."""


@dataclass(frozen=True)
class Asked:
    """A page of a story as the address asks for it."""

    story: Story
    subject: str
    person: str
    step: str
    place: dict[str, Any]

    @property
    def title(self) -> str:
        """What the story is of."""
        return _("The story of %(name)s", name=document_label(self.story.subject.document))

    @property
    def narrowed(self) -> dict[str, Any]:
        """What it is about and what of it is told, as an address says it."""
        return {"subject": self.subject, "person": self.person or None, "step": self.step or None}


@blueprint.get("/operations/story/<path:subject>")
@requires(AUDIT_READ)
def story(subject: str) -> Any:
    """Tell what was done, the oldest first, in portions."""
    told = asked(subject)
    if request.args.get("as") == "text":
        return file_answer(_text(told), "text/plain; charset=utf-8", f"{told.title}.txt")
    here, page = {**told.narrowed, **told.place}, told.story
    return render_template(
        "workflow/story.html",
        title=told.title,
        story=page,
        person=told.person,
        step=told.step,
        people=stories.people(page.subject),
        steps=stories.steps(page.subject),
        text_url=url_for("workflow.story", **here, **AS_TEXT),
        pdf_url=url_if("reports.story", **here),
        earlier_url=page.earlier and url_for("workflow.story", **told.narrowed, before=page.earlier),
        later_url=page.later and url_for("workflow.story", **told.narrowed, after=page.later),
    )


def asked(subject: str) -> Asked:
    """The page of a story that the request asks for: of ``case:7``, or of a document like ``purchase_order:42``."""
    words = {key: request.args.get(key, "")[:LONGEST] for key in ("person", "step")}
    kind, _colon, number = subject[:LONGEST].partition(":")
    case = int(number) if kind == "case" and NUMBER.match(number) else None
    place: dict[str, Any] = {"after": _number("after"), "before": _number("before")}
    wanted = stories.subject(case, subject[:LONGEST])
    told = stories.tell(wanted, person=words["person"], step=words["step"], **place)
    return Asked(told, subject, words["person"], words["step"], place)


def _number(key: str) -> int | None:
    """A whole number that was asked for; what is none asks for nothing."""
    given = request.args.get(key, type=int)
    return given if given is not None and 0 <= given <= LARGEST else None


def _text(told: Asked) -> str:
    """The page as plain text; an act begins a line of its own, and nothing else looks like one."""
    return "\n".join(_lines(told)) + "\n"


def _lines(told: Asked) -> Iterator[str]:
    yield one_line(told.title)
    for day, acts in told.story.days:
        yield from ("", day)
        for act in acts:
            yield f"  {act.moment}  {act.sentence} (#{act.number})"
            more = list(act.decisions)
            if act.reason:
                more.append(_("Reason given: %(reason)s", reason=act.reason))
            for label, before, after in act.fields:
                words = {"label": label, "before": before, "after": after}
                changed = _("%(label)s: %(before)s → %(after)s", **words)
                more.append(labelled(label, after) if before == "–" else changed)
            yield from (f"         {one_line(line)}" for line in more)
