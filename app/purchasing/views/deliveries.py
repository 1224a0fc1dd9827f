"""Pages of deliveries that came without an order: taken in, listed with what became of them."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.i18n import format_quantity, localized
from app.core.inputs import chosen, identifier, takes
from app.core.permissions import allowed, requires
from app.core.web import Column, Filter, listing
from app.masterdata import queries as masterdata
from app.masterdata.models import Partner, Site
from app.purchasing import READ, REGISTER, queries, services
from app.purchasing.models import Receipt, ReceiptStatus
from app.purchasing.views import blueprint, supplier_name

ROWS = 5
COLUMNS = ("item_id", "quantity", "second_quantity", "lot", "certificate")


def _outcome(row: Receipt) -> str:
    if row.status is ReceiptStatus.RETURNED:
        return _("Sent back")
    return _("To be decided") if row.order_id is None else _("Has its order")


def _came(row: Receipt) -> str:
    return ", ".join(
        f"{line.item.number} {format_quantity(line.quantity, line.item.unit)}"
        for line in row.lines
        if line.item
    )


def _order_url(row: Receipt) -> str | None:
    return url_for("purchasing.order", order_id=row.order_id) if row.order_id else None


def _in_state(value: str) -> Any:
    returned = Receipt.status == ReceiptStatus.RETURNED
    return {
        "open": Receipt.order_id.is_(None) & ~returned,
        "matched": Receipt.order_id.is_not(None),
        "returned": returned,
    }[value]


@blueprint.get("/deliveries")
@requires(READ)
def deliveries() -> Any:
    """List deliveries that came without an order."""
    states = [("open", _l("To be decided")), ("matched", _l("Has its order")), ("returned", _l("Sent back"))]
    page = listing(
        queries.deliveries_query().join(Receipt.supplier),
        [
            Column("number", _l("Receipt"), sort=Receipt.number),
            Column("received_on", _l("Received on"), "date", sort=Receipt.received_on),
            Column("supplier", _l("Supplier"), value=supplier_name, sort=Partner.code),
            Column("delivery_note", _l("Supplier's delivery note"), sort=Receipt.delivery_note),
            Column("came", _l("What came"), value=_came, sortable=False),
            Column("outcome", _l("Outcome"), value=_outcome, sortable=False),
            Column(
                "order",
                _l("Purchase order"),
                value=lambda row: row.order.number if row.order else "",
                href=_order_url,
                sortable=False,
            ),
        ],
        title=_("Deliveries without an order"),
        search=(Receipt.number, Receipt.delivery_note, Partner.code),
        filters=[Filter("state", _l("Outcome"), states, _in_state)],
        sort="-number",
    )
    return page.export or render_template(
        "purchasing/deliveries.html", page=page, may_register=allowed(current_actor(), REGISTER)
    )


@blueprint.get("/deliveries/new")
@requires(REGISTER)
def new_delivery() -> Any:
    """Take in a delivery no order is known for."""
    return _entry()


@blueprint.post("/deliveries/new")
@requires(REGISTER)
@takes("site_id", "supplier_id", "delivery_note", *COLUMNS)
def enter_delivery() -> Any:
    """Keep the delivery in quarantine; the buyer is asked what it is."""
    form = request.form
    columns = [form.getlist(name) for name in COLUMNS]
    rows = [dict(zip(COLUMNS, cells, strict=False)) for cells in zip(*columns, strict=False)]
    wanted = [row for row in rows if chosen(row["item_id"]) or row["quantity"].strip()]
    try:
        made = services.receive_without_order(
            str(form.get("site_id", 0, type=identifier)),
            str(form.get("supplier_id", 0, type=identifier)),
            [row | {"item_id": str(chosen(row["item_id"]))} for row in wanted],
            form.get("delivery_note", ""),
        )
    except DomainError as problem:
        return _entry(problem, rows), problem.status
    flash(_("{number} waits in quarantine; the buyer decides.").format(number=made["number"]), "success")
    return redirect(url_for(".deliveries"))


def _entry(problem: DomainError | None = None, rows: list[dict[str, str]] | None = None) -> str:
    sites = db.session.scalars(select(Site).order_by(Site.id))
    return render_template(
        "purchasing/delivery.html",
        sites=[(str(site.id), f"{site.code} {localized(site.names)}") for site in sites],
        suppliers=masterdata.suppliers(),
        items=masterdata.items(),
        rows=(rows or []) + [{} for _row in range(ROWS - len(rows or []))],
        typed=request.form,
        problem=problem,
    )
