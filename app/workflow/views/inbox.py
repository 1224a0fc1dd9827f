"""The inbox: filters with counts, a dense list, several tasks at once, filters kept under a name."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.core.actors import current_actor
from app.core.db import db
from app.core.documents import document_quantities
from app.core.edge import record_denied
from app.core.errors import DomainError, Forbidden, NotFound
from app.core.inputs import identifier, takes
from app.core.operators import SOURCES
from app.core.paging import COUNTED, count_text
from app.core.permissions import ROLES, allowed, authorize, requires
from app.core.web import STEPS
from app.workflow import queries
from app.workflow.form import forms
from app.workflow.models import HumanTask, TaskStatus
from app.workflow.people import filters, pages, plain, verbs
from app.workflow.people import inbox as box
from app.workflow.running import instances
from app.workflow.views import TASK_ASSIGN, TASK_WORK, blueprint
from app.workflow.views.people import people
from app.workflow.views.talk import follow_up
from app.workflow.views.task_page import shown_task, visible_task

MAX_CHOSEN = 100
FIGURES = "sales.order_figures"


LAST_PAGE = COUNTED // box.PER_PAGE
"""Whoever has more tasks than that narrows the list instead of turning pages."""


def badge() -> str:
    """How many tasks wait for this person, asked once per page; empty where none does."""
    if "open_tasks" not in g:
        g.open_tasks = box.open_count(current_actor())
    return count_text(g.open_tasks) if g.open_tasks else ""


def _wanted() -> box.Wanted:
    """The filter in the address."""
    given = request.args
    return box.wanted(given.get("view"), given.get("q"), given.get("sort"), given.get("step", type=int))


@blueprint.get("/inbox")
@requires(TASK_WORK)
def inbox() -> str:
    """The tasks a person has to do, may do, or waits for."""
    actor, wanted = current_actor(), _wanted()
    number = max(1, min(request.args.get("page", 1, type=int), LAST_PAGE))
    tasks, total = box.found(actor, wanted, number)
    counts = box.counts(actor)
    g.open_tasks = counts["todo"]
    kept = wanted.parameters
    return render_template(
        "workflow/inbox.html",
        tasks=_rows(tasks),
        wanted=wanted,
        kept=kept,
        sorts=box.SORTS.items(),
        steps=STEPS,
        filters=[
            {
                "key": key,
                "label": label,
                "count": count_text(counts[key]),
                "url": url_for("workflow.inbox", view=key),
                "bad": key == "overdue" and counts[key] > 0,
            }
            for key, label in box.VIEWS.items()
        ],
        saved=filters.shown(actor),
        share_with=[(role, pages.role_name(role)) for role in ROLES if role in actor.roles],
        current_label=box.VIEWS[wanted.view],
        empty_text=_("A task appears here when a process reaches a step of one of your roles."),
        number=number,
        pages=min(ceil(total / box.PER_PAGE), LAST_PAGE),
        more=total > COUNTED,
        page_url=lambda page: filters.inbox_url({**kept, "page": str(page)}),
        here=request.full_path.rstrip("?"),
        people=people() if allowed(actor, TASK_ASSIGN) else [],
    )


def _rows(tasks: list[HumanTask]) -> list[dict[str, Any]]:
    """Tasks as the list shows them, with their order's customer and the quantity of what they are about."""
    orders = {one.instance.customer_order_id for one in tasks if one.instance.customer_order_id}
    figures = SOURCES[FIGURES].function(sorted(orders)) if orders and FIGURES in SOURCES else {}
    quantities = document_quantities(one.document or one.instance.business_key for one in tasks)
    rows = pages.task_rows(tasks, current_actor())
    for row, task in zip(rows, tasks, strict=True):
        figure = figures.get(task.instance.customer_order_id, {})
        own = task.instance.business_key == f"customer_order:{task.instance.customer_order_id}"
        row["customer"] = figure.get("customer", "")
        row["quantity"] = (
            figure.get("quantity", "")
            if own
            else quantities.get(task.document or task.instance.business_key or "", "")
        )
        row["waits_for"], row["later"] = task.asked_name, task.hidden_until
    return rows


@blueprint.get("/tasks/<int:task_id>/preview")
@requires(TASK_WORK)
def preview(task_id: int) -> str:
    """The task with its form, to look into and complete without leaving the list."""
    found = visible_task(task_id, current_actor())
    state = None
    if found.form and found.status == TaskStatus.OPEN and verbs.may_read(found, current_actor()):
        state = forms.open_form(forms.of_task(found), queries.data_of(found), None, found.draft)
    return render_template(
        "workflow/_preview.html",
        task=shown_task(found, current_actor()),
        state=state,
        url=url_for("workflow.task", task_id=task_id),
        may_not_text=queries.why_not(found, current_actor()) or "",
        override_text=queries.override_text(found, current_actor()),
        idempotency="",
        drafted=bool(found.draft),
        message="",
    )


@blueprint.post("/inbox")
@requires(TASK_WORK)
@takes("task")
def bulk() -> Response:
    """Claim, give back, assign, postpone or complete one or several tasks; each succeeds or fails for itself."""
    single = request.form.get("_claim", type=identifier)
    action = "claim" if single else request.form.get("_action", "")
    chosen = [single] if single else request.form.getlist("task", type=identifier)[:MAX_CHOSEN]
    if not chosen:
        flash(_("No task is selected."), "warning")
        return redirect(_back())
    done = 0
    for task_id in chosen:
        try:
            visible_task(task_id, current_actor())
            _act(action)(task_id)
            db.session.commit()
            done += 1
        except DomainError as error:
            db.session.rollback()
            if isinstance(error, Forbidden):
                record_denied(error)
            flash(_("%(task)s: %(reason)s", task=_name(task_id), reason=error.message), "danger")
    if done:
        flash(_done_text(action, done), "success")
    return redirect(_back())


def _name(task_id: int) -> str:
    """A task in the words of its result line."""
    task = db.session.get(HumanTask, task_id)
    return " · ".join(part for part in (task.name, task.summary) if part) if task else str(task_id)


def _act(action: str) -> Callable[[int], object]:
    """One action on one task."""
    if action == "claim":
        return instances.claim
    if action == "unclaim":
        return instances.unclaim
    if action == "complete":
        return lambda task_id: plain.complete(visible_task(task_id, current_actor()))
    if action == "assign":
        authorize(current_actor(), TASK_ASSIGN)
        user_id = request.form.get("_assignee", type=identifier)
        return lambda task_id: verbs.assign(task_id, user_id)
    if action == "postpone":
        until = follow_up("_until")
        if until is None:
            raise DomainError("until", _("Please choose a day."), field="_until")
        return lambda task_id: verbs.postpone(task_id, until)
    raise DomainError("unknown_action", _("This action does not exist."), status=400)


def _done_text(action: str, count: int) -> str:
    """What was done to how many tasks."""
    if action == "claim":
        return ngettext("%(num)s task claimed.", "%(num)s tasks claimed.", count)
    if action == "unclaim":
        return ngettext("%(num)s task given back.", "%(num)s tasks given back.", count)
    if action == "complete":
        return ngettext("%(num)s task completed.", "%(num)s tasks completed.", count)
    if action == "postpone":
        return ngettext("%(num)s task postponed.", "%(num)s tasks postponed.", count)
    return ngettext("%(num)s task assigned.", "%(num)s tasks assigned.", count)


@blueprint.post("/inbox/filters")
@requires(TASK_WORK)
@takes("view", "q", "sort", "step", "name", "role")
def keep_filter() -> Response:
    """Keep the filter that is shown under a name."""
    given = request.form
    wanted = box.wanted(given.get("view"), given.get("q"), given.get("sort"), given.get("step", type=int))
    saved = filters.keep(given.get("name", ""), wanted, given.get("role") or None)
    flash(_("The filter is kept."), "success")
    return redirect(filters.inbox_url(saved.wanted))


@blueprint.post("/inbox/filters/<int:filter_id>/remove")
@requires(TASK_WORK)
@takes()
def remove_filter(filter_id: int) -> Response:
    """Take back one of one's own filters."""
    if not filters.remove(filter_id):
        raise NotFound("filter", _("There is no such filter of yours."))
    return redirect(_back())


def _back() -> str:
    """The filter the person came from."""
    target = request.form.get("_back", "")
    return target if target.startswith("/inbox") and "\\" not in target else url_for("workflow.inbox")
