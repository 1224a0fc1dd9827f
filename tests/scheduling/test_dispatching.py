"""The dispatching rules on literature instances and on small shops one can follow by hand."""

import itertools
import json
from collections import defaultdict
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.scheduling.dispatching import Job, Operation, Rule, Slot, dispatch
from app.scheduling.lateness import Reason, late_orders
from app.scheduling.working_time import NoCapacity, add_working

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "jobshop"
BEST = json.loads((FOLDER / "best_known.json").read_text()) if FOLDER.exists() else {}
ALWAYS = [(0, 1_000_000)]
DAYS = [(day * 1440 + 480, day * 1440 + 1020) for day in range(400)]


def job_shop(path):
    rows = [line for line in path.read_text().splitlines() if line.strip() and line[0] != "#"]
    for row in rows[1 : int(rows[0].split()[0]) + 1]:
        numbers = [int(word) for word in row.split()]
        yield [{f"M{m}": minutes} for m, minutes in zip(numbers[::2], numbers[1::2], strict=True)]


def flexible_job_shop(path):
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    for row in rows[1 : int(rows[0][0]) + 1]:
        numbers, operations = iter(int(float(word)) for word in row), []
        for _ in range(next(numbers)):
            operations.append({f"M{next(numbers)}": next(numbers) for _ in range(next(numbers))})
        yield operations


def instance(name):
    flexible = name.startswith("mk")
    path = FOLDER / (f"{name}.txt" if flexible else name)
    return [
        Job(
            order,
            tuple(Operation(order, number, minutes) for number, minutes in enumerate(operations)),
            0,
            sum(min(one.values()) for one in operations) * 2,
        )
        for order, operations in enumerate((flexible_job_shop if flexible else job_shop)(path))
    ]


def check(jobs, slots, working):
    """Check a schedule from its slots alone: everything once, in sequence, one at a time, full length."""
    assert sorted((s.order, s.number) for s in slots) == sorted(
        (o.order, o.number) for job in jobs for o in job.operations
    )
    place = {(s.order, s.number): s for s in slots}
    by_machine = defaultdict(list)
    for job in jobs:
        ready = job.earliest
        for operation in job.operations:
            slot = place[operation.order, operation.number]
            if operation.fixed:
                assert (slot.machine, slot.start, slot.end) == operation.fixed
            else:
                assert slot.start >= ready
                assert worked(slot, working) == (
                    operation.minutes[slot.machine] if operation.minutes else operation.elapsed
                )
            ready = max(ready, slot.end)
            if slot.machine:
                by_machine[slot.machine].append((slot.start, slot.end))
    for intervals in by_machine.values():
        intervals.sort()
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(intervals)), intervals


def worked(slot, working):
    """Count the working minutes of a slot one interval after the other."""
    if slot.machine is None:
        return slot.end - slot.start
    return sum(max(0, min(slot.end, b) - max(slot.start, a)) for a, b in working[slot.machine])


@pytest.mark.skipif(not BEST, reason="the folder with shared data is not beside the project")
@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("name", sorted(BEST))
def test_a_literature_instance_gets_a_feasible_schedule(name, rule):
    jobs = instance(name)
    working = {code: ALWAYS for job in jobs for one in job.operations for code in one.minutes}

    slots = dispatch(jobs, working, rule)

    check(jobs, slots, working)
    assert BEST[name] <= max(slot.end for slot in slots) <= 2.5 * BEST[name]


@pytest.mark.skipif(not BEST, reason="the folder with shared data is not beside the project")
def test_a_literature_instance_with_day_shifts_is_feasible():
    jobs = instance("la20")
    working = {code: DAYS for job in jobs for one in job.operations for code in one.minutes}

    check(jobs, dispatch(jobs, working), working)


def test_the_earliest_due_date_goes_first():
    jobs = [one(1, 10, due=90), one(2, 50, due=60)]

    assert sequence(jobs, Rule.EARLIEST_DUE_DATE) == [2, 1]


def test_the_shortest_operation_goes_first():
    jobs = [one(1, 10, due=90), one(2, 50, due=60)]

    assert sequence(jobs, Rule.SHORTEST_PROCESSING_TIME) == [1, 2]


def test_the_smallest_ratio_of_time_to_work_goes_first():
    jobs = [one(1, 10, due=90), one(2, 80, due=120), one(3, 20, due=200)]

    assert sequence(jobs, Rule.CRITICAL_RATIO) == [2, 1, 3]


def test_work_pauses_over_night():
    [slot] = dispatch([one(1, 600)], {"M": DAYS})

    assert (slot.start, slot.end) == (480, 1440 + 480 + 60)


def test_the_machine_that_is_done_first_is_taken():
    job = Job(1, (Operation(1, 10, {"SLOW": 90, "FAST": 30}),), 0, 100)

    assert dispatch([job], {"SLOW": ALWAYS, "FAST": ALWAYS}) == [Slot(1, 10, "FAST", 0, 30)]


def test_two_machines_of_a_work_centre_share_the_queue():
    jobs = [one(order, 60, machines=("A", "B")) for order in (1, 2, 3)]

    slots = dispatch(jobs, {"A": ALWAYS, "B": ALWAYS})

    assert sorted((s.machine, s.start) for s in slots) == [("A", 0), ("A", 60), ("B", 0)]


def test_time_outside_counts_by_the_clock_not_by_shifts():
    job = Job(1, (one(1, 60).operations[0], Operation(1, 20, elapsed=2880)), 0, 9999)

    assert dispatch([job], {"M": DAYS})[1] == Slot(1, 20, None, 540, 540 + 2880)


def test_frozen_work_stays_and_others_go_around_it():
    frozen = Job(1, (Operation(1, 10, {"M": 60}, fixed=("M", 100, 160)),), 0, 60)
    jobs = [frozen, one(2, 90, due=10), one(3, 120, due=20)]

    slots = {slot.order: slot for slot in dispatch(jobs, {"M": ALWAYS})}

    assert (slots[1].start, slots[1].end) == (100, 160)
    assert (slots[2].start, slots[2].end) == (0, 90)
    assert (slots[3].start, slots[3].end) == (160, 280)


def test_work_that_fits_before_frozen_work_overtakes_what_does_not():
    frozen = Job(1, (Operation(1, 10, {"M": 60}, fixed=("M", 100, 160)),), 0, 60)

    slots = {s.order: s for s in dispatch([frozen, one(2, 300, due=1), one(3, 80, due=9)], {"M": ALWAYS})}

    assert slots[3].start == 0
    assert slots[2].start == 160


def test_what_follows_frozen_work_of_the_past_does_not_begin_in_the_past():
    job = Job(1, (Operation(1, 10, {"M": 5}, fixed=("M", 0, 5)), Operation(1, 20, {"M": 5})), 700, 9999)

    assert dispatch([job], {"M": ALWAYS})[1].start == 700


def test_work_beyond_the_horizon_is_refused():
    with pytest.raises(NoCapacity, match="M"):
        dispatch([one(1, 600)], {"M": DAYS[:1]})


def test_a_machine_without_a_calendar_is_named():
    with pytest.raises(NoCapacity, match="M has no working time"):
        dispatch([one(1, 600)], {})


def test_no_orders_make_an_empty_schedule():
    assert dispatch([], {"M": DAYS}) == []


def test_working_time_ends_in_the_minute_the_shift_ends():
    assert add_working(0, 540, DAYS) == (480, 1020)


@pytest.mark.parametrize("rule", Rule)
def test_five_thousand_operations_are_placed(rule):
    """The figure of interest, the time, is printed by the benchmark; here it must only end and be feasible."""
    jobs = [
        Job(
            order,
            tuple(
                Operation(order, n, {f"M{(order * 7 + n * 3) % 40}": 20 + (order + n) % 50}) for n in range(5)
            ),
            order % 300 * 60,
            20_000 + order * 13 % 9000,
        )
        for order in range(1000)
    ]
    working = {f"M{n}": DAYS for n in range(40)}

    started = perf_counter()
    slots = dispatch(jobs, working, rule)
    print(f"{rule}: {perf_counter() - started:.2f} s")

    check(jobs, slots, working)


@st.composite
def shops(draw):
    machines = ("A", "B", "C")
    jobs = []
    for order in range(draw(st.integers(0, 6))):
        operations = []
        for number in range(draw(st.integers(1, 4))):
            able = draw(st.lists(st.sampled_from(machines), unique=True, max_size=3))
            minutes = {code: draw(st.integers(1, 700)) for code in able}
            operations.append(
                Operation(order, number, minutes, elapsed=0 if able else draw(st.integers(0, 3000)))
            )
        jobs.append(Job(order, tuple(operations), draw(st.integers(0, 3000)), draw(st.integers(1, 9000))))
    if draw(st.booleans()):
        start = draw(st.integers(0, 4000))
        fixed = ("A", start, start + draw(st.integers(1, 800)))
        jobs.append(Job(99, (Operation(99, 10, {"A": 1}, fixed=fixed),), 0, 100))
    return jobs


@settings(max_examples=150, deadline=None)
@given(shops(), st.sampled_from(list(Rule)))
def test_every_schedule_is_feasible(jobs, rule):
    working = {"A": DAYS, "B": ALWAYS, "C": [(day * 1440 + 1200, day * 1440 + 1740) for day in range(400)]}

    check(jobs, dispatch(jobs, working, rule), working)


def one(order, minutes, *, due=10_000, machines=("M",)):
    return Job(order, (Operation(order, 10, dict.fromkeys(machines, minutes)),), 0, due)


def sequence(jobs, rule):
    return [slot.order for slot in dispatch(jobs, {"M": ALWAYS}, rule)]


def why(jobs, working):
    return late_orders(dispatch(jobs, working), jobs, working)


def test_an_order_in_time_needs_no_reason():
    assert why([one(1, 60, due=60)], {"M": ALWAYS}) == {}


def test_waiting_for_a_machine_is_a_matter_of_capacity():
    late = why([one(1, 60, due=60), one(2, 60, due=100)], {"M": ALWAYS})

    assert list(late) == [2]
    assert (late[2].minutes, late[2].reason, late[2].machine, late[2].waited) == (
        20,
        Reason.CAPACITY,
        "M",
        60,
    )


def test_too_little_time_between_release_and_due_is_lead_time():
    assert why([one(1, 90, due=60)], {"M": ALWAYS})[1].reason is Reason.LEAD_TIME


def test_nights_and_days_off_are_the_calendar():
    assert why([one(1, 600, due=1400)], {"M": DAYS})[1].reason is Reason.CALENDAR


def test_frozen_work_that_stands_too_late_is_the_reason():
    job = Job(1, (Operation(1, 10, {"M": 60}, fixed=("M", 500, 560)),), 0, 300)

    assert why([job], {"M": ALWAYS})[1].reason is Reason.FROZEN
