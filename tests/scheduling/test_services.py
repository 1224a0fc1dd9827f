"""Work orders from a plan, their places on machines, and what the scheduler changes."""

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from app.core.db import db
from app.core.errors import DomainError
from app.core.events import EventRecord
from app.inventory import queries as stock
from app.masterdata.models import BomLine, CalendarException, Item, RoutingOperation, Supply
from app.planning.models import PlannedOrder, PlannedStatus
from app.scheduling import queries, services
from app.scheduling.lateness import Reason
from app.scheduling.models import WorkOrder

D = Decimal
TAIPEI = ZoneInfo("Asia/Taipei")


def times(order):
    return {
        operation.number: (
            operation.machine.code if operation.machine else None,
            f"{operation.planned_start.astimezone(TAIPEI):%m-%d %H:%M}",
            f"{operation.planned_end.astimezone(TAIPEI):%m-%d %H:%M}",
        )
        for operation in order.operations
    }


def row(operation, **changes):
    start = operation.planned_start.astimezone(TAIPEI)
    return {
        "operation_id": str(operation.id),
        "machine": operation.machine.code if operation.machine else "",
        "start": start.date().isoformat(),
        "time": f"{start:%H:%M}",
        "frozen": operation.frozen,
    } | changes


def test_a_planned_order_becomes_a_work_order_with_operations_and_materials(plant):
    [order] = plant.release(114, good=110)

    assert (order.number, order.quantity, order.expected_good, order.revision) == (
        "MO2603-001",
        D(114),
        D(110),
        "C",
    )
    assert [(o.number, o.work_centre_id is None, o.inspect) for o in order.operations] == [
        (10, False, False),
        (20, False, True),
        (30, True, False),
        (40, False, False),
    ]
    assert [(m.item_id, m.required) for m in order.materials] == [(plant.bar.id, D("103.17"))]


def test_the_ledger_expects_the_product_and_its_components(plant):
    [order] = plant.release(114, good=110)

    expected = {(row.item_id, row.quantity, row.date) for row in stock.expected_changes(plant.site.id)}
    assert expected == {
        (plant.body.id, D(110), order.due_date),
        (plant.bar.id, D("-103.17"), order.release_date),
    }


def test_a_release_tells_the_shop_floor_once(plant):
    plan = plant.plan(10, 20)

    first = services.release_work_orders(plan.id)
    again = services.release_work_orders(plan.id)

    assert (first["work_orders"], again["work_orders"]) == (2, 0)
    told = db.session.query(EventRecord).filter_by(name="scheduling.work_order_released").all()
    assert [one.key for one in told] == [f"work_order:{number}" for number in first["work_order_ids"]]
    assert {one.status for one in db.session.query(PlannedOrder)} == {PlannedStatus.RELEASED}


def test_an_item_without_a_routing_is_refused_by_name(plant):
    db.session.query(RoutingOperation).delete()

    with pytest.raises(DomainError, match="BD25"):
        plant.release(1)


def test_phantoms_dissolve_into_their_components_with_scrap_and_effective_dates(plant):
    phantom = plant.add(Item(number="PH", names={"en": "Kit"}, supply=Supply.MAKE, unit="set", phantom=True))
    screw = plant.add(Item(number="SC06", names={"en": "Screw"}, supply=Supply.BUY, unit="pc"))
    plant.add(BomLine(parent_id=plant.body.id, component_id=phantom.id, quantity=D(1), scrap=D("0.1")))
    plant.add(BomLine(parent_id=phantom.id, component_id=screw.id, quantity=D(3)))
    plant.add(
        BomLine(parent_id=plant.body.id, component_id=screw.id, quantity=D(9), valid_to=date(2026, 3, 1))
    )

    [order] = plant.release(10)

    assert {m.item_id: m.required for m in order.materials}[screw.id] == D(33)


def test_operations_follow_each_other_through_shifts_breaks_and_weekends(plant):
    [order] = plant.release(114)

    placed = services.schedule("DY")

    assert placed == {"operations": 4, "late": 0}
    assert times(order) == {
        10: ("L01", "03-11 08:00", "03-12 10:36"),
        20: ("M01", "03-12 10:36", "03-17 11:54"),
        30: (None, "03-17 11:54", "03-23 11:54"),
        40: ("W01", "03-23 11:54", "03-24 09:46"),
    }


def test_two_orders_share_two_lathes_and_queue_at_the_mill(plant):
    first, second = plant.release(20, 20)

    services.schedule("DY")

    assert times(first)[10][:2] == ("L01", "03-11 08:00")
    assert times(second)[10][:2] == ("L02", "03-11 08:00")
    assert times(second)[20][1] == times(first)[20][2]


def test_an_order_that_waits_for_a_machine_says_for_which(plant):
    plant.release(60, due=date(2026, 3, 20))
    [late] = plant.release(60, due=date(2026, 3, 22))

    assert services.schedule("DY")["late"] == 1
    last = late.operations[-1]
    assert (last.late_reason, last.waited_for) == (Reason.CAPACITY, "M01")
    assert late.operations[0].late_reason is None
    assert "M01" in queries.late_text(late, last)


def test_a_due_date_too_near_is_a_matter_of_lead_time(plant):
    [order] = plant.release(10, due=date(2026, 3, 12))

    services.schedule("DY")

    assert order.operations[-1].late_reason is Reason.LEAD_TIME


def test_saturday_overtime_of_one_shift_is_worked_and_a_holiday_is_not(plant):
    plant.add(
        CalendarException(
            site_id=plant.site.id,
            date=date(2026, 3, 14),
            working=True,
            work_centre_id=plant.mill.id,
            shift_id=plant.day.id,
        )
    )
    plant.add(CalendarException(site_id=plant.site.id, date=date(2026, 3, 13), working=False))
    [order] = plant.release(114)

    services.schedule("DY")

    assert times(order)[20] == ("M01", "03-12 10:36", "03-17 11:54")


def test_what_the_scheduler_moves_stays_and_the_rest_goes_around_it(plant):
    first, second = plant.release(20, 20)
    services.schedule("DY")
    lathe = second.operations[0]

    answer = services.confirm_schedule("DY", [row(lathe, machine="L01", start="2026-03-12", time="08:00")])

    assert answer == {"moved": 1, "late": 0}
    assert lathe.frozen
    assert times(second)[10] == ("L01", "03-12 08:00", "03-12 13:10")
    assert times(first)[10][0] == "L01"
    services.schedule("DY")
    assert times(second)[10] == ("L01", "03-12 08:00", "03-12 13:10")


def test_a_start_at_night_moves_to_the_next_working_minute(plant):
    [order] = plant.release(20)
    services.schedule("DY")

    services.confirm_schedule("DY", [row(order.operations[1], start="2026-03-13", time="23:00")])

    assert times(order)[20][1] == "03-16 08:00"


def test_an_unchanged_row_freezes_nothing(plant):
    [order] = plant.release(20)
    services.schedule("DY")

    answer = services.confirm_schedule("DY", [row(operation) for operation in order.operations])

    assert answer["moved"] == 0
    assert not any(operation.frozen for operation in order.operations)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"machine": "M01"}, "other_work_centre"),
        ({"machine": "NONE"}, "other_work_centre"),
        ({"start": "2026-03-10"}, "in_the_past"),
        ({"start": "2099-01-01"}, "no_capacity"),
        ({"start": "soon"}, "date"),
    ],
)
def test_a_move_that_cannot_be_is_refused_at_its_field(plant, changes, code):
    [order] = plant.release(20)
    services.schedule("DY")

    with pytest.raises(DomainError) as refused:
        services.confirm_schedule("DY", [row(order.operations[0], **changes)])

    assert refused.value.code == code
    assert refused.value.field.startswith("lines.0.")


def test_one_machine_cannot_do_two_things(plant):
    first, second = plant.release(20, 20)
    services.schedule("DY")
    held = {"machine": "L02", "start": "2026-03-12", "time": "09:00"}

    with pytest.raises(DomainError, match="L02") as refused:
        services.confirm_schedule("DY", [row(o.operations[0], **held) for o in (first, second)])

    assert refused.value.code == "machine_taken"


def test_an_operation_cannot_begin_before_the_one_before_it_ends(plant):
    [order] = plant.release(20)
    services.schedule("DY")

    with pytest.raises(DomainError, match="MO2603-001/20") as refused:
        services.confirm_schedule("DY", [row(order.operations[1], start="2026-03-11", time="08:00")])

    assert refused.value.code == "out_of_sequence"


def test_the_scheduler_sees_every_waiting_operation_in_order(plant):
    plant.release(20, 20)
    services.schedule("DY")

    review = queries.schedule_review("DY")

    assert len(review["lines"]) == 8
    assert review["left_out"] == 0
    starts = [(line["start"], line["time"]) for line in review["lines"]]
    assert starts == sorted(starts)


def test_a_work_centre_without_machines_is_one_place(plant):
    for machine in plant.wash.machines:
        machine.active = False
    [order] = plant.release(20)

    services.schedule("DY")

    assert order.operations[-1].planned_start is not None
    assert order.operations[-1].machine is None


def test_a_shop_without_shifts_says_so(plant):
    for centre in (plant.lathe, plant.mill, plant.wash):
        centre.shifts = []
    db.session.delete(plant.day)
    db.session.delete(plant.night)
    db.session.flush()
    plant.release(20)

    with pytest.raises(DomainError) as refused:
        services.schedule("DY")

    assert refused.value.code == "no_capacity"


def test_cancelled_and_finished_work_is_not_scheduled(plant):
    [order] = plant.release(20)
    db.session.get_one(WorkOrder, order.id).status = "cancelled"
    db.session.flush()

    assert services.schedule("DY") == {"operations": 0, "late": 0}
