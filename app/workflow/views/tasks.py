"""One task: its form, what surrounds it, and what may be done with it."""

from __future__ import annotations

import re
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.actors import current_actor
from app.core.db import db
from app.core.edge import finish
from app.core.errors import Conflict, DomainError, Forbidden
from app.core.inputs import takes
from app.core.permissions import requires
from app.workflow import queries
from app.workflow.form import forms
from app.workflow.form.forms_request import submitted_values
from app.workflow.models import HumanTask, TaskStatus
from app.workflow.people import attachments, verbs
from app.workflow.running import answers, instances
from app.workflow.views import TASK_WORK, blueprint
from app.workflow.views.task_page import task_page, visible_task

_TOKEN = re.compile(r"[0-9a-f]{32}\Z")


@blueprint.get("/tasks/<int:task_id>")
@requires(TASK_WORK)
def task(task_id: int) -> str:
    """The task with its form, or who did it."""
    found = visible_task(task_id, current_actor())
    state = _form(found) if found.status == TaskStatus.OPEN else None
    return task_page(found, state)


@blueprint.post("/tasks/<int:task_id>")
@requires(TASK_WORK)
def complete(task_id: int) -> Any:
    """Complete the task, save a draft, or add and remove rows where there is no JavaScript."""
    found = visible_task(task_id, current_actor())
    if found.status != TaskStatus.OPEN:
        if (token := _token(found)) and answers.given(token):  # the answer did not reach the person
            return _lead_on(found)
        return task_page(found, None), 409
    if not verbs.may_read(found, current_actor()):
        raise Forbidden("not_yours", _("This task belongs to a role you do not hold."))
    values = submitted_values(forms.of_task(found), request.form) if found.form else {}
    if found.form and attachments.keep_files(found, forms.of_task(found), values, request):
        db.session.commit()  # an error in another field must not lose the file
        found = visible_task(task_id, current_actor())
    if "_add" in request.form or "_remove" in request.form:
        return task_page(found, _form(found, values))
    if "_draft" in request.form:
        instances.save_draft(task_id, values)
        flash(_("Draft saved."), "success")
        return redirect(url_for("workflow.task", task_id=task_id))
    return _complete(found, values)


def _complete(found: HumanTask, values: dict[str, Any]) -> Any:
    """Judge what was typed, complete, and lead on to the next task of the case."""
    state = None
    clean: dict[str, Any] = {}
    try:
        if found.form:
            state = _form(found, values)
            judged = state.validate() if state is not None else {}
            if judged is None:
                db.session.rollback()
                return task_page(visible_task(found.id, current_actor()), state), 422
            clean = judged
        before = _changed(state, clean)
        instances.complete(found.id, clean, idempotency_key=_token(found), before=before)
        finish()
    except Conflict as conflict:
        db.session.rollback()
        again = visible_task(found.id, current_actor())
        open_still = again.status == TaskStatus.OPEN
        return task_page(again, state if open_still else None, str(conflict.message)), 409
    except Forbidden:
        raise
    except DomainError as error:
        db.session.rollback()
        return _refused(found.id, values, error), error.status
    return _lead_on(found)


def _lead_on(found: HumanTask) -> Response:
    """Say that the task is done and show the next one of its case."""
    flash(_("%(task)s is done.", task=found.name), "success")
    following = queries.next_task_of_case(found, current_actor())
    if following is None:
        return redirect(url_for("workflow.inbox"))
    return redirect(url_for("workflow.task", task_id=following.id))


def _changed(state: forms.FormState | None, clean: dict[str, Any]) -> dict[str, Any] | None:
    """What the form proposed where the person chose otherwise."""
    if state is None:
        return None
    proposed = {key: state.prefilled.get(key) for key in clean}
    return {key: value for key, value in proposed.items() if value not in (None, "", [], clean[key])} or None


def _refused(task_id: int, values: dict[str, Any], error: DomainError) -> str:
    """The form with the sentence of a rule that said no, beside its field if it names one."""
    found = visible_task(task_id, current_actor())
    state = _form(found, values) if found.form else None
    if state is not None and error.field:
        return task_page(found, _with_error(state, error))
    return task_page(found, state, str(error.message))


def _with_error(state: forms.FormState, error: DomainError) -> forms.FormState:
    """Put a rule's sentence beside its field: ``lines.2.quantity`` or ``quantity``."""
    parts = (error.field or "").split(".")
    known = {one.get("key") for one in state.form.components}
    parts = parts[1:] if parts[0] not in known and len(parts) > 1 else parts
    if len(parts) == 3 and parts[1].isdecimal():
        state.errors = {parts[0]: {int(parts[1]): {parts[2]: [str(error.message)]}}}
    else:
        state.errors = {parts[0]: [str(error.message)]}
    return state


@blueprint.post("/tasks/<int:task_id>/draft")
@requires(TASK_WORK)
def draft(task_id: int) -> Response:
    """Keep what is typed so far, unjudged; called while typing."""
    found = visible_task(task_id, current_actor())
    if found.form and found.status == TaskStatus.OPEN and queries.may_do(found, current_actor()):
        instances.save_draft(task_id, submitted_values(forms.of_task(found), request.form))
    return Response(status=204)


@blueprint.post("/tasks/<int:task_id>/claim")
@requires(TASK_WORK)
@takes()
def claim(task_id: int) -> Response:
    """Take the task, so that nobody else starts it."""
    visible_task(task_id, current_actor())
    instances.claim(task_id)
    return redirect(url_for("workflow.task", task_id=task_id))


@blueprint.post("/tasks/<int:task_id>/unclaim")
@requires(TASK_WORK)
@takes()
def unclaim(task_id: int) -> Response:
    """Give the task back to its role."""
    visible_task(task_id, current_actor())
    instances.unclaim(task_id)
    return redirect(url_for("workflow.inbox"))


def _form(found: HumanTask, values: dict[str, Any] | None = None) -> forms.FormState | None:
    """The task's form, prefilled or as it was typed."""
    if not found.form:
        return None
    return forms.open_form(forms.of_task(found), queries.data_of(found), values, found.draft)


def _token(found: HumanTask) -> str | None:
    """The form's own key, so that a double click completes once."""
    token = request.form.get("_idempotency", "")
    return f"task:{found.id}:{token}" if _TOKEN.match(token) else None
