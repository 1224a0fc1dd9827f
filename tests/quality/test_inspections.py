"""Inspections: the plan that applies, the sample, the verdict, what it does to the stock."""

from decimal import Decimal

import pytest

from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.inventory import queries as inventory
from app.inventory.models import LotStatus
from app.quality import queries, services
from app.quality.models import InspectionStatus
from tests.quality.plant import rows

FILM = [24.1, 23.5, 22.8, 25.0, 21.7, 23.9, 18.4, 22.2, 24.6, 17.9, 23.0, 21.9, 22.5]
GOOD = [22.0] * 13


def requested(plant, quantity=110):
    """Receive a lot that has a plan and ask for its inspection; returns lot and inspection id."""
    plant.film_plan()
    lot = plant.receive(quantity)
    asked = services.request_inspection("receipt", plant.body.id, lot.id, str(quantity), "purchase_order:1")
    return lot, asked["inspection_id"]


def test_without_a_plan_a_lot_is_released_at_once(plant):
    lot = plant.receive(110)

    asked = services.request_inspection("receipt", plant.body.id, lot.id, "110", "purchase_order:1")

    assert asked == {"required": False, "inspection_id": None, "key": ""}
    assert plant.held(lot) == {"supplier": Decimal(-110), "internal": Decimal(110)}
    assert lot.status is LotStatus.RELEASED
    assert plant.told("quality.inspection_requested") == []


def test_a_plan_asks_for_an_inspection_and_keeps_the_lot_in_quarantine(plant):
    lot, inspection_id = requested(plant)

    [told] = plant.told("quality.inspection_requested")
    assert (told.key, told.payload) == (f"inspection:{inspection_id}", {"inspection_id": inspection_id})
    assert lot.status is LotStatus.QUARANTINE
    assert queries.inspection(inspection_id).supplier_id == plant.supplier.id


def test_the_supplier_s_own_plan_comes_before_the_one_for_all(plant):
    services.define_plan(plant.body.id, "receipt")
    own = services.define_plan(plant.body.id, "receipt", supplier_id=plant.supplier.id, sample_size=5)

    assert queries.plan_for("receipt", plant.body.id, supplier_id=plant.supplier.id) == own
    assert queries.plan_for("receipt", plant.body.id).supplier_id is None
    assert queries.plan_for("final", plant.body.id) is None


def test_the_sheet_asks_for_thirteen_values_and_one_count(plant):
    _lot, inspection_id = requested(plant)
    services.sampling_plan(inspection_id)

    sheet = queries.inspection_sheet(inspection_id)

    assert (sheet["sample_size"], sheet["accept"], sheet["reject"], sheet["code_letter"]) == (13, 0, 1, "F")
    assert [row["place"] for row in sheet["rows"]] == [f"1:{piece}" for piece in range(1, 14)] + ["2:0"]
    assert sheet["rows"][0]["limits"] == "20 – 30 µm"


def test_an_accepted_lot_goes_into_stock(plant):
    lot, inspection_id = requested(plant)
    services.sampling_plan(inspection_id)

    verdict = services.record_results(inspection_id, rows(*GOOD))
    services.release_lot(inspection_id)

    assert verdict == {"accepted": True, "defective": 0, "defect_code": None}
    assert plant.held(lot)["internal"] == 110
    assert lot.status is LotStatus.RELEASED
    assert plant.told("inventory.stock_arrived")[-1].key == f"item:{plant.body.id}"
    assert services.close_inspection(inspection_id)["accepted"] is True
    assert plant.told("quality.inspection_closed")[0].payload["good_quantity"] == "110"


def test_the_story_lot_with_two_thin_films_is_rejected_and_blocked(plant):
    lot, inspection_id = requested(plant)
    services.sampling_plan(inspection_id)

    verdict = services.record_results(inspection_id, rows(*FILM))
    services.reject_lot(inspection_id)

    assert verdict == {"accepted": False, "defective": 2, "defect_code": "D02"}
    assert plant.held(lot) == {"supplier": Decimal(-110), "inspection": Decimal(110)}
    assert lot.status is LotStatus.BLOCKED
    assert inventory.expected_changes(plant.site.id) == []


def test_a_rejected_lot_of_the_store_is_taken_out_of_it(plant):
    services.define_plan(plant.body.id, "outgoing")
    lot = plant.receive(1, into="internal")
    asked = services.request_inspection("outgoing", plant.body.id, lot.id, "1", "customer_order:1")
    services.sampling_plan(asked["inspection_id"])
    queries.inspection(asked["inspection_id"]).move_to(InspectionStatus.REJECTED)

    assert services.reject_lot(asked["inspection_id"]) == {"moved": "1"}
    assert plant.held(lot)["reject"] == 1


def test_counted_pieces_reject_too(plant):
    _lot, inspection_id = requested(plant)
    services.sampling_plan(inspection_id)

    assert services.record_results(inspection_id, rows(*GOOD, colour=1))["accepted"] is False


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (rows(*GOOD[:-1]), "sample_incomplete"),
        (rows(*GOOD, *GOOD), "sample_piece"),
        ([*rows(*GOOD), {"place": "1:1", "value": "20"}], "sample_piece"),
        (rows(*GOOD[:-1], "NaN"), "sample_value"),
        (rows(*GOOD[:-1], None), "sample_value"),
        (rows(*GOOD, colour="0.5"), "sample_value"),
        (rows(*GOOD, colour=14), "sample_value"),
    ],
)
def test_a_sheet_that_does_not_fit_the_sample_is_refused(plant, given, code):
    _lot, inspection_id = requested(plant)
    services.sampling_plan(inspection_id)

    with pytest.raises(DomainError) as refused:
        services.record_results(inspection_id, given)

    assert refused.value.code == code
    assert queries.inspection(inspection_id).status is InspectionStatus.IN_PROGRESS


def test_a_lot_is_judged_once_and_released_only_when_accepted(plant):
    _lot, inspection_id = requested(plant)
    services.sampling_plan(inspection_id)
    with pytest.raises(DomainError, match="has not accepted"):
        services.release_lot(inspection_id)
    services.record_results(inspection_id, rows(*GOOD))

    with pytest.raises(Conflict):
        services.sampling_plan(inspection_id)


def test_pieces_between_operations_are_judged_without_moving_stock(plant):
    services.define_plan(plant.body.id, "operation", operation=20)
    asked = services.request_inspection("operation", plant.body.id, None, "3", "work_order:7", operation=20)
    services.sampling_plan(asked["inspection_id"])

    verdict = services.record_results(asked["inspection_id"], [])

    assert verdict["accepted"] is True
    assert services.release_lot(asked["inspection_id"]) == {"moved": "0"}


def test_an_unknown_aql_is_refused_at_the_plan(plant):
    with pytest.raises(DomainError) as refused:
        services.define_plan(plant.body.id, "receipt", aql=Decimal("1.1"))

    assert refused.value.field == "aql"


def test_the_report_shows_values_limits_and_verdicts(plant):
    _lot, inspection_id = requested(plant)
    services.sampling_plan(inspection_id)
    services.record_results(inspection_id, rows(*FILM))
    db.session.flush()

    report = queries.inspection_report(inspection_id)

    film, colour = report["rows"]
    assert (film["failed"], film["minimum"], film["maximum"], film["conforms"]) == (
        2,
        Decimal("17.9"),
        25,
        False,
    )
    assert colour["conforms"] is True
