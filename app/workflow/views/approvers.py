"""Added approvers on a task's page: added, deciding, taken back."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.actors import current_actor
from app.core.inputs import identifier, takes
from app.core.permissions import requires
from app.workflow.people import verbs
from app.workflow.views import TASK_WORK, blueprint
from app.workflow.views.task_page import visible_task


def _task(task_id: int) -> Response:
    return redirect(url_for("workflow.task", task_id=task_id))


@blueprint.post("/tasks/<int:task_id>/approvers")
@requires(TASK_WORK)
@takes("user_id")
def add_approver(task_id: int) -> Response:
    """Ask another person to approve too."""
    visible_task(task_id, current_actor())
    verbs.add_approver(task_id, request.form.get("user_id", type=identifier))
    flash(_("The approver is added."), "success")
    return _task(task_id)


@blueprint.post("/tasks/<int:task_id>/approvers/decide")
@requires(TASK_WORK)
@takes("text", "verdict")
def decide_approver(task_id: int) -> Response:
    """Approve or refuse as an added approver."""
    visible_task(task_id, current_actor())
    verdict = request.form.get("verdict", "")
    verbs.decide_added(task_id, approve=verdict == "approve", reason=request.form.get("text", ""))
    flash(_("Your decision is recorded."), "success")
    return _task(task_id)


@blueprint.post("/tasks/<int:task_id>/approvers/<int:approver_id>/remove")
@requires(TASK_WORK)
@takes()
def remove_approver(task_id: int, approver_id: int) -> Response:
    """Do without an approver who has not decided."""
    visible_task(task_id, current_actor())
    verbs.remove_approver(task_id, approver_id)
    flash(_("Removed."), "success")
    return _task(task_id)
