"""What a supplier promises after the order was sent: one line in several deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app.core import clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.i18n import format_quantity
from app.core.inputs import date_input, decimal_input
from app.core.operators import operator
from app.inventory import services as inventory
from app.inventory.models import LocationKind
from app.purchasing import queries
from app.purchasing.models import OrderStatus, PurchaseOrder, PurchaseOrderLine, PurchaseOrderRevision
from app.purchasing.services import orders


def promise_deliveries(
    order_id: int, line_number: int, deliveries: Sequence[Mapping[str, Any]], note: str
) -> PurchaseOrder:
    """Note on which days a supplier now promises how much of a line; a new revision with its reason.

    Planning sees each delivery on its day; the line is promised for the last one.

    Args:
        deliveries: ``quantity`` and ``promised_on``; together what is open of the line.

    Raises:
        DomainError: the order is not with the supplier, or the quantities are not what is open.
    """
    order = orders.load(order_id)
    if order.status not in {OrderStatus.SENT, OrderStatus.PARTIALLY_RECEIVED}:
        raise DomainError("not_sent", _("Only an order that was sent and is open has promises."), status=409)
    line = next((one for one in order.lines if one.number == line_number and one.item_id), None)
    if line is None:
        raise DomainError("line", _("This line is not on the order."), field="line")
    rows = [
        (
            decimal_input(row.get("quantity"), field=f"deliveries.{place}.quantity"),
            date_input(row.get("promised_on"), field=f"deliveries.{place}.promised_on"),
        )
        for place, row in enumerate(deliveries)
        if row.get("quantity")
    ]
    left = line.quantity - line.received
    if not rows or sum(quantity for quantity, _day in rows) != left or min(rows)[0] <= 0:
        sentence = _("The deliveries must come to the {quantity} that are open.")
        raise DomainError("deliveries", sentence.format(quantity=format_quantity(left)), field="deliveries")
    before = [{"line": str(line.number), "promised": str(line.promised_date or line.due_date)}]
    line.promised_date = max(day for _quantity, day in rows)
    order.revision += 1
    db.session.add(
        PurchaseOrderRevision(
            order_id=order.id,
            revision=order.revision,
            at=clock.now(),
            user_id=current_actor().user_id,
            reason=(note or "").strip() or _("New date from the supplier"),
            before=before,
            after=[
                {"line": str(line.number), "promised": str(day), "quantity": str(quantity)}
                for quantity, day in rows
            ],
        )
    )
    _expect(order, line, rows)
    return order


def _expect(order: PurchaseOrder, line: PurchaseOrderLine, rows: Sequence[tuple[Decimal, date]]) -> None:
    """Announce each delivery of a line on its day, in place of what was announced before."""
    document = f"purchase_order:{order.id}"
    inventory.cancel_expected(document, str(line.number))
    for quantity, day in sorted(rows, key=lambda row: row[1]):
        inventory.expect(
            line.item_id or 0,
            quantity,
            source=inventory.location(order.site_id, LocationKind.SUPPLIER),
            target=inventory.location(order.site_id, LocationKind.INTERNAL),
            on=day,
            document=document,
            line=str(line.number),
            unit_cost=queries.stock_unit_cost(order, line),
        )


@operator
def record_promise(order_id: str, promised_on: str, note: str = "") -> dict:
    """Note the day the supplier now promises for what is open; a new revision with its reason.

    Returns the order's facts.
    """
    order = orders.load(int(order_id))
    promised = date_input(promised_on, field="promised_on")
    before = _dates(order)
    for line in order.lines:
        if line.received < line.quantity:
            line.promised_date = promised
    order.revision += 1
    db.session.add(
        PurchaseOrderRevision(
            order_id=order.id,
            revision=order.revision,
            at=clock.now(),
            user_id=current_actor().user_id,
            reason=(note or "").strip() or _("New date from the supplier"),
            before=before,
            after=_dates(order),
        )
    )
    db.session.flush()
    orders.expect(order)
    return orders.facts(order)


def _dates(order: PurchaseOrder) -> list[dict[str, str]]:
    return [
        {"line": str(line.number), "date": (line.promised_date or line.due_date).isoformat()}
        for line in order.lines
    ]
