"""The page of e-mails and webhooks: what was sent, what waits, and the dead letters."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select

from app.core import outbox
from app.core.actors import current_actor
from app.core.inputs import takes
from app.core.lists import Column, Filter, listing, moment_text
from app.core.outbox import Letter, OutboxMessage
from app.core.permissions import allowed, requires
from app.core.words import status_label
from app.messaging import MESSAGE_READ, MESSAGE_SEND

blueprint = Blueprint("messaging", __name__, url_prefix="/operations/messages")

CHANNELS = {"mail": lazy_gettext("E-mail"), "webhook": lazy_gettext("Webhook")}


@blueprint.get("")
@requires(MESSAGE_READ)
def messages() -> Any:
    """Every message to the outside, the newest first."""
    page = listing(
        select(OutboxMessage),
        _columns(),
        title=_("E-mails and webhooks"),
        search=[OutboxMessage.to, OutboxMessage.subject, OutboxMessage.error],
        filters=[
            Filter(
                "status",
                _("Status"),
                [(one.value, status_label(one.value)) for one in Letter],
                lambda value: OutboxMessage.status == value,
            ),
            Filter(
                "channel", _("Channel"), list(CHANNELS.items()), lambda value: OutboxMessage.channel == value
            ),
        ],
        sort="-created_at",
    )
    return page.export or render_template("messaging/messages.html", page=page)


def _columns() -> list[Column]:
    return [
        Column("created_at", _("Written"), "datetime", sort=OutboxMessage.created_at),
        Column("channel", _("Channel"), value=lambda one: CHANNELS.get(one.channel, one.channel)),
        Column("to", _("Receiver"), sort=OutboxMessage.to),
        Column("subject", _("Subject"), href=lambda one: url_for("messaging.message", message_id=one.id)),
        Column("status", _("Status"), "status", sort=OutboxMessage.status),
        Column("attempts", _("Tries"), "number", sort=OutboxMessage.attempts),
        Column("sent_at", _("Sent"), "datetime", sort=OutboxMessage.sent_at),
        Column("error", _("Why not"), sortable=False),
    ]


@blueprint.get("/<int:message_id>")
@requires(MESSAGE_READ)
def message(message_id: int) -> Any:
    """One message; a dead letter is sent again or dropped here."""
    one = outbox.get(message_id)
    may_send = one.status == Letter.DEAD and allowed(current_actor(), MESSAGE_SEND)
    return render_template(
        "messaging/message.html",
        one=one,
        channel=CHANNELS[one.channel],
        written=moment_text(one.created_at),
        sent=moment_text(one.sent_at) if one.sent_at else None,
        may_send=may_send,
    )


@blueprint.post("/<int:message_id>")
@requires(MESSAGE_SEND)
@takes("reason")
def settle(message_id: int) -> Any:
    """Send a dead letter again, or drop it."""
    if request.form.get("_action") == "drop":
        outbox.drop(message_id, request.form.get("reason", ""))
        flash(_("Dropped."))
    else:
        outbox.again(message_id)
        flash(_("The runner sends it again."))
    return redirect(url_for("messaging.messages"))
