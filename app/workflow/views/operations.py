"""The operations page: processes by version, heat on the diagram; barcodes read from a photo."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from flask import Response, jsonify, render_template, request, url_for
from flask_babel import gettext as _

from app.core.inputs import takes
from app.core.permissions import requires
from app.core.web import Column, listing
from app.workflow.drawing.diagrams import localized_xml
from app.workflow.people import barcodes
from app.workflow.views import PROCESS_READ, TASK_WORK, blueprint
from app.workflow.watching import heat, overview, spans


@blueprint.get("/operations")
@requires(PROCESS_READ)
def operations() -> str:
    """Every process by version with its counts and how long its cases take."""
    rows = overview.versions()
    for row in rows:
        row["url"] = url_for("workflow.instances", process=row["key"])
        row["took"] = _span(row["median"])
        row["at_most"] = _span(row["ninth"])
    total = {
        key: sum(row[key] for row in rows) for key in ("running", "waiting", "overdue", "failed", "done")
    }
    return render_template("workflow/operations.html", rows=rows, total=total)


def _span(time: timedelta | None) -> str:
    return spans.words(time.total_seconds() if time is not None else None)


@blueprint.get("/operations/<int:definition_id>")
@requires(PROCESS_READ)
def heatmap(definition_id: int) -> Any:
    """Where the cases of a version are many, wait, are worked on, late or done again: on the diagram and as a list."""
    definition = heat.process(definition_id)
    measure = request.args.get("measure", "count")
    measure = measure if measure in heat.MEASURES else "count"
    found = heat.elements(definition)
    level = heat.levels(found, measure)
    hottest = sorted((one for one in found if one.element in level), key=lambda one: -level[one.element])
    title = _("%(process)s, version %(version)s", process=definition.name, version=definition.version)
    page = listing(
        sorted(found, key=lambda one: getattr(one, measure) or 0, reverse=True),
        _columns(),
        title=f"{title} {heat.MEASURES[measure]}",
        per_page=500,
    )
    if page.export:
        return page.export
    return render_template(
        "workflow/heatmap.html",
        title=title,
        definition=definition,
        measure=measure,
        measures=heat.MEASURES.items(),
        page=page,
        sample=heat.SAMPLE,
        marks={
            one.element: {"state": f"heat{level[one.element]}", "token": one.text(measure)} for one in hottest
        },
    )


def _columns() -> list[Column]:
    """An element with its figures; times are in seconds in a file."""
    columns = [Column("name", _("Element")), Column("element", _("Id in the diagram"))]
    for key, label in heat.MEASURES.items():
        columns.append(
            Column(key, label, kind="number", display=partial(_figure, key), value=partial(_value, key))
        )
    return columns


def _figure(measure: str, one: heat.Heat) -> str:
    return one.text(measure)


def _value(measure: str, one: heat.Heat) -> Any:
    value = getattr(one, measure)
    return round(value) if isinstance(value, float) else value


@blueprint.get("/operations/<int:definition_id>/diagram.xml")
@requires(PROCESS_READ)
def version_diagram(definition_id: int) -> Response:
    """A version's diagram with its labels in the reader's language."""
    return Response(localized_xml(heat.process(definition_id).source), mimetype="application/xml")


@blueprint.post("/scan")
@requires(TASK_WORK)
@takes("photo")
def scan() -> Response:
    """The barcodes in a photo; for browsers that cannot read them themselves."""
    sent = request.files.get("photo")
    return jsonify(codes=barcodes.read(sent.stream.read(barcodes.LIMIT + 1) if sent else b""))
