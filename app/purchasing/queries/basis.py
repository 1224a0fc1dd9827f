"""What decisions about orders and invoices are based on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import localized
from app.core.money import round_money
from app.masterdata.models import Item, Partner, Site
from app.purchasing.matching import Line
from app.purchasing.models import (
    OrderStatus,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
    SupplierInvoice,
)
from app.subcontracting import queries as subcontracting
from app.subcontracting.models import OrderStatus as SubcontractStatus
from app.subcontracting.models import SubcontractOrder

ZERO = Decimal(0)
PLACES = Decimal("0.000001")


@dataclass(frozen=True)
class ApprovalBasis:
    """An order as the approval limits see it; prices are (price, approved list price or None)."""

    summary: str
    amount: Decimal
    month_total: Decimal
    prices: tuple[tuple[Decimal, Decimal | None], ...]
    in_plan: bool
    supplier_approved: bool
    after_the_fact: bool
    recorded_late: bool = False
    bought_on: date | None = None
    reason: str | None = None


@dataclass(frozen=True)
class InvoiceLine:
    """One line that can be invoiced; a price unit is ``numerator / denominator`` units of its quantity."""

    line_id: int
    label: str
    unit: str
    price: Decimal
    accepted: Decimal
    to_invoice: Decimal
    numerator: Decimal = Decimal(1)
    denominator: Decimal = Decimal(1)
    minimum: Decimal = ZERO

    def amount_of(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Value a quantity at a price per price unit, unrounded, the minimum charge applied."""
        return max(quantity * self.denominator / self.numerator * price, self.minimum if quantity else ZERO)


@dataclass(frozen=True)
class InvoiceBasis:
    """What may be invoiced for one purchase or subcontract order."""

    document: str
    supplier_id: int
    currency: str
    decimals: int
    timezone: str
    subcontract: bool
    lines: tuple[InvoiceLine, ...]


def order_amount(order: PurchaseOrder) -> Decimal:
    """Sum an order before tax, each line rounded to the document's decimals."""
    return sum((round_money(line.amount_of(line.quantity), order.decimals) for line in order.lines), ZERO)


def stock_unit_cost(order: PurchaseOrder, line: PurchaseOrderLine) -> Decimal:
    """Give a line's price per stock unit in company currency: what a receipt costs."""
    return (line.amount_of(Decimal(1)) * order.rate).quantize(PLACES)


def approval_basis(document: str) -> ApprovalBasis:
    """Read what approval asks about ``purchase_order:ID`` or ``subcontract_order:ID``."""
    kind, _sep, number = document.partition(":")
    if kind == "purchase_order":
        return _purchase_basis(_order(int(number)))
    if kind == "subcontract_order":
        return _subcontract_basis(db.session.get_one(SubcontractOrder, int(number)))
    raise NotFound("document", _("There is no document {document}.").format(document=document))


def _purchase_basis(order: PurchaseOrder) -> ApprovalBasis:
    amount = order_amount(order) * order.rate
    return ApprovalBasis(
        f"{order.number} {localized(order.supplier.names)}",
        amount,
        month_total(order.supplier_id, order.requester_id, order.ordered_on),
        tuple((line.price, line.list_price) for line in order.lines),
        order.in_plan,
        order.supplier.approved,
        order.after_the_fact,
        order.recorded_late,
        order.bought_on,
        order.reason,
    )


def _subcontract_basis(order: SubcontractOrder) -> ApprovalBasis:
    supplier = db.session.get_one(Partner, order.supplier_id)
    return ApprovalBasis(
        f"{order.number} {localized(supplier.names)}",
        subcontracting.order_amount(order),
        month_total(supplier.id, order.requester_id, order.ordered_on),
        ((order.price, order.price if order.approved_price else None),),
        order.in_plan,
        supplier.approved,
        after_the_fact=False,
    )


def month_total(supplier_id: int, requester_id: int | None, on: date) -> Decimal:
    """Sum a requester's purchase and subcontract orders at a supplier in a month, company currency."""
    first = on.replace(day=1)
    following = date(on.year + on.month // 12, on.month % 12 + 1, 1)
    bought = db.session.scalars(
        select(PurchaseOrder)
        .where(
            PurchaseOrder.supplier_id == supplier_id,
            PurchaseOrder.requester_id == requester_id,
            PurchaseOrder.ordered_on >= first,
            PurchaseOrder.ordered_on < following,
            PurchaseOrder.status != OrderStatus.CANCELLED,
        )
        .options(selectinload(PurchaseOrder.lines))
    )
    worked = db.session.scalars(
        select(SubcontractOrder).where(
            SubcontractOrder.supplier_id == supplier_id,
            SubcontractOrder.requester_id == requester_id,
            SubcontractOrder.ordered_on >= first,
            SubcontractOrder.ordered_on < following,
            SubcontractOrder.status != SubcontractStatus.CANCELLED,
        )
    )
    return sum((order_amount(order) * order.rate for order in bought), ZERO) + sum(
        (subcontracting.order_amount(order) for order in worked), ZERO
    )


def invoice_basis(document: str) -> InvoiceBasis:
    """Read what may be invoiced for ``purchase_order:ID`` or ``subcontract_order:ID``."""
    kind, _sep, number = document.partition(":")
    if kind == "purchase_order":
        return _purchase_lines(_order(int(number)))
    if kind == "subcontract_order":
        return _subcontract_line(db.session.get_one(SubcontractOrder, int(number)))
    raise NotFound("document", _("There is no document {document}.").format(document=document))


def _purchase_lines(order: PurchaseOrder) -> InvoiceBasis:
    lines = tuple(
        InvoiceLine(
            line.id,
            f"{line.item.number} {localized(line.item.names)}" if line.item else line.description or "",
            line.item.unit if line.item else "",
            line.price,
            line.accepted,
            max(ZERO, line.accepted - line.invoiced),
            numerator=line.numerator,
            denominator=line.denominator,
        )
        for line in order.lines
    )
    timezone = db.session.get_one(Site, order.site_id).timezone
    document = f"purchase_order:{order.id}"
    return InvoiceBasis(
        document,
        order.supplier_id,
        order.currency,
        order.decimals,
        timezone,
        subcontract=False,
        lines=lines,
    )


def _subcontract_line(order: SubcontractOrder) -> InvoiceBasis:
    item = db.session.get_one(Item, order.item_id)
    accepted = subcontracting.billable_quantity(order)
    line = InvoiceLine(
        order.id,
        f"{item.number} {localized(item.names)}",
        order.price_unit if order.by_weight else item.unit,
        order.price,
        accepted,
        max(ZERO, accepted - order.invoiced),
        numerator=order.numerator,
        denominator=order.denominator,
        minimum=order.minimum_charge,
    )
    timezone = db.session.get_one(Site, order.site_id).timezone
    document = f"subcontract_order:{order.id}"
    return InvoiceBasis(
        document,
        order.supplier_id or 0,
        order.currency,
        order.decimals,
        timezone,
        subcontract=True,
        lines=(line,),
    )


def match_lines(invoice: SupplierInvoice) -> list[Line]:
    """Put an invoice's lines beside order and receipts, prices per unit of the quantity."""
    lines = []
    for line in invoice.lines:
        document = f"subcontract_order:{line.subcontract_order_id}"
        if line.order_line is not None:
            document = f"purchase_order:{line.order_line.order_id}"
        basis = {one.line_id: one for one in invoice_basis(document).lines}
        one = basis[line.order_line_id or line.subcontract_order_id or 0]
        per = one.denominator / one.numerator
        lines.append(
            Line(
                one.line_id,
                one.price * per,
                one.accepted,
                one.accepted - one.to_invoice,
                line.quantity,
                line.price * per,
            )
        )
    return lines


def unsettled_line(order_id: int) -> int | None:
    """Find a receipt line of an order that is neither accepted nor rejected yet."""
    lines = db.session.scalars(
        select(ReceiptLine).join(Receipt).where(Receipt.order_id == order_id).order_by(ReceiptLine.id)
    )
    return next((line.id for line in lines if not line.settled), None)


def _order(order_id: int) -> PurchaseOrder:
    return db.session.scalars(
        select(PurchaseOrder)
        .where(PurchaseOrder.id == order_id)
        .options(
            selectinload(PurchaseOrder.lines).selectinload(PurchaseOrderLine.item),
            selectinload(PurchaseOrder.supplier),
        )
    ).one()
