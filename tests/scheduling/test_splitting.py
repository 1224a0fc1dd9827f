"""A work order that has not begun is divided; nothing is lost between the two."""

from datetime import date
from decimal import Decimal

import pytest

from app.core.db import db
from app.core.errors import DomainError
from app.inventory.models import StockMove
from app.scheduling import queries, services
from app.scheduling.models import WorkOrderStatus

D = Decimal


def expected(order):
    """What an order still announces, by item."""
    moves = db.session.query(StockMove).filter_by(document=order.document, state="expected")
    return {move.item_id: move.quantity for move in moves}


def test_the_rest_takes_its_share_of_pieces_and_material(plant):
    (order,) = plant.release("114", good="110")
    before = expected(order)
    required = queries.work_order(order.id).materials[0].required
    rest = services.split_work_order(order.id, "38", "2026-04-17")
    order, rest = queries.work_order(order.id), queries.work_order(rest.id)

    assert (order.quantity, rest.quantity) == (76, 38)
    assert order.expected_good + rest.expected_good == 110
    assert order.materials[0].required + rest.materials[0].required == required
    assert (rest.due_date, rest.plan_id) == (date(2026, 4, 17), order.plan_id)
    assert [row.number for row in rest.operations] == [row.number for row in order.operations]
    assert {key: expected(order)[key] + expected(rest)[key] for key in before} == before


@pytest.mark.parametrize("quantity", ["0", "114", "200", "x"])
def test_only_part_of_an_order_is_split_off(plant, quantity):
    (order,) = plant.release("114")

    with pytest.raises(DomainError):
        services.split_work_order(order.id, quantity, "2026-04-17")


def test_an_order_that_has_begun_is_not_split(plant):
    (order,) = plant.release("114")
    order.status = WorkOrderStatus.IN_PROCESS

    with pytest.raises(DomainError, match="not begun"):
        services.split_work_order(order.id, "10", "2026-04-17")
