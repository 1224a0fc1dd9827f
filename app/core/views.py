"""What any visitor may set: language and light or dark."""

from __future__ import annotations

from flask import Blueprint, redirect, request, session
from werkzeug.wrappers import Response

from app.core.i18n import LANGUAGES
from app.core.inputs import takes
from app.core.permissions import public
from app.core.web import own_address

blueprint = Blueprint("core", __name__)
THEMES = ("auto", "light", "dark")


@blueprint.post("/language")
@public
@takes("language", "next")
def language() -> Response:
    """Show pages in another language from now on."""
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        session["language"] = chosen
    return redirect(own_address(request.form.get("next")))


@blueprint.post("/theme")
@public
@takes("theme", "next")
def theme() -> Response:
    """Show pages light, dark, or as the system is set."""
    chosen = request.form.get("theme", "")
    if chosen in THEMES:
        session["theme"] = chosen
    return redirect(own_address(request.form.get("next")))
