"""Pages of stock, item cards and lots with their genealogy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.core.actors import current_actor
from app.core.documents import document_label
from app.core.i18n import format_quantity, localized, unit_name
from app.core.permissions import allowed, permission, requires
from app.core.web import Column, Filter, NavItem, listing
from app.inventory.models import Location, LocationKind, Lot, LotStatus, MoveState, StockBalance, StockMove
from app.inventory.queries import pages
from app.inventory.queries.movements import NOT_INSPECTED
from app.masterdata import queries as masterdata
from app.masterdata.models import Item, Partner, Site

blueprint = Blueprint("inventory", __name__, url_prefix="/inventory")

READ = permission("stock:read", "See stock, moves and lots", roles="*")
MOVE = permission(
    "stock:move", "Ask for stock to be moved or counted", roles=("warehouse", "material_head", "planner")
)
NAVIGATION = [
    NavItem("inventory.stock", lazy_gettext("Stock"), READ, step=7),
    NavItem("inventory.transfers", lazy_gettext("Transfers"), READ, step=7),
    NavItem("inventory.counts", lazy_gettext("Stock counts"), READ, step=7),
]

KINDS = {
    LocationKind.SUPPLIER: lazy_gettext("Supplier"),
    LocationKind.CUSTOMER: lazy_gettext("Customer"),
    LocationKind.INTERNAL: lazy_gettext("Store"),
    LocationKind.WIP: lazy_gettext("Work in process"),
    LocationKind.SUBCONTRACTOR: lazy_gettext("Subcontractor"),
    LocationKind.INSPECTION: lazy_gettext("Under inspection"),
    LocationKind.REJECT: lazy_gettext("Rejected"),
    LocationKind.SCRAP: lazy_gettext("Scrap"),
    LocationKind.TRANSIT: lazy_gettext("In transit"),
    LocationKind.ADJUSTMENT: lazy_gettext("Count difference"),
}
LOT_STATES = {
    LotStatus.QUARANTINE: lazy_gettext("Quarantine"),
    LotStatus.RELEASED: lazy_gettext("Released"),
    LotStatus.BLOCKED: lazy_gettext("Blocked"),
}


def _lot_url(lot: Lot | None) -> str | None:
    return url_for("inventory.lot", lot_id=lot.id) if lot else None


def _named(names: dict[str, str], code: str) -> str:
    return f"{code} {localized(names)}".strip()


def _stock_columns() -> list[Column]:
    """Columns of rows of balance, location, site, item, lot and owner."""
    return [
        Column(
            "item",
            _("Item"),
            value=lambda r: _named(r[3].names, r[3].number),
            sort=Item.number,
            href=_item_url,
        ),
        Column(
            "lot",
            _("Lot"),
            value=lambda r: r[4].number if r[4] else "",
            sort=Lot.number,
            href=lambda r: _lot_url(r[4]),
        ),
        Column("site", _("Site"), value=lambda r: r[2].code, sort=Site.code),
        Column("location", _("Location"), value=lambda r: r[1].label, sort=Location.code),
        Column("kind", _("Kind"), value=lambda r: str(KINDS[r[1].kind]), sort=Location.kind),
        Column(
            "quantity", _("Quantity"), "number", value=lambda r: r[0].quantity, sort=StockBalance.quantity
        ),
        Column("unit", _("Unit"), value=lambda r: unit_name(r[3].unit), sort=Item.unit),
        Column("second", _("Second quantity"), value=_second, sort=StockBalance.second_quantity),
        Column(
            "reserved", _("Reserved"), "number", value=lambda r: r[0].reserved, sort=StockBalance.reserved
        ),
        Column("owner", _("Stock owner"), value=lambda r: r[5].code if r[5] else _("own"), sort=Partner.code),
        Column(
            "status", _("Lot status"), "status", value=_lot_status, display=_lot_status_label, sort=Lot.status
        ),
        Column(
            "received",
            _("Received on"),
            "date",
            value=lambda r: r[4].received_on if r[4] else None,
            sort=Lot.received_on,
        ),
        Column(
            "expires",
            _("Expires"),
            "date",
            value=lambda r: r[4].expires_on if r[4] else None,
            sort=Lot.expires_on,
        ),
    ]


def _acts() -> list[Column]:
    """What may be done with a row of stock: ask for a transfer of what is free in a store."""
    if not allowed(current_actor(), MOVE):
        return []

    def free(row: Any) -> bool:
        return row[1].kind is LocationKind.INTERNAL and row[0].quantity > row[0].reserved

    return [
        Column(
            "transfer",
            _("Transfer"),
            value=lambda row: _("Transfer") if free(row) else "",
            href=lambda row: url_for("inventory.new_transfer", balance_id=row[0].id) if free(row) else None,
            sortable=False,
        )
    ]


def _item_url(row: Any) -> str:
    return url_for("inventory.item", item_id=row[3].id)


def _second(row: Any) -> str:
    return format_quantity(row[0].second_quantity, row[3].second_unit or "") if row[0].second_quantity else ""


def _lot_status(row: Any) -> str:
    return row[4].status.value if row[4] else ""


def _lot_status_label(row: Any) -> str:
    return str(LOT_STATES[row[4].status]) if row[4] else ""


@blueprint.route("/")
@requires(READ)
def stock() -> Any:
    """Show what lies where, by site, location and lot."""
    sites = [(site.id, _named(site.names, site.code)) for site in pages.sites()]
    kinds = [(kind, KINDS[kind]) for kind in pages.HELD]
    page = listing(
        pages.stock(),
        _stock_columns(),
        title=_("Stock"),
        search=[Item.number, Lot.number, Location.code],
        filters=[
            Filter("site", _("Site"), sites, lambda value: Location.site_id == int(value)),
            Filter("kind", _("Kind"), kinds, lambda value: Location.kind == value),
            Filter("status", _("Lot status"), list(LOT_STATES.items()), lambda value: Lot.status == value),
        ],
        sort="item",
    )
    text = _("Receipts and finished work orders bring stock; every change is a move.")
    return page.export or render_template("inventory/stock.html", page=page, empty_text=text)


def _move_columns(unit: str, sign: Callable[[Any], int]) -> list[Column]:
    """Columns of rows of move, from, to and lot."""
    names = masterdata.reason_names()
    return [
        Column("date", _("Date"), "date", value=lambda r: r[0].date, sort=StockMove.date),
        Column("state", _("State"), "status", value=lambda r: r[0].state.value, sort=StockMove.state),
        Column(
            "lot",
            _("Lot"),
            value=lambda r: r[3].number if r[3] else "",
            sort=Lot.number,
            href=lambda r: _lot_url(r[3]),
        ),
        Column("source", _("From"), value=lambda r: r[1].label, sortable=False),
        Column("target", _("To"), value=lambda r: r[2].label, sortable=False),
        Column("quantity", _("Quantity"), "number", value=lambda r: r[0].quantity, sort=StockMove.quantity),
        Column(
            "change", _("Change of stock"), "number", value=lambda r: sign(r) * r[0].quantity, sortable=False
        ),
        Column("unit", _("Unit"), value=lambda _row: unit_name(unit), sortable=False),
        Column("document", _("Document"), "document", value=lambda r: r[0].document, sort=StockMove.document),
        Column("reason", _("Reason"), value=lambda r: _why(r[0].reason, names), sort=StockMove.reason),
    ]


def _why(reason: str | None, names: dict[str, str]) -> str:
    """Why something moved: a reason code with its name, a word of the program, or what somebody wrote."""
    if reason == NOT_INSPECTED:
        return _("No inspection required")
    return f"{reason} {names[reason]}" if reason in names else reason or ""


def _sign(row: Any) -> int:
    """Return +1 for what entered the store, -1 for what left it, 0 for the rest."""
    store = LocationKind.INTERNAL
    return (row[2].kind is store) - (row[1].kind is store)


@blueprint.route("/items/<int:item_id>")
@requires(READ)
def item(item_id: int) -> Any:
    """Show an item card: what is there, and every move done and expected."""
    found = pages.item(item_id)
    states = [(MoveState.DONE, _("Done")), (MoveState.EXPECTED, _("Expected"))]
    page = listing(
        pages.moves(item_id=item_id),
        _move_columns(found.unit, _sign),
        title=_("Item card %(number)s", number=found.number),
        search=[StockMove.document, Lot.number],
        filters=[Filter("state", _("State"), states, lambda value: StockMove.state == value)],
        sort="-date",
    )
    return page.export or render_template(
        "inventory/item.html",
        item=found,
        page=page,
        head=[
            (_("Name"), localized(found.names)),
            (_("Drawing"), f"{found.drawing or ''} {found.revision or ''}".strip()),
            (_("Unit"), unit_name(found.unit)),
            (_("Safety stock"), format_quantity(found.safety_stock, found.unit)),
        ],
        columns=_stock_columns()[1:] + _acts(),
        rows=pages.rows(pages.stock(item_id=item_id)),
    )


@blueprint.route("/lots/<int:lot_id>")
@requires(READ)
def lot(lot_id: int) -> Any:
    """Show a lot: where it lies, its moves, what it was made from and what it went into."""
    found = pages.lot(lot_id)
    return render_template(
        "inventory/lot.html",
        lot=found,
        status_word=str(LOT_STATES[found.status]),
        head=[
            (_("Item"), _named(found.item.names, found.item.number)),
            (_("Received on"), found.received_on),
            (_("Expires"), found.expires_on),
            (_("Supplier's lot"), found.supplier_lot),
            (_("Certificate"), found.certificate),
            (_("Document"), document_label(found.document)),
        ],
        columns=_stock_columns()[2:10],
        rows=pages.rows(pages.stock(lot_id=lot_id)),
        move_columns=_move_columns(found.item.unit, _sign),
        moves=pages.rows(pages.moves(lot_id=lot_id).order_by(StockMove.id)),
        branches=pages.relatives(lot_id),
    )


from app.inventory.views import movements  # noqa: E402, F401  (adds its routes to the blueprint)
