"""Reads of customer orders for pages, forms and later steps."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, String, cast, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import format_date, format_quantity, localized, unit_name
from app.core.inputs import chosen
from app.core.operators import source
from app.core.web import status_label
from app.masterdata.models import Company, CurrencyRate, CustomerItem, Item, Partner, Site
from app.sales.models import CustomerOrder, CustomerOrderLine, OrderRevision, OrderStatus


def order(order_id: int) -> CustomerOrder:
    """Return an order with customer, lines and their items.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalar(
        select(CustomerOrder)
        .options(
            joinedload(CustomerOrder.customer),
            selectinload(CustomerOrder.lines).joinedload(CustomerOrderLine.item),
        )
        .where(CustomerOrder.id == order_id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("no_order", _("There is no order {id}.").format(id=order_id))
    return found


def orders() -> Select:
    """Return the select of all orders with their customers."""
    return (
        select(CustomerOrder)
        .join(CustomerOrder.customer)
        .options(
            selectinload(CustomerOrder.customer),
            selectinload(CustomerOrder.lines).selectinload(CustomerOrderLine.item),
        )
    )


def revisions(order_id: int) -> list[OrderRevision]:
    """Return the agreed changes of an order, latest first."""
    return list(
        db.session.scalars(
            select(OrderRevision)
            .where(OrderRevision.order_id == order_id)
            .order_by(OrderRevision.revision.desc())
        )
    )


def open_lines(site_id: int) -> list[CustomerOrderLine]:
    """Return what confirmed orders of a site still have to deliver, earliest first."""
    rows = db.session.scalars(
        select(CustomerOrderLine)
        .join(CustomerOrderLine.order)
        .options(selectinload(CustomerOrderLine.order).selectinload(CustomerOrder.customer))
        .where(
            CustomerOrder.site_id == site_id,
            CustomerOrder.status == OrderStatus.CONFIRMED,
            CustomerOrderLine.shipped < CustomerOrderLine.quantity,
        )
        .order_by(CustomerOrderLine.due_date, CustomerOrderLine.id)
    )
    return list(rows)


def monthly_demand(site_id: int) -> dict[tuple[int, date], Decimal]:
    """Return what customers ordered per item and month of the due date, drafts and cancelled orders left out."""
    rows = db.session.execute(
        select(CustomerOrderLine.item_id, CustomerOrderLine.due_date, func.sum(CustomerOrderLine.quantity))
        .join(CustomerOrderLine.order)
        .where(
            CustomerOrder.site_id == site_id,
            CustomerOrder.status.in_((OrderStatus.CONFIRMED, OrderStatus.DELIVERED, OrderStatus.CLOSED)),
        )
        .group_by(CustomerOrderLine.item_id, CustomerOrderLine.due_date)
    )
    totals: dict[tuple[int, date], Decimal] = defaultdict(Decimal)
    for item_id, due, quantity in rows:
        totals[item_id, due.replace(day=1)] += quantity
    return dict(totals)


def next_delivery(found: CustomerOrder) -> list[CustomerOrderLine]:
    """Return the lines still to ship that are due first: a split order leaves in parts."""
    still = [line for line in found.lines if line.shipped < line.quantity]
    first = min((line.promised_date or line.due_date for line in still), default=None)
    return [line for line in still if (line.promised_date or line.due_date) == first]


@source
def order_card(order_id: int) -> dict[str, Any]:
    """What other pages show of a customer order: number, customer, status, summary, facts and lines."""
    found = order(int(order_id))
    first = found.lines[0] if found.lines else None
    return {
        "number": found.number,
        "customer": localized(found.customer.names),
        "status": found.status.value,
        "summary": " · ".join(
            f"{line.item.number} {format_quantity(line.quantity, line.item.unit)} → {format_date(line.due_date)}"
            for line in found.lines
        ),
        "facts": [
            (_("Customer"), f"{found.customer.code} {localized(found.customer.names)}"),
            (_("Customer's reference"), found.customer_reference or ""),
            (_("Entered on"), format_date(found.entered_on)),
            (_("Revision"), str(found.revision)),
            (_("Due"), format_date(first.due_date) if first else ""),
            (_("Status"), status_label(found.status)),
        ],
        "lines": [
            {
                "item": f"{line.item.number} {localized(line.item.names)}",
                "quantity": format_quantity(line.quantity, line.item.unit),
                "due": format_date(line.due_date),
            }
            for line in found.lines
        ],
    }


@dataclass(frozen=True)
class Choices:
    """What the order form lets people choose from."""

    customers: list[dict[str, str]]
    items: list[dict[str, str]]
    sites: list[dict[str, str]]


def choices() -> Choices:
    """Return customers, items that may be sold, and sites."""
    from app.masterdata import queries as masterdata

    sites = db.session.scalars(select(Site).order_by(Site.id))
    sold = masterdata.items(sold=True)
    return Choices(
        masterdata.customers(),
        sold or masterdata.items(),
        [{"value": site.code, "label": f"{site.code} {localized(site.names)}"} for site in sites],
    )


def customer_item(customer_id: int, item_id: int) -> CustomerItem | None:
    """Return what a customer calls an item."""
    return db.session.scalar(
        select(CustomerItem).where(CustomerItem.customer_id == customer_id, CustomerItem.item_id == item_id)
    )


def customer_chosen(customer_id: str) -> Partner | None:
    """Return the customer a form names, if any."""
    found = db.session.get(Partner, chosen(customer_id))
    return found if found is not None and found.is_customer else None


def proposal(customer_id: str, item_id: str, currency: str) -> dict[str, str]:
    """Return what is known of an item for a customer: unit, list price, part number, drawing revision.

    Nothing is known without an item; the price is empty where the list has none in the currency.
    """
    item = db.session.get(Item, chosen(item_id))
    if item is None:
        return {}
    known = customer_item(chosen(customer_id), item.id)
    return {
        "unit": unit_name(item.unit),
        "price": str(item.prices.get(currency, "")),
        "customer_part": (known.part_number if known else "") or "",
        "drawing_revision": (known.drawing_revision if known else item.revision) or "",
    }


def currencies() -> list[str]:
    """Return the currencies an order may be in: the company's, those with a rate, the customers' own."""
    own = db.session.scalars(select(Company.currency))
    others = db.session.scalars(select(CurrencyRate.currency).distinct())
    theirs = db.session.scalars(select(Partner.currency).where(Partner.is_customer).distinct())
    return sorted({*own, *others, *theirs} - {None})


def earlier_orders(customer_id: int | None = None, limit: int = 50) -> list[CustomerOrder]:
    """Return the latest orders to copy from."""
    query = (
        select(CustomerOrder).options(selectinload(CustomerOrder.customer)).order_by(CustomerOrder.id.desc())
    )
    if customer_id:
        query = query.where(CustomerOrder.customer_id == customer_id)
    return list(db.session.scalars(query.limit(limit)))


def item_named(item_id: int) -> Item:
    """Return an active item.

    Raises:
        NotFound: there is none.
    """
    found = db.session.get(Item, item_id)
    if found is None or not found.active:
        raise NotFound("no_item", _("There is no item {id}.").format(id=item_id))
    return found


@source
def orders_matching(text: str) -> list[int]:
    """Return the orders whose number, reference, customer or item contains a text, the latest first."""

    def matching(*columns: Any) -> ColumnElement[bool]:
        return or_(*(cast(column, String).icontains(text, autoescape=True) for column in columns))

    items = select(Item.id).where(matching(Item.number, Item.names))
    lines = select(CustomerOrderLine.order_id).where(CustomerOrderLine.item_id.in_(items))
    customers = select(Partner.id).where(matching(Partner.code, Partner.names))
    query = select(CustomerOrder.id).where(
        or_(
            matching(CustomerOrder.number, CustomerOrder.customer_reference),
            CustomerOrder.customer_id.in_(customers),
            CustomerOrder.id.in_(lines),
        )
    )
    return list(db.session.scalars(query.order_by(CustomerOrder.id.desc()).limit(500)))


@source
def order_figures(order_ids: list[int]) -> dict[int, dict[str, str]]:
    """Return customer and quantity of some orders, without any price."""
    found = db.session.scalars(orders().where(CustomerOrder.id.in_(order_ids)))
    return {
        one.id: {
            "customer": localized(one.customer.names),
            "quantity": format_quantity(one.lines[0].quantity, one.lines[0].item.unit)
            + (f" +{len(one.lines) - 1}" if len(one.lines) > 1 else "")
            if one.lines
            else "",
        }
        for one in found
    }
