"""Reads for the planning pages: plans, an item's record, pegging, forecasts, the master schedule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.documents import document_labels
from app.core.errors import NotFound
from app.masterdata.models import Item, Site
from app.planning import mrp
from app.planning import pegging as calculation
from app.planning.grid import Row, record, weeks
from app.planning.models import (
    DemandHistory,
    Forecast,
    MpsLine,
    Plan,
    PlanException,
    PlannedOrder,
    PlannedStatus,
    PlanStatus,
)
from app.planning.queries.basis import Basis, basis

ZERO = Decimal(0)


def plans() -> Select:
    """Return the select of all plans, replaced ones left out."""
    return select(Plan).where(Plan.status != PlanStatus.SUPERSEDED)


def latest_plan(site_id: int | None = None) -> Plan | None:
    """Return the newest plan that was not replaced."""
    query = plans().order_by(Plan.id.desc()).limit(1)
    return db.session.scalar(query.where(Plan.site_id == site_id) if site_id else query)


def plan(plan_id: int) -> Plan:
    """Return a plan with its orders, messages and their items.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalar(
        select(Plan)
        .options(
            selectinload(Plan.orders).selectinload(PlannedOrder.item),
            selectinload(Plan.exceptions).selectinload(PlanException.item),
        )
        .where(Plan.id == plan_id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("no_plan", _("There is no plan {id}.").format(id=plan_id))
    return found


class PlanView:
    """A plan's orders laid over the ledger as it is now: each item's record, and pegging both ways."""

    def __init__(self, found: Plan) -> None:
        self.plan = found
        self.basis: Basis = basis(
            found.site_id, found.end, include_forecast=found.include_forecast, orders_of=found.id
        )
        self.result = mrp.plan(
            self.basis.parts,
            self.basis.structure,
            self.basis.needs,
            self.basis.receipts,
            start=self.basis.start,
            shift=self.basis.days.shift,
        )

    def items(self) -> list[int]:
        """Return the items anything is needed or planned of, top level first."""
        used = {item for item, needs in self.result.requirements.items() if needs}
        used |= {receipt.item for receipt in self.basis.receipts}
        return sorted(used, key=lambda item: (self.result.codes[item], item))

    def needs(self, item_id: int) -> list[mrp.Need]:
        """Return an item's gross requirements, earliest first."""
        return sorted(self.result.requirements[item_id], key=lambda need: need.day)

    def grid(self, item_id: int) -> list[Row]:
        """Return the item's record in weeks."""
        own = [receipt for receipt in self.basis.receipts if receipt.item == item_id]
        return record(
            weeks(self.basis.start, self.plan.end),
            on_hand=self.basis.parts[item_id].on_hand,
            gross=((need.day, need.quantity) for need in self.result.requirements[item_id]),
            scheduled=((one.day, one.quantity) for one in own if one.release is None),
            planned=((one.day, one.quantity) for one in own if one.release is not None),
            released=((one.release, one.started or one.quantity) for one in own if one.release is not None),
        )

    def pegging(self) -> calculation.Pegging:
        """Match stock, open orders and planned orders with everything that is needed."""
        start = self.basis.start
        supplies = [
            calculation.Quantity(part.key, date.min, part.on_hand, calculation.STOCK)
            for part in self.basis.parts.values()
            if part.on_hand > 0
        ]
        supplies += [calculation.Quantity(r.item, r.day, r.quantity, r.source) for r in self.basis.receipts]
        demands = [
            calculation.Quantity(need.item, max(need.day, start), need.quantity, need.source)
            for needs in self.result.requirements.values()
            for need in needs
        ]
        return calculation.Pegging(supplies, demands)


def document_names(keys: Iterable[str]) -> dict[str, str]:
    """Return how people call documents: by their number, else by the key's own words."""
    wanted = set(keys)
    known = document_labels(wanted)
    return {
        key: known[key] if key in known and not key.startswith("lot:") else _own_words(key, known.get(key))
        for key in wanted
    }


def _own_words(key: str, known: str | None) -> str:
    kind, _colon, number = key.partition(":")
    names = {
        "stock": _("Stock"),
        "forecast": _("Forecast"),
        "planned_order": _("Planned order"),
        "planned": _("New need"),
        "work_order": _("Work order"),
        "purchase_order": _("Purchase order"),
        "subcontract_order": _("Subcontract order"),
        "lot": _("Under inspection"),
    }
    return f"{names.get(kind, kind)} {known or number}".strip()


def planned_orders_of(customer_order_id: int) -> list[Plan]:
    """Return the plans made for a customer order, newest first, replaced ones left out."""
    query = plans().where(Plan.customer_order_id == customer_order_id).order_by(Plan.id.desc())
    return list(db.session.scalars(query))


def forecasts(site_id: int) -> list[Forecast]:
    """Return a site's forecasts with their items, by item and month."""
    return list(
        db.session.scalars(
            select(Forecast)
            .join(Forecast.item)
            .options(selectinload(Forecast.item))
            .where(Forecast.site_id == site_id)
            .order_by(Item.number, Forecast.month)
        )
    )


def history(site_id: int, item_id: int) -> list[DemandHistory]:
    """Return an item's monthly demand, oldest first."""
    return list(
        db.session.scalars(
            select(DemandHistory)
            .where(DemandHistory.site_id == site_id, DemandHistory.item_id == item_id)
            .order_by(DemandHistory.month)
        )
    )


def master_schedule(plan_id: int) -> dict[Item, list[MpsLine]]:
    """Return the weeks of a plan's master schedule by item."""
    rows = db.session.scalars(
        select(MpsLine)
        .options(selectinload(MpsLine.item))
        .where(MpsLine.plan_id == plan_id)
        .order_by(MpsLine.item_id, MpsLine.week)
    )
    found: dict[Item, list[MpsLine]] = {}
    for row in rows:
        found.setdefault(row.item, []).append(row)
    return found


def open_planned(site_id: int) -> list[PlannedOrder]:
    """Return firm planned orders nothing has taken up yet."""
    return list(
        db.session.scalars(
            select(PlannedOrder)
            .options(selectinload(PlannedOrder.item))
            .where(PlannedOrder.site_id == site_id, PlannedOrder.status == PlannedStatus.FIRM)
            .order_by(PlannedOrder.release_date)
        )
    )


def sites() -> list[Site]:
    """Return all sites."""
    return list(db.session.scalars(select(Site).order_by(Site.id)))
