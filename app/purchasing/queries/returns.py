"""Reads of returns to suppliers, for pages, forms and the paper that goes with the goods."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import format_quantity, localized
from app.core.money import round_money
from app.core.operators import source
from app.masterdata import queries as masterdata
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine, SupplierReturn

ZERO = Decimal(0)


@dataclass(frozen=True)
class Credit:
    """What a supplier owes for goods it invoiced and took back."""

    quantity: Decimal
    net: Decimal
    tax: Decimal
    currency: str
    decimals: int


def returns_query() -> Select[Any]:
    """Return all returns with what a list shows."""
    return select(SupplierReturn).options(
        selectinload(SupplierReturn.supplier),
        selectinload(SupplierReturn.item),
        selectinload(SupplierReturn.lot),
        selectinload(SupplierReturn.replacement),
        selectinload(SupplierReturn.order_line).selectinload(PurchaseOrderLine.order),
    )


def supplier_return(return_id: int) -> SupplierReturn:
    """Return one with its supplier, item, lot and order line.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalar(returns_query().where(SupplierReturn.id == return_id))
    if found is None:
        raise NotFound("no_return", _("There is no such return."))
    return found


def credit(found: SupplierReturn) -> Credit:
    """Work out the credit note: the order's price of what was invoiced, tax at the order's rate, half up."""
    line = found.order_line
    if line is None:
        own = masterdata.company()
        return Credit(ZERO, ZERO, ZERO, own.currency, own.document_decimals)
    order = line.order
    net = round_money(line.amount_of(found.credit_quantity), order.decimals)
    tax = round_money(net * order.vat_percent / 100, order.decimals)
    return Credit(found.credit_quantity, net, tax, order.currency, order.decimals)


@source
def return_sheet(return_id: int) -> dict[str, Any]:
    """A return as the people who settle it see it, with the credit note to be expected."""
    found = supplier_return(int(return_id))
    expected = credit(found)
    order = db.session.get(PurchaseOrder, found.order_line.order_id) if found.order_line else None
    return {
        "number": found.number,
        "supplier": f"{found.supplier.code} {localized(found.supplier.names)}",
        "item": f"{found.item.number} {localized(found.item.names)}",
        "lot": found.lot.number if found.lot else "–",
        "quantity": format_quantity(found.quantity, found.item.unit),
        "order": order.number if order else "–",
        "reference": found.supplier_reference or "–",
        "replacement": found.replacement.number if found.replacement else _("none"),
        "credit_quantity": format_quantity(expected.quantity, found.item.unit),
        "currency": expected.currency,
        "net": format(expected.net, "f"),
        "tax": format(expected.tax, "f"),
    }
