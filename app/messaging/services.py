"""What a process may send: an e-mail to people or an address, a webhook to a declared endpoint."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.models import User, UserRole
from app.core import outbox
from app.core.db import db
from app.core.errors import DomainError
from app.core.i18n import language_of
from app.core.inputs import email_address
from app.core.operators import operator
from app.core.permissions import ROLES
from app.messaging import endpoints, mail
from app.messaging import webhook as _webhook  # noqa: F401  (declares how its channel sends)

MAX_TEXT = 20_000


@operator
def send_mail(
    subject: str,
    text: str,
    *,
    role: str = "",
    user_id: int | str = "",
    address: str = "",
    subject_zh_hant: str = "",
    text_zh_hant: str = "",
) -> dict[str, Any]:
    """Send an e-mail to a role, a person or an address.

    People read it in their own language where both are given, others in both.

    Raises:
        DomainError: no server is set, nobody has an address, or the address is none.
    """
    mail.server()
    texts = {"en": (subject, text), "zh_Hant": (subject_zh_hant or subject, text_zh_hant or text)}
    if not subject.strip() or not text.strip():
        raise DomainError("mail_empty", _("An e-mail needs a subject and a text."))
    if address:
        address = email_address(address)
        different = texts["en"] != texts["zh_Hant"]
        both = tuple(f"{texts['zh_Hant'][n]}{mark}{texts['en'][n]}" for n, mark in ((0, " / "), (1, "\n\n")))
        return _put([(address, both if different else texts["en"])])
    people = _people(role, user_id)
    language = {one.id: "zh_Hant" if language_of(one.language).startswith("zh") else "en" for one in people}
    return _put([(one.email or "", texts[language[one.id]]) for one in people])


def _people(role: str, user_id: int | str) -> list[User]:
    """The active people meant who have an address.

    Raises:
        DomainError: there are none.
    """
    if role and role not in ROLES:
        raise DomainError("mail_role", _("There is no role {role}.").format(role=role))
    query = select(User).where(User.active, User.email.is_not(None), User.email != "").order_by(User.id)
    if role:
        query = query.join(UserRole, UserRole.user_id == User.id).where(UserRole.role == role)
    elif str(user_id).isdecimal():
        query = query.where(User.id == int(user_id))
    else:
        raise DomainError("mail_to", _("Say to which role, person or address the e-mail goes."))
    people = list(db.session.scalars(query))
    if not people:
        raise DomainError("mail_nobody", _("Nobody it is for has an e-mail address."))
    return people


def _put(letters: list[tuple[str, tuple[str, ...]]]) -> dict[str, Any]:
    for to, (subject, text) in letters:
        line = " ".join(subject.split())[:200]
        outbox.put("mail", to, line, {"text": text[:MAX_TEXT]})
    return {"messages": len(letters)}


@operator
def post_webhook(endpoint: str, event: str, data: dict | list | str | int | None = None) -> dict[str, Any]:
    """Post data as signed JSON to an endpoint that the administrator declared.

    Raises:
        DomainError: there is no endpoint of this name.
    """
    if endpoint not in endpoints.declared():
        raise DomainError("no_endpoint", _("There is no endpoint {name}.").format(name=endpoint))
    message = outbox.put("webhook", endpoint, event, {"data": data})
    return {"key": message.key}
