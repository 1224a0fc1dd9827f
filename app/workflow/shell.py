"""What the page frame shows: the menu a person may use, their open tasks, language and theme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request, session
from flask_babel import get_locale
from flask_babel import gettext as _

from app.core.actors import current_actor
from app.core.i18n import LANGUAGES, language, localized
from app.core.permissions import PERMISSIONS, ROLES, allowed
from app.core.web import STEPS, NavItem, Step, company_name, navigation, url_if
from app.core.words import listed

NAMES = {"zh_Hant_TW": ("zh-Hant-TW", "中文"), "en": ("en", "English")}


@dataclass(frozen=True)
class Link:
    """One entry of the menu as the template draws it."""

    label: str
    url: str
    current: bool = False
    icon: str = "flow"
    badge: str = ""


@dataclass(frozen=True)
class MenuStep:
    """A step of the menu with its pages."""

    number: int
    label: str
    items: list[Link]


class Shell:
    """Everything `shell.html` asks for; computed as it is asked, so that a fragment costs nothing."""

    def __init__(self) -> None:
        self.actor = current_actor()
        self.items = [item for item in navigation() if self._may(item)] if self.signed_in else []

    @property
    def signed_in(self) -> bool:
        """Whether a person is logged in."""
        return self.actor.user_id is not None

    @property
    def language(self) -> str:
        """The language of the page, as translations name it."""
        return "zh_Hant_TW" if language() == "zh_Hant" else str(get_locale() or "en")

    @property
    def language_tag(self) -> str:
        """The language of the page, as HTML names it."""
        return NAMES.get(self.language, ("en", ""))[0]

    @property
    def languages(self) -> list[tuple[str, str, str]]:
        """The languages to choose from: code, tag, own name."""
        return [(code, *NAMES.get(code, (code, name))) for code, name in LANGUAGES.items()]

    @property
    def language_url(self) -> str | None:
        """Where the choice of language is sent."""
        return url_if("core.language")

    @property
    def theme(self) -> str:
        """Light, dark or auto, as the person chose."""
        return session.get("theme") or getattr(_person(), "theme", None) or "auto"

    @property
    def home(self) -> str:
        """The first page: the inbox of a person, the start page of a visitor."""
        return (url_if("workflow.inbox") if self.signed_in else None) or "/"

    @property
    def here(self) -> str:
        """This page's address."""
        return request.full_path.rstrip("?") if request.method == "GET" else self.home

    @property
    def plant(self) -> str:
        """The name of the company the installation belongs to."""
        return company_name()

    @property
    def person(self) -> str:
        """The name of who is logged in."""
        return self.actor.name or self.actor.login

    @property
    def roles(self) -> str:
        """The roles of who is logged in, in words."""
        return listed(localized(ROLES[role]) for role in ROLES if role in self.actor.roles)

    @property
    def acting_for(self) -> str:
        """Whom a deputy stands in for."""
        return getattr(self.actor, "on_behalf_of_name", "") or ""

    @property
    def notices_url(self) -> str | None:
        """What the person was told."""
        return url_if("workflow.notices")

    @property
    def notices_count_url(self) -> str | None:
        """Where the page head asks for the number again."""
        return url_if("workflow.notice_count")

    @property
    def notices_here(self) -> bool:
        """Whether this is the page of notices."""
        return self._here("workflow.notices")

    @property
    def unread(self) -> int:
        """How many notices the person has not read."""
        from app.workflow.people.talk import unread_count

        return unread_count(self.actor.user_id)

    @property
    def login_url(self) -> str | None:
        """The log-in page."""
        return url_if("accounts.login")

    @property
    def logout_url(self) -> str | None:
        """Where logging out is sent."""
        return url_if("accounts.logout")

    @property
    def primary(self) -> list[Link]:
        """Inbox and orders: what everybody needs."""
        from app.workflow.views.inbox import badge

        links = []
        if inbox := url_if("workflow.inbox"):
            links.append(Link(_("Inbox"), inbox, self._here("workflow.inbox"), "inbox", badge()))
        for item in self.items:
            if item.endpoint == "sales.orders" and (target := url_if(item.endpoint)):
                links.append(Link(str(item.label), target, self._here(item.endpoint), "order"))
        return links

    @property
    def steps(self) -> list[MenuStep]:
        """Those of the eight steps that have pages the person may see."""
        made = [MenuStep(step.number, str(step.label), self._links(step.number)) for step in STEPS]
        return [step for step in made if step.items]

    @property
    def parent(self) -> NavItem | None:
        """The menu's entry this page is, or lies below: ``purchasing.order`` below ``purchasing.orders``."""
        here = request.endpoint or ""
        own = [item for item in self.items if item.endpoint.partition(".")[0] == here.partition(".")[0]]
        exact = [item for item in own if item.endpoint in (here, f"{here}s")]
        below = [item for item in own if request.path.startswith(f"{url_if(item.endpoint) or request.path}/")]
        rest = [] if here.startswith(("workflow.", "accounts.")) else own
        return next(iter(exact or below or rest), None)

    @property
    def trail(self) -> tuple[Step | None, Link | None]:
        """The step this page belongs to and the list it lies below."""
        parent = self.parent
        if parent is None:
            return None, None
        step = next((one for one in STEPS if one.number == parent.step), None)
        target = None if self._here(parent.endpoint) else url_if(parent.endpoint)
        return step, Link(str(parent.label), target) if target else None

    @property
    def in_step(self) -> bool:
        """Whether this page belongs to a step."""
        return self.parent is not None and self.parent.step is not None

    @property
    def more(self) -> list[Link]:
        """The pages that belong to no step."""
        return self._links(None)

    @property
    def personal(self) -> list[Link]:
        """The person's own pages."""
        own = (("accounts.settings", _("My settings")), ("accounts.deputies", _("Deputies")))
        return [Link(label, target) for endpoint, label in own if (target := url_if(endpoint))]

    def _links(self, step: int | None) -> list[Link]:
        """The links of one step."""
        own = ("sales.orders", "workflow.inbox", "accounts.settings")
        chosen = [item for item in self.items if item.step == step and item.endpoint not in own]
        return [
            Link(str(item.label), target, self._here(item.endpoint))
            for item in chosen
            if (target := url_if(item.endpoint))
        ]

    def _here(self, endpoint: str) -> bool:
        """Whether this page is the endpoint's."""
        return request.endpoint == endpoint

    def _may(self, item: NavItem) -> bool:
        """Whether the person may open the page."""
        return item.permission is None or (
            item.permission in PERMISSIONS and allowed(self.actor, item.permission)
        )


def _person() -> Any:
    """The person's own row, for their settings."""
    from app.core.web import person

    return person()
