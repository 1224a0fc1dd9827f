"""What is measured can still be measured, and the table holds each figure against its own limit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, select

from app.core.db import db
from app.workflow.models import HumanTask
from app.workflow.running import instances
from benchmarks import loop
from benchmarks.table import HEADING, Judged, Rate, Ratio, Row, table

ROOT = Path(__file__).resolve().parent.parent


def test_a_row_of_times_is_judged_by_its_p95():
    mostly_fast = (0.010,) * 10 + (0.500,) * 10

    assert Row("x", 0.1, mostly_fast).cells()[-2:] == ("p95 ≤ 100 ms", "MISSED")


def test_a_row_may_be_judged_by_its_median_and_says_so():
    mostly_fast = (0.010,) * 18 + (0.500,) * 2

    assert Row("x", 0.1, mostly_fast, judged=Judged.MEDIAN).cells()[-2:] == ("median ≤ 100 ms", "ok")


def test_a_row_without_a_limit_is_not_judged():
    assert Row("x", times=(0.2,)).cells() == ("x", "1", "200 ms", "200 ms", "-", "")


def test_a_rate_must_reach_its_limit():
    assert Rate("x", done=30, seconds=2, at_least=20).cells()[2:] == ("15.0/s", "-", "≥ 20/s", "MISSED")
    assert Rate("x", done=50, seconds=2, at_least=20).cells()[-1] == "ok"


def test_a_ratio_is_judged_by_its_median():
    assert Ratio("x", (1, 4, 30), at_least=4).cells()[2:] == ("4.0×", "-", "≥ 4×", "ok")
    assert Ratio("x", (1, 3, 30), at_least=4).cells()[-1] == "MISSED"


def test_the_table_has_a_line_for_each_row():
    lines = table([Row("x", 0.1, absent="no data"), Ratio("y", (2.0,))]).splitlines()

    assert [len(line.split("|")) - 2 for line in lines] == [len(HEADING)] * 4


def test_copies_of_a_case_are_cases_to_work_on(database):
    loop.deploy()
    with loop.walk(loop.person()) as case:
        case.to(3)
        copies = case.copies(3)
        instances.complete(loop.open_task(copies[1]), loop.ANSWER)
        later = instances.start(loop.KEY, {"key": "k"}, "thing:later")
        db.session.commit()

        done = [
            db.session.scalar(
                select(func.count()).where(HumanTask.instance_id == one, HumanTask.status == "completed")
            )
            for one in (case.instance_id, *copies)
        ]

    assert done == [2, 2, 3, 2]
    assert later.id not in copies


def test_everything_that_is_measured_can_be_measured():
    command = [sys.executable, "-m", "benchmarks", "--short"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)

    assert told.returncode == 0, told.stderr[-3000:]
    assert all(len(line.split("|")) - 2 == len(HEADING) for line in told.stdout.splitlines()[1:])
