"""Customer orders: entered, reviewed, confirmed, revised, cancelled."""

from datetime import date
from decimal import Decimal

import pytest

from app.core.errors import Conflict, DomainError
from app.core.events import EventRecord
from app.inventory import services as inventory
from app.inventory.models import LocationKind, LotStatus, MoveState, StockMove
from app.masterdata.models import CustomerItem, Item, Partner, Site, Supply
from app.sales import services
from app.sales.models import OrderRevision, OrderStatus

SETTLED = dict.fromkeys(("drawing", "tooling", "capacity", "certificates"), True)
DUE = date(2026, 4, 10)


@pytest.fixture
def pump(session, clock):
    clock("2026-03-02T01:00:00+00:00")
    site = Site(code="DY", names={"en": "Daya"}, timezone="Asia/Taipei", weekly_off=[5, 6])
    customer = Partner(code="C01", names={"en": "Mikawa"}, is_customer=True, currency="JPY")
    item = Item(
        number="GP25",
        names={"en": "Gear pump"},
        supply=Supply.MAKE,
        unit="unit",
        unit_decimals=0,
        revision="C",
        prices={"JPY": "8800"},
    )
    session.add_all([site, customer, item])
    session.flush()
    session.add(
        CustomerItem(customer_id=customer.id, item_id=item.id, part_number="MK-1", drawing_revision="C")
    )
    session.flush()
    return item


def enter(pump, session, quantity="120", due=DUE):
    customer = session.query(Partner).one()
    return services.create_order(
        "DY", customer.id, [{"item_id": pump.id, "quantity": quantity, "due_date": due}]
    )


def confirm(pump, session, **line):
    order = enter(pump, session, **line)
    services.review_order(order.id, SETTLED)
    services.confirm_order(order.id)
    return order


def expected(session):
    moves = session.query(StockMove).filter_by(state=MoveState.EXPECTED).order_by(StockMove.date)
    return [(move.quantity, move.date, move.line) for move in moves]


def test_an_order_takes_price_part_number_and_drawing_from_what_is_known(pump, session):
    [line] = enter(pump, session).lines

    assert (line.price, line.customer_part, line.drawing_revision) == (Decimal(8800), "MK-1", "C")


def test_orders_are_numbered_by_month(pump, session):
    assert [enter(pump, session).number for _ in range(2)] == ["SO2603-0001", "SO2603-0002"]


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "1e99", "0.5", "", "ten"])
def test_a_quantity_that_cannot_be_is_refused(pump, session, quantity):
    with pytest.raises(DomainError) as refused:
        enter(pump, session, quantity=quantity)

    assert refused.value.field == "lines.0.quantity"


def test_full_width_digits_are_read(pump, session):
    assert enter(pump, session, quantity="１２").lines[0].quantity == 12


def test_an_order_is_not_confirmed_before_its_review_settled_everything(pump, session):
    order = enter(pump, session)
    services.review_order(order.id, SETTLED | {"tooling": False})

    with pytest.raises(DomainError, match="Tooling"):
        services.confirm_order(order.id)


def test_confirming_expects_the_issue_and_tells_so(pump, session):
    order = confirm(pump, session)

    assert expected(session) == [(120, DUE, "1")]
    [told] = session.query(EventRecord).filter_by(name="sales.order_confirmed")
    assert (told.key, told.payload) == (f"customer_order:{order.id}", {"order_id": order.id})


def test_an_order_is_confirmed_once(pump, session):
    order = confirm(pump, session)

    with pytest.raises(Conflict):
        services.confirm_order(order.id)


def test_a_split_replaces_what_is_expected_and_is_recorded(pump, session):
    order = confirm(pump, session)

    services.revise_order(
        order.id,
        [
            {"number": 1, "quantity": "80", "due_date": "2026-04-10"},
            {"item_id": pump.id, "quantity": "40", "due_date": "2026-04-17"},
        ],
        "seals come late",
    )

    assert expected(session) == [(80, date(2026, 4, 10), "1"), (40, date(2026, 4, 17), "2")]
    revision = session.query(OrderRevision).one()
    assert (revision.revision, len(revision.before), len(revision.after)) == (2, 1, 2)


def test_a_revision_cannot_take_back_what_was_shipped(pump, session):
    order = confirm(pump, session)
    order.lines[0].shipped = Decimal(100)

    with pytest.raises(DomainError) as refused:
        services.revise_order(order.id, [{"number": 1, "quantity": "80", "due_date": "2026-04-10"}], "fewer")

    assert refused.value.code == "below_shipped"


def test_cancelling_withdraws_what_was_expected(pump, session):
    order = confirm(pump, session)

    services.cancel_order(order.id, "customer withdrew")

    assert expected(session) == []
    assert order.status is OrderStatus.CANCELLED


def test_a_copy_takes_the_lines_but_not_the_review(pump, session):
    order = confirm(pump, session)

    copy = services.copy_order(order.id, due_date=date(2026, 6, 1))

    assert copy.copied_from_id == order.id
    assert [(line.quantity, line.due_date) for line in copy.lines] == [(120, date(2026, 6, 1))]
    assert copy.review == {}


def test_goods_are_made_when_the_next_delivery_is_in_the_house(pump, session):
    order = confirm(pump, session)

    assert services.goods_made(order.id) == {"ready": False, "waiting_for": f"item:{pump.id}"}


@pytest.mark.parametrize(("status", "ready"), [(LotStatus.QUARANTINE, True), (LotStatus.BLOCKED, False)])
def test_a_blocked_lot_under_inspection_is_no_delivery(pump, session, status, ready):
    order = confirm(pump, session)
    lot = inventory.make_lot(pump, "GP25-1", received_on=DUE, status=status)
    wip, waiting = (
        inventory.location(order.site_id, kind) for kind in (LocationKind.WIP, LocationKind.INSPECTION)
    )
    inventory.post(pump.id, Decimal(120), source=wip, target=waiting, document="work_order:1", lot_id=lot.id)

    assert services.goods_made(order.id)["ready"] is ready


def test_an_order_is_delivered_when_every_line_is_shipped(pump, session):
    order = confirm(pump, session)
    assert services.record_delivery(order.id)["complete"] is False
    order.lines[0].shipped = Decimal(120)

    assert services.record_delivery(order.id)["complete"] is True
    assert order.status is OrderStatus.DELIVERED
