"""Automatic steps that failed, by cause: try again, with other data, or skip, one or many."""

from __future__ import annotations

from flask import render_template, request

from app.core.actors import current_actor
from app.core.inputs import identifier, takes
from app.core.permissions import allowed, requires
from app.workflow.views import INCIDENT_RETRY, PROCESS_READ, blueprint
from app.workflow.watching import incidents as causes


@blueprint.get("/incidents")
@requires(PROCESS_READ)
def incidents() -> str:
    """Automatic steps that failed."""
    may_retry = allowed(current_actor(), INCIDENT_RETRY)
    return render_template("workflow/incidents.html", groups=causes.groups(), may_retry=may_retry)


@blueprint.post("/incidents/causes/<cause>")
@requires(INCIDENT_RETRY)
@takes("incident", "data", "reason")
def mend(cause: str) -> str:
    """Mend several incidents of one cause and tell what came of each."""
    given = request.form
    chosen = None if "_all" in given else given.getlist("incident", type=identifier)
    outcomes = causes.mend(
        cause, chosen, given.get("_action", ""), given.get("data", ""), given.get("reason", "")
    )
    return render_template("workflow/incident_results.html", outcomes=outcomes)
