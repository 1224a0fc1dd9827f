"""What the demo plant bought and made before its story, so that no page is empty on the first look.

Everything goes through the services, on its day and by the people whose work it is. On the day of the
stocktake whatever is left is counted out; the opening stock of the story is counted in a month later.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from app.accounts.models import User
from app.accounts.sessions import actor_for
from app.core import clock
from app.core.actors import acting
from app.core.db import db
from app.costing import services as costing
from app.demo.making import Job, make
from app.inventory import services as inventory
from app.inventory.models import Location, LocationKind, Lot, StockBalance
from app.masterdata.models import Item, Partner, Site
from app.purchasing import services as purchasing
from app.purchasing.models import ReceiptLine
from app.quality import queries as quality_queries
from app.quality import services as quality
from app.quality.models import Characteristic, CharacteristicKind
from app.subcontracting import services as subcontracting

EFFECT = timedelta(days=30)
OUTSIDE = 3
"""How many measured pieces of a sample are outside their limits where something was wrong."""
HISTORY = Path(__file__).with_name("history.yaml")


@dataclass(frozen=True)
class Defect:
    """What was wrong with some pieces, why, and what was done about it."""

    code: str
    cause_group: str
    cause: str
    action: str
    owner: str
    proof: str


@dataclass
class Past:
    """The plant and its people on days gone by."""

    site: Site
    people: dict[str, User]
    shift: timedelta
    defects: dict[str, Defect]
    invoices: int = 0
    items: dict[str, Item] = field(default_factory=dict)
    partners: dict[str, Partner] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look up items and partners once."""
        self.items = {item.number: item for item in db.session.scalars(db.select(Item))}
        self.partners = {partner.code: partner for partner in db.session.scalars(db.select(Partner))}

    @contextmanager
    def at(self, day: date, login: str, hour: int = 2) -> Iterator[date]:
        """Let a person act on a day of the file, moved with the story; the hour is UTC."""
        moved = day + self.shift
        with clock.freeze(datetime.combine(moved, time(hour), UTC)), acting(actor_for(self.people[login])):
            yield moved

    def invoice_number(self) -> str:
        """Return the next uniform-invoice number."""
        self.invoices += 1
        return f"XA{20_000_000 + self.invoices}"


def load_history(site: Site, people: dict[str, User], shift: timedelta) -> None:
    """Lay the past into a plant whose opening stock is there already."""
    facts = yaml.safe_load(HISTORY.read_text(encoding="utf-8"))
    past = Past(site, people, shift, {code: Defect(code, *told) for code, told in facts["defects"].items()})
    with past.at(facts["stocktake"], "yang"):
        for month, wage in facts["wages"].items():
            first = date.fromisoformat(f"{month}-01") + shift
            costing.set_wage(f"{first:%Y-%m}", str(wage))
    for row in sorted(facts["purchases"], key=lambda row: row[5]):
        buy(past, Purchase(*row))
    for released, code, *rest in sorted(facts["made"], key=lambda row: row[0]):
        make(past, Job(released, past.items[code], *rest))
    _count_out(past, facts["stocktake"])
    with past.at(facts["stocktake"], "yang", hour=10):
        costing.value_moves()
        subcontracting.rate_suppliers()


@dataclass(frozen=True)
class Purchase:
    """One purchase of the past, as its file tells it."""

    ordered: date
    supplier: str
    item: str
    quantity: float
    due: date
    received: date
    rejected: int
    defect: str | None = None


def buy(past: Past, one: Purchase) -> None:
    """Buy, receive, inspect and pay one item."""
    supplier, item, received = past.partners[one.supplier], past.items[one.item], one.received
    with past.at(one.ordered, "chang"):
        needed = (one.due + past.shift).isoformat()
        need = {"item_id": item.id, "quantity": str(one.quantity), "needed_on": needed}
        asked = purchasing.create_requisition(past.site.id, [need], supplier_id=supplier.id)
        order_id = purchasing.create_order(str(asked.id))["order_id"]
        purchasing.prepare_order(order_id, [])
        purchasing.send_order(order_id)
    with past.at(received, "liu"):
        line = {"line_id": _line(order_id), "quantity": str(one.quantity)}
        receipt = purchasing.receive(order_id, [line], complete=True)
        arrived = db.session.scalars(
            db.select(ReceiptLine).where(ReceiptLine.receipt_id == receipt["receipt_id"])
        ).one()
    facts = purchasing.receipt_line_facts(str(arrived.id))
    inspection_id = inspect(past, received, "receipt", facts, one.rejected, code=one.defect)
    with past.at(received, "chou", hour=6):
        purchasing.accept(str(arrived.id), str(inspection_id or ""))
    pay(past, received, f"purchase_order:{order_id}")
    with past.at(received, "yang", hour=9):
        purchasing.close_order(order_id)


def _line(order_id: int) -> int:
    from app.purchasing.models import PurchaseOrderLine

    return db.session.scalars(
        db.select(PurchaseOrderLine.id).where(PurchaseOrderLine.order_id == order_id)
    ).one()


def pay(past: Past, on: date, document: str) -> None:
    """Enter and owe the invoice of everything accepted."""
    from app.purchasing import queries

    lines = [
        {"line_id": line.line_id, "quantity": str(line.to_invoice), "price": str(line.price)}
        for line in queries.invoice_basis(document).lines
        if line.to_invoice > 0
    ]
    with past.at(on, "yang", hour=8) as day:
        entered = purchasing.record_invoice(document, past.invoice_number(), day.isoformat(), lines)
        purchasing.match_invoice(entered["invoice_id"])
        purchasing.post_payable(entered["invoice_id"])


def inspect(
    past: Past, on: date, kind: str, facts: dict[str, Any], rejected: int, *, code: str | None = None
) -> int | None:
    """Inspect what came where a plan asks for it; rejected pieces are sorted out and the cause is mended."""
    defect = past.defects[code or "D01"] if rejected else None
    asked = {key: facts[key] for key in ("item_id", "lot_id", "quantity", "document")}
    more = {key: facts[key] for key in ("operation", "supplier_id", "site_id") if facts.get(key)}
    with past.at(on, "chou", hour=5):
        inspection_id = quality.request_inspection(kind, **asked, **more)["inspection_id"]
        if inspection_id is None:
            return None
        quality.sampling_plan(inspection_id)
        judged = quality.record_results(inspection_id, _results(inspection_id, defect))
        if judged["accepted"]:
            quality.release_lot(inspection_id)
        else:
            quality.reject_lot(inspection_id)
            found = quality.report_rejection(inspection_id, judged["defect_code"])["nonconformance_id"]
            quality.record_containment(found, "Set apart in the reject area", "minor")
    if defect:
        _sort_out(past, on, found, str(Decimal(facts["quantity"]) - rejected), defect)
    with past.at(on, "chou", hour=6):
        quality.close_inspection(inspection_id)
    return inspection_id


def _sort_out(past: Past, on: date, nonconformance_id: int, good: str, defect: Defect) -> None:
    with past.at(on, "hsieh", hour=5):
        quality.record_disposition(nonconformance_id, "sort", "Good pieces can be told apart", good)
        quality.execute_disposition(nonconformance_id)
        quality.record_cause(
            nonconformance_id,
            cause_group=defect.cause_group,
            cause=defect.cause,
            corrective_action=defect.action,
            action_owner=defect.owner,
            action_due=(on + past.shift + timedelta(days=14)).isoformat(),
        )
    checked = on + EFFECT
    with past.at(on + timedelta(days=4), "hsieh", hour=5):
        quality.record_action(
            nonconformance_id,
            f"Done: {defect.action[0].lower()}{defect.action[1:]}",
            str(checked + past.shift),
        )
    with past.at(checked, "hsieh"):
        quality.close_nonconformance(nonconformance_id, effective=True, effectiveness=defect.proof)


def _results(inspection_id: int, defect: Defect | None) -> list[dict[str, str]]:
    """Return measured values around the middle of their limits; of a defect, a count or the first ones outside."""
    sheet = quality_queries.inspection_sheet(inspection_id)
    inspection = quality_queries.inspection(inspection_id)
    known = {one.id: one for one in quality_queries.characteristics(inspection.plan_id)}
    counted = defect is not None and any(
        one.kind is CharacteristicKind.COUNTED and one.defect_code == defect.code for one in known.values()
    )
    rows = []
    for place, row in enumerate(sheet["rows"]):
        one = known[int(str(row["place"]).partition(":")[0])]
        bad = defect is not None and (place < OUTSIDE) and not counted
        value = Decimal(2 if counted else 0)
        if one.kind is CharacteristicKind.MEASURED:
            value = _measured(one, place, outside=bad)
        told = {"place": str(row["place"]), "value": str(round(value, one.decimals))}
        rows.append(told | ({"defect_code": defect.code} if defect else {}))
    return rows


def _measured(one: Characteristic, place: int, *, outside: bool) -> Decimal:
    lower, upper = (one.lower if one.lower is not None else one.upper), one.upper
    if lower is None:
        raise ValueError(f"characteristic {one.id} has no limit")
    upper = upper if upper is not None else lower
    if outside:
        return lower - (upper - lower) / 10
    return (lower + upper) / 2 + (upper - lower) * (Decimal(place % 7) - 3) / 12


def _count_out(past: Past, on: date) -> None:
    """Count out what is left of every lot but the opening ones."""
    difference = inventory.location(past.site.id, LocationKind.ADJUSTMENT)
    query = (
        db.select(StockBalance, Location, Lot)
        .join(Location, Location.id == StockBalance.location_id)
        .join(Lot, Lot.id == StockBalance.lot_id)
        .where(
            StockBalance.quantity > 0,
            Location.kind.in_((LocationKind.INTERNAL, LocationKind.REJECT, LocationKind.INSPECTION)),
            Lot.document != "opening:1",
        )
        .order_by(StockBalance.id)
    )
    with past.at(on, "liu", hour=9) as day:
        for balance, place, lot in db.session.execute(query).all():
            inventory.post(
                balance.item_id,
                balance.quantity,
                source=place,
                target=difference,
                document="opening:0",
                lot_id=lot.id,
                second_quantity=balance.second_quantity or None,
                reason="A02",
                on=day,
            )
