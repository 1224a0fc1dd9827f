"""What changes customer orders; nothing here commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app.core import audit, clock
from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import Conflict, DomainError, NotFound
from app.core.events import emit, event
from app.core.inputs import date_input, decimal_input
from app.core.numbering import next_number
from app.core.operators import operator
from app.core.words import listed
from app.inventory import services as inventory
from app.inventory.models import LocationKind
from app.masterdata.models import Item, Partner, Site
from app.masterdata.queries import price_decimals, site_named
from app.sales import queries
from app.sales.models import CustomerOrder, CustomerOrderLine, OrderStatus

ORDER_CONFIRMED = event(
    "sales.order_confirmed", "A customer order was confirmed; key customer_order:ID, payload order_id."
)
REVIEW = ("drawing", "tooling", "capacity", "certificates")
ZERO = Decimal(0)


def key(order_id: int) -> str:
    """Return the business key of an order."""
    return f"customer_order:{order_id}"


def create_order(
    site: str,
    customer_id: int,
    lines: Sequence[Mapping[str, Any]],
    *,
    customer_reference: str | None = None,
    currency: str | None = None,
    note: str | None = None,
    number: str | None = None,
    entered_on: date | None = None,
    copied_from_id: int | None = None,
) -> CustomerOrder:
    """Enter an order as a draft.

    Args:
        lines: each with ``item_id quantity due_date`` and perhaps ``price customer_part drawing_revision``;
            a missing price is the item's in the order's currency.

    Raises:
        DomainError: a line is not possible; the field says which.
        NotFound: no such site or customer.
    """
    place = site_named(site)
    customer = db.session.get(Partner, customer_id)
    if customer is None or not customer.is_customer or not customer.active:
        raise NotFound("no_customer", _("There is no such customer."), field="customer_id")
    if currency and currency not in queries.currencies():
        raise DomainError("currency", _("Please choose a currency."), field="currency")
    today = entered_on or clock.today(place.timezone)
    made = CustomerOrder(
        number=number or next_number("SO", on=today),
        site_id=place.id,
        customer_id=customer.id,
        customer_reference=customer_reference or None,
        entered_on=today,
        currency=currency or customer.currency,
        note=note or None,
        copied_from_id=copied_from_id,
        created_by_id=current_actor().user_id,
        created_at=clock.now(),
        review={},
    )
    made.lines = _lines(made, lines)
    db.session.add(made)
    db.session.flush()
    audit.record("order.entered", key(made.id), after={"number": made.number, "lines": plain(made.lines)})
    return made


def _lines(
    order: CustomerOrder, rows: Sequence[Mapping[str, Any]], first: int = 1
) -> list[CustomerOrderLine]:
    if not rows:
        raise DomainError("no_lines", _("An order needs at least one line."), field="lines")
    return [
        make_line(order, row, number, f"lines.{number - first}")
        for number, row in enumerate(rows, start=first)
    ]


def make_line(order: CustomerOrder, row: Mapping[str, Any], number: int, field: str) -> CustomerOrderLine:
    """Make a line, filling in what the customer calls the item and what it costs."""
    item = queries.item_named(int(row.get("item_id") or 0))
    known = queries.customer_item(order.customer_id, item.id)
    line = CustomerOrderLine(
        number=number,
        item_id=item.id,
        shipped=ZERO,
        price=decimal_input(
            row.get("price"),
            field=f"{field}.price",
            default=_list_price(item, order.currency, row.get("price"), field),
            places=price_decimals(),
        ),
        customer_part=row.get("customer_part") or (known.part_number if known else None),
        drawing_revision=row.get("drawing_revision") or (known.drawing_revision if known else item.revision),
    )
    set_quantity(line, row, item.unit_decimals, field)
    line.due_date = date_input(row.get("due_date"), field=f"{field}.due_date")
    if line.due_date < order.entered_on:
        raise DomainError(
            "due_before_entry", _("The due date is before the order's own date."), field=f"{field}.due_date"
        )
    return line


def _list_price(item: Item, currency: str, typed: Any, field: str) -> Decimal:
    """What the price list says; an order without any price is not taken for a gift."""
    if currency not in item.prices and typed in (None, ""):
        sentence = _("{item} has no list price in {currency}; please enter a price.")
        raise DomainError(
            "no_price", sentence.format(item=item.number, currency=currency), field=f"{field}.price"
        )
    return Decimal(str(item.prices.get(currency, 0)))


def set_quantity(line: CustomerOrderLine, row: Mapping[str, Any], places: int, field: str) -> None:
    """Set a line's quantity, above zero and with no more places than the item's unit has."""
    quantity = decimal_input(row.get("quantity"), field=f"{field}.quantity", places=places)
    if not quantity:
        raise DomainError("quantity", _("The quantity must be above 0."), field=f"{field}.quantity")
    line.quantity = quantity


def copy_order(order_id: int, *, due_date: date, customer_reference: str | None = None) -> CustomerOrder:
    """Enter a new draft with the lines of an earlier order, all due on one date, at today's prices."""
    earlier = queries.order(order_id)
    site = db.session.get_one(Site, earlier.site_id)
    rows = [
        {
            "item_id": line.item_id,
            "quantity": line.quantity,
            "due_date": due_date,
            "customer_part": line.customer_part,
        }
        for line in earlier.lines
    ]
    return create_order(
        site.code,
        earlier.customer_id,
        rows,
        customer_reference=customer_reference,
        currency=earlier.currency,
        copied_from_id=earlier.id,
    )


def review_order(order_id: int, found: Mapping[str, bool]) -> CustomerOrder:
    """Note what the review of an order found: each of drawing, tooling, capacity, certificates settled or not."""
    order = queries.order(order_id)
    if order.status not in {OrderStatus.DRAFT, OrderStatus.IN_REVIEW}:
        raise Conflict("order_status", _("Order {number} is confirmed already.").format(number=order.number))
    before = dict(order.review)
    order.review = before | {name: bool(found[name]) for name in REVIEW if name in found}
    if order.status is OrderStatus.DRAFT:
        order.move_to(OrderStatus.IN_REVIEW)
    audit.record("order.reviewed", key(order.id), before=before, after=order.review)
    return order


@operator
def confirm_order(order_id: int) -> dict:
    """Confirm a reviewed customer order: its issues are expected and its process starts.

    Returns ``order_id`` and ``number``.

    Raises:
        DomainError: the review has not settled everything.
        Conflict: the order is not waiting for confirmation.
    """
    order = queries.order(int(order_id))
    if open_points := [name for name in REVIEW if not order.review.get(name)]:
        names = listed(review_names()[name] for name in open_points)
        raise DomainError(
            "review_open", _("The review has not settled: {points}.").format(points=names), field="review"
        )
    order.move_to(OrderStatus.CONFIRMED)
    order.confirmed_at = clock.now()
    for line in order.lines:
        line.promised_date = line.promised_date or line.due_date
    expect_issues(order)
    audit.record(
        "order.confirmed", key(order.id), after={"number": order.number, "lines": plain(order.lines)}
    )
    emit(ORDER_CONFIRMED, key=key(order.id), order_id=order.id)
    db.session.flush()
    return {"order_id": order.id, "number": order.number}


def review_names() -> dict[str, str]:
    """Return the points of an order review in the reader's language."""
    return {
        "drawing": _("Drawing and revision"),
        "tooling": _("Tooling"),
        "capacity": _("Capacity and due date"),
        "certificates": _("Certificates and packing"),
    }


def expect_issues(order: CustomerOrder) -> None:
    """Write what is still to ship as expected issues, replacing what was expected before."""
    inventory.cancel_expected(key(order.id))
    store = inventory.location(order.site_id, LocationKind.INTERNAL)
    customers = inventory.location(order.site_id, LocationKind.CUSTOMER)
    for line in order.lines:
        if left := line.quantity - line.shipped:
            inventory.expect(
                line.item_id,
                left,
                source=store,
                target=customers,
                on=line.promised_date or line.due_date,
                document=key(order.id),
                line=str(line.number),
            )


def cancel_order(order_id: int, reason: str) -> CustomerOrder:
    """Cancel an order nothing of which was shipped; what it expected is withdrawn."""
    order = queries.order(order_id)
    if not (reason or "").strip():
        raise DomainError("reason", _("Say why the order is cancelled."), field="reason")
    if any(line.shipped for line in order.lines):
        raise Conflict(
            "shipped", _("Part of order {number} was shipped already.").format(number=order.number)
        )
    order.move_to(OrderStatus.CANCELLED)
    inventory.cancel_expected(key(order.id))
    audit.record("order.cancelled", key(order.id), reason=reason)
    return order


def plain(lines: Sequence[CustomerOrderLine]) -> list[dict[str, str]]:
    """Return lines as the record of a change keeps them."""
    return [
        {
            "number": str(line.number),
            "item_id": str(line.item_id),
            "quantity": format(line.quantity, "f"),
            "price": format(line.price, "f"),
            "due_date": str(line.promised_date or line.due_date),
        }
        for line in lines
    ]
