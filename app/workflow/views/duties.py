"""The report of conflicts of duties, for auditors."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from app.accounts import AUDIT_READ
from app.core.lists import Column, listing
from app.core.permissions import requires
from app.core.words import listed
from app.workflow.views import blueprint
from app.workflow.watching import duties as conflicts


@blueprint.get("/operations/duties")
@requires(AUDIT_READ)
def duties() -> Any:
    """Who could do both sides of a separation, or who did."""
    did = request.args.get("view") == "done"
    rows: list[Any] = conflicts.done() if did else conflicts.possible()
    title = _("Both sides done by one person") if did else _("People who could do both sides")
    page = listing(rows, _done() if did else _possible(), title=title)
    return page.export or render_template("workflow/duties.html", page=page, did=did)


def _possible() -> list[Column]:
    return [
        Column("process", _("Process")),
        Column("first", _("Who does this")),
        Column("first_role", _("Role")),
        Column("second", _("must not do this")),
        Column("second_role", _("Role of the second step")),
        Column("both", _("Hold both roles"), value=lambda one: listed(one.both) if one.both else ""),
        Column("left", _("Others left for the second step"), "number"),
        Column("verdict", _("Verdict"), value=_verdict),
    ]


def _verdict(one: conflicts.Possible) -> str:
    if not one.both and one.left:
        return _("separated by roles")
    if one.left == 0:
        return _("nobody would be left: the case stands still")
    return _("separated in each case")


def _done() -> list[Column]:
    return [
        Column("at", _("When"), "datetime"),
        Column("person", _("Who")),
        Column("first", _("Did")),
        Column("second", _("and also")),
        Column(
            "document",
            _("Document"),
            "document",
            href=lambda one: url_for("workflow.instance", instance_id=one.instance_id),
        ),
        Column("allowed", _("How"), value=_how),
    ]


def _how(one: conflicts.Done) -> str:
    return _("owner's override, on record") if one.allowed else _("not allowed: look into it")
