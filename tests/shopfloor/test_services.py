"""Material, reports and the finished lot of a work order."""

from decimal import Decimal

import pytest

from app.core.db import db
from app.core.errors import Conflict, DomainError, NotFound
from app.core.events import EventRecord
from app.inventory import queries as stock
from app.inventory import services as inventory
from app.inventory.models import LotConsumption, StockMove
from app.masterdata.models import Company
from app.scheduling import queries as orders
from app.scheduling import services as scheduling
from app.scheduling.models import OperationStatus, WorkOrderStatus
from app.shopfloor import queries, services
from app.shopfloor.models import Downtime, TimeLog
from app.subcontracting.models import SubcontractOrder


def D(value):
    return Decimal(str(value))


@pytest.fixture
def order(plant):
    """A work order of 114 with its material issued."""
    plant.stock("150")
    [made] = plant.release(114, good=110)
    scheduling.schedule("DY")
    services.issue_materials(made.id)
    return orders.work_order(made.id)


def report(order, number, good, scrap=0, **fields):
    operation = next(one for one in order.operations if one.number == number)
    told = {"good": str(good), "scrap": str(scrap), "run_minutes": "0"} | fields
    if scrap:
        told.setdefault("scrap_reason", "D06")
    return services.report_operation(order.id, operation.id, told)


def expected_of(plant, item):
    changes = stock.expected_changes(plant.site.id)
    return sum(
        (one.quantity for one in changes if one.item_id == item.id and "work_order" in one.document), D(0)
    )


def outside(order, accepted):
    """Stand in for the subcontract order of an outside operation."""
    row = SubcontractOrder(
        number="SC2603-001",
        site_id=order.site_id,
        item_id=order.item_id,
        form="operation",
        work_order_id=order.id,
        operation=30,
        status="received",
        quantity=order.operations[1].good,
        accepted=D(accepted),
        received=order.operations[1].good,
        lost=D(0),
        rejected=D(0),
        price_unit="pc",
        currency="TWD",
        decimals=0,
        ordered_on=order.release_date,
        release_date=order.release_date,
        due_date=order.due_date,
        created_at=order.created_at,
    )
    db.session.add(row)
    db.session.flush()
    return services.complete_outside_operation(order.id, order.operations[2].id, row.id)


def test_missing_material_is_waited_for_by_item(plant):
    [order] = plant.release(114)
    plant.stock("100")

    assert services.check_materials(order.id) == {
        "ready": False,
        "waiting_for": f"item:{plant.bar.id}",
        "short": ["AL80"],
    }
    plant.stock("3.17", number="AL80-2")
    assert services.check_materials(order.id)["ready"]


def test_material_reserved_for_somebody_else_is_not_there(plant):
    [order] = plant.release(114)
    plant.stock("103.17")
    inventory.reserve(stock.usable(plant.bar.id, plant.site.id)[0].balance, D(1), "work_order:99")

    assert not services.check_materials(order.id)["ready"]


def test_one_click_issues_the_oldest_lots_first(plant):
    plant.stock("60", number="AL80-2")
    newer = plant.stock("60", number="AL80-3")
    [order] = plant.release(114)

    assert services.issue_materials(order.id) == {"issued": 2}

    left = stock.usable(plant.bar.id, plant.site.id)
    assert [(one.lot.id, one.free) for one in left] == [(newer.id, D("16.83"))]
    assert order.materials[0].unissued == 0
    assert order.status is WorkOrderStatus.IN_PROCESS


def test_an_issue_is_in_the_genealogy_and_no_longer_expected(plant, order):
    rows = db.session.query(LotConsumption).all()

    assert [(row.lot_id, row.quantity) for row in rows] == [(order.lot_id, D("103.17"))]
    assert expected_of(plant, plant.bar) == 0
    assert plant.held(plant.bar, "wip") == D("103.17")


def test_a_second_click_issues_nothing_more(plant, order):
    assert services.issue_materials(order.id) == {"issued": 0}
    assert plant.held(plant.bar, "wip") == D("103.17")


def test_a_shortage_is_refused_with_the_quantity(plant):
    [order] = plant.release(114)
    plant.stock("100")

    with pytest.raises(Conflict, match=r"AL80 is short by 3\.17 kg"):
        services.issue_materials(order.id)


def test_more_material_needs_a_reason_and_is_counted(plant, order):
    with pytest.raises(DomainError):
        services.issue_more(order.id, plant.bar.id, "2", " ")

    services.issue_more(order.id, plant.bar.id, "2.5", "broken bar")

    material = orders.work_order(order.id).materials[0]
    assert (material.issued, material.unissued) == (D("105.67"), D(0))
    assert expected_of(plant, plant.bar) == 0


def test_material_goes_back_into_the_lot_it_came_from(plant, order):
    services.return_materials(order.id, plant.bar.id, "3.17", "left over")

    assert [one.free for one in stock.usable(plant.bar.id, plant.site.id)] == [D(50)]
    assert db.session.query(LotConsumption).one().quantity == D(100)
    assert orders.work_order(order.id).materials[0].issued == D(100)


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "abc", "", "1e99", "0.0001", "104"])
def test_a_return_of_an_impossible_quantity_is_refused(plant, order, quantity):
    with pytest.raises(DomainError) as refused:
        services.return_materials(order.id, plant.bar.id, quantity, "left over")

    assert refused.value.field == "quantity"


def test_the_report_counts_pieces_and_both_kinds_of_minutes(plant, order):
    answer = report(order, 10, 114, setup_minutes="60", run_minutes="1026", machine="L02")

    log = db.session.query(TimeLog).one()
    assert (log.machine_id, log.user_id) == (plant.lathe.machines[1].id, 7)
    assert (log.setup_minutes, log.run_minutes, log.labour_minutes) == (D(60), D(1026), D(573))
    assert answer["finished"]
    assert not answer["abnormal"]


def test_pieces_may_be_reported_in_parts(plant, order):
    assert not report(order, 10, 50)["finished"]
    assert services.next_operation(order.id)["quantity"] == "64"
    assert report(order, 10, 64)["finished"]
    assert services.next_operation(order.id)["number"] == 20


def test_scrap_within_the_yield_is_normal_and_beyond_it_is_not(plant, order):
    report(order, 10, 112, 2)

    assert expected_of(plant, plant.body) == D(110)
    answer = report(order, 20, 109, 3, stop_minutes="40", stop_reason="P02")

    assert (answer["abnormal"], answer["scrap"], answer["scrapped"]) == (True, "5", "3")
    assert expected_of(plant, plant.body) == D(109)
    assert db.session.query(Downtime).one().minutes == D(40)


def test_missing_pieces_are_closed_as_scrap_with_a_reason(plant, order):
    answer = report(order, 10, 110, complete=True, scrap_reason="D06")

    assert (answer["finished"], answer["scrap"]) == (True, "4")
    assert order.good + order.scrap + order.open == order.quantity


def test_the_first_operation_may_over_run_within_the_tolerance(plant, order):
    assert report(order, 10, 119)["finished"]

    assert services.next_operation(order.id)["quantity"] == "119"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"good": "120"}, "more_than_there_is"),
        ({"good": "0"}, "nothing_reported"),
        ({"good": "113", "scrap": "1"}, "no_reason"),
        ({"good": "110", "complete": True}, "no_reason"),
        ({"good": "-5"}, "number_range"),
        ({"good": "NaN"}, "number"),
        ({"good": "many"}, "number"),
        ({"good": "1.5"}, "number_places"),
        ({"good": "1", "stop_minutes": "5"}, "no_reason"),
        ({"good": "1", "machine": "M01"}, "other_work_centre"),
        ({"good": "1", "run_minutes": "-1"}, "number_range"),
    ],
)
def test_a_report_that_cannot_be_is_refused(plant, order, told, code):
    with pytest.raises(DomainError) as refused:
        services.report_operation(order.id, order.operations[0].id, told)

    assert refused.value.code == code
    assert refused.value.field


def test_a_later_operation_gets_no_more_than_the_one_before_let_through(plant, order):
    report(order, 10, 112, 2)

    with pytest.raises(DomainError, match="113 reported, but only 112"):
        report(order, 20, 113)


def test_nothing_is_reported_before_material_is_issued_or_after_the_end(plant, order):
    [other] = plant.release(5)
    with pytest.raises(Conflict):
        report(other, 10, 5)

    report(order, 10, 114)
    with pytest.raises(Conflict, match="done already"):
        report(order, 10, 1)


def test_an_operation_of_another_order_is_not_found(plant, order):
    [other] = plant.release(5)

    with pytest.raises(NotFound):
        services.report_operation(order.id, other.operations[0].id, {"good": "1"})


def test_operations_come_one_after_the_other_inside_and_outside(plant, order):
    assert services.next_operation(order.id)["kind"] == "inside"
    report(order, 10, 114)
    report(order, 20, 110, 4)

    third = services.next_operation(order.id)

    assert (third["kind"], third["supplier_id"], third["quantity"]) == (
        "outside",
        str(plant.finisher.id),
        "110",
    )


def test_inspection_takes_rejected_pieces_out(plant, order):
    report(order, 10, 114)
    report(order, 20, 114)

    answer = services.apply_inspection(order.id, order.operations[1].id, "110", "sort")

    assert answer == {"good": "110", "rejected": "4"}
    assert order.scrap == D(4)
    assert services.next_operation(order.id)["quantity"] == "110"


def test_an_accepted_inspection_takes_nothing(plant, order):
    report(order, 10, 114)

    assert services.apply_inspection(order.id, order.operations[0].id, "114")["rejected"] == "0"


def test_when_everything_is_scrapped_no_operation_is_left(plant, order):
    report(order, 10, 0, 114)

    assert services.next_operation(order.id)["kind"] == "none"
    assert services.finish_work_order(order.id)["quantity"] == "0"
    assert expected_of(plant, plant.body) == 0


def test_the_finished_lot_waits_for_inspection(plant, order):
    made(order)

    answer = services.finish_work_order(order.id)

    assert (answer["quantity"], answer["lot_id"]) == ("106", order.lot_id)
    assert plant.held(plant.body, "inspection") == D(106)
    assert (order.good, order.scrap, order.open) == (D(106), D(8), D(0))
    assert order.status is WorkOrderStatus.FINISHED
    assert expected_of(plant, plant.body) == 0
    told = db.session.query(EventRecord).filter_by(name="scheduling.work_order_finished").one()
    assert told.key == order.document


def test_an_order_is_finished_once_and_not_before_its_pieces(plant, order):
    with pytest.raises(Conflict, match="operation 10"):
        services.finish_work_order(order.id)
    made(order)
    services.finish_work_order(order.id)

    with pytest.raises(Conflict):
        services.finish_work_order(order.id)


def test_every_operation_lets_through_no_more_than_came(plant, order):
    made(order)

    goods = [order.quantity, *(operation.good for operation in order.operations)]
    assert goods == sorted(goods, reverse=True)
    assert all(one.status is OperationStatus.FINISHED for one in order.operations)


def test_the_ledger_of_the_order_sums_to_zero(plant, order):
    made(order)
    services.finish_work_order(order.id)

    assert stock.ledger_sum(plant.body.id) == 0
    assert stock.ledger_sum(plant.bar.id) == 0
    assert {row.document for row in db.session.query(StockMove).filter_by(item_id=plant.body.id)} == {
        order.document
    }


def made(order):
    report(order, 10, 114)
    report(order, 20, 110, 4)
    outside(order, 106)
    report(order, 40, 106)


def test_start_and_stop_measure_the_minutes(plant, order, clock):
    operation = order.operations[0]
    clock("2026-03-11T08:00:00+08:00")
    services.start_operation(order.id, operation.id, "L02")
    clock("2026-03-11T09:30:00+08:00")
    services.stop_operation(order.id, operation.id)

    form = queries.operation_report(order.id, operation.id)

    assert (form["machine"], form["measured_minutes"], form["run_minutes"]) == ("L02", "90", "30")
    assert operation.status is OperationStatus.STARTED


def test_a_stop_with_a_reason_is_downtime_of_the_working_minutes_until_it_goes_on(plant, order, clock):
    operation = order.operations[0]
    clock("2026-03-11T11:30:00+08:00")
    services.start_operation(order.id, operation.id, "L01")
    clock("2026-03-11T11:40:00+08:00")
    services.stop_operation(order.id, operation.id, "P02")
    clock("2026-03-11T13:15:00+08:00")

    services.start_operation(order.id, operation.id, "L01")

    stop = db.session.query(Downtime).one()
    assert (stop.minutes, stop.reason, stop.machine_id) == (D(35), "P02", plant.lathe.machines[0].id)


def test_a_report_ends_what_runs_and_its_minutes_count_once(plant, order, clock):
    operation = order.operations[0]
    services.start_operation(order.id, operation.id)
    clock("2026-03-11T09:00:00+08:00")
    report(order, 10, 50)

    assert queries.measured_minutes(operation.id) is None
    with pytest.raises(Conflict):
        services.stop_operation(order.id, operation.id)


def test_a_machine_runs_one_operation_and_an_operation_runs_once(plant, order):
    plant.stock("50", number="AL80-9")
    [other] = plant.release(5)
    services.issue_materials(other.id)
    services.start_operation(order.id, order.operations[0].id, "L01")

    with pytest.raises(Conflict, match="runs already"):
        services.start_operation(order.id, order.operations[0].id, "L02")
    with pytest.raises(Conflict, match="L01"):
        services.start_operation(other.id, other.operations[0].id, "L01")


def test_an_operation_without_pieces_cannot_start(plant, order):
    with pytest.raises(Conflict, match="operation 20"):
        services.start_operation(order.id, order.operations[1].id)


def test_an_unknown_stop_code_is_refused(plant, order):
    services.start_operation(order.id, order.operations[0].id)

    with pytest.raises(DomainError) as refused:
        services.stop_operation(order.id, order.operations[0].id, "P99")

    assert refused.value.field == "reason"


def test_the_forms_show_what_is_to_do(plant, order):
    assert queries.material_list(order.id)["materials"][0]["unissued"] == "0 kg"
    assert queries.machines_of_operation(order.operations[0].id) == [
        {"value": "L01", "label": "L01 Lathe"},
        {"value": "L02", "label": "L02 Lathe"},
    ]
    assert queries.operation_report(order.id, order.operations[0].id)["standard_minutes"] == "1,086"
    report(order, 10, 107, 7)
    review = queries.scrap_review(order.id)
    assert (review["scrap"], review["allowed"]) == ("7", "3.42")
    assert db.session.get(Company, 1).overrun_percent == 5
