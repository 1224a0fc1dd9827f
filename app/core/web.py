"""What every page shares: the menu, the eight steps, documents of an order, lists that filter and export."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    current_app,
    has_request_context,
    jsonify,
    redirect,
    request,
    session,
    url_for,
)
from flask_babel import format_date, format_time, lazy_gettext, to_user_timezone
from flask_babel import gettext as _
from flask_babel.speaklater import LazyString

from app.core import clock
from app.core.actors import current_actor
from app.core.edge import after_commit, init_edge, wants_json
from app.core.exports import safe_cell
from app.core.i18n import LANGUAGES
from app.core.lists import Column, Filter, Listing, as_columns, listing
from app.core.words import labelled, status_label

__all__ = [
    "STEPS",
    "Column",
    "Filter",
    "Listing",
    "NavItem",
    "Step",
    "after_commit",
    "as_columns",
    "company_name",
    "company_namer",
    "current_language",
    "document_provider",
    "documents",
    "due_sign",
    "eight_steps",
    "init_app",
    "listing",
    "login_needed",
    "navigation",
    "person",
    "safe_cell",
    "status_label",
    "url_if",
    "wants_json",
]


def init_app(app: Flask) -> None:
    """Set up what every page needs: headers, errors, one transaction per request, template helpers."""
    init_edge(app)
    app.jinja_env.globals.update(
        as_columns=as_columns,
        due_sign=due_sign,
        labelled=labelled,
        eight_steps=eight_steps,
        status_label=status_label,
        url_if=url_if,
    )


def current_language() -> str | None:
    """The language the person chose, or None while they have not."""
    if not has_request_context():
        return None
    chosen = session.get("language")
    if chosen is None and (whose := person()) is not None:
        chosen = getattr(whose, "language", None)
    return chosen if chosen in LANGUAGES else None


def login_needed() -> Any:
    """The answer for somebody who is not logged in: the log-in page, or 401 for programs; else None."""
    if current_actor().user_id is not None:
        return None
    if wants_json():
        answer = jsonify(code="login_needed", message=_("Please sign in."))
        answer.status_code = 401
        return answer
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    target = url_if("accounts.login", **({"next": here} if here and here != "/" else {}))
    return redirect(target) if target else Response(_("Please sign in."), 401)


def person() -> Any:
    """The person who is logged in, as the accounts package keeps them."""
    if not hasattr(current_app, "login_manager"):
        return None
    from flask_login import current_user

    return current_user if getattr(current_user, "id", None) is not None else None


@dataclass(frozen=True)
class NavItem:
    """One entry of the menu, shown to people who hold the permission; `step` files it under a step."""

    endpoint: str
    label: str | LazyString
    permission: str | None = None
    step: int | None = None


@dataclass(frozen=True)
class Step:
    """One of the eight production steps."""

    number: int
    area: str
    label: str | LazyString


STEPS = (
    Step(1, "planning", lazy_gettext("Plan")),
    Step(2, "subcontracting", lazy_gettext("Subcontract")),
    Step(3, "purchasing", lazy_gettext("Purchase")),
    Step(4, "scheduling", lazy_gettext("Schedule")),
    Step(5, "shopfloor", lazy_gettext("Make")),
    Step(6, "quality", lazy_gettext("Inspect")),
    Step(7, "logistics", lazy_gettext("Store and ship")),
    Step(8, "costing", lazy_gettext("Cost")),
)


def eight_steps() -> tuple[Step, ...]:
    """The eight steps, for templates."""
    return STEPS


def navigation() -> list[NavItem]:
    """The menu entries every loaded area declares as NAVIGATION in its `__init__`."""
    modules = [sys.modules[name] for name in sorted(sys.modules) if name.startswith("app.")]
    items = [item for module in modules for item in getattr(module, "NAVIGATION", ())]
    return list(dict.fromkeys(items))


def url_if(endpoint: str, **values: Any) -> str | None:
    """The endpoint's address, or None where it is not installed or needs other values."""
    if endpoint not in current_app.view_functions:
        return None
    return url_for(endpoint, **values)


def own_address(target: str | None, otherwise: str = "/") -> str:
    """The address on this site that a form names to go on with; never one of another site."""
    parts = urlsplit(target := target or "")
    local = target.startswith("/") and not target.startswith("//") and "\\" not in target
    return target if local and not parts.scheme and not parts.netloc else otherwise


_namers: list[Callable[[], str]] = []


def company_namer(function: Callable[[], str]) -> Callable[[], str]:
    """Let the owner of the company's data name it for the page head."""
    _namers.append(function)
    return function


def company_name() -> str:
    """The company's name in the reader's language; empty while none is set up."""
    return next(filter(None, (namer() for namer in _namers)), "")


_providers: list[Callable[[int], Iterable[dict]]] = []


def document_provider(
    function: Callable[[int], Iterable[dict]],
) -> Callable[[int], Iterable[dict]]:
    """Let an area name its documents of a customer order.

    The function takes the customer order's id and returns dicts with
    ``step number label status url date``.
    """
    _providers.append(function)
    return function


def documents(customer_order_id: int) -> dict[int, list[dict]]:
    """All documents of a customer order by step 1 to 8."""
    found: dict[int, list[dict]] = {}
    for provider in _providers:
        for document in provider(customer_order_id):
            found.setdefault(int(document["step"]), []).append(document)
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class DueSign:
    """A due moment in words and tone."""

    text: str
    tone: str
    iso: str
    full: str


def due_sign(moment: datetime | None) -> DueSign | None:
    """How near a moment is: overdue, today, tomorrow or a date."""
    if moment is None:
        return None
    days = (to_user_timezone(moment).date() - to_user_timezone(clock.now()).date()).days
    time = format_time(moment, "HH:mm")
    full = format_date(moment, "medium") + " " + time
    if moment < clock.now():
        return DueSign(
            _("Overdue {when}").format(when=_ago(moment)),
            "bad",
            moment.isoformat(),
            full,
        )
    if days == 0:
        return DueSign(_("Today {time}").format(time=time), "wait", moment.isoformat(), full)
    if days == 1:
        return DueSign(_("Tomorrow {time}").format(time=time), "active", moment.isoformat(), full)
    return DueSign(format_date(moment, "MM/dd"), "quiet", moment.isoformat(), full)


def _ago(moment: datetime) -> str:
    """The whole hours or days since a moment."""
    hours = int((clock.now() - moment).total_seconds() // 3600)
    if hours >= 48:
        return _("{days} d").format(days=hours // 24)
    return _("{hours} h").format(hours=hours) if hours else _("just now")
