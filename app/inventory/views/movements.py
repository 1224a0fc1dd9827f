"""Pages of transfers and counts, and the forms that start them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.core.actors import current_actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.i18n import format_date, format_quantity, localized, unit_name
from app.core.inputs import identifier, takes
from app.core.permissions import allowed, requires
from app.core.web import Column, Filter, listing
from app.inventory import services
from app.inventory.models import CountStatus, Location, StockCount, StockTransfer, TransferStatus
from app.inventory.queries import movements, pages
from app.inventory.views import MOVE, READ, blueprint
from app.masterdata.models import Item

TRANSFER_STATES = {
    TransferStatus.REQUESTED: _l("Requested"),
    TransferStatus.SENT: _l("On its way"),
    TransferStatus.RECEIVED: _l("Received"),
    TransferStatus.CANCELLED: _l("Cancelled"),
}
COUNT_STATES = {
    CountStatus.COUNTING: _l("Being counted"),
    CountStatus.COUNTED: _l("Counted"),
    CountStatus.POSTED: _l("Books corrected"),
}


def _attempt(act: Callable[[], Response], again: Callable[[DomainError], Any]) -> Any:
    """Do it, or show the form again with what is wrong and change nothing."""
    try:
        return act()
    except DomainError as error:
        db.session.rollback()
        return again(error), error.status


@blueprint.get("/transfers")
@requires(READ)
def transfers() -> Any:
    """List transfers, newest first."""
    page = listing(
        movements.transfers_query().join(StockTransfer.item),
        [
            Column("number", _l("Number"), sort=StockTransfer.number),
            Column(
                "item",
                _l("Item"),
                value=lambda row: f"{row.item.number} {localized(row.item.names)}",
                sort=Item.number,
            ),
            Column("lot", _l("Lot"), value=lambda row: row.lot.number if row.lot else "", sortable=False),
            Column("from", _l("From"), value=lambda row: row.source.label, sortable=False),
            Column("to", _l("To"), value=lambda row: row.target.label, sortable=False),
            Column("quantity", _l("Quantity"), "number", sort=StockTransfer.quantity),
            Column("received", _l("Received quantity"), "number", sort=StockTransfer.received),
            Column("needed_on", _l("Needed on"), "date", sort=StockTransfer.needed_on),
            Column("status", _l("Status"), "status", display=lambda row: str(TRANSFER_STATES[row.status])),
            Column("reason", _l("Reason"), value=lambda row: row.difference_reason or row.reason),
        ],
        title=_("Transfers"),
        search=(StockTransfer.number, Item.number),
        filters=[
            Filter(
                "status",
                _l("Status"),
                [(one.value, label) for one, label in TRANSFER_STATES.items()],
                lambda value: StockTransfer.status == TransferStatus(value),
            )
        ],
        sort="-number",
    )
    return page.export or render_template(
        "inventory/stock.html",
        page=page,
        empty_text=_("Open an item in the stock list and choose Transfer beside what is to move."),
    )


@blueprint.get("/transfers/new/<int:balance_id>")
@requires(MOVE)
def new_transfer(balance_id: int) -> Any:
    """Ask where a balance is to go."""
    return _transfer_page(balance_id, {}, None)


def _transfer_page(balance_id: int, values: dict[str, str], error: DomainError | None) -> str:
    balance = movements.balance(balance_id)
    free = balance.quantity - balance.reserved
    places = [one for one in movements.store_places() if one["value"] != str(balance.location_id)]
    lot = pages.lot(balance.lot_id).number if balance.lot_id else "–"
    return render_template(
        "inventory/transfer.html",
        balance=balance,
        unit=unit_name(balance.item.unit),
        head=[
            (_("Item"), f"{balance.item.number} {localized(balance.item.names)}"),
            (_("Lot"), lot),
            (_("From"), balance.location.label),
            (_("Free"), format_quantity(free, balance.item.unit)),
        ],
        places=places,
        values={"quantity": format(free, "f")} | values,
        error=error,
    )


@blueprint.post("/transfers/new/<int:balance_id>")
@requires(MOVE)
@takes("to_id", "quantity", "reason", "needed_on")
def request_transfer(balance_id: int) -> Any:
    """Ask for stock to be moved; its process begins."""
    form = request.form

    def act() -> Response:
        made = services.request_transfer(
            balance_id,
            form.get("to_id", 0, type=identifier),
            form.get("quantity", ""),
            reason=form.get("reason", ""),
            needed_on=form.get("needed_on", ""),
        )
        flash(_("Transfer {number} waits for the warehouse.").format(number=made.number), "success")
        return redirect(url_for("inventory.transfers"))

    return _attempt(act, lambda error: _transfer_page(balance_id, form.to_dict(), error))


@blueprint.get("/counts")
@requires(READ)
def counts() -> Any:
    """List counts, newest first, with a form to start one."""
    return _counts_page(None)


def _counts_page(error: DomainError | None) -> Any:
    page = listing(
        movements.counts_query().join(StockCount.location),
        [
            Column(
                "number",
                _l("Number"),
                sort=StockCount.number,
                href=lambda row: url_for("inventory.count", count_id=row.id),
            ),
            Column(
                "location",
                _l("Location"),
                value=lambda row: row.location.label,
                sort=Location.code,
            ),
            Column("created_at", _l("Asked for"), "datetime", sort=StockCount.created_at),
            Column(
                "lines", _l("Number of lines"), "number", value=lambda row: len(row.lines), sortable=False
            ),
            Column(
                "differences",
                _l("Differences"),
                "number",
                value=lambda row: sum(1 for line in row.lines if line.difference),
                sortable=False,
            ),
            Column("status", _l("Status"), "status", display=lambda row: str(COUNT_STATES[row.status])),
        ],
        title=_("Stock counts"),
        search=(StockCount.number, Location.code),
        sort="-number",
    )
    return page.export or render_template(
        "inventory/counts.html",
        page=page,
        error=error,
        places=movements.store_places() if allowed(current_actor(), MOVE) else [],
        empty_text=_("Choose a location above to have it counted."),
    )


@blueprint.post("/counts")
@requires(MOVE)
@takes("location_id")
def start_count() -> Any:
    """Ask for a location to be counted; its process begins."""

    def act() -> Response:
        made = services.start_count(request.form.get("location_id", 0, type=identifier))
        flash(_("Count {number} waits for the warehouse.").format(number=made.number), "success")
        return redirect(url_for("inventory.count", count_id=made.id))

    return _attempt(act, _counts_page)


@blueprint.get("/counts/<int:count_id>")
@requires(READ)
def count(count_id: int) -> Any:
    """Show a count; what the books say appears only once it is counted."""
    found = movements.count(count_id)
    lots = movements.lot_numbers(found.lines)
    return render_template(
        "inventory/count.html",
        found=found,
        status_word=str(COUNT_STATES[found.status]),
        head=[
            (_("Location"), found.location.label),
            (_("Asked for"), format_date(found.created_at)),
        ],
        columns=[
            Column("item", _l("Item"), value=lambda row: row.balance.item.number),
            Column("lot", _l("Lot"), value=lambda row: lots.get(row.balance.lot_id, "")),
            Column("book", _l("Books"), "number"),
            Column("counted", _l("Counted"), "number"),
            Column("difference", _l("Difference"), "number", value=lambda row: row.difference),
            Column("unit", _l("Unit"), value=lambda row: row.balance.item.unit),
            Column("reason", _l("Reason"), value=lambda row: row.reason or ""),
        ],
    )
