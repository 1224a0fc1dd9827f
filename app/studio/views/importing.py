"""Files from elsewhere, taken into a change."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response as Answer

from app.core.downloads import file_answer
from app.core.inputs import takes
from app.core.permissions import requires
from app.studio import EDIT, READ, archive, importing, queries, services
from app.studio.views import blueprint
from app.workflow.drawing.diagram import MAX_BYTES


@blueprint.get("/archive")
@requires(READ)
def download_all() -> Answer:
    """Every deployed diagram, decision, form and test case as one archive, to be kept or taken in elsewhere."""
    return file_answer(archive.packed(queries.with_sources()), "application/zip", "octad-processes.zip")


@blueprint.post("/changes/<int:change_id>/import")
@requires(EDIT)
@takes("key", "files")
def import_files(change_id: int) -> Answer:
    """Take diagrams, decisions and forms from files, of other engines too."""
    given = {
        (one.filename or "").rpartition("/")[2]: one.stream.read(MAX_BYTES + 1)
        for one in request.files.getlist("files")
    }
    taken = importing.take_over(services.locked(change_id), request.form.get("key", "").strip(), given)
    flash(ngettext("%(num)d file was taken in.", "%(num)d files were taken in.", len(taken)), "success")
    return redirect(url_for("studio.change", change_id=change_id))
