"""One task: its form, what surrounds it, and what may be done with it."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.actors import Actor, current_actor
from app.core.db import db
from app.core.edge import finish
from app.core.errors import Conflict, DomainError, Forbidden, NotFound
from app.core.lists import moment_text
from app.core.permissions import allowed, requires
from app.core.web import documents
from app.workflow import attachments, forms, instances, pages, queries
from app.workflow.forms_request import submitted_values
from app.workflow.models import HumanTask, TaskStatus
from app.workflow.views import PROCESS_READ, TASK_ASSIGN, TASK_WORK, blueprint
from app.workflow.views.orders import order_card
from app.workflow.views.people import people

TABS = ("order", "diagram", "documents", "history")
_TOKEN = re.compile(r"[0-9a-f]{32}\Z")


@blueprint.get("/tasks/<int:task_id>")
@requires(TASK_WORK)
def task(task_id: int) -> str:
    """The task with its form, or who did it."""
    found = visible_task(task_id, current_actor())
    state = _form(found) if found.status == TaskStatus.OPEN else None
    return _page(found, state)


@blueprint.post("/tasks/<int:task_id>")
@requires(TASK_WORK)
def complete(task_id: int) -> Any:
    """Complete the task, save a draft, or add and remove rows where there is no JavaScript."""
    found = visible_task(task_id, current_actor())
    if found.status != TaskStatus.OPEN:
        return _page(found, None), 409
    values = submitted_values(forms.load(found.form), request.form) if found.form else {}
    if "_add" in request.form or "_remove" in request.form:
        return _page(found, _form(found, values))
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
            attachments.keep_files(forms.load(found.form), values, request)
            state = _form(found, values)
            judged = state.validate() if state is not None else {}
            if judged is None:
                db.session.rollback()
                return _page(visible_task(found.id, current_actor()), state), 422
            clean = judged
        instances.complete(found.id, clean, idempotency_key=_token(found))
        finish()
    except Conflict as conflict:
        db.session.rollback()
        again = visible_task(found.id, current_actor())
        open_still = again.status == TaskStatus.OPEN
        return _page(again, state if open_still else None, str(conflict.message)), 409
    except Forbidden:
        raise
    except DomainError as error:
        db.session.rollback()
        return _refused(found.id, values, error), error.status
    flash(_("%(task)s is done.", task=found.name), "success")
    following = queries.next_task_of_case(found, current_actor())
    if following is None:
        return redirect(url_for("workflow.inbox"))
    return redirect(url_for("workflow.task", task_id=following.id))


def _refused(task_id: int, values: dict[str, Any], error: DomainError) -> str:
    """The form with the sentence of a rule that said no, beside its field if it names one."""
    found = visible_task(task_id, current_actor())
    state = _form(found, values) if found.form else None
    if state is not None and error.field:
        return _page(found, _with_error(state, error))
    return _page(found, state, str(error.message))


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
        instances.save_draft(task_id, submitted_values(forms.load(found.form), request.form))
    return Response(status=204)


@blueprint.post("/tasks/<int:task_id>/claim")
@requires(TASK_WORK)
def claim(task_id: int) -> Response:
    """Take the task, so that nobody else starts it."""
    visible_task(task_id, current_actor())
    instances.claim(task_id)
    return redirect(url_for("workflow.task", task_id=task_id))


@blueprint.post("/tasks/<int:task_id>/unclaim")
@requires(TASK_WORK)
def unclaim(task_id: int) -> Response:
    """Give the task back to its role."""
    visible_task(task_id, current_actor())
    instances.unclaim(task_id)
    return redirect(url_for("workflow.inbox"))


@blueprint.post("/tasks/<int:task_id>/assign")
@requires(TASK_ASSIGN)
def assign_task(task_id: int) -> Response:
    """Give the task to somebody."""
    chosen, user_id = dict(people()), request.form.get("user_id", type=int)
    visible_task(task_id, current_actor())
    if user_id not in chosen:
        raise DomainError("unknown_person", _("Please choose whom to assign to."))
    instances.assign(task_id, user_id, chosen[user_id])
    return redirect(url_for("workflow.task", task_id=task_id))


def visible_task(task_id: int, actor: Actor) -> HumanTask:
    """The task, if this person may see it.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = pages.task_with_case(task_id)
    everything = allowed(actor, TASK_ASSIGN) or allowed(actor, PROCESS_READ)
    if found is None or not pages.may_see(found, actor, all_tasks=everything):
        raise NotFound("task", _("There is no such task, or not for you."))
    return found


def _form(found: HumanTask, values: dict[str, Any] | None = None) -> forms.FormState | None:
    """The task's form, prefilled or as it was typed."""
    if not found.form:
        return None
    return forms.open_form(found.form, queries.data_of(found), values, found.draft)


def _token(found: HumanTask) -> str | None:
    """The form's own key, so that a double click completes once."""
    token = request.form.get("_idempotency", "")
    return f"task:{found.id}:{token}" if _TOKEN.match(token) else None


def _page(found: HumanTask, state: forms.FormState | None, message: str = "") -> str:
    """The task page in whatever condition the task is."""
    actor, case = current_actor(), found.instance
    tab = request.args.get("tab", "order")
    tab = tab if tab in TABS else "order"
    order_id = case.customer_order_id
    related = pages.order_instances(order_id) if order_id else [case]
    ids = [one.id for one in related]
    tasks = pages.open_tasks(*ids)
    rows = pages.history(*(ids if tab == "history" or order_id else [case.id]))
    following = queries.next_task_of_case(found, actor) if found.status != TaskStatus.OPEN else None
    return render_template(
        "workflow/task.html",
        task=_shown(found, actor),
        state=state,
        form_title=state.form.title if state else found.name,
        message=message,
        drafted=bool(found.draft),
        idempotency=uuid4().hex,
        may_not_text=queries.why_not(found, actor) or "",
        closed_text=_closed(found),
        next_url=url_for("workflow.task", task_id=following.id) if following else None,
        steps=pages.step_states(related, rows, tasks) if order_id else {},
        order=order_card(order_id) if order_id else None,
        tab=tab,
        tabs=list(zip(TABS, (_("Order"), _("Diagram"), _("Documents"), _("History")), strict=True)),
        open_tasks=pages.task_rows(
            [one for one in tasks if one.id != found.id], actor, within_order=bool(order_id)
        ),
        diagram=pages.diagram(case, pages.history(case.id), tasks) if tab == "diagram" else None,
        documents=documents(order_id) if order_id and tab == "documents" else {},
        timeline=pages.timeline([one for one in rows if one.instance_id == case.id])
        if tab == "history"
        else [],
        facts_of_case=pages.case_facts(case),
    )


def _shown(found: HumanTask, actor: Actor) -> dict[str, Any]:
    """The task's heading."""
    may = queries.may_do(found, actor)
    return {
        "id": found.id,
        "title": found.name,
        "process": found.instance.definition.name,
        "summary": found.summary or "",
        "due": found.due_at if found.status == TaskStatus.OPEN else None,
        "open": found.status == TaskStatus.OPEN,
        "owner": found.owner_name,
        "role": pages.role_name(found.role),
        "mine": found.owner_id is not None and found.owner_id == actor.user_id,
        "claimable": found.owner_id is None and may,
        "may": may,
    }


def _closed(found: HumanTask) -> str:
    """Who did the task, and when."""
    if found.status == TaskStatus.COMPLETED and found.completed_at:
        when = moment_text(found.completed_at)
        return _("%(name)s completed this task on %(when)s.", name=found.completed_by_name or "–", when=when)
    return _("This task was cancelled; the process went another way.")
