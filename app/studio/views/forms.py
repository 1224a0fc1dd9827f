"""The form builder's page and its acts; each is a form that is sent, with or without scripts."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from app.core.actors import current_actor
from app.core.errors import DomainError, NotFound
from app.core.i18n import select_locale
from app.core.inputs import takes
from app.core.permissions import requires
from app.studio import EDIT, READ, history, parts, queries, services
from app.studio.builder import acts, edits, page, panel
from app.studio.builder.edits import Place
from app.studio.models import Change, ChangeFile, ChangeStatus
from app.studio.views import blueprint
from app.workflow.drawing.diagram import MAX_BYTES


def builder(change: Change, row: ChangeFile, sent: MultiDict[str, str] | None = None) -> str | None:
    """The builder's page of a form; None where the form can only be mended as text."""
    content = page.content_of(row.source)
    if content is None:
        return None
    asked = request.args if sent is None else request.form
    look = asked.get("look") or asked.get("_look") or select_locale()
    place = edits.read_place(asked.get("at") or asked.get("_at") or "")
    return render_template(
        "studio/form.html",
        change=change,
        row=row,
        focus=request.args.get("focus", ""),
        editable=change.status is ChangeStatus.DRAFT and change.author_id == current_actor().user_id,
        **page.of(change, row, content, place, look=look, sent=sent),
    )


@blueprint.post("/changes/<int:change_id>/build/<path:file>")
@requires(EDIT)
@takes(*panel.FIELDS)
def build(change_id: int, file: str) -> Answer:
    """Write what was typed about the chosen component, then do what the pressed button says."""
    change = services.locked(change_id)
    row = _row(change, file)
    services.must_be_editable(change)
    button, place = request.form.get("_act", "apply"), edits.read_place(request.form.get("at", ""))
    look = request.form.get("look", "")
    content = page.content_of(row.source)
    if content is None:
        return redirect(url_for("studio.edit", change_id=change_id, file=file))
    if button in ("undo", "redo"):
        (history.undo if button == "undo" else history.redo)(row)
        return _to(change, file, place, look, button)
    if not _still_there(content, place):
        flash(_("The form was changed meanwhile; this is how it stands now."), "warning")
        return _to(change, file, (), look)
    written = panel.write(content, place, request.form, page.parameters())
    try:
        done = acts.do(written, place, button)
    except (LookupError, TypeError, ValueError):
        raise DomainError("no_such_act", _("This cannot be done to this form."), field="_act") from None
    services.save_file(change, file, page.written(done.content, file), act=done.act, what=done.what)
    return _to(change, file, done.place, look, done.focus)


@blueprint.post("/changes/<int:change_id>/tried/<path:file>")
@requires(READ)
def try_form(change_id: int, file: str) -> Answer | str | tuple[str, int]:
    """Show the form as if somebody had sent it: what would be wrong, or what the process would get."""
    change = services.locked(change_id)
    row = _row(change, file)
    given = request.form.get("_sample")
    if given is not None and len(given.encode()) > MAX_BYTES:
        raise DomainError("file_too_large", _("The file is larger than 2 MB."), field="_sample")
    if (
        given is not None
        and change.status is ChangeStatus.DRAFT
        and change.author_id == current_actor().user_id
    ):
        row.sample = given.replace("\r\n", "\n").strip() or None
    if "_afresh" in request.form:
        return _to(change, file, edits.read_place(request.form.get("_at", "")), request.form.get("_look", ""))
    drawn = builder(change, row, request.form)
    return drawn if drawn is not None else redirect(url_for("studio.edit", change_id=change_id, file=file))


@blueprint.post("/changes/<int:change_id>/task-part")
@requires(EDIT)
@takes("file", "form", "decision", "en", "zh_Hant", "looks_at", "output", sources=("source",))
def task_part(change_id: int) -> Answer:
    """Keep a diagram and open its task's form or decision, made from nothing in the same change where there is none."""
    change = services.locked(change_id)
    diagram, key = request.form.get("file", ""), request.form.get("decision", "")
    file = f"bpmn/{key.replace('.', '/')}.dmn" if key else f"forms/{request.form.get('form', '')}.json"
    if not diagram.endswith(".bpmn") or not services.FILE.match(file):
        raise NotFound("file", _("This file is not part of the change."))
    source = request.form.get("source", "").replace("\r\n", "\n")
    services.save_file(change, diagram, source)
    parts.taken_in(change, file, request.form, source)
    return redirect(url_for("studio.edit", change_id=change_id, file=file))


def _row(change: Change, file: str) -> ChangeFile:
    """The form's file in the change.

    Raises:
        NotFound: it is not part of the change, or no form.
    """
    row = queries.file_of(change.id, file)
    if row is None or not file.endswith(".json"):
        raise NotFound("file", _("This file is not part of the change."))
    return row


def _still_there(content: dict, place: Place) -> bool:
    """Whether the place holds what the page showed there, or what is typed for it now."""
    found = edits.found(content, place)
    if found is None:
        return False
    known = {request.form.get("was", ""), request.form.get("key", "").strip(), request.form.get("type", "")}
    return not place or panel.name_of(found) in known


def _to(change: Change, file: str, place: Place, look: str, focus: str = "") -> Answer:
    """Back to the page, at a place of the form."""
    told = {"at": edits.written(place), "look": look, "focus": focus}
    chosen: dict[str, Any] = {name: value for name, value in told.items() if value}
    chosen["_anchor"] = "panel" if focus == "panel" else None
    return redirect(url_for("studio.edit", change_id=change.id, file=file, **chosen))
