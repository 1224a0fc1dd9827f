"""The page that imports files from the browser."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from app.core.db import db
from app.core.inputs import takes
from app.core.permissions import requires
from app.imports import IMPORT
from app.imports.loading import FILES, SUFFIXES, Report, import_folder
from app.imports.reading import Problem

blueprint = Blueprint("imports", __name__, url_prefix="/imports")


@blueprint.get("")
@requires(IMPORT)
def upload() -> str:
    """Show which files can be imported."""
    return render_template("imports/upload.html", names=[spec.name for spec in FILES], report=None)


@blueprint.post("")
@requires(IMPORT)
@takes("files")
def take() -> Any:
    """Import the files sent, each whole or not at all, and say what became of them."""
    report = _import_sent()
    db.session.commit()
    status = 422 if report.problem_count else 200
    names = [spec.name for spec in FILES]
    return render_template("imports/upload.html", names=names, report=report), status


def _import_sent() -> Report:
    """Import what came with the request; nothing is taken while a file has a name that isn't known."""
    allowed = {f"{spec.name}{suffix}" for spec in FILES for suffix in SUFFIXES}
    sent = [file for file in request.files.getlist("files") if file.filename]
    strange, names = Report(), [str(file.filename) for file in sent]
    if not sent:
        strange.add(Problem(_("Files"), None, None, _("Choose at least one file.")))
    for name in names:
        if name not in allowed:
            strange.add(Problem(name[:60], None, None, _("The file's name is none of those listed.")))
    stems = [name.rpartition(".")[0] for name in names]
    for stem in sorted({stem for stem in stems if stems.count(stem) > 1}):
        strange.add(Problem(stem[:60], None, None, _("The same data is sent more than once.")))
    if strange.problem_count:
        return strange
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file in sent:
            file.save(folder / str(file.filename))
        return import_folder(folder)
