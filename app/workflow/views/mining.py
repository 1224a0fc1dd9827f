"""Event logs for process mining: choose a process and a period, take the file."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Response, render_template, request, stream_with_context
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.inputs import date_input
from app.core.permissions import requires
from app.workflow import definitions
from app.workflow.mining import events, ocel, xes
from app.workflow.models import DefinitionKind, ProcessDefinition
from app.workflow.views import PROCESS_READ, blueprint

FORMATS = {"xes": ("application/xml", "xes"), "ocel": ("application/json", "jsonocel")}


@blueprint.get("/operations/logs")
@requires(PROCESS_READ)
def logs() -> Any:
    """Choose what a log shall hold; with a format, the log itself."""
    today = clock.today()
    chosen = {
        "process": request.args.get("process", ""),
        "first": _day("first", today - timedelta(days=365)),
        "last": _day("last", today),
        "running": request.args.get("running") == "1",
        "starts": request.args.get("starts") == "1",
    }
    if request.args.get("format") in FORMATS:
        return _file(request.args["format"], chosen)
    query = select(ProcessDefinition).where(
        ProcessDefinition.active, ProcessDefinition.kind == DefinitionKind.BPMN
    )
    processes = sorted(db.session.scalars(query), key=lambda one: one.name)
    return render_template("workflow/logs.html", processes=processes, chosen=chosen)


def _day(name: str, default: date) -> date:
    return date_input(request.args.get(name, ""), field=name, default=default)


def _file(kind: str, chosen: dict[str, Any]) -> Response:
    """The log as a download, written while it is read."""
    definition = definitions.active(chosen["process"])
    cases = events.cases(definition.key, chosen["first"], chosen["last"], ended=not chosen["running"])
    names = definition.names.get("en", definition.key)
    text = (
        xes.log(definition.key, names, cases, starts=chosen["starts"]) if kind == "xes" else ocel.log(cases)
    )
    mimetype, ending = FORMATS[kind]
    answer = Response(stream_with_context(text), mimetype=mimetype)
    name = f"{definition.key}-{chosen['first']}-{chosen['last']}.{ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
