"""Invoices clear what was received; what they differ by is a cost of the goods, or has a name."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.core import clock as the_clock
from app.core.db import db
from app.core.errors import DomainError
from app.costing import queries, services
from app.costing.models import Account, CostEntry, CostVariance
from app.inventory import services as inventory
from app.inventory.models import LocationKind as K
from app.masterdata.models import Partner, Valuation
from app.purchasing.models import (
    InvoiceStatus,
    OrderStatus,
    PurchaseOrder,
    PurchaseOrderLine,
    SupplierInvoice,
    SupplierInvoiceLine,
    SupplierReturn,
)
from app.scheduling.models import WorkOrderOperation
from app.subcontracting.models import Form, SubcontractOrder
from app.subcontracting.models import OrderStatus as SubcontractStatus
from tests.costing.conftest import NOON, issue, made, place

D = Decimal


@pytest.fixture
def supplier(plant):
    """A taxable supplier."""
    found = Partner(code="S01", names={"en": "Metals"}, is_supplier=True)
    db.session.add(found)
    db.session.flush()
    return found


def ordered(plant, supplier, quantity, price, item="bar"):
    """An order of one line whose goods came and were accepted; without an item it is an expense."""
    site, bar, *_ = plant
    bought = bar if item else None
    order = PurchaseOrder(
        number="PO1",
        site_id=site.id,
        supplier_id=supplier.id,
        status=OrderStatus.RECEIVED,
        ordered_on=date(2026, 3, 2),
        currency="TWD",
        decimals=0,
        created_at=NOON,
        lines=[
            PurchaseOrderLine(
                number=1,
                item_id=bought.id if bought else None,
                description=None if bought else "End mills",
                quantity=D(quantity),
                received=D(quantity),
                accepted=D(quantity),
                price=D(str(price)),
                price_unit="kg",
                due_date=date(2026, 3, 9),
            )
        ],
    )
    db.session.add(order)
    db.session.flush()
    return order


def received(plant, order, quantity, price, lot_id=None):
    """Goods of the order's line come into the store."""
    site, bar, *_ = plant
    return inventory.post(
        bar.id,
        D(str(quantity)),
        source=place(site, K.SUPPLIER),
        target=place(site, K.INTERNAL),
        document=f"purchase_order:{order.id}",
        line="1",
        lot_id=lot_id,
        unit_cost=D(str(price)),
        on=date(2026, 3, 4),
    )


def invoiced(supplier, quantity, amount, *, tax=0, line=None, outside=None, number="AB10000001"):
    """An invoice that was matched and is owed."""
    invoice = SupplierInvoice(
        number=f"AP{number}",
        supplier_id=supplier.id,
        invoice_number=number,
        invoice_date=date(2026, 3, 10),
        currency="TWD",
        decimals=0,
        net=D(amount),
        tax=D(tax),
        status=InvoiceStatus.POSTED,
        created_at=NOON,
        lines=[
            SupplierInvoiceLine(
                order_line_id=line.id if line else None,
                subcontract_order_id=outside.id if outside else None,
                quantity=D(str(quantity)),
                price=D(1),
                amount=D(amount),
            )
        ],
    )
    (line or outside).invoiced += D(str(quantity))
    db.session.add(invoice)
    db.session.flush()
    return invoice


def balance(account):
    """An account's balance, debit positive."""
    return queries.balances()[account]["balance"]


def test_an_invoice_clears_what_was_received_and_its_rounding_is_a_cost_of_the_goods(plant, supplier):
    order = ordered(plant, supplier, "124.6", 128)
    received(plant, order, "124.6", 128)
    services.value_moves()
    assert queries.received_not_invoiced() == {f"purchase_order:{order.id}:1": D("15948.80")}
    invoiced(supplier, "124.6", 15949, tax=797, line=order.lines[0])
    services.value_moves()

    assert queries.received_not_invoiced() == {}
    assert balance(Account.PAYABLE) == -(15949 + 797)
    assert balance(Account.INPUT_TAX) == 797
    assert balance(Account.INVENTORY) == 15949
    assert queries.check() == []
    assert services.value_moves() == {"items": 0, "entries": 0}


def test_a_higher_price_follows_the_goods_into_what_they_went_into(plant, supplier):
    site, bar, *_ = plant
    order = ordered(plant, supplier, 10, 50)
    received(plant, order, 10, 50)
    issue(site, bar, 4, on=date(2026, 3, 5))
    services.value_moves()
    invoiced(supplier, 10, 600, line=order.lines[0])
    services.value_moves()

    assert queries.received_not_invoiced() == {}
    assert (balance(Account.INVENTORY), balance(Account.WIP)) == (360, 240)


def test_at_standard_a_higher_price_is_a_price_difference(plant, supplier):
    _site, bar, *_ = plant
    bar.valuation = Valuation.STANDARD
    order = ordered(plant, supplier, 10, 50)
    received(plant, order, 10, 50)
    invoiced(supplier, 10, 600, line=order.lines[0])
    services.value_moves()

    assert (balance(Account.INVENTORY), balance(Account.PRICE_DIFFERENCE)) == (500, 100)
    assert queries.received_not_invoiced() == {}


def test_in_a_closed_month_only_what_is_on_hand_takes_the_difference(plant, supplier):
    site, bar, *_ = plant
    order = ordered(plant, supplier, 10, 50)
    received(plant, order, 10, 50)
    issue(site, bar, 4, on=date(2026, 3, 5))
    with the_clock.freeze(datetime(2026, 4, 2, tzinfo=UTC)):
        services.close_period("2026-03")
        invoiced(supplier, 10, 600, line=order.lines[0])
        services.value_moves()

    assert (balance(Account.INVENTORY), balance(Account.WIP)) == (360, 200)
    assert balance(Account.VARIANCE) == 40
    assert queries.received_not_invoiced() == {}


def test_a_part_invoice_leaves_the_rest_at_the_orders_price(plant, supplier):
    order = ordered(plant, supplier, 10, 50)
    received(plant, order, 10, 50)
    invoiced(supplier, 4, 220, line=order.lines[0])
    services.value_moves()
    assert queries.received_not_invoiced() == {f"purchase_order:{order.id}:1": D(300)}

    invoiced(supplier, 6, 300, line=order.lines[0], number="AB10000002")
    services.value_moves()
    assert queries.received_not_invoiced() == {}
    assert balance(Account.INVENTORY) == 520


def test_what_goes_back_to_the_supplier_is_not_invoiced(plant, supplier):
    site, bar, *_ = plant
    order = ordered(plant, supplier, 3, "33.33")
    lot = inventory.make_lot(bar, "B1", received_on=date(2026, 3, 4))
    received(plant, order, 3, "33.33", lot_id=lot.id)
    inventory.post(
        bar.id,
        D(1),
        source=place(site, K.INTERNAL),
        target=place(site, K.SUPPLIER),
        document="nonconformance:1",
        lot_id=lot.id,
    )
    order.lines[0].accepted = D(2)
    invoiced(supplier, 2, 67, line=order.lines[0])
    services.value_moves()

    assert queries.received_not_invoiced() == {}
    assert balance(Account.PAYABLE) == -67


def test_a_credit_note_settles_what_went_back_after_its_invoice(plant, supplier):
    site, bar, *_ = plant
    order = ordered(plant, supplier, 10, 50)
    lot = inventory.make_lot(bar, "B1", received_on=date(2026, 3, 4))
    received(plant, order, 10, 50, lot_id=lot.id)
    invoiced(supplier, 10, 500, tax=25, line=order.lines[0])
    inventory.post(
        bar.id,
        D(2),
        source=place(site, K.INTERNAL),
        target=place(site, K.SUPPLIER),
        document="supplier_return:1",
        lot_id=lot.id,
    )
    services.value_moves()
    key = f"purchase_order:{order.id}:1"
    assert queries.received_not_invoiced() == {key: D(-100)}
    assert balance(Account.INVENTORY) == 400

    db.session.add(
        SupplierReturn(
            number="RT1",
            site_id=site.id,
            supplier_id=supplier.id,
            nonconformance_id=1,
            document=f"purchase_order:{order.id}",
            order_line_id=order.lines[0].id,
            item_id=bar.id,
            lot_id=lot.id,
            quantity=D(2),
            in_stock_before=True,
            credit_quantity=D(2),
            credit_number="CN1",
            credit_date=date(2026, 3, 20),
            credit_net=D(100),
            credit_tax=D(5),
            created_at=NOON,
        )
    )
    order.lines[0].accepted, order.lines[0].invoiced = D(8), D(8)
    db.session.flush()
    services.value_moves()

    assert queries.received_not_invoiced() == {}
    assert balance(Account.PAYABLE) == -(525 - 105)
    assert balance(Account.INPUT_TAX) == 20
    assert services.value_moves() == {"items": 0, "entries": 0}


def test_rejected_pieces_that_were_scrapped_here_are_not_owed(plant, supplier):
    site, bar, *_ = plant
    order = ordered(plant, supplier, 10, 65)
    lot = inventory.make_lot(bar, "B1", received_on=date(2026, 3, 4))
    received(plant, order, 10, 65, lot_id=lot.id)
    inventory.post(
        bar.id,
        D(2),
        source=place(site, K.INTERNAL),
        target=place(site, K.SCRAP),
        document=f"purchase_order:{order.id}",
        lot_id=lot.id,
    )
    order.lines[0].accepted, order.lines[0].rejected = D(8), D(2)
    invoiced(supplier, 8, 520, line=order.lines[0])
    order.status = OrderStatus.CLOSED
    services.value_moves()

    assert queries.received_not_invoiced() == {}
    assert (balance(Account.SCRAP), balance(Account.INVENTORY)) == (0, 520)


def test_what_is_not_stocked_is_an_expense(plant, supplier):
    order = ordered(plant, supplier, 3, 1200, item=None)
    invoiced(supplier, 3, 3600, tax=180, line=order.lines[0])
    services.value_moves()

    assert balance(Account.EXPENSE) == 3600
    assert queries.received_not_invoiced() == {}


@pytest.fixture
def outside(plant, supplier):
    """A finished work order with an outside operation of 10 pieces at 38."""
    order = made(*plant)
    db.session.add(
        WorkOrderOperation(
            work_order_id=order.id,
            number=20,
            names={"en": "Anodise"},
            supplier_id=supplier.id,
            setup_minutes=D(0),
            run_minutes=D(0),
            good=D(10),
        )
    )
    found = SubcontractOrder(
        number="SC1",
        site_id=plant[0].id,
        supplier_id=supplier.id,
        item_id=order.item_id,
        form=Form.OPERATION,
        status=SubcontractStatus.RECEIVED,
        quantity=D(10),
        received=D(10),
        accepted=D(10),
        price=D(38),
        price_unit="pc",
        currency="TWD",
        decimals=0,
        ordered_on=date(2026, 3, 4),
        release_date=date(2026, 3, 4),
        due_date=date(2026, 3, 9),
        work_order_id=order.id,
        operation=20,
        created_at=NOON,
    )
    db.session.add(found)
    db.session.flush()
    return order, found


@pytest.mark.parametrize("first", ["invoice", "cost"])
def test_outside_work_is_settled_whether_its_invoice_or_the_costing_comes_first(supplier, outside, first):
    order, work = outside
    if first == "cost":
        services.close_work_order(order.id)
        assert queries.received_not_invoiced()[f"subcontract_order:{work.id}"] == 380
    invoiced(supplier, 10, 400, outside=work)
    services.close_work_order(order.id)
    services.value_moves()

    assert f"subcontract_order:{work.id}" not in queries.received_not_invoiced()
    assert balance(Account.WIP) == 0
    assert balance(Account.PAYABLE) == -400


def test_wages_above_the_standard_are_the_labour_rate_variance(plant):
    order = made(*plant)
    services.set_wage("2026-03", "330")
    services.close_work_order(order.id)
    named = dict(db.session.execute(select(CostVariance.name, CostVariance.amount)).all())
    labour = db.session.scalars(select(CostEntry).where(CostEntry.name == "labour")).one()

    assert named["labour_rate"] == D("-65.00")  # 130 minutes at 300 instead of 330
    assert labour.amount == D("715.00")


def test_a_work_centres_own_wage_goes_before_the_general_one(plant):
    *_, centre = plant
    order = made(*plant)
    services.set_wage("2026-03", "330")
    services.set_wage("2026-03", "300", work_centre_id=str(centre.id))
    services.close_work_order(order.id)

    assert "labour_rate" not in set(db.session.scalars(select(CostVariance.name)))


@pytest.mark.parametrize(
    ("month", "amount", "centre"),
    [("March", "1", "0"), ("2026-03", "0", "0"), ("2026-03", "x", "0"), ("2026-03", "1", "99")],
)
def test_a_wage_that_is_none_is_refused(plant, month, amount, centre):
    with pytest.raises(DomainError):
        services.set_wage(month, amount, work_centre_id=centre)


def test_the_page_of_wages_takes_one(plant, login):
    db.session.commit()
    browser = login("cost_accountant")
    answer = browser.post(
        "/costing/wages", data={"month": "2026-03", "per_hour": "284", "work_centre_id": "0"}
    )

    assert answer.status_code == 302
    assert "284" in browser.get("/costing/wages").text
