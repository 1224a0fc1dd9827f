"""A customer order as other pages show it; its facts come from the step that owns it, by name."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.core.documents import document_labels
from app.core.operators import SOURCES
from app.core.web import url_if

FACTS = "sales.order_card"


def order_card(order_id: int) -> dict[str, Any] | None:
    """Number, customer, status, lines and facts of a customer order; None if there is none.

    The source ``sales.order_card`` gives ``number customer status summary facts lines``.
    """
    number = document_labels([f"customer_order:{order_id}"]).get(f"customer_order:{order_id}")
    if number is None:
        return None
    card: dict[str, Any] = {
        "number": number,
        "customer": "",
        "status": "",
        "summary": "",
        "facts": [],
        "lines": [],
    }
    if FACTS in SOURCES:
        card |= SOURCES[FACTS].function(order_id)
    card["label"] = " · ".join(part for part in (card["number"], card["customer"]) if part)
    card["url"] = url_for("workflow.order", order_id=order_id)
    card["page_url"] = url_if("sales.order", order_id=order_id)
    card["title"] = _("Customer order %(number)s", number=number)
    return card
