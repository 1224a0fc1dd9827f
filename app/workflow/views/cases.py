"""Where things stand: one customer order on one page, every process instance."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app.accounts import AUDIT_READ
from app.core.actors import current_actor
from app.core.db import db
from app.core.documents import document_label, document_labels, documents_matching
from app.core.errors import NotFound
from app.core.permissions import PERMISSIONS, allowed, login_required_only, requires
from app.core.web import Column, Filter, documents, listing, status_label, url_if
from app.workflow.drawing.diagrams import localized_xml
from app.workflow.models import Incident, IncidentStatus, InstanceStatus, ProcessDefinition, ProcessInstance
from app.workflow.people import pages, standing, verbs
from app.workflow.running import steering
from app.workflow.views import CASE_STEER, ORDER_FOLLOW, PROCESS_READ, TASK_WORK, blueprint
from app.workflow.views.orders import order_card
from app.workflow.watching import incidents as causes


@blueprint.get("/")
@login_required_only
def home() -> Response:
    """Everybody starts in the inbox."""
    return redirect(url_for("workflow.inbox"))


@blueprint.get("/orders/<int:order_id>")
@requires(ORDER_FOLLOW)
def order(order_id: int) -> str:
    """The cockpit: where one customer order stands in all eight steps."""
    card = order_card(order_id)
    if card is None:
        raise NotFound("order", _("There is no such order."))
    cases = pages.order_instances(order_id)
    ids = [one.id for one in cases]
    tasks = pages.open_tasks(*ids)
    main = next(
        (one for one in reversed(cases) if one.process.startswith("main.")), cases[0] if cases else None
    )
    rows = pages.history(main.id) if main else []
    papers = documents(order_id)
    return render_template(
        "workflow/cockpit.html",
        order=card,
        orders_url=url_if("sales.orders"),
        steps=standing.step_states(cases, rows, tasks),
        details=_details(papers, tasks),
        open_tasks=pages.task_rows(tasks, current_actor(), within_order=True),
        incidents=_incidents(ids),
        diagram=pages.diagram(main, rows, tasks) if main else None,
        documents=papers,
        cost_url=_cost_url(order_id),
        running=_running([one for one in cases if main is None or one.id != main.id]),
        timeline=pages.timeline(pages.acts(rows, *ids)),
        files=verbs.files_of(ids, current_actor()),
        main_case=main.id if main and main.status in steering.RUNNING else None,
        acts=_acts(cases),
    )


def _cost_url(order_id: int) -> str | None:
    """Where the cost so far is read, for people who may see costs."""
    if "cost:read" not in PERMISSIONS or not allowed(current_actor(), "cost:read"):
        return None
    return url_if("costing.order_cost", order_id=order_id)


def _details(papers: dict[int, list[dict]], tasks: list) -> dict[int, str]:
    """A word under each step: its documents, else its open tasks."""
    waiting = Counter(one.step for one in tasks if one.step)
    found = {step: _("%(count)s tasks", count=count) for step, count in waiting.items()}
    return found | {
        step: _("%(count)s documents", count=len(ones)) if len(ones) > 1 else ones[0]["number"]
        for step, ones in papers.items()
        if ones
    }


def _case_title(case: ProcessInstance) -> str:
    """A process instance by its process and document."""
    return f"{case.definition.name} · {document_label(case.business_key)}"


def _running(cases: list[ProcessInstance]) -> list[dict[str, Any]]:
    """The documents' own processes that have not ended, each in one line."""
    ended = (InstanceStatus.COMPLETED, InstanceStatus.CANCELLED)
    cases = [case for case in cases if case.status not in ended]
    return [
        {
            "title": _case_title(case),
            "status": case.status,
            "url": url_for("workflow.instance", instance_id=case.id),
        }
        for case in cases
    ]


@blueprint.get("/processes")
@requires(PROCESS_READ)
def instances() -> Any:
    """Every process instance: running, waiting, failed, done."""
    query = select(ProcessInstance).join(ProcessInstance.definition)
    columns = [
        Column("id", _("No."), kind="number", href=_instance_url),
        Column("process", _("Process"), display=lambda one: one.definition.name, href=_instance_url),
        Column("business_key", _("Document"), kind="document"),
        Column("status", _("Status"), kind="status", display=lambda one: status_label(one.status)),
        Column("started_at", _("Started"), kind="datetime"),
        Column("ended_at", _("Ended"), kind="datetime"),
        Column(
            "version", _("Version"), value=lambda one: one.definition.version, kind="number", sortable=False
        ),
    ]
    filters = [
        Filter(
            "status",
            _("Status"),
            [(one.value, status_label(one)) for one in InstanceStatus],
            lambda value: ProcessInstance.status == InstanceStatus(value),
        ),
        Filter("process", _("Process"), _processes(), lambda value: ProcessInstance.process == value),
    ]
    page = listing(query, columns, title=_("Processes"), search=[_about], filters=filters, sort="-id")
    if page.export:
        return page.export
    return render_template("workflow/list.html", page=page, empty_text=_("No process has started yet."))


def _about(text: str) -> ColumnElement[bool]:
    """Cases about a document whose number holds a text, or of a process whose name does."""
    word = text.casefold()
    processes = [key for key, name in _processes() if word in name.casefold() or word in key]
    documents = [text, *documents_matching(text)]
    return or_(ProcessInstance.business_key.in_(documents), ProcessInstance.process.in_(processes))


def _instance_url(case: ProcessInstance) -> str:
    """A process instance's page."""
    return url_for("workflow.instance", instance_id=case.id)


def _processes() -> list[tuple[str, str]]:
    """The processes that have instances."""
    case = select(ProcessInstance.id).where(ProcessInstance.definition_id == ProcessDefinition.id)
    found = db.session.scalars(select(ProcessDefinition).where(case.exists()))
    return sorted({one.key: one.name for one in found}.items())


@blueprint.get("/processes/<int:instance_id>")
@requires(PROCESS_READ)
def instance(instance_id: int) -> str:
    """One process instance: diagram, tasks, history."""
    case = _found(instance_id)
    rows, tasks = pages.history(case.id), pages.open_tasks(case.id)
    return render_template(
        "workflow/instance.html",
        title=_case_title(case),
        state=case.status,
        diagram=pages.diagram(case, rows, tasks),
        open_tasks=pages.task_rows(tasks, current_actor()),
        facts_of_case=pages.case_facts(case),
        timeline=pages.timeline(rows),
        main_case=case.id if case.status in steering.RUNNING else None,
        acts=_acts([case]),
        story_url=url_for("workflow.story", subject=f"case:{case.id}")
        if allowed(current_actor(), AUDIT_READ)
        else None,
    )


def _acts(cases: list[ProcessInstance]) -> dict[str, Any] | None:
    """What the person may do to the cases by hand; None without the right."""
    if not allowed(current_actor(), CASE_STEER):
        return None
    ids = [one.id for one in cases if one.status in steering.RUNNING]
    return {"waits": steering.waits(ids), "timers": steering.timers(ids)}


@blueprint.get("/processes/<int:instance_id>/diagram.xml")
@requires(TASK_WORK)
def diagram(instance_id: int) -> Response:
    """The instance's diagram with its labels in the reader's language."""
    return Response(localized_xml(_found(instance_id).definition.source), mimetype="application/xml")


def _found(instance_id: int) -> ProcessInstance:
    """The instance, or 404."""
    case = db.session.get(ProcessInstance, instance_id)
    if case is None:
        raise NotFound("instance", _("There is no such process."))
    return case


def _incidents(instance_ids: list[int]) -> list[dict[str, Any]]:
    """The unsettled incidents of some cases."""
    query = (
        select(Incident)
        .where(Incident.status != IncidentStatus.RESOLVED, Incident.instance_id.in_(instance_ids))
        .options(joinedload(Incident.instance))
    )
    found = list(db.session.scalars(query.order_by(Incident.id.desc()).limit(200)))
    labels = document_labels([one.instance.business_key for one in found])
    return [causes.facts(one, labels) for one in found]
