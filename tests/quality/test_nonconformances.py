"""Nonconformances: from the rejected lot to the proven correction."""

from decimal import Decimal

import pytest

from app.core.db import db
from app.core.errors import Conflict, DomainError
from app.inventory.models import LotStatus
from app.masterdata.models import BomLine, CustomerItem
from app.quality import queries, services
from app.quality.models import NonconformanceStatus
from tests.quality.plant import rows
from tests.quality.test_inspections import FILM, GOOD, requested


def rejected(plant):
    """Reject the story's lot; returns lot, inspection and nonconformance id, contained."""
    lot, inspection_id = requested(plant)
    services.sampling_plan(inspection_id)
    verdict = services.record_results(inspection_id, rows(*FILM))
    services.reject_lot(inspection_id)
    opened = services.report_rejection(inspection_id, verdict["defect_code"])
    services.record_containment(opened["nonconformance_id"], "Marked red, locked away", "major")
    return lot, inspection_id, opened["nonconformance_id"]


def decided(plant, disposition, **more):
    """Reject the lot, decide and carry it out; returns lot, inspection id and what was done."""
    lot, inspection_id, nonconformance_id = rejected(plant)
    services.record_disposition(nonconformance_id, disposition, "as agreed", **more)
    return lot, inspection_id, services.execute_disposition(nonconformance_id)


def test_a_rejected_lot_opens_a_nonconformance_that_says_what_was_found(plant):
    _lot, inspection_id, nonconformance_id = rejected(plant)

    found = queries.nonconformance(nonconformance_id)
    assert found.number.startswith("NCR")
    assert found.number.endswith("-001")
    assert (found.quantity, found.defect_code, found.place) == (110, "D02", "receipt")
    assert found.supplier_id == plant.supplier.id
    assert "Film 18.4 µm; Film 17.9 µm" in found.description
    [told] = plant.told("quality.nonconformance_opened")
    assert told.key == f"nonconformance:{nonconformance_id}"
    assert found.inspection_id == inspection_id


@pytest.mark.parametrize(
    ("disposition", "more", "held", "status", "accepted", "good"),
    [
        ("use_as_is", {}, {"internal": 110}, LotStatus.RELEASED, True, "110"),
        ("sort", {"good_quantity": "104"}, {"internal": 104, "scrap": 6}, LotStatus.RELEASED, True, "104"),
        ("sort", {"good_quantity": "0"}, {"scrap": 110}, LotStatus.BLOCKED, False, "0"),
        ("return_to_supplier", {}, {"reject": 110}, LotStatus.BLOCKED, False, "0"),
        ("scrap", {}, {"scrap": 110}, LotStatus.BLOCKED, False, "0"),
        ("rework", {}, {"inspection": 110}, LotStatus.QUARANTINE, False, "0"),
    ],
)
def test_the_goods_move_as_decided(plant, disposition, more, held, status, accepted, good):
    lot, inspection_id, done = decided(plant, disposition, **more)

    left = plant.held(lot)
    supplier = left.pop("supplier", Decimal(0))
    assert left == held
    assert supplier == -sum(held.values())
    assert lot.status is status
    assert Decimal(done["moved"]) == (0 if disposition == "rework" else 110)
    assert done["inspect_again"] == (disposition == "rework")
    closing = services.close_inspection(inspection_id)
    assert (closing["accepted"], closing["good_quantity"], closing["disposition"]) == (
        accepted,
        good,
        disposition,
    )


def test_reworked_goods_are_inspected_in_a_second_round(plant):
    lot, inspection_id, _done = decided(plant, "rework")

    services.sampling_plan(inspection_id)
    verdict = services.record_results(inspection_id, rows(*GOOD))
    services.release_lot(inspection_id)

    assert verdict["accepted"] is True
    assert queries.inspection(inspection_id).round == 2
    assert plant.held(lot)["internal"] == 110


def test_goods_to_be_returned_are_told_with_what_they_came_by(plant):
    _lot, _inspection, _done = decided(plant, "return_to_supplier")

    [told] = plant.told("quality.goods_returned")
    assert told.key == "nonconformance:1"
    assert told.payload["document"] == "purchase_order:1"
    assert told.payload["in_stock_before"] is False
    assert told.payload["quantity"] == "110"


def test_sorting_cannot_find_more_than_there_is(plant):
    _lot, _inspection, nonconformance_id = rejected(plant)

    for wrong in ("111", "-1", None):
        with pytest.raises(DomainError) as refused:
            services.record_disposition(nonconformance_id, "sort", "why", good_quantity=wrong)
        assert refused.value.field == "good_quantity"


def test_goods_without_a_supplier_cannot_be_returned(plant):
    opened = services.open_nonconformance(plant.body.id, "3", "dents", "work_order:7")
    services.record_containment(opened["nonconformance_id"], "set apart", "minor")

    with pytest.raises(DomainError) as refused:
        services.record_disposition(opened["nonconformance_id"], "return_to_supplier", "why")
    assert refused.value.code == "no_supplier"


def test_containment_takes_a_lot_out_of_the_store(plant):
    lot = plant.receive(20, into="internal")
    opened = services.open_nonconformance(plant.body.id, "20", "wrong colour", "complaint", lot_id=lot.id)

    services.record_containment(opened["nonconformance_id"], "called back", "critical", "D03")

    assert plant.held(lot) == {"supplier": Decimal(-20), "reject": Decimal(20)}
    assert lot.status is LotStatus.BLOCKED


def test_an_item_inside_a_customer_s_product_is_on_the_customer_s_drawing(plant):
    pump = plant.item("GP25")
    db.session.add(BomLine(parent_id=pump.id, component_id=plant.body.id, quantity=Decimal(1)))
    assert queries.on_customer_drawing(plant.body.id) is False

    db.session.add(CustomerItem(customer_id=plant.customer.id, item_id=pump.id, part_number="MK-7712-25"))

    assert queries.on_customer_drawing(plant.body.id) is True


def test_what_has_not_proven_effective_goes_back_to_its_cause(plant):
    _lot, _inspection, nonconformance_id = rejected(plant)
    services.record_disposition(nonconformance_id, "scrap", "thin film")
    services.record_approval(nonconformance_id, approved=True)
    services.execute_disposition(nonconformance_id)
    cause = {
        "cause_group": "method",
        "cause": "bath too cold",
        "corrective_action": "log the temperature",
        "action_owner": "P01",
        "action_due": "2026-04-08",
    }

    services.record_cause(nonconformance_id, **cause)
    services.record_action(nonconformance_id, "logged since 04-01")
    assert services.close_nonconformance(nonconformance_id, False, "18 µm again") == {"closed": False}
    services.record_cause(nonconformance_id, **cause)
    services.record_action(nonconformance_id, "new controller")
    assert services.close_nonconformance(nonconformance_id, True, "3 lots passed") == {"closed": True}

    found = queries.nonconformance(nonconformance_id)
    assert found.status is NonconformanceStatus.CLOSED
    assert found.approved_by
    assert len(plant.told("quality.nonconformance_closed")) == 1
    with pytest.raises(Conflict):
        services.record_action(nonconformance_id, "again")


def test_pareto_orders_by_quantity_and_ends_at_a_hundred():
    bars = queries.pareto([("D01", Decimal(4)), ("D02", Decimal(110)), ("D07", Decimal(1))])

    assert [bar["code"] for bar in bars] == ["D02", "D01", "D07"]
    assert bars[-1]["cumulative"] == pytest.approx(100)
