"""Acts with rights on a case: cancel after seeing what it touches, send a message, fire a timer."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.db import db
from app.core.errors import DomainError, NotFound
from app.core.inputs import takes
from app.core.permissions import requires
from app.workflow.models import ProcessInstance
from app.workflow.people import pages
from app.workflow.running import instances as engine
from app.workflow.running import steering
from app.workflow.views import CASE_STEER, blueprint


def found_case(instance_id: int) -> ProcessInstance:
    """The case, or 404."""
    case = db.session.get(ProcessInstance, instance_id)
    if case is None:
        raise NotFound("instance", _("There is no such process."))
    return case


def case_title(case: ProcessInstance) -> str:
    """A case by its process and document."""
    label = pages.document_labels([case.business_key]).get(case.business_key, case.business_key)
    return f"{case.definition.name} · {label}"


def _back(case: ProcessInstance) -> Response:
    """The order's page if the act began there, else the case's."""
    if request.form.get("_from") == "order" and case.customer_order_id:
        return redirect(url_for("workflow.order", order_id=case.customer_order_id))
    return redirect(url_for("workflow.instance", instance_id=case.id))


@blueprint.get("/processes/<int:instance_id>/cancel")
@requires(CASE_STEER)
def ask_cancel(instance_id: int) -> str:
    """What cancelling the case would end."""
    case = found_case(instance_id)
    found = steering.touched(case)
    return render_template(
        "workflow/cancel.html",
        title=case_title(case),
        case=case,
        running=case.status in steering.RUNNING,
        word=_word(case),
        tasks=pages.open_tasks(case.id),
        touched=found,
        others=[(case_title(one), url_for("workflow.instance", instance_id=one.id)) for one in found.others],
    )


def _word(case: ProcessInstance) -> str:
    """What has to be typed to confirm: the document's number."""
    return pages.document_labels([case.business_key]).get(case.business_key, case.business_key)


@blueprint.post("/processes/<int:instance_id>/cancel")
@requires(CASE_STEER)
@takes("word", "reason")
def cancel(instance_id: int) -> Response:
    """End the case before its time."""
    case = found_case(instance_id)
    if request.form.get("word", "").strip() != _word(case):
        raise DomainError("word", _("Type {word} to confirm.").format(word=_word(case)), field="word")
    engine.cancel(instance_id, request.form.get("reason", ""))
    flash(_("The process is cancelled."), "success")
    return redirect(url_for("workflow.instance", instance_id=instance_id))


@blueprint.post("/processes/<int:instance_id>/timers/<int:timer_id>")
@requires(CASE_STEER)
@takes("reason")
def fire_timer(instance_id: int, timer_id: int) -> Response:
    """Let a timer be due now."""
    steering.fire(instance_id, timer_id, request.form.get("reason", ""))
    flash(_("The timer has fired."), "success")
    return _back(found_case(instance_id))


@blueprint.post("/processes/<int:instance_id>/messages/<int:wait_id>")
@requires(CASE_STEER)
@takes("data", "reason")
def send_message(instance_id: int, wait_id: int) -> Response:
    """Give a waiting place its message."""
    steering.send(instance_id, wait_id, request.form.get("data", ""), request.form.get("reason", ""))
    flash(_("The message is sent."), "success")
    return _back(found_case(instance_id))
