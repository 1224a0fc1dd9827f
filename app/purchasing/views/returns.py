"""Pages of goods that go back to their suppliers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.i18n import format_date, format_money, format_quantity, localized
from app.core.permissions import requires
from app.core.web import Column, Filter, listing, url_if
from app.masterdata.models import Item, Partner
from app.purchasing import READ, queries
from app.purchasing.models import ReturnStatus, SupplierReturn
from app.purchasing.views import blueprint, supplier_name

RETURN_STATES = {
    ReturnStatus.OPEN: _l("To be agreed"),
    ReturnStatus.AGREED: _l("To be shipped"),
    ReturnStatus.SHIPPED: _l("Waiting for the credit note"),
    ReturnStatus.SETTLED: _l("Settled"),
}


def _item(row: SupplierReturn) -> str:
    return f"{row.item.number} {localized(row.item.names)}"


def _state(row: SupplierReturn) -> str:
    return str(RETURN_STATES[row.status])


@blueprint.get("/returns")
@requires(READ)
def returns() -> Any:
    """List returns to suppliers, newest first."""
    page = listing(
        queries.returns_query().join(SupplierReturn.supplier).join(SupplierReturn.item),
        [
            Column(
                "number",
                _l("Number"),
                sort=SupplierReturn.number,
                href=lambda row: url_for("purchasing.supplier_return", return_id=row.id),
            ),
            Column("supplier", _l("Supplier"), value=supplier_name, sort=Partner.code),
            Column("item", _l("Item"), value=_item, sort=Item.number),
            Column("lot", _l("Lot"), value=lambda row: row.lot.number if row.lot else "", sortable=False),
            Column("quantity", _l("Quantity"), "number", sort=SupplierReturn.quantity),
            Column("unit", _l("Unit"), value=lambda row: row.item.unit, sortable=False),
            Column("status", _l("Status"), "status", display=_state),
            Column("shipped_on", _l("Shipped on"), "date", sort=SupplierReturn.shipped_on),
            Column("credit_number", _l("Credit note"), sort=SupplierReturn.credit_number),
            Column(
                "credit",
                _l("Credited"),
                "money",
                value=lambda row: row.credit_net + row.credit_tax,
                sortable=False,
                decimals=lambda row: queries.credit(row).decimals,
            ),
        ],
        title=_("Returns to suppliers"),
        search=(SupplierReturn.number, SupplierReturn.credit_number, Partner.code, Item.number),
        filters=[
            Filter(
                "status",
                _l("Status"),
                [(one.value, label) for one, label in RETURN_STATES.items()],
                lambda value: SupplierReturn.status == ReturnStatus(value),
            )
        ],
        sort="-number",
    )
    return page.export or render_template(
        "purchasing/list.html",
        page=page,
        empty_text=_("Nonconforming goods that go back to their supplier are listed here."),
    )


@blueprint.get("/returns/<int:return_id>")
@requires(READ)
def supplier_return(return_id: int) -> Any:
    """Show one return: what goes back, why, and how the supplier settles it."""
    found = queries.supplier_return(return_id)
    expected = queries.credit(found)
    order = found.order_line.order if found.order_line else None
    return render_template(
        "purchasing/return.html",
        found=found,
        status_word=_state(found),
        head=[
            (_("Supplier"), supplier_name(found)),
            (_("Item"), _item(found)),
            (_("Lot"), found.lot.number if found.lot else None),
            (_("Quantity"), format_quantity(found.quantity, found.item.unit)),
            (_("Purchase order"), order.number if order else None),
            (_("Supplier's number for the return"), found.supplier_reference),
            (_("What was agreed"), found.note),
            (_("Replacement"), found.replacement.number if found.replacement else None),
            (_("Carrier"), found.carrier),
            (_("Tracking number"), found.tracking),
            (_("Shipped"), format_date(found.shipped_on) if found.shipped_on else None),
            (_("Credit note"), found.credit_number),
            (_("Date of the credit note"), format_date(found.credit_date) if found.credit_date else None),
            (_("Net"), _amount(found.credit_net, expected)),
            (_("Tax"), _amount(found.credit_tax, expected)),
        ],
        slip_url=url_if("reports.document", kind="supplier_return", key=found.id),
        lot_url=url_if("inventory.lot", lot_id=found.lot_id) if found.lot_id else None,
        nonconformance_url=url_if("quality.nonconformance", nonconformance_id=found.nonconformance_id),
    )


def _amount(amount: Decimal, credit: queries.Credit) -> str | None:
    return f"{format_money(amount, credit.decimals)} {credit.currency}" if amount else None
