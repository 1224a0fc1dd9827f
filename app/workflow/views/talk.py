"""The verbs of a task page: assign, delegate, hand back, ask, answer, comment, postpone; files beside it."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask import current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.actors import current_actor
from app.core.db import db
from app.core.downloads import file_answer
from app.core.errors import Forbidden, NotFound
from app.core.inputs import date_input, identifier, takes
from app.core.permissions import requires
from app.workflow.models import HumanTask
from app.workflow.people import attachments, pictures, verbs
from app.workflow.people.attachments import Attachment
from app.workflow.views import ORDER_FOLLOW, TASK_ASSIGN, TASK_WORK, blueprint
from app.workflow.views.task_page import visible_task


def _readable(task_id: int) -> HumanTask:
    """The task, if the person sees more of it than a question."""
    found = visible_task(task_id, current_actor())
    if not verbs.may_read(found, current_actor()):
        raise Forbidden("not_yours", _("This task belongs to a role you do not hold."))
    return found


def _words() -> str:
    return request.form.get("text", "").replace("\r\n", "\n")


def _task(task_id: int, tab: str | None = None) -> Response:
    return redirect(url_for("workflow.task", task_id=task_id, tab=tab, _anchor="side" if tab else None))


def follow_up(field: str = "until") -> datetime | None:
    """The morning of the day a form names, at the plant."""
    if not request.form.get(field):
        return None
    day = date_input(request.form[field], field=field)
    return datetime.combine(day, time(6), ZoneInfo(current_app.config["TIMEZONE"]))


@blueprint.post("/tasks/<int:task_id>/assign")
@requires(TASK_ASSIGN)
@takes("user_id", "text")
def assign_task(task_id: int) -> Response:
    """Give the task to somebody of its role."""
    visible_task(task_id, current_actor())
    verbs.assign(task_id, request.form.get("user_id", type=identifier), _words())
    flash(_("The task is assigned."), "success")
    return _task(task_id)


@blueprint.post("/tasks/<int:task_id>/delegate")
@requires(TASK_WORK)
@takes("user_id", "text")
def delegate(task_id: int) -> Response:
    """Let a colleague do the task."""
    _readable(task_id)
    verbs.delegate(task_id, request.form.get("user_id", type=identifier), _words())
    flash(_("The task is delegated."), "success")
    return _task(task_id)


@blueprint.post("/tasks/<int:task_id>/return")
@requires(TASK_WORK)
@takes("text")
def hand_back(task_id: int) -> Response:
    """Return a delegated task."""
    _readable(task_id)
    verbs.hand_back(task_id, _words())
    flash(_("The task is returned."), "success")
    return redirect(url_for("workflow.inbox"))


@blueprint.post("/tasks/<int:task_id>/ask")
@requires(TASK_WORK)
@takes("user_id", "text")
def ask(task_id: int) -> Response:
    """Ask a colleague."""
    _readable(task_id)
    verbs.ask(task_id, request.form.get("user_id", type=identifier), _words())
    flash(_("The question is sent."), "success")
    return _task(task_id, "talk")


@blueprint.post("/tasks/<int:task_id>/answer")
@requires(TASK_WORK)
@takes("text")
def answer(task_id: int) -> Response:
    """Answer the question one was asked."""
    visible_task(task_id, current_actor())
    verbs.answer(task_id, _words())
    flash(_("The answer is sent."), "success")
    return _task(task_id, "talk")


@blueprint.post("/tasks/<int:task_id>/withdraw")
@requires(TASK_WORK)
@takes()
def withdraw(task_id: int) -> Response:
    """Go on without an answer."""
    _readable(task_id)
    verbs.withdraw(task_id)
    return _task(task_id, "talk")


@blueprint.post("/tasks/<int:task_id>/comment")
@requires(TASK_WORK)
@takes("text")
def comment(task_id: int) -> Response:
    """Say something about the task."""
    visible_task(task_id, current_actor())
    verbs.comment(task_id, _words())
    return _task(task_id, "talk")


@blueprint.post("/tasks/<int:task_id>/postpone")
@requires(TASK_WORK)
@takes("until", "text")
def postpone(task_id: int) -> Response:
    """Take the task out of the list until a day, or bring it back."""
    _readable(task_id)
    verbs.postpone(task_id, follow_up(), _words())
    flash(_("The follow-up is noted."), "success")
    return _task(task_id)


@blueprint.post("/tasks/<int:task_id>/files")
@requires(TASK_WORK)
@takes("file")
def attach(task_id: int) -> Response:
    """Keep a file beside the task."""
    found = _readable(task_id)
    attachments.attach(found, request)
    flash(_("The file is kept."), "success")
    return _task(task_id, "documents")


@blueprint.get("/files/<int:attachment_id>")
@requires(ORDER_FOLLOW)
def attachment(attachment_id: int) -> Response:
    """An attached file, always as a download, for those who may see its task or another of its case."""
    found = _file(attachment_id)
    return _guarded(file_answer(found.content, "application/octet-stream", found.name))


@blueprint.get("/files/<int:attachment_id>/picture")
@requires(ORDER_FOLLOW)
def picture(attachment_id: int) -> Response:
    """An attached photo drawn anew, to look at: what else its file held is left out."""
    found = _file(attachment_id)
    content = pictures.drawn(found.content) if pictures.may_be(found.name) else None
    if content is None:
        raise NotFound("file", _("This file cannot be shown as a picture."))
    return _guarded(file_answer(content, "image/png", f"{found.name}.png", inline=True))


def _file(attachment_id: int) -> Attachment:
    """The file, if the person may see its case.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = db.session.get(Attachment, attachment_id)
    if found is None or not verbs.may_see_case(found.instance_id, found.created_by_id, current_actor()):
        raise NotFound("file", _("There is no such file, or not for you."))
    return found


def _guarded(answered: Response) -> Response:
    """An answer that no browser takes for a page, and keeps for nobody."""
    answered.headers["X-Content-Type-Options"] = "nosniff"
    answered.headers["Cache-Control"] = "private, no-store"
    answered.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answered
