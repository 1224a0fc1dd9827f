"""What a person is told in the page head."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import NotFound
from app.core.inputs import takes
from app.core.lists import moment_text
from app.core.permissions import requires
from app.workflow.models import HumanTask
from app.workflow.people import talk
from app.workflow.people.talk import WORDS, Notice, NoticeKind
from app.workflow.views import TASK_WORK, blueprint

SAID = (NoticeKind.MENTION, NoticeKind.QUESTION, NoticeKind.ANSWER)
"""What is read among the comments."""


@blueprint.get("/notices")
@requires(TASK_WORK)
def notices() -> str:
    """Everything a person was told, the unread first."""
    found = talk.notices(current_actor().user_id or 0)
    wanted = {one.task_id for one in found}
    tasks = {one.id: one for one in db.session.scalars(select(HumanTask).where(HumanTask.id.in_(wanted)))}
    return render_template("workflow/notices.html", notices=[_shown(one, tasks) for one in found])


def _shown(notice: Notice, tasks: dict[int, HumanTask]) -> dict[str, Any]:
    """A notice as the page shows it."""
    task = tasks[notice.task_id]
    return {
        "id": notice.id,
        "new": notice.read_at is None,
        "sender": notice.sender,
        "words": str(WORDS[notice.kind]),
        "task": " · ".join(part for part in (task.name, task.summary) if part),
        "text": notice.text,
        "iso": notice.at.isoformat(),
        "when": moment_text(notice.at),
    }


@blueprint.get("/notices/count")
@requires(TASK_WORK)
def notice_count() -> str:
    """The number in the page head; the page asks for it twice a minute while it is looked at."""
    return render_template(
        "workflow/_notice_count.html", unread_notices=talk.unread_count(current_actor().user_id)
    )


@blueprint.post("/notices/read")
@requires(TASK_WORK)
@takes()
def read_notices() -> Response:
    """Note that everything was read."""
    talk.mark_read(current_actor().user_id or 0)
    return redirect(url_for("workflow.notices"))


@blueprint.post("/notices/<int:notice_id>")
@requires(TASK_WORK)
@takes()
def open_notice(notice_id: int) -> Response:
    """Read a notice and go to its task."""
    notice = db.session.get(Notice, notice_id)
    if notice is None or notice.user_id != current_actor().user_id:
        raise NotFound("notice", _("There is no such notice."))
    talk.mark_read(notice.user_id, task_id=notice.task_id)
    tab = "talk" if notice.kind in SAID else None
    return redirect(url_for("workflow.task", task_id=notice.task_id, tab=tab))
