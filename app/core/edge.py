"""The edge of every request: who may frame or script the page, what an error looks like, when to commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, render_template, request, session
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError, NoResultFound
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import IntegerConverter, Map

from app.core import audit
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError, Forbidden
from app.core.inputs import LARGEST_ID
from app.core.outages import is_outage

log = logging.getLogger(__name__)

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
WITHOUT_DATABASE = frozenset({"static", "operations.health"})  # these answer when the database does not
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

_after_commit: list[Callable[[], object]] = []
_cases: list[Callable[[Mapping[str, Any]], dict[str, int]]] = []


class Identifier(IntegerConverter):
    """A number in an address that a database can hold; larger ones name nothing."""

    def __init__(self, map: Map, *args: Any, **options: Any) -> None:
        super().__init__(map, *args, **({"max": LARGEST_ID} | options))


def after_commit(function: Callable[[], object]) -> Callable[[], object]:
    """Call a function after each request that committed, in its own transaction: event delivery."""
    if function not in _after_commit:
        _after_commit.append(function)
    return function


def case_of_request(function: Callable[[Mapping[str, Any]], dict[str, int]]) -> Callable:
    """Let the owner of cases say which case and task the numbers of an address are about."""
    if function not in _cases:
        _cases.append(function)
    return function


def wants_json() -> bool:
    """Whether a program is asking, not a browser."""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def init_edge(app: Flask) -> None:
    """Register headers, error pages and the transaction of each request."""
    app.url_map.converters["int"] = Identifier
    app.before_request(_begin)
    app.after_request(_commit)
    app.after_request(_headers)
    app.register_error_handler(DBAPIError, _outage)
    app.register_error_handler(PoolTimeout, _outage)
    for kind, handler in (
        (DomainError, _domain_error),
        (NoResultFound, _nothing_there),
        (HTTPException, _http_error),
    ):
        app.register_error_handler(kind, _even_without_database(handler))


def _begin() -> None:
    """Let requests that only read neither take nor wait for the write lock."""
    if request.method in SAFE and request.endpoint not in WITHOUT_DATABASE:
        _only_read()


def _only_read() -> None:
    """Neither take nor wait for the write lock from here on, unless a transaction is under way."""
    if not db.session().in_transaction():
        db.session.connection(execution_options={"readonly": True})


def _commit(response: Response) -> Response:
    """Commit what a successful request changed, then deliver what it caused; else change nothing."""
    if request.method in SAFE:
        return response
    if response.status_code >= 400:
        db.session.rollback()
        return response
    try:
        finish()
    except DBAPIError as error:  # no error handler is asked any more
        return _outage(error)
    return response


def finish() -> None:
    """Commit, then deliver what was caused; a view calls it to see the outcome before it answers.

    What is committed is done: should the database go away now, the runner delivers.
    """
    db.session.commit()
    try:
        for function in _after_commit:
            function()
    except DBAPIError as error:
        if not is_outage(error):
            raise
        log.warning("what %s %s caused is left to the runner: %s", request.method, request.path, error.orig)
        db.session.remove()


def _headers(response: Response) -> Response:
    """Say what the page may load and who may show it."""
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.update(("Accept-Language", "Cookie"))
    return response


def _even_without_database(handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let an error's answer, which is a page with its frame, say so too when the database fails now."""

    @wraps(handler)
    def answered(error: Exception) -> Any:
        try:
            return handler(error)
        except (DBAPIError, PoolTimeout) as outage:
            return _outage(outage)

    return answered


def _domain_error(error: DomainError) -> Any:
    """A rule said no: the sentence, the field, and nothing changed; a denied act is on record."""
    db.session.rollback()
    if isinstance(error, Forbidden):
        record_denied(error)
    return _answer(error.status, error.code, str(error.message), error.field)


def record_denied(error: Forbidden) -> None:
    """Put an attempt at what one may not do into the audit trail."""
    if request.method not in SAFE and current_actor().user_id is not None:
        about: dict[str, Any] = {
            key: value for one in _cases for key, value in one(request.view_args or {}).items()
        }
        audit.record("request.denied", request.path, reason=str(error.message), **about)
        db.session.commit()


def _http_error(error: HTTPException) -> Any:
    """An address that does not exist, a wrong method, a missing token."""
    if error.response is not None or error.code is None or error.code < 400:
        return error
    db.session.rollback()
    code = (error.name or "error").lower().replace(" ", "_")
    answer = _answer(error.code, code, _sentence(error))
    answer.headers.extend(
        (k, v) for k, v in error.get_headers() if k not in ("Content-Type", "Content-Length")
    )
    return answer


def _outage(error: DBAPIError | PoolTimeout) -> Any:
    """The database is held for too long, away or full: say so, without asking it for a page's frame."""
    if not is_outage(error):
        db.session.rollback()
        raise error
    reason = getattr(error, "orig", error)  # never the statement: it holds what was typed
    log.warning("the database failed at %s %s: %s", request.method, request.path, reason)
    db.session.remove()  # a broken connection leaves with the session
    if hasattr(current_app, "login_manager"):
        g._login_user = current_app.login_manager.anonymous_user()  # or the language would be looked up
    session.pop("_flashes", None)  # what did not happen is not told
    sentence = _("The database cannot be reached right now. Nothing is lost: please try again.")
    template = current_app.jinja_env.get_template
    if wants_json():
        answer = jsonify(code="busy", message=sentence, field=None)
    elif request.headers.get("HX-Request"):
        answer = _alert(template("workflow/_error.html").render(message=sentence))
    else:
        tag = get_locale().language if get_locale() else "en"
        answer = Response(template("workflow/unavailable.html").render(message=sentence, language=tag))
    answer.status_code = 503
    answer.headers["Retry-After"] = "5"
    return answer


def _nothing_there(error: NoResultFound) -> Any:
    """A row that a service needed is not there: the address named one that does not exist."""
    log.warning("no row for %s %s", request.method, request.path, exc_info=error)
    return _http_error(NotFound())


def _sentence(error: HTTPException) -> str:
    """What an HTTP error means to a person."""
    sentences = {
        400: _("The request could not be read. Please reload the page and try again."),
        403: _("You do not have the right to do this."),
        404: _("There is nothing at this address, or not for you."),
        405: _("This address cannot be used that way."),
        413: _("What you sent is too large."),
        429: _("Too many tries. Please wait a moment."),
        500: _("Something went wrong here. It has been recorded."),
    }
    return sentences.get(error.code or 500, error.description or error.name)


def _answer(status: int, code: str, message: str, field: str | None = None) -> Response:
    """An error as JSON for programs, as a page for people, as an alert for htmx."""
    if wants_json():
        answer = jsonify(code=code, message=message, field=field)
    elif request.headers.get("HX-Request"):
        answer = _alert(render_template("workflow/_error.html", message=message))
    else:
        _only_read()
        answer = Response(render_template("workflow/error.html", status=status, message=message))
    answer.status_code = status
    return answer


def _alert(text: str) -> Response:
    """A sentence where htmx shows what went wrong."""
    answer = Response(text)
    answer.headers["HX-Retarget"] = "#flashes"
    answer.headers["HX-Reswap"] = "innerHTML show:top"
    return answer
