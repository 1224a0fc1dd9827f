"""The tree, a change, its files in their editors, and what is decided about it."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from app.core.actors import current_actor
from app.core.errors import NotFound
from app.core.inputs import takes
from app.core.permissions import allowed, requires
from app.core.web import STEPS
from app.studio import APPROVE, EDIT, READ, known, queries, services, words
from app.studio.diff import Difference, differences
from app.studio.models import Change, ChangeFile, ChangeStatus
from app.studio.trying import ground
from app.studio.views import blueprint, change_of, forms, own_drafts
from app.workflow.definitions import key_of
from app.workflow.drawing.diagram import DefinitionError, read_xml
from app.workflow.drawing.diagrams import localized_xml
from app.workflow.form.forms_check import Problem
from app.workflow.trial.suite import Report
from app.workflow.views import PROCESS_READ

STYLES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
"""The editor of decisions writes style attributes; nothing else is allowed more."""


@blueprint.get("")
@requires(READ)
def home() -> str:
    """What is deployed, by area, and the changes under way."""
    return render_template(
        "studio/home.html",
        tree=queries.tree(),
        areas={step.area: step.label for step in STEPS}
        | {"main": _("Customer order"), "inventory": _("Stock")},
        changes=queries.changes(),
        closed=queries.changes(closed=True, limit=10),
        may_edit=allowed(current_actor(), EDIT),
        mine=own_drafts(),
    )


@blueprint.post("/changes")
@requires(EDIT)
@takes("title", "reason", "file")
def open_change() -> Answer:
    """Begin a change, with the file that was open where it was begun from one."""
    change = services.open_change(request.form.get("title", ""), request.form.get("reason", ""))
    file = request.form.get("file", "")
    return _to_file(change, file) if file else redirect(url_for("studio.change", change_id=change.id))


@blueprint.get("/changes/<int:change_id>")
@requires(READ)
def change(change_id: int) -> str:
    """A change: its files, what is wrong, what differs, which running cases it touches."""
    found = change_of(change_id)
    bundle = services.judge(found) if found.files else None
    actor = current_actor()
    author = found.author_id == actor.user_id
    compared = [(one, _compared(one.file, one.source)) for one in found.files]
    return render_template(
        "studio/change.html",
        change=found,
        problems=bundle.problems if bundle else [],
        hints=bundle.hints if bundle else [],
        compared=compared,
        differs=any(services.digest(one.source) != one.base for one in found.files),
        impact=queries.impact(found),
        tested=_tested(found),
        notes={one.file: words.notes(one.notes) for one in found.files},
        deployed={one.file: queries.active_of(one.file) for one in found.files},
        tree=queries.tree(),
        is_author=author,
        may_migrate=allowed(actor, PROCESS_READ),
        may_decide=allowed(actor, APPROVE) and found.status is ChangeStatus.PROPOSED and not author,
    )


@blueprint.post("/changes/<int:change_id>/files")
@requires(EDIT)
@takes("file")
def add_file(change_id: int) -> Answer:
    """Take a file into a change, as it is deployed or empty."""
    return _to_file(services.locked(change_id), request.form.get("file", "").strip())


@blueprint.get("/changes/<int:change_id>/files/<path:file>")
@requires(READ)
def edit(change_id: int, file: str) -> Response:
    """A file of a change in its editor; who does not write it sees it there."""
    found = change_of(change_id)
    row = queries.file_of(change_id, file)
    if row is None:
        raise NotFound("file", _("This file is not part of the change."))
    as_text = not file.startswith("forms/") or request.args.get("as_text")
    if not as_text and (drawn := forms.builder(found, row)) is not None:
        return Response(drawn)
    page = render_template(
        "studio/edit.html",
        change=found,
        row=row,
        kind=queries.kind_of(file).value,
        key=key_of(file),
        vocabulary=queries.vocabulary(found),
        words=words.of_editor(),
        known=_known(found, row),
        problems=[p for p in services.judge(found).problems if p.file == file],
        editable=found.status is ChangeStatus.DRAFT and found.author_id == current_actor().user_id,
    )
    answer = Response(page)
    if file.endswith(".dmn"):
        answer.headers["Content-Security-Policy"] = STYLES
    return answer


@blueprint.get("/changes/<int:change_id>/drawings/<path:file>")
@requires(READ)
def changed_drawing(change_id: int, file: str) -> Response:
    """The diagram as the change has it, with its labels in the reader's language."""
    row = queries.file_of(change_id, file)
    if row is None or not file.endswith(".bpmn"):
        raise NotFound("file", _("This file is not part of the change."))
    read_xml(row.source.encode(), file)
    return Response(localized_xml(row.source), mimetype="application/xml")


@blueprint.post("/changes/<int:change_id>/files/<path:file>")
@requires(EDIT)
@takes(sources=("source",))
def save(change_id: int, file: str) -> Answer:
    """Keep a file of a change; says what is wrong with the change now."""
    found = services.locked(change_id)
    # browsers send line ends as CR LF; files hold LF
    services.save_file(found, file, request.form.get("source", "").replace("\r\n", "\n"))
    bundle = services.judge(found)
    if request.headers.get("Accept", "").startswith("application/json"):
        return jsonify(problems=_told(bundle.problems), hints=_told(bundle.hints))
    flash(_("Saved."), "success")
    as_text = 1 if file.startswith("forms/") else None
    return redirect(url_for("studio.edit", change_id=change_id, file=file, as_text=as_text))


@blueprint.post("/changes/<int:change_id>/check")
@requires(EDIT)
@takes("file", sources=("source",))
def check(change_id: int) -> Response:
    """What is wrong with a file as it stands in the editor, without keeping it."""
    found = change_of(change_id)
    bundle = services.judge_with(found, request.form.get("file", ""), request.form.get("source", ""))
    return jsonify(problems=_told(bundle.problems), hints=_told(bundle.hints))


@blueprint.post("/changes/<int:change_id>/drop")
@requires(EDIT)
@takes("file")
def drop(change_id: int) -> Answer:
    """Leave a file as it is deployed."""
    services.drop_file(services.locked(change_id), request.form.get("file", ""))
    flash(_("The file stays as it is deployed."), "success")
    return redirect(url_for("studio.change", change_id=change_id))


@blueprint.post("/changes/<int:change_id>/propose")
@requires(EDIT)
@takes()
def propose(change_id: int) -> Answer:
    """Ask a second person to approve."""
    services.propose(services.locked(change_id))
    flash(_("Proposed: a second person has to approve it."), "success")
    return redirect(url_for("studio.change", change_id=change_id))


@blueprint.post("/changes/<int:change_id>/withdraw")
@requires(EDIT)
@takes()
def withdraw(change_id: int) -> Answer:
    """Take a proposal back, or give a draft up."""
    services.withdraw(services.locked(change_id))
    flash(_("Withdrawn."), "success")
    return redirect(url_for("studio.change", change_id=change_id))


@blueprint.post("/changes/<int:change_id>/approve")
@requires(APPROVE)
@takes("reason")
def approve(change_id: int) -> Answer:
    """Deploy what somebody else proposed; where test cases fail, for a reason."""
    found, reason = services.locked(change_id), request.form.get("reason", "")
    made = services.approve(found, reason=reason, failing=_failing(_tested(found)))
    named = ", ".join(f"{one.name} v{one.version}" for one in made)
    flash(_("Deployed: %(versions)s", versions=named), "success")
    return redirect(url_for("studio.change", change_id=change_id))


@blueprint.post("/changes/<int:change_id>/reject")
@requires(APPROVE)
@takes("reason")
def reject(change_id: int) -> Answer:
    """Say no to what somebody else proposed."""
    services.reject(services.locked(change_id), request.form.get("reason", ""))
    flash(_("Rejected."), "success")
    return redirect(url_for("studio.change", change_id=change_id))


def _known(found: Change, row: ChangeFile) -> list[str]:
    """What the expressions of a file may read: of a diagram what it reads already, of a decision what its users do."""
    if row.file.endswith(".bpmn"):
        return sorted(known.names_in(row.source))
    return known.to_users_of(key_of(row.file), found) if row.file.endswith(".dmn") else []


def _tested(found: Change) -> list[tuple[ground.Ground, Report | None]]:
    """What became of the test cases, as long as the change is not decided."""
    return ground.results(found) if found.status in services.OPEN else []


def _failing(tested: list[tuple[ground.Ground, Report | None]]) -> list[str]:
    """The processes some of whose test cases fail or could not be run."""
    return [one.key for one, report in tested if one.cases and (report is None or report.failed)]


def _to_file(found: Change, file: str) -> Answer:
    """Take a file into a change and open it."""
    row = queries.file_of(found.id, file)
    if row is None:
        deployed = queries.active_of(file) if services.FILE.match(file) else None
        services.save_file(found, file, deployed.source if deployed else services.blank(file))
    return redirect(url_for("studio.edit", change_id=found.id, file=file))


def _compared(file: str, text: str) -> list[Difference] | None:
    """What differs from what is deployed; None where a source cannot be read."""
    deployed = queries.active_of(file)
    try:
        return words.shown(differences(file, deployed.source if deployed else None, text))
    except (DefinitionError, ValueError):
        return None


def _told(problems: list[Problem]) -> list[dict[str, Any]]:
    return [problem._asdict() for problem in problems]
