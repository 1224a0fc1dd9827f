"""One version of a process, decision or form: shown, compared, downloaded, brought back."""

from __future__ import annotations

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from app.core.actors import current_actor
from app.core.errors import NotFound
from app.core.i18n import select_locale
from app.core.inputs import takes
from app.core.permissions import allowed, requires
from app.studio import EDIT, READ, queries, services, words
from app.studio.builder import page, preview
from app.studio.diff import differences
from app.studio.views import blueprint, definition_of, own_drafts
from app.workflow.drawing.diagrams import localized_xml
from app.workflow.models import DefinitionKind, ProcessDefinition


@blueprint.get("/definitions/<int:definition_id>")
@requires(READ)
def definition(definition_id: int) -> str:
    """One version of a process, decision or form, beside the one before or another."""
    shown = definition_of(definition_id)
    rows = queries.versions(shown.kind, shown.key)
    other = _other(rows, shown)
    compared = words.shown(differences(shown.file, other.source, shown.source)) if other else []
    return render_template(
        "studio/definition.html",
        shown=shown,
        other=other,
        versions=rows,
        compared=compared,
        may_edit=allowed(current_actor(), EDIT),
        drafts=own_drafts(),
        drawn=_drawn(shown),
    )


@blueprint.get("/definitions/<int:definition_id>/drawing")
@requires(READ)
def drawing(definition_id: int) -> Response:
    """A version's diagram with its labels in the reader's language; forms and test cases have none."""
    shown = definition_of(definition_id)
    if shown.kind is not DefinitionKind.BPMN:
        raise NotFound("definition", _("There is no such version."))
    return Response(localized_xml(shown.source), mimetype="application/xml")


@blueprint.get("/definitions/<int:definition_id>/source")
@requires(READ)
def source(definition_id: int) -> Response:
    """The file of a version, as it was deployed."""
    shown = definition_of(definition_id)
    name = shown.file.rpartition("/")[2]
    answer = Response(shown.source, mimetype="application/xml" if name[-4:] != "json" else "application/json")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


@blueprint.post("/definitions/<int:definition_id>/restore")
@requires(EDIT)
@takes()
def restore(definition_id: int) -> Answer:
    """Begin a change that brings this version back."""
    made = services.bring_back(definition_of(definition_id))
    return redirect(url_for("studio.change", change_id=made.id))


def _drawn(shown: ProcessDefinition) -> preview.Preview | None:
    """A form's version as people see it, in the reader's language."""
    content = page.content_of(shown.source) if shown.kind is DefinitionKind.FORM else None
    return preview.shown(content, select_locale()) if content is not None else None


def _other(rows: list[ProcessDefinition], shown: ProcessDefinition) -> ProcessDefinition | None:
    """The version to compare with: the one that was asked for, else the one before."""
    wanted = request.args.get("with", type=int)
    found = [one for one in rows if one.version == wanted] if wanted else []
    return next(iter(found or [one for one in rows if one.version < shown.version]), None)
