"""The import of AdventureWorks, checked with arithmetic of its own on the source tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import func, select

from app.core.db import db
from app.inventory.models import MoveState, StockBalance, StockMove
from app.masterdata.explosion import Structure, explode, low_level_codes
from app.masterdata.models import Item, Partner
from app.planning import queries as planning
from app.planning.models import PlannedOrder
from app.planning.queries.basis import structure
from app.planning.services import run_mrp
from app.sales.services import confirm_order, create_order, review_order
from app.sales.services.orders import REVIEW
from app.subcontracting.models import DeliveryRecord, SupplierScore
from app.subcontracting.services import rate_suppliers
from tests.real.adventureworks import SITE
from tests.real.conftest import TODAY

BIKE = "BK-R93R-62"


def bills(source):
    """Return the lines in force as {parent: [(component, quantity)]}, straight from the table."""
    bills = defaultdict(list)
    for row in source.rows("BillOfMaterials"):
        if row["ProductAssemblyID"] and not row["EndDate"]:
            line = source.numbers[row["ComponentID"]], Decimal(row["PerAssemblyQty"])
            bills[source.numbers[row["ProductAssemblyID"]]].append(line)
    return bills


def _in_force() -> Structure:
    day = TODAY.date()
    return Structure(line for line in structure().lines if line.effective(day))


def _item(number: str) -> Item:
    return db.session.scalars(select(Item).where(Item.number == number)).one()


def test_everything_is_taken(company):
    assert [str(problem) for problem in company.report.problems] == []
    assert company.report.skipped == {}
    assert company.report.taken["items.csv"] == 504
    assert company.report.taken["purchase_history.csv"] == 8845


def test_bike_explodes_to_74_components(company):
    lines, expected = bills(company.source), Counter()

    def walk(parent: str, quantity: Decimal) -> None:
        for component, each in lines[parent]:
            expected[component] += quantity * each
            walk(component, quantity * each)

    walk(BIKE, Decimal(1))
    numbers = {item.id: item.number for item in db.session.scalars(select(Item))}
    found = explode(structure(), _item(BIKE).id, on=TODAY.date())
    assert {numbers[item]: quantity for item, quantity in found.items()} == dict(expected)
    assert len(found) == 74


def test_ended_lines_are_ignored(company):
    ended = sum(
        1 for row in company.source.rows("BillOfMaterials") if row["ProductAssemblyID"] and row["EndDate"]
    )
    assert ended > 0
    lines = structure().lines
    assert len(lines) - len(_in_force().lines) in {0, ended}  # planning may leave them out already
    assert len(_in_force().lines) == sum(len(rows) for rows in bills(company.source).values())


def test_low_level_codes(company):
    codes = low_level_codes(_in_force())
    assert len(codes) == 325
    assert Counter(codes.values()) == {0: 97, 1: 130, 2: 78, 3: 17, 4: 3}


def test_purchase_history_reconciles(company):
    record = DeliveryRecord
    assert db.session.scalar(select(func.count(record.document.distinct()))) == 4012
    assert db.session.scalar(select(func.count(record.id))) == 8845
    rows = db.session.execute(select(record.received, record.accepted)).all()
    assert sum(row.received for row in rows) == 2_327_299
    assert sum(row.received - row.accepted for row in rows) == 72_700


def test_worst_suppliers(company):
    totals = defaultdict(lambda: [Decimal(0), Decimal(0)])
    rows = db.session.execute(
        select(Partner.code, DeliveryRecord.received, DeliveryRecord.accepted).join(
            Partner, Partner.id == DeliveryRecord.supplier_id
        )
    )
    for code, received, accepted in rows:
        totals[code][0] += received
        totals[code][1] += received - accepted
    assert len(totals) == 86
    worst = sorted(totals, key=lambda code: totals[code][1] / totals[code][0], reverse=True)[:3]
    assert [(code, *totals[code]) for code in worst] == [
        ("1510", 153, 9),
        ("1664", 27558, 1510),
        ("1588", 54455, 2940),
    ]


def test_each_supplier_has_what_the_tables_say_it_delivered(company):
    vendors = {row["PurchaseOrderID"]: row["VendorID"] for row in company.source.rows("PurchaseOrderHeader")}
    expected = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for row in company.source.rows("PurchaseOrderDetail"):
        received, rejected = expected[vendors[row["PurchaseOrderID"]]]
        received, rejected = received + Decimal(row["ReceivedQty"]), rejected + Decimal(row["RejectedQty"])
        expected[vendors[row["PurchaseOrderID"]]] = received, rejected
    found = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for code, received, accepted in db.session.execute(
        select(Partner.code, DeliveryRecord.received, DeliveryRecord.accepted).join(
            Partner, Partner.id == DeliveryRecord.supplier_id
        )
    ):
        found[code] = found[code][0] + received, found[code][1] + received - accepted
    assert dict(found) == dict(expected)


def test_stock_moves_sum_to_zero(company):
    moved = defaultdict(Decimal)
    for move in db.session.scalars(select(StockMove).where(StockMove.state == MoveState.DONE)):
        moved[move.item_id, move.from_id] -= move.quantity
        moved[move.item_id, move.to_id] += move.quantity
    assert sum(moved.values()) == 0
    balances = defaultdict(Decimal)
    for balance in db.session.scalars(select(StockBalance)):
        balances[balance.item_id, balance.location_id] += balance.quantity
    assert {key: value for key, value in moved.items() if value} == {
        key: value for key, value in balances.items() if value
    }


def net_requirements(source, demand: dict[str, Decimal]) -> dict[str, Decimal]:
    """Return what must be supplied of each item: parents first, needs + safety stock - stock."""
    lines, stock = bills(source), Counter()
    for row in source.rows("ProductInventory"):
        stock[source.numbers[row["ProductID"]]] += Decimal(row["Quantity"])
    gross, net = Counter(demand), {}
    waiting = Counter(component for rows in lines.values() for component, _ in rows)
    ready = [number for number in source.numbers.values() if not waiting[number]]
    safety = {row["ProductNumber"]: Decimal(row["SafetyStockLevel"]) for row in source.products.values()}
    while ready:
        number = ready.pop()
        net[number] = max(Decimal(0), gross[number] + safety[number] - stock[number])
        for component, each in lines[number]:
            gross[component] += net[number] * each
            waiting[component] -= 1
            if not waiting[component]:
                ready.append(component)
    return {number: quantity for number, quantity in net.items() if quantity}


def test_planned_orders_cover_the_net_requirements(company):
    customer = db.session.scalars(select(Partner).where(Partner.is_customer).order_by(Partner.id)).first()
    line = {
        "item_id": _item(BIKE).id,
        "quantity": "10",
        "due_date": (TODAY.date() + timedelta(days=90)).isoformat(),
    }
    order = create_order(SITE, customer.id, [line])
    review_order(order.id, dict.fromkeys(REVIEW, True))
    confirm_order(order.id)
    plan = run_mrp(SITE)
    numbers = {item.id: item.number for item in db.session.scalars(select(Item))}
    planned = Counter()
    for row in db.session.scalars(select(PlannedOrder).where(PlannedOrder.plan_id == plan["plan_id"])):
        planned[numbers[row.item_id]] += row.quantity
    assert dict(planned) == net_requirements(company.source, {BIKE: Decimal(10)})
    assert planning.latest_plan().id == plan["plan_id"]


def test_scores_follow_from_what_was_received_and_rejected(company):
    details = company.source.rows("PurchaseOrderDetail")
    day = max(date.fromisoformat(row["DueDate"][:10]) for row in details)
    received, accepted, lines = Counter(), Counter(), Counter()
    vendors = {row["PurchaseOrderID"]: row["VendorID"] for row in company.source.rows("PurchaseOrderHeader")}
    for row in details:
        due = date.fromisoformat(row["DueDate"][:10])
        quarters = ((day.year - due.year) * 12 + day.month - due.month) // 3
        code, weight = vendors[row["PurchaseOrderID"]], Decimal("0.8") ** quarters
        received[code] += Decimal(row["ReceivedQty"]) * weight
        accepted[code] += (Decimal(row["ReceivedQty"]) - Decimal(row["RejectedQty"])) * weight
        lines[code] += 1

    rate_suppliers(day.isoformat())

    found = db.session.execute(
        select(Partner.code, SupplierScore)
        .join(Partner, Partner.id == SupplierScore.supplier_id)
        .where(SupplierScore.as_of == day)
    ).all()
    scores = dict(tuple(row) for row in found)
    assert scores.keys() == lines.keys()
    for code, score in scores.items():
        expected = 100 * accepted[code] / received[code]
        assert abs(Decimal(score.parts["quality"]) - expected) < Decimal("0.01"), code
        assert score.sample == lines[code]
        assert (score.total is None) == (lines[code] < 3), code
    assert len(scores) == 86
