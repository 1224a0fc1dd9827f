"""The operations page: processes by version; barcodes read from a photo."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, jsonify, render_template, request, url_for
from flask_babel import gettext as _

from app.core.inputs import takes
from app.core.permissions import requires
from app.workflow import overview
from app.workflow.people import barcodes
from app.workflow.views import PROCESS_READ, TASK_WORK, blueprint


@blueprint.get("/operations")
@requires(PROCESS_READ)
def operations() -> str:
    """Every process by version with its counts and its median duration."""
    rows = overview.versions()
    for row in rows:
        row["url"] = url_for("workflow.instances", process=row["key"])
        row["took"] = _span(row["median"])
    total = {
        key: sum(row[key] for row in rows) for key in ("running", "waiting", "overdue", "failed", "done")
    }
    return render_template("workflow/operations.html", rows=rows, total=total)


def _span(time: timedelta | None) -> str:
    """A duration in the shortest words."""
    if time is None:
        return "–"
    if time < timedelta(hours=1):
        return _("%(count)s min", count=time.seconds // 60)
    if time < timedelta(days=1):
        return _("%(count)s h", count=time.seconds // 3600)
    return _("%(count)s d", count=time.days)


@blueprint.post("/scan")
@requires(TASK_WORK)
@takes("photo")
def scan() -> Response:
    """The barcodes in a photo; for browsers that cannot read them themselves."""
    sent = request.files.get("photo")
    return jsonify(codes=barcodes.read(sent.stream.read(barcodes.LIMIT + 1) if sent else b""))
