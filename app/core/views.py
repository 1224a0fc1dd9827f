"""What any visitor may set: language and light or dark."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, redirect, request, session
from werkzeug.wrappers import Response

from app.core.i18n import LANGUAGES
from app.core.inputs import takes
from app.core.permissions import public

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
    return redirect(_back())


@blueprint.post("/theme")
@public
@takes("theme", "next")
def theme() -> Response:
    """Show pages light, dark, or as the system is set."""
    chosen = request.form.get("theme", "")
    if chosen in THEMES:
        session["theme"] = chosen
    return redirect(_back())


def _back() -> str:
    """Where the visitor came from, if that is here."""
    target = request.form.get("next", "")
    parts = urlsplit(target)
    local = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc
    return target if local and "\\" not in target else "/"
