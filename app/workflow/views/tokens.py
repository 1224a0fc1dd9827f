"""Move a token by hand: choose where from and where to, see what it would do, then do it with a reason."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.inputs import takes
from app.core.permissions import requires
from app.workflow.moving import tokens
from app.workflow.moving.futures import CannotMove
from app.workflow.views import CASE_MOVE, blueprint
from app.workflow.views.steering import case_title, found_case


@blueprint.get("/processes/<int:instance_id>/move")
@requires(CASE_MOVE)
def ask_move(instance_id: int) -> str:
    """What moving a token would cancel and open; nothing is changed."""
    case = found_case(instance_id)
    places = tokens.standing(case)
    chosen = next((one for one in places if one.id == request.args.get("from")), None)
    if chosen is None and len(places) == 1:
        chosen = places[0]
    aims = tokens.targets(case, chosen.id) if chosen else []
    target = next((one for one in aims if one.element == request.args.get("to")), None)
    shown: dict[str, Any] = {}
    if chosen and target:
        try:
            shown["trial"] = tokens.trial(case, chosen.id, target.element)
        except CannotMove as refusal:
            shown["refused"] = tokens.why_not(refusal)
    return render_template(
        "workflow/move_token.html",
        title=case_title(case),
        case=case,
        places=places,
        chosen=chosen,
        aims=sorted(aims, key=lambda one: one.name),
        target=target,
        **shown,
    )


@blueprint.post("/processes/<int:instance_id>/move")
@requires(CASE_MOVE)
@takes("from", "to", "version", "reason")
def move(instance_id: int) -> Response:
    """Move a token as it was tried."""
    given = request.form
    tokens.move(
        instance_id,
        given.get("from", ""),
        given.get("to", ""),
        given.get("version", -1, type=int),
        given.get("reason", ""),
    )
    flash(_("The token is moved."), "success")
    return redirect(url_for("workflow.instance", instance_id=instance_id))
