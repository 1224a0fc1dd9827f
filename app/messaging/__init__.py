"""Messaging: e-mails and signed webhooks that processes send, and the letters that did not arrive.

Nothing is sent inside a transaction: the operators write into the outbox (``core.outbox``), the runner sends.
"""

from __future__ import annotations

from flask_babel import lazy_gettext

from app.core.permissions import permission
from app.core.web import NavItem

MESSAGE_READ = permission(
    "message:read", "See e-mails and webhooks that were sent or were not.", roles=("admin", "plant_manager")
)
MESSAGE_SEND = permission(
    "message:send", "Send dead letters again, or drop them with a reason.", roles=("admin",)
)

NAVIGATION = [NavItem("messaging.messages", lazy_gettext("E-mails and webhooks"), MESSAGE_READ)]
