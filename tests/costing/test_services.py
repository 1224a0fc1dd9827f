"""Moves are valued once, work in process ends at zero, an order's cost is the sum of its parts."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.core import clock as the_clock
from app.core.actors import Actor, acting
from app.core.db import db
from app.core.errors import DomainError
from app.core.events import EventRecord
from app.costing import queries, services
from app.costing.models import Account, CostEntry, CostVariance, MoveValue, OrderProfit, ProductionCost
from app.costing.queries import orders, production
from app.costing.services.production import wip_of
from app.costing.services.valuation import replay
from app.inventory import services as inventory
from app.inventory.models import Location, LocationKind, Lot
from app.logistics.models import Shipment
from app.masterdata.models import BomLine, Company, Item, Partner, RoutingOperation, Site, Supply, WorkCentre
from app.sales.models import CustomerOrder, CustomerOrderLine, OrderStatus
from app.scheduling.models import WorkOrder, WorkOrderMaterial, WorkOrderOperation, WorkOrderStatus
from app.shopfloor.models import TimeLog

D = Decimal
NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)
K = LocationKind


@pytest.fixture
def plant(app):
    """A site with rates, one material, one product of two materials and one operation."""
    db.session.add(
        Company(
            id=1,
            names={"en": "Test"},
            currency="TWD",
            labour_per_hour=D(300),
            variable_overhead_per_labour_hour=D(60),
            fixed_overhead_per_labour_hour=D(120),
        )
    )
    site = Site(code="T", names={"en": "Test"}, timezone="Asia/Taipei", weekly_off=[5, 6])
    db.session.add(site)
    db.session.flush()
    bar = Item(number="BAR", names={"en": "Bar"}, supply=Supply.BUY, unit="kg", standard_cost=D(50))
    pump = Item(number="PUMP", names={"en": "Pump"}, supply=Supply.MAKE, unit="pc", standard_cost=D("198"))
    centre = WorkCentre(site_id=site.id, code="LATHE", names={"en": "Turning"}, machine_per_hour=D(100))
    db.session.add_all([bar, pump, centre])
    db.session.flush()
    db.session.add(BomLine(parent_id=pump.id, component_id=bar.id, quantity=D(2)))
    db.session.add(
        RoutingOperation(
            item_id=pump.id, number=10, names={"en": "Turn"}, work_centre_id=centre.id, run_minutes=D(10)
        )
    )
    db.session.flush()
    with the_clock.freeze(NOON):
        yield site, bar, pump, centre


def place(site, kind):
    """The site's location of a kind."""
    return inventory.location(site.id, kind)


def buy(site, item, quantity, price, on=date(2026, 3, 2)):
    """Receive a purchase into the store."""
    return inventory.post(
        item.id,
        D(quantity),
        source=place(site, K.SUPPLIER),
        target=place(site, K.INTERNAL),
        document="purchase_order:1",
        unit_cost=D(str(price)),
        on=on,
    )


def issue(site, item, quantity, document="work_order:1", on=None):
    """Issue to work in process."""
    return inventory.post(
        item.id,
        D(quantity),
        source=place(site, K.INTERNAL),
        target=place(site, K.WIP),
        document=document,
        on=on,
    )


def made(site, bar, pump, centre):
    """A finished work order: 12 started, 10 good, 2 scrapped, 25 kg issued, 130 minutes worked."""
    lot = Lot(item_id=pump.id, number="PUMP-1", received_on=date(2026, 3, 9), document="work_order:1")
    db.session.add(lot)
    db.session.flush()
    order = WorkOrder(
        number="MO2603-001",
        site_id=site.id,
        item_id=pump.id,
        lot_id=lot.id,
        quantity=D(12),
        expected_good=D(11),
        good=D(10),
        scrap=D(2),
        status=WorkOrderStatus.FINISHED,
        release_date=date(2026, 3, 5),
        due_date=date(2026, 3, 12),
        created_at=NOON,
        finished_at=NOON,
    )
    db.session.add(order)
    db.session.flush()
    step = WorkOrderOperation(
        work_order_id=order.id,
        number=10,
        names={"en": "Turn"},
        work_centre_id=centre.id,
        setup_minutes=D(0),
        run_minutes=D(10),
        good=D(10),
        scrap=D(2),
    )
    db.session.add_all([step, WorkOrderMaterial(work_order_id=order.id, item_id=bar.id, required=D(24))])
    db.session.flush()
    db.session.add(
        TimeLog(
            work_order_id=order.id,
            operation_id=step.id,
            reported_at=NOON,
            good=D(10),
            scrap=D(2),
            scrap_reason="D01",
            setup_minutes=D(0),
            run_minutes=D(130),
            labour_minutes=D(130),
        )
    )
    buy(site, bar, 100, "52")
    issue(site, bar, 25)
    # Work in process of the product appears at the first operation; the ledger lets WIP make it.
    inventory.post(
        pump.id,
        D(10),
        source=place(site, K.ADJUSTMENT),
        target=place(site, K.WIP),
        document="work_order:1",
        lot_id=lot.id,
    )
    inventory.post(
        pump.id,
        D(10),
        source=place(site, K.WIP),
        target=place(site, K.INTERNAL),
        document="work_order:1",
        lot_id=lot.id,
    )
    return order


def test_a_move_is_valued_once_by_every_method(plant):
    site, bar, *_ = plant
    buy(site, bar, 10, 10)
    buy(site, bar, 10, 20)
    issue(site, bar, 15)

    assert services.value_moves()["items"] == 1
    before = db.session.scalar(select(func.count(CostEntry.id)))
    assert services.value_moves() == {"items": 0, "entries": 0}

    assert db.session.scalar(select(func.count(MoveValue.id))) == 3 * 5
    assert db.session.scalar(select(func.count(CostEntry.id))) == before == 3
    (stock,) = queries.inventory_values()
    assert stock.values["moving_average"] == 75
    assert stock.values["fifo"] == 100
    assert stock.values["last_purchase"] == 100
    assert queries.check() == []


def test_replay_posts_nothing_new(plant):
    site, bar, *_ = plant
    buy(site, bar, 3, "9.99")
    issue(site, bar, 1)
    services.value_moves()

    assert replay(bar.id) == 0


def test_a_backdated_receipt_revalues_what_came_after(plant):
    site, bar, *_ = plant
    buy(site, bar, 10, 10)
    issue(site, bar, 5, on=date(2026, 3, 8))
    services.value_moves()
    buy(site, bar, 10, 20, on=date(2026, 3, 3))
    services.value_moves()

    revaluation = db.session.scalars(select(CostEntry).where(CostEntry.name == "revaluation")).one()
    assert (revaluation.debit, revaluation.credit, revaluation.amount) == (Account.WIP, Account.INVENTORY, 25)
    assert queries.check() == []


def test_customer_supplied_stock_has_no_value(plant):
    site, bar, *_ = plant
    owner = Partner(code="C01", names={"en": "Owner"}, is_customer=True)
    db.session.add(owner)
    db.session.flush()
    inventory.post(
        bar.id,
        D(5),
        source=place(site, K.CUSTOMER),
        target=place(site, K.INTERNAL),
        document="receipt:1",
        owner_id=owner.id,
    )

    assert services.value_moves() == {"items": 0, "entries": 0}


def test_a_closed_month_takes_no_more_postings(plant):
    site, bar, *_ = plant
    with the_clock.freeze(datetime(2026, 4, 2, tzinfo=UTC)):
        buy(site, bar, 10, 10)
        services.close_period("2026-03")
        buy(site, bar, 10, 20, on=date(2026, 3, 30))
        services.value_moves()

    periods = list(db.session.scalars(select(CostEntry.period).order_by(CostEntry.id)))
    assert periods == ["2026-03", "2026-04"]


def test_a_month_that_is_not_over_cannot_be_closed(plant):
    with pytest.raises(DomainError):
        services.close_period("2026-03")


def test_work_in_process_is_zero_after_the_work_order_is_closed(plant):
    order = made(*plant)
    services.close_work_order(order.id)
    cost = db.session.scalars(select(ProductionCost)).one()

    assert cost.material == 25 * 52
    assert (cost.labour, cost.machine) == (650, D("216.67"))
    assert (cost.variable_overhead, cost.fixed_overhead) == (130, 260)
    assert cost.received_value == 1980
    assert sum(db.session.scalars(select(CostVariance.amount))) == cost.received_value - cost.total
    assert wip_of("work_order:1") == 0
    assert queries.balances()[Account.WIP]["balance"] == 0
    assert order.status is WorkOrderStatus.CLOSED
    assert queries.check() == []


def test_every_variance_of_the_work_order_has_its_figure(plant):
    order = made(*plant)
    services.close_work_order(order.id)
    named = dict(db.session.execute(select(CostVariance.name, CostVariance.amount)).all())

    assert named["material_price"] == 25 * (50 - 52)
    assert named["material_usage"] == (24 - 25) * 50
    assert named["labour_efficiency"] == -50
    assert named["fixed_overhead_efficiency"] == -20
    assert (named["scrap_normal"], named["scrap_abnormal"]) == (D("-196.67"), D("-196.66"))


def test_closing_a_work_order_twice_has_one_effect(plant):
    order = made(*plant)
    first = services.close_work_order(order.id)
    entries = db.session.scalar(select(func.count(CostEntry.id)))

    assert services.close_work_order(order.id) == first
    assert db.session.scalar(select(func.count(CostEntry.id))) == entries


def test_an_unfinished_work_order_is_refused(plant):
    order = made(*plant)
    order.finished_at = None

    with pytest.raises(DomainError, match="not finished"):
        services.close_work_order(order.id)


def shipped(plant):
    """A customer order for 8 pumps at 300, shipped from the work order's lot."""
    site, _bar, pump, _centre = plant
    order = made(*plant)
    customer = Partner(code="C03", names={"en": "Buyer"}, is_customer=True)
    db.session.add(customer)
    db.session.flush()
    sale = CustomerOrder(
        number="SO2603-0001",
        site_id=site.id,
        customer_id=customer.id,
        entered_on=date(2026, 3, 2),
        currency="TWD",
        status=OrderStatus.DELIVERED,
        created_at=NOON,
        lines=[
            CustomerOrderLine(
                number=1,
                item_id=pump.id,
                quantity=D(8),
                shipped=D(8),
                price=D(300),
                due_date=date(2026, 3, 20),
            )
        ],
    )
    db.session.add(sale)
    db.session.flush()
    shipment = Shipment(
        number="SH1", site_id=site.id, order_id=sale.id, customer_id=customer.id, created_at=NOON
    )
    db.session.add(shipment)
    db.session.flush()
    inventory.post(
        pump.id,
        D(8),
        source=place(site, K.INTERNAL),
        target=place(site, K.CUSTOMER),
        document=f"shipment:{shipment.id}",
        lot_id=order.lot_id,
    )
    return sale


def test_an_orders_cost_is_the_sum_of_its_parts(plant):
    sale = shipped(plant)

    assert services.order_cost(sale.id)["open"] == 0
    found = orders.order_cost(sale.id)
    assert found.revenue == 2400
    assert found.posted == 8 * 198
    assert sum(found.elements.values()) == found.cost
    (share,) = found.shares
    assert share.share == D("0.8")
    actual = share.of(
        share.cost.total + sum(v.amount for v in share.cost.variances if v.name == "scrap_abnormal")
    )
    assert abs(found.cost - actual) <= D("0.02")


def test_the_reviewer_cannot_approve(plant):
    sale = shipped(plant)
    services.order_cost(sale.id)
    with acting(Actor(user_id=7, login="yang")):
        services.review(sale.id)
        with pytest.raises(DomainError):
            services.approve(sale.id)


def test_closing_posts_the_share_of_variances_and_tells(plant):
    sale = shipped(plant)
    services.order_cost(sale.id)
    services.approve(sale.id)
    services.close_order(sale.id)

    profit = db.session.scalars(select(OrderProfit)).one()
    entry = db.session.scalars(select(CostEntry).where(CostEntry.name == "order_variance")).one()
    assert entry.amount == abs(profit.variances)
    goods = queries.balances()[Account.COST_OF_GOODS]["balance"]
    assert goods == profit.cost
    told = select(EventRecord).where(EventRecord.name == "costing.order_closed")
    assert db.session.scalars(told).one().key == f"customer_order:{sale.id}"


def test_an_order_that_is_not_approved_cannot_be_closed(plant):
    sale = shipped(plant)
    services.order_cost(sale.id)

    with pytest.raises(DomainError):
        services.close_order(sale.id)


def test_standards_are_rolled_up_from_the_tables(plant):
    _site, _bar, pump, _centre = plant
    services.set_standards("2026-03-01", "1")

    assert pump.standard_cost == D("196.67")


def test_facts_of_a_work_order_take_returned_material_back_off(plant):
    site, bar, *_ = plant
    order = made(*plant)
    inventory.post(
        bar.id,
        D(1),
        source=place(site, K.WIP),
        target=place(site, K.INTERNAL),
        document="work_order:1",
    )
    services.value_moves()
    (used,) = production.work_order_facts(order.id).used

    assert (used.quantity, used.posted) == (24, 24 * 52)


def test_every_location_kind_has_a_counter_account(plant):
    site, *_ = plant
    assert {kind for kind in K if place(site, kind)} == set(K)
    assert db.session.scalar(select(func.count(Location.id))) == len(K)
