"""Reads of the ledger for pages: what lies where, an item's moves, a lot's relatives."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import aliased, selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.inventory.balance import Move, balances
from app.inventory.genealogy import Link, backwards, forwards
from app.inventory.models import (
    Location,
    LocationKind,
    Lot,
    LotConsumption,
    MoveState,
    StockBalance,
    StockMove,
)
from app.masterdata.models import Item, Partner, Site

HELD = (
    LocationKind.INTERNAL,
    LocationKind.INSPECTION,
    LocationKind.REJECT,
    LocationKind.SUBCONTRACTOR,
    LocationKind.TRANSIT,
)
"""Kinds of location that hold things one can count; work in process is balanced in value, not in pieces."""


def stock(item_id: int | None = None, lot_id: int | None = None) -> Select[Any]:
    """Return what lies where: balance, location, site, item, and lot and owner where there are any."""
    query: Select[*tuple[Any, ...]] = (
        select(StockBalance, Location, Site, Item, Lot, Partner)
        .join(Location, Location.id == StockBalance.location_id)
        .join(Site, Site.id == Location.site_id)
        .join(Item, Item.id == StockBalance.item_id)
        .outerjoin(Lot, Lot.id == StockBalance.lot_id)
        .outerjoin(Partner, Partner.id == StockBalance.owner_id)
        .where(StockBalance.quantity != 0, Location.kind.in_(HELD))
    )
    if item_id is not None:
        query = query.where(StockBalance.item_id == item_id)
    if lot_id is not None:
        query = query.where(StockBalance.lot_id == lot_id)
    return query


def moves(item_id: int | None = None, lot_id: int | None = None) -> Select[Any]:
    """Return the moves of an item or a lot with where from and where to."""
    source, target = aliased(Location), aliased(Location)
    query: Select[*tuple[Any, ...]] = (
        select(StockMove, source, target, Lot)
        .join(source, source.id == StockMove.from_id)
        .join(target, target.id == StockMove.to_id)
        .outerjoin(Lot, Lot.id == StockMove.lot_id)
        .where(StockMove.state != MoveState.CANCELLED)
    )
    if item_id is not None:
        query = query.where(StockMove.item_id == item_id)
    if lot_id is not None:
        query = query.where(StockMove.lot_id == lot_id)
    return query


def item(item_id: int) -> Item:
    """Return an item.

    Raises:
        NotFound: there is none.
    """
    found = db.session.get(Item, item_id)
    if found is None:
        raise NotFound("no_item", _("There is no item %(id)s.", id=item_id))
    return found


def lot(lot_id: int) -> Lot:
    """Return a lot with its item.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalar(select(Lot).options(selectinload(Lot.item)).where(Lot.id == lot_id))
    if found is None:
        raise NotFound("no_lot", _("There is no lot %(id)s.", id=lot_id))
    return found


def lots(lot_ids: set[int]) -> dict[int, Lot]:
    """Return lots with their items by id."""
    rows = db.session.scalars(select(Lot).options(selectinload(Lot.item)).where(Lot.id.in_(lot_ids)))
    return {row.id: row for row in rows}


def links(lot_id: int) -> list[Link]:
    """Return every consumption above and below a lot, layer by layer."""
    found: dict[int, LotConsumption] = {}
    for upwards in (True, False):
        near, far = (
            (LotConsumption.consumed_lot_id, LotConsumption.lot_id)
            if upwards
            else (LotConsumption.lot_id, LotConsumption.consumed_lot_id)
        )
        seen, layer = set(), {lot_id}
        while layer:
            rows = list(db.session.scalars(select(LotConsumption).where(near.in_(layer))))
            found |= {row.id: row for row in rows}
            seen |= layer
            layer = {getattr(row, far.key) for row in rows} - seen
    return [Link(row.lot_id, row.consumed_lot_id, row.quantity) for row in found.values()]


def ledger_differences() -> list[str]:
    """Return where the kept balances differ from the done moves; a whole ledger gives none."""
    rows = db.session.scalars(
        select(StockMove).where(StockMove.state == MoveState.DONE).execution_options(yield_per=1000)
    )
    history = (Move(row.item_id, row.lot_id or 0, row.from_id, row.to_id, row.quantity) for row in rows)
    computed = balances(history)
    kept: dict[tuple[int, int | None, int], Any] = {}
    for row in db.session.scalars(select(StockBalance).where(StockBalance.quantity != 0)):
        key = (row.item_id, row.lot_id, row.location_id)
        kept[key] = kept.get(key, 0) + row.quantity
    return [
        f"item {key[0]}, lot {key[1]}, location {key[2]}: kept {kept.get(key, 0)}, moved {computed.get(key, 0)}"
        for key in sorted(computed.keys() | kept.keys(), key=str)
        if computed.get(key, 0) != kept.get(key, 0)
    ]


def locations() -> list[Location]:
    """Return the places that hold stock, for choosing one."""
    return list(
        db.session.scalars(
            select(Location).where(Location.kind.in_(HELD), Location.active).order_by(Location.code)
        )
    )


def sites() -> list[Site]:
    """Return all sites."""
    return list(db.session.scalars(select(Site).order_by(Site.code)))


def relatives(lot_id: int) -> dict[str, list[dict[str, Any]]]:
    """Return what a lot was made ``from`` and what it went ``into``: depth, lot and quantity consumed."""
    known_links = links(lot_id)
    trees = {"from": backwards(lot_id, known_links), "into": forwards(lot_id, known_links)}
    known = lots({branch.lot_id for tree in trees.values() for branch in tree})
    return {
        way: [{"depth": b.depth, "lot": known[b.lot_id], "quantity": b.quantity} for b in tree]
        for way, tree in trees.items()
    }


def rows(query: Select[Any]) -> list[Any]:
    """Return all rows of a query."""
    return list(db.session.execute(query).all())
