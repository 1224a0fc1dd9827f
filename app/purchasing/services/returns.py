"""Goods that go back to their supplier: agreed, shipped at what they cost, credited or replaced."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import audit, clock
from app.core.db import db
from app.core.errors import DomainError
from app.core.inputs import date_input, decimal_input
from app.core.numbering import next_number
from app.core.operators import operator
from app.inventory import services as inventory
from app.inventory.models import Location, LocationKind, StockBalance
from app.masterdata.models import Site
from app.purchasing import queries
from app.purchasing.models import ReceiptLine, ReturnStatus, SupplierReturn
from app.purchasing.services import requisitions
from app.purchasing.services.inspections import note_delivery

ZERO = Decimal(0)
MILLIONTH = Decimal("0.000001")
APART = (LocationKind.REJECT, LocationKind.INSPECTION)


@operator
def open_return(
    nonconformance_id: str,
    supplier_id: str,
    item_id: str,
    quantity: str,
    document: str,
    *,
    lot_id: str = "",
    in_stock_before: bool = False,
) -> dict:
    """Open the return of rejected goods to their supplier; a second call finds the first one's.

    Returns ``return_id``, ``number``, ``supplier`` and ``item``.
    """
    found = db.session.scalar(
        select(SupplierReturn.id).where(SupplierReturn.nonconformance_id == int(nonconformance_id))
    )
    if found is None:
        found = _open(
            int(nonconformance_id),
            supplier_id=int(supplier_id),
            item_id=int(item_id),
            lot_id=int(lot_id) if lot_id not in ("", "None", None) else None,
            quantity=Decimal(quantity),
            document=document,
            in_stock_before=bool(in_stock_before),
        )
    made = queries.supplier_return(found)
    return {
        "return_id": made.id,
        "number": made.number,
        "supplier": made.supplier.code,
        "item": made.item.number,
    }


def _open(nonconformance_id: int, *, lot_id: int | None, item_id: int, **fields: Any) -> int:
    line = _receipt_line(lot_id)
    site_id = line.receipt.site_id if line else _site_of(item_id, lot_id)
    made = SupplierReturn(
        number=next_number("RT", on=clock.today(db.session.get_one(Site, site_id).timezone)),
        site_id=site_id,
        nonconformance_id=nonconformance_id,
        item_id=item_id,
        lot_id=lot_id,
        order_line_id=line.order_line_id if line else None,
        created_at=clock.now(),
        **fields,
    )
    db.session.add(made)
    db.session.flush()
    audit.record("supplier_return.opened", made.key, after={"number": made.number, "quantity": made.quantity})
    return made.id


def _receipt_line(lot_id: int | None) -> ReceiptLine | None:
    """Load the receipt a lot came by, locked; None when it came otherwise."""
    if lot_id is None:
        return None
    return db.session.scalar(
        select(ReceiptLine)
        .where(ReceiptLine.lot_id == lot_id)
        .options(selectinload(ReceiptLine.receipt), selectinload(ReceiptLine.order_line))
        .order_by(ReceiptLine.id)
        .limit(1)
        .with_for_update()
    )


def _site_of(item_id: int, lot_id: int | None) -> int:
    """Return where the goods lie apart."""
    found = db.session.scalar(
        select(Location.site_id)
        .join(StockBalance, StockBalance.location_id == Location.id)
        .where(
            StockBalance.item_id == item_id,
            StockBalance.lot_id == (lot_id or 0),
            StockBalance.quantity > 0,
            Location.kind.in_(APART),
        )
        .limit(1)
    )
    if found is None:
        raise DomainError("nothing_apart", _("Nothing of these goods is set apart to be returned."))
    return found


@operator
def agree_return(
    return_id: str,
    replacement: bool = False,
    needed_on: str = "",
    supplier_reference: str = "",
    note: str = "",
) -> dict:
    """Write what was agreed with the supplier; a replacement is asked for as a requisition of its own.

    Returns ``return_id`` and ``requisition_id``, None without a replacement.
    """
    found = queries.supplier_return(int(return_id))
    found.move_to(ReturnStatus.AGREED)
    found.supplier_reference = (supplier_reference or "").strip() or None
    found.note = (note or "").strip() or None
    if replacement:
        made = requisitions.create_requisition(
            found.site_id,
            [
                {
                    "item_id": found.item_id,
                    "quantity": format(found.quantity, "f"),
                    "needed_on": date_input(needed_on, field="needed_on").isoformat(),
                }
            ],
            supplier_id=found.supplier_id,
        )
        found.replacement_id = made.id
    audit.record(
        "supplier_return.agreed",
        found.key,
        after={"replacement": found.replacement_id, "reference": found.supplier_reference},
        reason=found.note,
    )
    db.session.flush()
    return {"return_id": found.id, "requisition_id": found.replacement_id}


@operator
def ship_return(return_id: str, carrier: str = "", tracking: str = "") -> dict:
    """Let the goods leave for the supplier; costing values the move at the receipt's cost of the lot.

    Order line and supplier's record then show less accepted. Returns ``return_id`` and ``credit_due``,
    whether the supplier had invoiced some of it.
    """
    found = queries.supplier_return(int(return_id))
    found.move_to(ReturnStatus.SHIPPED)
    found.carrier, found.tracking = ((text or "").strip() or None for text in (carrier, tracking))
    found.shipped_on = clock.today(db.session.get_one(Site, found.site_id).timezone)
    _leave(found)
    found.credit_quantity = _take_back(found)
    if not found.credit_quantity:
        found.move_to(ReturnStatus.SETTLED)
    audit.record(
        "supplier_return.shipped",
        found.key,
        after={"number": found.number, "quantity": found.quantity, "credit_quantity": found.credit_quantity},
    )
    db.session.flush()
    return {"return_id": found.id, "credit_due": found.credit_quantity > 0}


def _leave(found: SupplierReturn) -> None:
    """Move the goods out of where they lie apart, each owner's as theirs.

    Raises:
        DomainError: less than the return says lies there.
    """
    left = found.quantity
    rows = db.session.scalars(
        select(StockBalance)
        .join(Location, Location.id == StockBalance.location_id)
        .options(selectinload(StockBalance.location))
        .where(
            Location.site_id == found.site_id,
            Location.kind.in_(APART),
            StockBalance.item_id == found.item_id,
            StockBalance.lot_id == (found.lot_id or 0),
            StockBalance.quantity > 0,
        )
        .order_by(Location.kind.desc(), StockBalance.id)
        .with_for_update(of=StockBalance)
    )
    supplier = inventory.location(found.site_id, LocationKind.SUPPLIER)
    for balance in list(rows):
        here = min(left, balance.quantity - balance.reserved)
        if here > 0:
            inventory.post(
                found.item_id,
                here,
                source=balance.location,
                target=supplier,
                document=found.key,
                lot_id=found.lot_id,
                owner_id=balance.owner_id or None,
                second_quantity=_second(balance, here),
                reason=found.number,
            )
            left -= here
    if left:
        sentence = _("{missing} of return {number} are not set apart any more.")
        raise DomainError("not_apart", sentence.format(missing=format(left, "f"), number=found.number))


def _second(balance: StockBalance, quantity: Decimal) -> Decimal | None:
    if not balance.second_quantity:
        return None
    return (balance.second_quantity * quantity / balance.quantity).quantize(MILLIONTH)


def _take_back(found: SupplierReturn) -> Decimal:
    """Count the goods as rejected on receipt and order line; return what of them was invoiced already."""
    line = _receipt_line(found.lot_id)
    if line is None or line.order_line is None:
        return ZERO
    late = min(found.quantity, line.accepted) if found.in_stock_before else ZERO
    ordered = line.order_line
    line.accepted, line.rejected = line.accepted - late, line.rejected + late
    ordered.accepted, ordered.rejected = ordered.accepted - late, ordered.rejected + late
    db.session.flush()
    note_delivery(line)
    return min(found.quantity, max(ZERO, ordered.invoiced - ordered.accepted))


@operator
def record_credit(return_id: str, credit_number: str, credit_date: str, net: str, tax: str) -> dict:
    """Enter the supplier's credit note for returned goods; the order line is invoiced for so much less.

    Returns ``return_id`` and ``total``.

    Raises:
        DomainError: no number, a date before the goods left, or another amount than the order's price gives.
    """
    found = queries.supplier_return(int(return_id))
    number, today = (credit_number or "").strip(), clock.today()
    if not number:
        raise DomainError("credit_number", _("Enter the credit note's number."), field="credit_number")
    on = date_input(credit_date, field="credit_date", default=today)
    if found.shipped_on and on < found.shipped_on:
        raise DomainError("credit_date", _("The credit note is older than the return."), field="credit_date")
    expected = queries.credit(found)
    amounts = {"net": decimal_input(net, field="net"), "tax": decimal_input(tax, field="tax")}
    for field, amount in amounts.items():
        if abs(amount - getattr(expected, field)) > 1:
            sentence = _("The order's price gives {expected}, the credit note says {amount}.")
            raise DomainError(
                "credit_amount",
                sentence.format(expected=getattr(expected, field), amount=amount),
                field=field,
            )
    found.credit_number, found.credit_date = number, on
    found.credit_net, found.credit_tax = amounts["net"], amounts["tax"]
    found.move_to(ReturnStatus.SETTLED)
    if found.order_line is not None:
        found.order_line.invoiced -= found.credit_quantity
    audit.record("supplier_return.credited", found.key, after={"number": number, **amounts})
    db.session.flush()
    return {"return_id": found.id, "total": format(amounts["net"] + amounts["tax"], "f")}
