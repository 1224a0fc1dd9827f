"""The inbox: filters with counts, a dense list, several tasks at once."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.permissions import allowed, authorize, requires
from app.workflow import instances, pages
from app.workflow.models import HumanTask
from app.workflow.views import TASK_ASSIGN, TASK_WORK, blueprint
from app.workflow.views.people import people

MAX_CHOSEN = 100


def open_count() -> int:
    """How many tasks wait for this person, asked once per page."""
    if "open_tasks" not in g:
        g.open_tasks = pages.open_count(current_actor())
    return g.open_tasks


@blueprint.get("/inbox")
@requires(TASK_WORK)
def inbox() -> str:
    """The tasks a person has to do, may do, or waits for."""
    actor = current_actor()
    view = _of(request.args.get("view"), pages.VIEWS, "todo")
    sort = _of(request.args.get("sort"), pages.SORTS, "due")
    search = request.args.get("q", "").strip()[:100]
    number = max(1, min(request.args.get("page", 1, type=int), 10_000))
    tasks, total = pages.inbox(actor, view=view, search=search, sort=sort, page=number)
    counts = pages.counts(actor)
    g.open_tasks = counts["todo"]
    kept: dict[str, Any] = {
        key: value for key, value in {"view": view, "q": search, "sort": sort}.items() if value
    }
    return render_template(
        "workflow/inbox.html",
        tasks=pages.task_rows(tasks, actor),
        view=view,
        search=search,
        sort=sort,
        sorts=pages.SORTS.items(),
        filters=[
            {
                "key": key,
                "label": label,
                "count": counts[key],
                "url": url_for("workflow.inbox", view=key),
                "bad": key == "overdue",
            }
            for key, label in pages.VIEWS.items()
        ],
        current_label=pages.VIEWS[view],
        empty_text=_("A task appears here when a process reaches a step of one of your roles."),
        number=number,
        pages=ceil(total / pages.PER_PAGE),
        page_url=lambda page: url_for("workflow.inbox", **kept, page=page),
        here=request.full_path.rstrip("?"),
        people=people() if allowed(actor, TASK_ASSIGN) else [],
    )


@blueprint.post("/inbox")
@requires(TASK_WORK)
def bulk() -> Response:
    """Claim, give back or assign one or several tasks; each succeeds or fails for itself."""
    single = request.form.get("_claim", type=int)
    action = "claim" if single else request.form.get("_action", "")
    chosen = [single] if single else request.form.getlist("task", type=int)[:MAX_CHOSEN]
    if not chosen:
        flash(_("No task is selected."), "warning")
        return redirect(_back())
    done, failed = 0, []
    for task_id in chosen:
        try:
            with db.session.begin_nested():
                _act(action, task_id)
            done += 1
        except DomainError as error:
            failed.append(str(error.message))
    if done:
        flash(_done_text(action, done), "success")
    for sentence in dict.fromkeys(failed):
        flash(sentence, "danger")
    return redirect(_back())


def _act(action: str, task_id: int) -> None:
    """One action on one task."""
    if action == "claim":
        instances.claim(task_id)
    elif action == "unclaim":
        instances.unclaim(task_id)
    elif action == "assign":
        assign(task_id, request.form.get("_assignee", type=int))
    else:
        raise DomainError("unknown_action", _("This action does not exist."), status=400)


def assign(task_id: int, user_id: int | None) -> HumanTask:
    """Give a task to a person of the task's role."""
    authorize(current_actor(), TASK_ASSIGN)
    chosen = dict(people())
    if user_id not in chosen:
        raise DomainError("unknown_person", _("Please choose whom to assign to."))
    return instances.assign(task_id, user_id, chosen[user_id])


def _done_text(action: str, count: int) -> str:
    """What was done to how many tasks."""
    if action == "claim":
        return ngettext("%(num)s task claimed.", "%(num)s tasks claimed.", count)
    if action == "unclaim":
        return ngettext("%(num)s task given back.", "%(num)s tasks given back.", count)
    return ngettext("%(num)s task assigned.", "%(num)s tasks assigned.", count)


def _of(value: str | None, known: Mapping[str, Any], default: str) -> str:
    """A value of the address if it is a known one."""
    return value if value is not None and value in known else default


def _back() -> str:
    """The filter the person came from."""
    target = request.form.get("_back", "")
    return target if target.startswith("/inbox") and "\\" not in target else url_for("workflow.inbox")
