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
from app.inventory.models import Location, LocationKind
from app.masterdata.models import Partner
from app.scheduling.models import WorkOrderStatus
from tests.costing.conftest import buy, issue, made, place, shipped

D = Decimal
K = LocationKind


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
    assert (named["scrap_normal"], named["scrap_abnormal"]) == (D("-236.00"), D("-157.33"))


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
