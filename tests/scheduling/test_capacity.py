"""Working intervals from shifts and exceptions both ways."""

from datetime import date

from app.masterdata.calendar import shift_intervals
from app.scheduling.capacity import Change, booked, intervals, shift_days

MONDAY = date(2026, 3, 16)
DAY, NIGHT = 1, 2
HOURS = {
    DAY: shift_intervals("08:00", "17:00", [("12:00", "13:00")]),
    NIGHT: shift_intervals("20:00", "05:00", [("00:00", "01:00")]),
}


def worked(*changes, days=7, shifts=(DAY,)):
    return shift_days(MONDAY, days, [5, 6], list(shifts), changes)


def test_the_week_has_its_days_off():
    assert [day.isoformat()[-2:] for day, shifts in worked().items() if shifts] == [
        "16",
        "17",
        "18",
        "19",
        "20",
    ]


def test_a_holiday_stops_every_shift():
    assert worked(Change(MONDAY, False), shifts=(DAY, NIGHT))[MONDAY] == []


def test_a_make_up_day_runs_the_regular_shifts():
    assert worked(Change(date(2026, 3, 21), True))[date(2026, 3, 21)] == [DAY]


def test_overtime_adds_one_shift_and_an_outage_takes_one():
    found = worked(Change(date(2026, 3, 21), True, NIGHT), Change(MONDAY, False, NIGHT), shifts=(DAY, NIGHT))

    assert found[date(2026, 3, 21)] == [NIGHT]
    assert found[MONDAY] == [DAY]


def test_a_change_outside_the_horizon_changes_nothing():
    assert worked(Change(date(2027, 1, 1), True)) == worked()


def test_a_night_shift_runs_past_midnight():
    assert intervals(MONDAY, {MONDAY: [NIGHT]}, HOURS) == [(1200, 1440), (1500, 1740)]


def test_the_night_before_reaches_into_the_first_day():
    assert intervals(MONDAY, {date(2026, 3, 15): [NIGHT]}, HOURS) == [(60, 300)]


def test_shifts_that_touch_become_one_interval():
    assert intervals(MONDAY, {MONDAY: [1, 2]}, {1: [(0, 60)], 2: [(60, 90)]}) == [(0, 90)]


def test_load_counts_working_minutes_only():
    working = intervals(MONDAY, worked(), HOURS)

    assert booked([(480, 1440 + 540)], working, [(0, 1440), (1440, 2880)]) == [(480, 480), (60, 480)]
