"""From cleared stock to a delivered shipment."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.inventory import queries as inventory
from app.inventory.models import Location, LocationKind
from app.logistics import queries, services
from app.logistics.models import PutAwayRule, ShipmentStatus
from app.quality import services as quality

APRIL_10, APRIL_17 = date(2026, 4, 10), date(2026, 4, 17)


@pytest.fixture
def ready(plant):
    """Two lots of 60 in store and an order of 80 now and 40 a week later."""
    plant.receive(60, into="internal", number="A", on=date(2026, 3, 1))
    plant.receive(60, into="internal", number="B", on=date(2026, 3, 2))
    return plant.order((plant.body, 80, APRIL_10), (plant.body, 40, APRIL_17))


def picked_in_full(shipment_id):
    """Return the warehouse's answer: everything was where the list said."""
    return [
        {"line_id": str(line.id), "picked": str(line.quantity)}
        for line in queries.shipment(shipment_id).lines
    ]


def shipped(order):
    """Pick in full and ship the order's next delivery; returns the shipment's id."""
    picking = services.pick(order.id)
    services.record_pick(picking["shipment_id"], picked_in_full(picking["shipment_id"]))
    services.ship(picking["shipment_id"], [{"contents": "4 x BD25", "gross_kg": "12.5"}], "Kerry", "TW123")
    return picking["shipment_id"]


def test_an_order_is_ready_when_accepted_stock_covers_its_next_delivery(plant):
    order = plant.order((plant.body, 80, APRIL_10))
    assert services.order_ready(order.id) == {"ready": False, "waiting_for": f"item:{plant.body.id}"}

    plant.film_plan()
    lot = plant.receive(80)
    assert quality.clearance(order.id)["ready"] is False

    asked = quality.request_inspection("final", plant.body.id, lot.id, "80", "work_order:7")
    assert asked["required"] is False
    assert services.order_ready(order.id) == {"ready": True, "waiting_for": ""}


def test_only_what_is_due_first_is_picked_oldest_lot_first(plant, ready):
    picking = services.pick(ready.id)

    lines = queries.shipment(picking["shipment_id"]).lines
    assert [(line.lot.number, line.quantity) for line in lines] == [("A", 60), ("B", 20)]
    assert (picking["picks"], picking["short"]) == (2, 0)
    assert sum(stock.free for stock in inventory.usable(plant.body.id, plant.site.id)) == 40


def test_what_expires_first_is_picked_first(plant):
    old = plant.receive(5, into="internal", number="OLD", on=date(2026, 3, 1))
    new = plant.receive(5, into="internal", number="NEW", on=date(2026, 3, 2))
    old.expires_on, new.expires_on = date(2099, 2, 1), date(2099, 1, 1)
    order = plant.order((plant.body, 5, APRIL_10))

    picking = services.pick(order.id)

    assert [line.lot.number for line in queries.shipment(picking["shipment_id"]).lines] == ["NEW"]


def test_stock_reserved_for_one_order_is_not_promised_to_another(plant, ready):
    services.pick(ready.id)
    ready.lines[0].shipped = Decimal(80)

    assert services.order_ready(ready.id)["ready"] is True
    ready.lines[1].quantity = Decimal(41)
    assert services.order_ready(ready.id)["ready"] is False


def test_shipping_moves_the_goods_counts_the_line_and_takes_off_what_was_expected(plant, ready):
    shipment_id = shipped(ready)

    assert queries.order_with_lines(ready.id).lines[0].shipped == 80
    assert inventory.on_hand(plant.body.id, plant.site.id) == 40
    expected = [
        c for c in inventory.expected_changes(plant.site.id) if c.document == f"customer_order:{ready.id}"
    ]
    assert [(c.line, c.quantity) for c in expected] == [("2", Decimal(-40))]
    [told] = plant.told("logistics.shipped")
    assert (told.key, told.payload["shipment_id"]) == (f"customer_order:{ready.id}", shipment_id)


def test_the_rest_of_a_split_order_is_the_next_delivery(plant, ready):
    first = shipped(ready)
    second = shipped(ready)

    assert [line.shipped for line in queries.order_with_lines(ready.id).lines] == [80, 40]
    assert {s.id for s in queries.of_order(ready.id)} == {first, second}
    assert sum(queries.shipped_lots(ready.id).values()) == 120
    with pytest.raises(Conflict, match="no stock to pick"):
        services.pick(ready.id)


def test_what_was_not_found_stays_open_on_the_order(ready):
    picking = services.pick(ready.id)
    picks = picked_in_full(picking["shipment_id"])
    picks[1]["picked"] = "0"
    services.record_pick(picking["shipment_id"], picks)
    services.ship(picking["shipment_id"])

    assert queries.order_with_lines(ready.id).lines[0].shipped == 60
    assert [
        str(lot) for lot, _quantity in queries.delivery_note(picking["shipment_id"])["rows"][0]["lots"]
    ] == ["A"]


@pytest.mark.parametrize("wrong", ["61", "-1", "NaN", "", None])
def test_a_pick_that_cannot_be_is_refused(ready, wrong):
    picking = services.pick(ready.id)
    picks = picked_in_full(picking["shipment_id"])
    picks[0]["picked"] = wrong

    with pytest.raises(DomainError) as refused:
        services.record_pick(picking["shipment_id"], picks)
    assert refused.value.field == "picks.0.picked"


def test_an_empty_pick_ships_nothing(ready):
    picking = services.pick(ready.id)
    with pytest.raises(DomainError, match="Nothing was picked"):
        services.record_pick(picking["shipment_id"], [])
    with pytest.raises(Conflict):
        services.ship(picking["shipment_id"])


def test_a_shipment_leaves_once(ready):
    shipment_id = shipped(ready)

    with pytest.raises(Conflict):
        services.ship(shipment_id)


def test_the_delivery_note_shows_lots_and_packages(ready):
    note = queries.delivery_note(shipped(ready))

    [row] = note["rows"]
    assert (row["quantity"], row["lots"]) == (80, [("A", 60), ("B", 20)])
    assert note["gross_kg"] == Decimal("12.5")
    assert note["shipment"].number.startswith("DN")


def test_proof_of_delivery_comes_after_the_goods_left(ready):
    with clock.freeze(datetime(2026, 4, 10, 8, tzinfo=UTC)):
        shipment_id = shipped(ready)

        with pytest.raises(DomainError) as refused:
            services.record_proof(shipment_id, "Sato", "2026-04-09")
        services.record_proof(shipment_id, "Sato", "2026-04-15")

    assert refused.value.field == "received_on"
    assert queries.shipment(shipment_id).status is ShipmentStatus.DELIVERED


def test_a_lot_is_put_where_its_rule_says(plant):
    lot = plant.receive(10, into="internal")
    assert services.suggest_place(lot.id) == {"needed": False, "location_id": None}
    shelf = Location(site_id=plant.site.id, code="A-01", names={"en": "Shelf"}, kind=LocationKind.INTERNAL)
    db.session.add(shelf)
    db.session.flush()
    db.session.add(PutAwayRule(site_id=plant.site.id, item_id=None, location_id=shelf.id))

    assert services.suggest_place(lot.id) == {"needed": True, "location_id": shelf.id}
    assert queries.put_away_sheet(lot.id)["suggested"] == str(shelf.id)
    assert services.put_away(lot.id, shelf.id) == {"moved": "10"}
    assert services.suggest_place(lot.id)["needed"] is False
    with pytest.raises(DomainError):
        services.put_away(lot.id, plant.place("scrap").id)
