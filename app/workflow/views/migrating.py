"""Pages that move running cases to a new version: versions and impact, dry run, run, undo."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError, NotFound
from app.core.inputs import takes
from app.core.permissions import allowed, requires
from app.workflow import definitions
from app.workflow.models import DefinitionKind, ProcessDefinition
from app.workflow.moving import migration as moving
from app.workflow.moving import migration_words as words
from app.workflow.views import PROCESS_MIGRATE, PROCESS_READ, blueprint


def _process(definition_id: int) -> ProcessDefinition:
    """The version of a process that new cases start with, from any of its versions.

    Raises:
        NotFound: there is no such process.
    """
    row = db.session.get(ProcessDefinition, definition_id)
    if row is None or row.kind is not DefinitionKind.BPMN:
        raise NotFound("process_missing", _("There is no such process."))
    return definitions.active(row.key)


def _page() -> int:
    return max(1, min(request.args.get("page", 1, type=int), 10_000))


@blueprint.get("/operations/versions/<int:definition_id>")
@requires(PROCESS_READ)
def versions(definition_id: int) -> str:
    """A process by version: where its cases stand; with ``dry=1`` which of them could go to the active one."""
    process = _process(definition_id)
    dry, page = request.args.get("dry") == "1", _page()
    rows, total = words.verdicts(process.key, page) if dry else ([], 0)
    found = words.versions(process.key)
    return render_template(
        "workflow/versions.html",
        process=process,
        versions=found,
        older=sum(one["running"] for one in found if not one["active"]),
        dry=dry,
        rows=rows,
        total=total,
        page=page,
        pages=-(-total // words.SHOWN),
        runs=words.runs(process.key),
        may_move=allowed(current_actor(), PROCESS_MIGRATE),
    )


@blueprint.post("/operations/versions/<int:definition_id>")
@requires(PROCESS_MIGRATE)
@takes("instances", "reason")
def migrate(definition_id: int) -> Response:
    """Move the chosen cases, or all that can go, to the active version."""
    process = _process(definition_id)
    chosen = request.form.getlist("instances")
    if any(not (one.isascii() and one.isdecimal() and len(one) < 10) for one in chosen):
        raise DomainError("instances", _("There is no such process."), field="instances")
    everything = "_all" in request.form
    run = moving.begin(
        process.key, None if everything else [int(one) for one in chosen], request.form.get("reason", "")
    )
    g.migrating = True
    return redirect(url_for("workflow.migration", run_id=run.id))


@blueprint.get("/operations/migrations/<int:run_id>")
@requires(PROCESS_READ)
def migration(run_id: int) -> str:
    """How far a run is, and what came of each case."""
    run = moving.get(run_id)
    facts, page = words.run_facts(run), _page()
    return render_template(
        "workflow/_migration.html" if request.headers.get("HX-Request") else "workflow/migration.html",
        run=run,
        facts=facts,
        rows=words.cases(run, page),
        page=page,
        pages=-(-facts["total"] // words.SHOWN),
        may_move=allowed(current_actor(), PROCESS_MIGRATE),
    )


@blueprint.post("/operations/migrations/<int:run_id>/cancel")
@requires(PROCESS_MIGRATE)
@takes()
def cancel_migration(run_id: int) -> Response:
    """Leave the rest of a run's cases where they are."""
    moving.cancel(run_id)
    flash(_("The run is cancelled; cases that were moved stay moved."), "success")
    return redirect(url_for("workflow.migration", run_id=run_id))


@blueprint.post("/operations/migrations/<int:run_id>/undo")
@requires(PROCESS_MIGRATE)
@takes("case")
def undo_migration(run_id: int) -> Response:
    """Take back one case, or all that have not gone on."""
    case = request.form.get("case", "")
    if case and not (case.isascii() and case.isdecimal() and len(case) < 10):
        raise DomainError("case", _("There is no such process."), field="case")
    moving.undo(run_id, int(case) if case else None)
    g.migrating = True
    return redirect(url_for("workflow.migration", run_id=run_id))
