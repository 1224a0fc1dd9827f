"""The monthly count of purchases after the fact."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.permissions import requires
from app.core.web import Column, Filter, listing
from app.masterdata import queries as masterdata
from app.masterdata.models import Partner
from app.purchasing import READ, queries
from app.purchasing.models import PurchaseOrder
from app.purchasing.views import blueprint, supplier_name


@blueprint.get("/after-the-fact")
@requires(READ)
def after_the_fact() -> Any:
    """Count purchases written after the fact by month, and list them."""
    page = listing(
        queries.orders_query()
        .order_by(None)
        .join(PurchaseOrder.supplier)
        .where(PurchaseOrder.after_the_fact.is_(True)),
        [
            Column(
                "number",
                _l("Number"),
                sort=PurchaseOrder.number,
                href=lambda row: url_for("purchasing.order", order_id=row.id),
            ),
            Column("supplier", _l("Supplier"), value=supplier_name, sort=Partner.code),
            Column("bought_on", _l("Bought on"), "date", sort=PurchaseOrder.bought_on),
            Column("ordered_on", _l("Ordered on"), "date", sort=PurchaseOrder.ordered_on),
            Column(
                "late",
                _l("In time"),
                value=lambda row: _("too late") if row.recorded_late else "✓",
                sort=PurchaseOrder.recorded_late,
            ),
            Column("reason", _l("Reason"), sortable=False),
            Column(
                "amount",
                _l("Amount before tax"),
                "money",
                value=queries.order_amount,
                sortable=False,
                decimals=lambda row: row.decimals,
            ),
            Column("currency", _l("Currency"), sort=PurchaseOrder.currency),
        ],
        title=_("Purchases after the fact"),
        search=(PurchaseOrder.number, Partner.code, PurchaseOrder.reason),
        filters=[
            Filter(
                "late",
                _l("In time"),
                [("late", _l("too late"))],
                lambda _value: PurchaseOrder.recorded_late.is_(True),
            )
        ],
        sort="-number",
    )
    return page.export or render_template(
        "purchasing/after_fact.html",
        page=page,
        months=queries.months_after_the_fact(),
        month_columns=_month_columns(),
    )


def _month_columns() -> list[Column]:
    company = masterdata.company()
    return [
        Column("month", _l("Month")),
        Column("orders", _l("Purchase orders"), "number"),
        Column("after", _l("of them after the fact"), "number"),
        Column("share", _l("Share"), "number", display=lambda row: f"{row['share']} %"),
        Column("late", _l("recorded too late"), "number"),
        Column(
            "amount",
            _l("Their amount in {currency}").format(currency=company.currency),
            "money",
            decimals=company.document_decimals,
        ),
    ]
