"""E-mails over SMTP (RFC 5321), one connection a message, encrypted unless the setting says otherwise."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import closing, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from flask import current_app
from flask_babel import gettext as _

from app.core.errors import DomainError
from app.core.outbox import OutboxMessage, Refused, sender

SECONDS = 20


@dataclass(frozen=True)
class Server:
    """The mail server and how it is talked to: ``starttls``, ``tls`` or ``none``."""

    host: str
    port: int
    security: str
    user: str
    password: str
    author: str


def server() -> Server:
    """The mail server that is set.

    Raises:
        DomainError: none is.
    """
    config = current_app.config
    host, _colon, port = str(config["MAIL_SERVER"]).partition(":")
    if not host or not config["MAIL_FROM"]:
        raise DomainError(
            "no_mail_server", _("No mail server is set: OCTAD_MAIL_SERVER and OCTAD_MAIL_FROM.")
        )
    usual = {"tls": 465, "none": 25}.get(config["MAIL_SECURITY"], 587)
    return Server(
        host,
        int(port) if port.isdecimal() else usual,
        config["MAIL_SECURITY"],
        config["MAIL_USER"],
        config["MAIL_PASSWORD"],
        config["MAIL_FROM"],
    )


def letter(message: OutboxMessage, author: str) -> EmailMessage:
    """An outbox message as an e-mail; its id stays the same however often it is sent.

    Raises:
        Refused: a header would hold a line break, or the addresses are none.
    """
    made = EmailMessage()
    domain = parseaddr(author)[1].rpartition("@")[2] or "octad.invalid"
    try:
        made["From"], made["To"], made["Subject"] = author, message.to, message.subject
        made["Message-ID"] = f"<{message.key}@{domain}>"
        made["Date"] = format_datetime(message.created_at)
        made["Auto-Submitted"] = "auto-generated"
    except ValueError as error:
        raise Refused(str(error)) from error
    made.set_content(str(message.payload["text"]))
    if page := message.payload.get("html"):
        made.add_alternative(str(page), subtype="html")
    return made


@sender("mail")
def send(message: OutboxMessage) -> None:
    """Hand an e-mail to the mail server."""
    given = server()
    made, secure = letter(message, given.author), ssl.create_default_context()
    try:
        with closing(_connected(given, secure)) as smtp:
            if given.security == "starttls":
                smtp.starttls(context=secure)
            if given.user:
                smtp.login(given.user, given.password)
            smtp.send_message(made)
            with suppress(smtplib.SMTPException, OSError):  # the letter is taken; how they part is no matter
                smtp.quit()
    except smtplib.SMTPRecipientsRefused as error:
        code, told = next(iter(error.recipients.values()))
        _judge(code, told)
    except smtplib.SMTPResponseException as error:
        _judge(error.smtp_code, error.smtp_error)


def _connected(given: Server, secure: ssl.SSLContext) -> smtplib.SMTP:
    if given.security == "tls":
        return smtplib.SMTP_SSL(given.host, given.port, timeout=SECONDS, context=secure)
    return smtplib.SMTP(given.host, given.port, timeout=SECONDS)


def _judge(code: int, told: bytes | str) -> None:
    """A server's no: for good from 500 on (RFC 5321, 4.2.1), else for now. One about us is for now, too."""
    words = told.decode("utf-8", "replace") if isinstance(told, bytes) else told
    if code >= 500 and code not in (530, 534, 535, 538):
        raise Refused(f"{code} {words}")
    raise ConnectionError(f"{code} {words}")
