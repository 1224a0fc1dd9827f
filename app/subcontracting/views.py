"""Pages: subcontract orders, suppliers with their scores, contracts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, abort, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.db import db
from app.core.i18n import format_quantity, localized, unit_name
from app.core.permissions import requires
from app.core.web import Column, Filter, document_provider, listing
from app.masterdata.models import Item, Partner
from app.planning.models import Plan
from app.subcontracting import READ, queries
from app.subcontracting.models import Contract, ContractStatus, Form, OrderStatus, SubcontractOrder
from app.subcontracting.scoring import MEASURES

blueprint = Blueprint("subcontracting", __name__, url_prefix="/subcontracting")

ORDER_STATES = {
    OrderStatus.DRAFT: _l("Draft"),
    OrderStatus.APPROVED: _l("Approved"),
    OrderStatus.IN_PROGRESS: _l("At the subcontractor"),
    OrderStatus.PARTIALLY_RECEIVED: _l("Partially received"),
    OrderStatus.RECEIVED: _l("Received"),
    OrderStatus.CLOSED: _l("Closed"),
    OrderStatus.CANCELLED: _l("Cancelled"),
}
CONTRACT_STATES = {
    ContractStatus.DRAFT: _l("Draft"),
    ContractStatus.IN_REVIEW: _l("In review"),
    ContractStatus.APPROVED: _l("Approved"),
    ContractStatus.IN_FORCE: _l("In force"),
    ContractStatus.REFUSED: _l("Refused"),
    ContractStatus.ENDED: _l("Ended"),
}
FORMS = {Form.WHOLE_ITEM: _l("Whole item"), Form.OPERATION: _l("Outside operation")}
MEASURE_NAMES = {
    "quality": _l("Quality"),
    "delivery": _l("Delivery"),
    "price": _l("Price"),
    "capacity": _l("Capacity"),
    "response": _l("Response"),
}


def supplier_name(row: Any) -> str:
    """Name a document's supplier, or nothing."""
    return f"{row.supplier.code} {localized(row.supplier.names)}" if row.supplier else "–"


def _item(row: SubcontractOrder) -> str:
    return f"{row.item.number} {localized(row.item.names)}"


def _order_url(order: SubcontractOrder) -> str:
    return url_for("subcontracting.order", order_id=order.id)


def _late(order: SubcontractOrder) -> str:
    out = order.status in {OrderStatus.IN_PROGRESS, OrderStatus.PARTIALLY_RECEIVED}
    return _("overdue") if out and queries.overdue(order, clock.today()) else ""


@blueprint.get("/orders")
@requires(READ)
def orders() -> Any:
    """List subcontract orders, overdue ones marked."""
    columns = [
        Column("number", _l("Number"), sort=SubcontractOrder.number, href=_order_url),
        Column("supplier", _l("Subcontractor"), value=supplier_name, sort=Partner.code),
        Column(
            "form",
            _l("Kind of subcontracting"),
            display=lambda row: str(FORMS[row.form]),
            sort=SubcontractOrder.form,
        ),
        Column("item", _l("Item"), value=_item, sort=Item.number),
        Column("operation", _l("Operation"), "number", sort=SubcontractOrder.operation),
        Column("quantity", _l("Quantity"), "number", sort=SubcontractOrder.quantity),
        Column("received", _l("Received quantity"), "number", sort=SubcontractOrder.received),
        Column("status", _l("Status"), "status", display=lambda row: str(ORDER_STATES[row.status])),
        Column("due", _l("Due"), "date", value=lambda row: row.promised_date or row.due_date, sortable=False),
        Column("late", _l("Late"), value=_late, sortable=False),
    ]
    choice = [(one.value, label) for one, label in ORDER_STATES.items()]
    forms = [(one.value, label) for one, label in FORMS.items()]
    page = listing(
        queries.orders_query()
        .order_by(None)
        .outerjoin(SubcontractOrder.supplier)
        .join(SubcontractOrder.item),
        columns,
        title=_("Subcontract orders"),
        search=(SubcontractOrder.number, Partner.code, Item.number),
        filters=[
            Filter(
                "status", _l("Status"), choice, lambda value: SubcontractOrder.status == OrderStatus(value)
            ),
            Filter(
                "form",
                _l("Kind of subcontracting"),
                forms,
                lambda value: SubcontractOrder.form == Form(value),
            ),
        ],
        sort="-number",
    )
    return page.export or render_template(
        "subcontracting/list.html", page=page, empty_text=_("Approved plans become subcontract orders.")
    )


@blueprint.get("/orders/<int:order_id>")
@requires(READ)
def order(order_id: int) -> Any:
    """Show one order with components, receipts and progress."""
    detail = queries.order_detail(order_id)
    if detail is None:
        abort(404)
    found = detail["order"]
    head = [
        (_("Subcontractor"), supplier_name(found)),
        (_("Kind of subcontracting"), str(FORMS[found.form])),
        (_("Item"), _item(found)),
        (_("Quantity"), format_quantity(found.quantity, found.item.unit)),
        (_("Status"), str(ORDER_STATES[found.status])),
        (_("Due"), (found.promised_date or found.due_date).isoformat()),
        (_("Price"), f"{format_quantity(found.price)} {found.currency} / {unit_name(found.price_unit)}"),
        (_("Lost"), format_quantity(found.lost, found.item.unit)),
    ]
    return render_template(
        "subcontracting/order.html",
        title=found.number,
        head=head,
        detail=detail,
        component_columns=_components(),
    )


def _components() -> list[Column]:
    return [
        Column("item", _l("Item"), value=lambda row: f"{row.item.number} {localized(row.item.names)}"),
        Column("required", _l("Required"), "number"),
        Column("supplied", _l("Supplied"), "number"),
        Column("used", _l("Used"), "number"),
        Column("returned", _l("Returned"), "number"),
        Column("allowed_loss", _l("Allowed loss"), "number"),
        Column("excess_loss", _l("Excess loss"), "number"),
        Column("remaining", _l("Still there"), "number"),
    ]


@blueprint.get("/suppliers")
@requires(READ)
def suppliers() -> Any:
    """List suppliers with their score and the measures it is made of."""
    columns = [
        Column("supplier", _l("Supplier")),
        Column("total", _l("Score"), "number", decimals=1),
        Column("standing", _l("Standing")),
        Column("sample", _l("Lines scored"), "number"),
        *[Column(measure, MEASURE_NAMES[measure], "number", decimals=1) for measure in MEASURES],
        Column("as_of", _l("As of"), "date"),
    ]
    rows = [_score_row(partner, latest) for partner, latest in queries.latest_scores()]
    page = listing(rows, columns, title=_("Suppliers and scores"))
    return page.export or render_template(
        "subcontracting/list.html", page=page, empty_text=_("Suppliers from the master data are listed here.")
    )


def _score_row(partner: Partner, latest: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "supplier": f"{partner.code} {localized(partner.names)}",
        "total": latest.total if latest else None,
        "standing": queries.standing_label(latest.standing.value if latest else "unrated"),
        "sample": latest.sample if latest else 0,
        "as_of": latest.as_of if latest else None,
    }
    return row | {measure: queries.part(latest, measure) for measure in MEASURES}


@blueprint.get("/contracts")
@requires(READ)
def contracts() -> Any:
    """List contracts by supplier and version, with the days they still run."""
    columns = [
        Column("number", _l("Number"), sort=Contract.number),
        Column("version", _l("Revision"), "number", sort=Contract.version),
        Column("supplier", _l("Supplier"), value=supplier_name, sort=Partner.code),
        Column("status", _l("Status"), "status", display=lambda row: str(CONTRACT_STATES[row.status])),
        Column("valid_from", _l("Valid from"), "date", sort=Contract.valid_from),
        Column("valid_to", _l("Valid until"), "date", sort=Contract.valid_to),
        Column(
            "left",
            _l("Days left"),
            "number",
            value=lambda row: (row.valid_to - clock.today()).days,
            sortable=False,
        ),
        Column("signed_on", _l("Signed on"), "date", sort=Contract.signed_on),
    ]
    choice = [(one.value, label) for one, label in CONTRACT_STATES.items()]
    page = listing(
        select(Contract).join(Contract.supplier).options(selectinload(Contract.supplier)),
        columns,
        title=_("Contracts"),
        search=(Contract.number, Partner.code),
        filters=[
            Filter("status", _l("Status"), choice, lambda value: Contract.status == ContractStatus(value))
        ],
        sort="-valid_to",
    )
    return page.export or render_template(
        "subcontracting/list.html",
        page=page,
        empty_text=_("Contracts agreed with suppliers are listed here."),
    )


@document_provider
def customer_order_documents(customer_order_id: int) -> Iterable[dict]:
    """Subcontract orders that come from the customer order's plans."""
    plans = set(db.session.scalars(select(Plan.id).where(Plan.customer_order_id == customer_order_id)))
    for found in queries.customer_order_documents(plans):
        yield {
            "step": 2,
            "number": found.number,
            "label": f"{supplier_name(found)} · {_item(found)}",
            "status": found.status.value,
            "url": _order_url(found),
            "date": found.ordered_on,
        }
