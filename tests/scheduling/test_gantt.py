"""Where a Gantt chart draws its bars."""

from __future__ import annotations

from datetime import date, datetime

from app.scheduling.gantt import HEAD, LEFT, NARROWEST, ROW, Task, chart

FIRST = date(2026, 3, 2)


def task(row: str, start: str, end: str) -> Task:
    return Task(row, datetime.fromisoformat(start), datetime.fromisoformat(end), "", "", 0, False, "")


def test_a_bar_is_as_long_as_its_operation_and_stands_in_its_row():
    drawn = chart(
        [task("M02", "2026-03-03T12:00", "2026-03-04T00:00")], {"M01": "Mill", "M02": "Lathe"}, FIRST, 60
    )

    (bar,) = drawn.bars
    assert drawn.day == NARROWEST
    assert (bar.x, bar.width) == (LEFT + 1.5 * NARROWEST, 0.5 * NARROWEST)
    assert HEAD + ROW < bar.y < HEAD + 2 * ROW


def test_what_lies_outside_is_cut_or_left_out():
    before = task("M01", "2026-03-01T00:00", "2026-03-02T12:00")
    after = task("M01", "2026-05-30T00:00", "2026-05-31T00:00")

    drawn = chart([before, after], {"M01": "Mill"}, FIRST, 60)

    assert [(bar.task, bar.x, bar.width) for bar in drawn.bars] == [(before, LEFT, NARROWEST / 2)]


def test_few_days_are_drawn_wider():
    assert chart([], {}, FIRST, 7).day > 2 * NARROWEST


def test_rows_nobody_announced_follow_under_their_own_name():
    drawn = chart([task("→ P01", "2026-03-02T08:00", "2026-03-02T09:00")], {"M01": "Mill"}, FIRST, 7)

    assert [label for label, _y in drawn.rows] == ["Mill", "→ P01"]


def test_closed_days_are_the_calendar_s_not_the_weekend_s():
    drawn = chart([], {}, FIRST, 7, closed={date(2026, 3, 3)})

    assert [day for day, _x, off in drawn.days if off] == [date(2026, 3, 3)]


def test_now_is_marked_only_where_it_is_shown():
    inside = chart([], {}, FIRST, 60, now=datetime.fromisoformat("2026-03-02T12:00"))
    outside = chart([], {}, FIRST, 60, now=datetime.fromisoformat("2026-01-01"))

    assert inside.now == LEFT + NARROWEST / 2
    assert outside.now is None
