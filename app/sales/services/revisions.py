"""Agreed changes of a confirmed order: quantities, dates, splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.core.events import emit, event
from app.core.inputs import date_input, decimal_input
from app.masterdata.queries import price_decimals
from app.sales import queries
from app.sales.models import CustomerOrder, OrderRevision, OrderStatus
from app.sales.services.orders import expect_issues, key, make_line, plain, set_quantity

ORDER_REVISED = event(
    "sales.order_revised",
    "An agreed change of a confirmed order; key customer_order:ID, payload order_id, revision.",
)


def revise_order(order_id: int, lines: Sequence[Mapping[str, Any]], reason: str) -> CustomerOrder:
    """Change a confirmed order as agreed with the customer: quantities, dates, splits.

    Args:
        lines: the whole order as it is to be; those with the ``number`` of a line change it, others are
            added, and lines not named are taken off unless something of them was shipped.

    Raises:
        Conflict: the order is not confirmed.
        DomainError: less than was shipped, or no reason.
    """
    order = queries.order(order_id)
    if order.status is not OrderStatus.CONFIRMED:
        raise Conflict("order_status", _("Only a confirmed order can be revised."))
    if not (reason or "").strip():
        raise DomainError("reason", _("Say why the order changes."), field="reason")
    before = plain(order.lines)
    _replace_lines(order, lines)
    order.revision += 1
    db.session.flush()
    expect_issues(order)
    db.session.add(
        OrderRevision(
            order_id=order.id,
            revision=order.revision,
            at=clock.now(),
            user_id=current_actor().user_id,
            reason=reason.strip(),
            before=before,
            after=plain(order.lines),
        )
    )
    audit.record(
        "order.revised",
        key(order.id),
        before={"lines": before},
        after={"lines": plain(order.lines)},
        reason=reason,
    )
    emit(ORDER_REVISED, key=key(order.id), order_id=order.id, revision=order.revision)
    db.session.flush()
    return order


def _replace_lines(order: CustomerOrder, rows: Sequence[Mapping[str, Any]]) -> None:
    known = {line.number: line for line in order.lines}
    following = max(known, default=0) + 1
    kept = []
    for place, row in enumerate(rows):
        field, line = f"lines.{place}", known.get(int(row.get("number") or 0))
        if line is None:
            kept.append(make_line(order, row, following, field))
            following += 1
            continue
        set_quantity(line, row, line.item.unit_decimals, field)
        if line.quantity < line.shipped:
            sentence = _("{shipped} were shipped already.").format(shipped=line.shipped)
            raise DomainError("below_shipped", sentence, field=f"{field}.quantity")
        line.promised_date = date_input(row.get("due_date"), field=f"{field}.due_date")
        line.due_date = line.promised_date
        line.price = decimal_input(
            row.get("price"),
            field=f"{field}.price",
            default=line.price,
            places=price_decimals(),
        )
        kept.append(line)
    if not kept:
        raise DomainError("no_lines", _("An order needs at least one line."), field="lines")
    if gone := [line.number for line in order.lines if line not in kept and line.shipped]:
        raise DomainError(
            "shipped_line", _("Line {number} was shipped already.").format(number=gone[0]), field="lines"
        )
    order.lines = kept
