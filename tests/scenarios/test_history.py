"""The demo's past fills every page and changes no figure of its story."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.core import audit_check, clock
from app.core.db import db
from app.costing.models import CostVariance, ProductionCost
from app.costing.queries import books, invoices
from app.demo import load
from app.demo.loader import plant
from app.inventory.models import Location, LocationKind, Lot, StockBalance
from app.masterdata.models import Item, Partner
from app.purchasing.models import OrderStatus, PurchaseOrder
from app.quality.models import Nonconformance, NonconformanceStatus
from app.scheduling.models import WorkOrder, WorkOrderStatus
from app.subcontracting.models import SupplierScore
from app.subcontracting.scoring import Standing
from app.workflow.models import Incident, ProcessInstance
from tests import conftest
from tests.scenarios.driver import Factory
from tests.scenarios.test_order_to_cost import planned

MORNING = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Factory]:
    """The factory with its past, on the first morning of its story."""
    folder = tmp_path_factory.mktemp("history")
    for app in conftest._app(f"sqlite:///{folder}/history.db", folder):
        app.config["DEMO"] = True
        with clock.freeze(MORNING):
            load(history=True)
            yield Factory(app)


def test_the_past_changes_no_figure_of_the_story(factory: Factory) -> None:
    found = planned()
    for item, expected in plant()["expected_mrp"].items():
        assert found[item].quantity == Decimal(str(expected["quantity"])), item
        assert found[item].release_date == expected["release"], item
    stock = db.session.execute(
        select(Item.number, Lot.number, StockBalance.quantity)
        .join(StockBalance, StockBalance.item_id == Item.id)
        .join(Lot, Lot.id == StockBalance.lot_id)
        .join(Location, Location.id == StockBalance.location_id)
        .where(StockBalance.quantity > 0, Location.kind == LocationKind.INTERNAL)
    ).all()
    assert {(item, lot): quantity for item, lot, quantity in stock} == {
        (code, f"{code}-260227"): Decimal(str(row["stock"]))
        for code, row in plant()["items"].items()
        if row["stock"]
    }
    for value in books.inventory_values():
        assert value.posted == value.quantity * value.item.standard_cost, value.item.number


def test_suppliers_are_rated_from_what_they_delivered(factory: Factory) -> None:
    rows = db.session.execute(
        select(Partner.code, SupplierScore).join(SupplierScore, SupplierScore.supplier_id == Partner.id)
    ).all()
    scores = dict(tuple(row) for row in rows)
    rated = {code for code, score in scores.items() if score.total is not None}

    assert {"S01", "S02", "S04", "P01", "P02", "P03"} <= rated
    assert Decimal(scores["S02"].parts["delivery"]) < 100 == Decimal(scores["S02"].parts["quality"])
    assert Decimal(scores["S04"].parts["quality"]) < 100
    assert scores["S02"].standing is not Standing.PREFERRED
    assert scores["S01"].standing is Standing.PREFERRED


def test_the_past_is_closed_paid_and_costed(factory: Factory) -> None:
    past = db.session.scalars(select(PurchaseOrder).where(PurchaseOrder.ordered_on < MORNING.date())).all()
    assert len(past) == 22
    assert {order.status for order in past} == {OrderStatus.CLOSED}
    made = db.session.scalars(select(WorkOrder).where(WorkOrder.plan_id.is_(None))).all()
    assert {order.status for order in made} == {WorkOrderStatus.CLOSED}
    assert db.session.scalar(select(func.count(ProductionCost.id))) == len(made) == 6
    assert "labour_rate" in set(db.session.scalars(select(CostVariance.name)))
    assert {one.status for one in db.session.scalars(select(Nonconformance))} == {NonconformanceStatus.CLOSED}
    assert invoices.received_not_invoiced() == {}
    assert books.check() == []
    assert audit_check.verify().code is None


def test_no_process_starts_for_the_past(factory: Factory) -> None:
    processes = set(db.session.scalars(select(ProcessInstance.process)))
    assert processes == {"main.order_to_cost"}
    assert db.session.scalar(select(func.count(Incident.id))) == 0


@pytest.mark.parametrize(
    "page",
    [
        "/subcontracting/suppliers",
        "/purchasing/orders",
        "/purchasing/invoices",
        "/scheduling/work-orders",
        "/quality/inspections",
        "/quality/nonconformances",
        "/costing/work-orders",
        "/costing/accounts",
        "/costing/wages",
    ],
)
def test_step_pages_have_something_to_show(factory: Factory, page: str) -> None:
    answer = factory.browser("lin").get(page)

    assert answer.status_code == 200
    assert "<tbody>" in answer.text
