"""What the page of one task shows: its form, and what surrounds it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import render_template, request, url_for
from flask_babel import gettext as _

from app.accounts.queries import names
from app.core.actors import Actor, current_actor
from app.core.errors import NotFound
from app.core.lists import moment_text
from app.core.permissions import allowed
from app.core.web import documents
from app.workflow import queries
from app.workflow.form import forms
from app.workflow.models import HumanTask, TaskStatus
from app.workflow.people import approvers, chain, changes, lateness, pages, standing, talk, verbs
from app.workflow.views import TASK_ASSIGN
from app.workflow.views.orders import order_card
from app.workflow.views.people import people

TABS = ("order", "talk", "diagram", "chain", "documents", "history")


def visible_task(task_id: int, actor: Actor) -> HumanTask:
    """The task, if this person may see it.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = pages.task_with_case(task_id)
    if found is None or not (verbs.may_read(found, actor) or verbs.was_asked(found, actor)):
        raise NotFound("task", _("There is no such task, or not for you."))
    return found


def task_page(found: HumanTask, state: forms.FormState | None, message: str = "") -> str:
    """The task page in whatever condition the task is."""
    actor, case = current_actor(), found.instance
    reads = verbs.may_read(found, actor)
    tabs = _tabs(reads)
    tab = request.args.get("tab", next(iter(tabs)))
    tab = tab if tab in tabs else next(iter(tabs))
    order_id = case.customer_order_id if reads else None
    shown = shown_task(found, actor)
    related = standing.order_cases(order_id) if order_id else []
    ids = [one.id for one in related] or [case.id]
    tasks = pages.open_tasks(*ids)
    passed = standing.passed_steps(*standing.main_cases(related)) if related else []
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
        deadlines=lateness.lines(found) if reads else [],
        next_url=url_for("workflow.task", task_id=following.id) if following else None,
        steps=standing.step_states(related, passed, tasks) if order_id else {},
        order=order_card(order_id) if order_id else None,
        tab=tab,
        tabs=tabs.items(),
        open_tasks=pages.task_rows(
            [one for one in tasks if one.id != found.id], actor, within_order=bool(order_id)
        ),
        facts_of_case=pages.case_facts(case),
        **_tab(tab, found, ids, tasks),
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


def _tab(tab: str, found: HumanTask, ids: list[int], tasks: list[HumanTask]) -> dict[str, Any]:
    """What one tab shows."""
    case, actor = found.instance, current_actor()
    order_id = case.customer_order_id
    if tab == "talk":
        return {"comments": talk.comments(found), "colleagues": people()}
    if tab == "diagram":
        drawn = pages.diagram(case, pages.history(case.id), tasks)
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
        return {
            "timeline": pages.timeline(pages.history(case.id)),
            "changes": changes.of_case(case.id, actor),
        }
    return {}


def shown_task(found: HumanTask, actor: Actor) -> dict[str, Any]:
    """The task's heading and what may be done with it."""
    may = queries.may_do(found, actor)
    open_still = found.status == TaskStatus.OPEN
    holds = may and found.owner_id in {None, *actor.persons}
    return {
        "id": found.id,
        "title": found.name,
        "process": found.instance.definition.name,
        "summary": found.summary or "",
        "due": found.due_at if open_still else None,
        "signs": lateness.signs(found),
        "open": open_still,
        "owner": found.owner_name,
        "role": pages.role_name(found.role),
        "mine": found.owner_id in actor.persons,
        "claimable": found.owner_id is None and may,
        "may": may,
        "holds": holds,
        "asked": found.asked_name,
        "answers": open_still and found.asked_id in actor.persons,
        "returns_to": found.returns_to_name if found.owner_id in actor.persons else None,
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
        if found.on_behalf_of_id is not None:
            return _(
                "%(name)s completed this task for %(person)s on %(when)s.",
                name=found.completed_by_name or "–",
                person=names().get(found.on_behalf_of_id, "–"),
                when=when,
            )
        return _("%(name)s completed this task on %(when)s.", name=found.completed_by_name or "–", when=when)
    return _("This task was cancelled; the process went another way.")
