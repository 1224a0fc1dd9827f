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
from app.core.inputs import takes
from app.core.lists import moment_text
from app.core.permissions import allowed, requires
from app.core.web import documents
from app.workflow import approvers, attachments, chain, changes, forms, instances, pages, queries, talk, verbs
from app.workflow.forms_request import submitted_values
from app.workflow.models import HumanTask, StepHistory, TaskStatus
from app.workflow.views import TASK_ASSIGN, TASK_WORK, blueprint
from app.workflow.views.orders import order_card
from app.workflow.views.people import people

TABS = ("order", "talk", "diagram", "chain", "documents", "history")
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
    if not verbs.may_read(found, current_actor()):
        raise Forbidden("not_yours", _("This task belongs to a role you do not hold."))
    values = submitted_values(forms.load(found.form), request.form) if found.form else {}
    if found.form and attachments.keep_files(found, forms.load(found.form), values, request):
        db.session.commit()  # an error in another field must not lose the file
        found = visible_task(task_id, current_actor())
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
            state = _form(found, values)
            judged = state.validate() if state is not None else {}
            if judged is None:
                db.session.rollback()
                return _page(visible_task(found.id, current_actor()), state), 422
            clean = judged
        before = _changed(state, clean)
        instances.complete(found.id, clean, idempotency_key=_token(found), before=before)
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


def visible_task(task_id: int, actor: Actor) -> HumanTask:
    """The task, if this person may see it.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = pages.task_with_case(task_id)
    if found is None or not (verbs.may_read(found, actor) or verbs.was_asked(found, actor)):
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
    reads = verbs.may_read(found, actor)
    tabs = _tabs(reads)
    tab = request.args.get("tab", next(iter(tabs)))
    tab = tab if tab in tabs else next(iter(tabs))
    order_id = case.customer_order_id if reads else None
    shown = shown_task(found, actor)
    related = pages.order_instances(order_id) if order_id else [case]
    ids = [one.id for one in related]
    tasks = pages.open_tasks(*ids)
    rows = pages.history(*(ids if order_id else [case.id]))
    following = queries.next_task_of_case(found, actor) if found.status != TaskStatus.OPEN else None
    return render_template(
        "workflow/task.html",
        task=shown,
        approvers=approvers.panel(found, actor, holds=shown["holds"]),
        reads=reads,
        state=state if reads else None,
        form_title=state.form.title if state and reads else found.name,
        message=message,
        drafted=bool(found.draft),
        idempotency=uuid4().hex,
        may_not_text=queries.why_not(found, actor) or "",
        override_text=queries.override_text(found, actor),
        closed_text=_closed(found),
        next_url=url_for("workflow.task", task_id=following.id) if following else None,
        steps=pages.step_states(related, rows, tasks) if order_id else {},
        order=order_card(order_id) if order_id else None,
        tab=tab,
        tabs=tabs.items(),
        open_tasks=pages.task_rows(
            [one for one in tasks if one.id != found.id], actor, within_order=bool(order_id)
        ),
        facts_of_case=pages.case_facts(case),
        **_tab(tab, found, ids, rows, tasks),
    )


def _tabs(reads: bool) -> dict[str, str]:
    """The tabs beside the form; whoever was only asked sees what was said."""
    if not reads:
        return {"talk": _("Comments")}
    words = (
        _("Order"),
        _("Comments"),
        _("Diagram"),
        _("Approval chain"),
        _("Documents"),
        _("History"),
    )
    return dict(zip(TABS, words, strict=True))


def _tab(
    tab: str, found: HumanTask, ids: list[int], rows: list[StepHistory], tasks: list[HumanTask]
) -> dict[str, Any]:
    """What one tab shows."""
    case, actor = found.instance, current_actor()
    order_id = case.customer_order_id
    if tab == "talk":
        return {"comments": talk.comments(found), "colleagues": people()}
    if tab == "diagram":
        drawn = pages.diagram(case, [one for one in rows if one.instance_id == case.id], tasks)
        if found.process == case.process:
            drawn["marks"].setdefault(found.element, {"state": "done"})["this"] = "1"
        return {"diagram": drawn}
    if tab == "chain":
        return {"chain": chain.levels(found), "decisions": chain.decisions([case.id])}
    if tab == "documents":
        return {
            "documents": documents(order_id) if order_id else {},
            "files": verbs.files_of(ids, actor),
            "may_attach": found.status == TaskStatus.OPEN,
        }
    if tab == "history":
        own = [one for one in rows if one.instance_id == case.id]
        return {"timeline": pages.timeline(own), "changes": changes.of_case(case.id, actor)}
    return {}


def shown_task(found: HumanTask, actor: Actor) -> dict[str, Any]:
    """The task's heading and what may be done with it."""
    may = queries.may_do(found, actor)
    open_still = found.status == TaskStatus.OPEN
    holds = may and found.owner_id in (None, actor.user_id, actor.on_behalf_of)
    return {
        "id": found.id,
        "title": found.name,
        "process": found.instance.definition.name,
        "summary": found.summary or "",
        "due": found.due_at if open_still else None,
        "open": open_still,
        "owner": found.owner_name,
        "role": pages.role_name(found.role),
        "mine": found.owner_id is not None and found.owner_id == actor.user_id,
        "claimable": found.owner_id is None and may,
        "may": may,
        "holds": holds,
        "asked": found.asked_name,
        "answers": open_still and found.asked_id is not None and found.asked_id == actor.user_id,
        "returns_to": found.returns_to_name if found.owner_id == actor.user_id else None,
        "hidden_until": found.hidden_until if open_still else None,
        "candidates": _choices(found, actor, holds) if open_still else [],
        "assigns": allowed(actor, TASK_ASSIGN),
    }


def _choices(found: HumanTask, actor: Actor, holds: bool) -> list[tuple[int, str]]:
    """Whom this person may give the task to."""
    if not holds and not allowed(actor, TASK_ASSIGN):
        return []
    return [(one.id, one.name) for one in verbs.candidates(found) if one.id != found.owner_id]


def _closed(found: HumanTask) -> str:
    """Who did the task, and when."""
    if found.status == TaskStatus.COMPLETED and found.completed_at:
        when = moment_text(found.completed_at)
        return _("%(name)s completed this task on %(when)s.", name=found.completed_by_name or "–", when=when)
    return _("This task was cancelled; the process went another way.")
