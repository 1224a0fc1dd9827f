"""A small plant: one material, one product, one work order, one shipped customer order."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.core import clock as the_clock
from app.core.db import db
from app.inventory import services as inventory
from app.inventory.models import LocationKind, Lot
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
    pump = Item(
        number="PUMP",
        names={"en": "Pump"},
        supply=Supply.MAKE,
        unit="pc",
        standard_cost=D("198"),
        yield_ratio=D("0.9"),
    )
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
    """A finished work order: 12 started, 10 good, 2 scrapped of 1.2 expected, 25 kg issued, 130 minutes worked."""
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
