"""Good files are taken; of a bad one nothing is, and each problem is named."""

from __future__ import annotations

from io import BytesIO

import pytest
from sqlalchemy import func, select

from app.core.db import db
from app.imports.loading import row_counts
from app.masterdata.models import BomLine, Item, Shift, Site
from app.planning.models import DemandHistory
from app.subcontracting.models import DeliveryRecord

ITEMS = "number,name_en,supply,unit,safety_stock\nA,Bike,make,pc,\nB,Wheel,make,pc,1\nC,Rim,buy,pc,２５\n"
GOOD = {
    "sites": "code,name_en\nS,Site\n",
    "partners": "code,name_en,is_supplier\nV,Vendor,yes\n",
    "items": ITEMS,
    "boms": "parent,component,quantity\nA,B,2\nB,C,1\n",
    "demand_history": "site,item,month,quantity\nS,A,2026-01,12\nS,A,2026-02-14,9\n",
    "purchase_history": "order,line,supplier,ordered_on,item,ordered,price,due,received,rejected,received_on\n"
    "P1,1,V,2026-01-02,C,10,5,2026-01-09,10,2,2026-01-08\n",
}


def _count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def test_good_files_twice(load):
    for _ in range(2):
        report = load(**GOOD)
        assert report.problems == []
    assert _count(Item) == 3
    assert _count(BomLine) == 2
    assert [row.quantity for row in db.session.scalars(select(DemandHistory))] == [12, 9]
    record = db.session.scalars(select(DeliveryRecord)).one()
    assert (record.received, record.accepted, record.paid_value) == (10, 8, 50)
    assert db.session.scalars(select(Item).where(Item.number == "C")).one().safety_stock == 25


def test_bill_in_a_circle_names_the_way(load):
    report = load(**{**GOOD, "boms": "parent,component,quantity\nA,B,2\nB,C,1\nC,A,1\n"})
    assert report.problem_count == 1
    assert " > " in report.problems[0].expected
    assert _count(BomLine) == 0


@pytest.mark.parametrize(
    "number",
    [
        "NaN",
        "Infinity",
        "1e99",
        "-1",
        "twelve",
        "1.2.3",
        "0.00000001",
        "999999999999999",
        "1e30",
        "5 kg",
        "2\u202e5",
    ],
)
def test_bad_quantity_takes_nothing(load, number):
    report = load(**{**GOOD, "items": ITEMS + f"D,Hub,buy,pc,{number}\n"})
    problem = report.problems[0]
    assert (problem.file, problem.row, problem.column) == ("items.csv", 5, "safety_stock")
    assert _count(Item) == 0
    assert "boms.csv" in report.skipped


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe broken",
        b"",
        b"number,number\nA,A\n",
        b"number\0,name_en\n",
        ITEMS.replace("safety_stock", "safety").encode(),
        ITEMS.replace("supply", "supplied").encode(),
        (ITEMS + "A,Again,make,pc,1\n").encode(),
        (ITEMS + "D,Two\u202eways,make,pc,1\n").encode(),
        (ITEMS + "D,Hub,steal,pc,1\n").encode(),
        (ITEMS + "D,Hub, front,make,pc,1\n").encode(),
        (ITEMS + "D," + "x" * 500 + ",make,pc,1\n").encode(),
    ],
)
def test_broken_file_takes_nothing(load, text):
    assert load(items=text).problem_count > 0
    assert _count(Item) == 0


@pytest.mark.parametrize("day", ["2026-02-30", "31.3.2026", "2026-01-02 or so", "0001-01-01", "soon"])
def test_bad_date_takes_nothing(load, day):
    text = GOOD["purchase_history"].replace("2026-01-02", day)
    problem = load(**{**GOOD, "purchase_history": text}).problems[0]
    assert (problem.file, problem.row, problem.column) == ("purchase_history.csv", 2, "ordered_on")
    assert _count(DeliveryRecord) == 0


def test_more_rejected_than_received(load):
    text = GOOD["purchase_history"].replace(",10,2,", ",10,11,")
    assert load(**{**GOOD, "purchase_history": text}).problem_count == 1
    assert _count(DeliveryRecord) == 0


def test_only_the_first_hundred_problems_are_kept(load):
    report = load(items="number,name_en,supply,unit\n" + "".join(f"N{n},Name,x,pc\n" for n in range(150)))
    assert (report.problem_count, len(report.problems)) == (150, 100)


def _send(browser, **texts: str):
    files = [(BytesIO(text.encode()), f"{name}.csv") for name, text in texts.items()]
    return browser.post("/imports", data={"files": files}, content_type="multipart/form-data")


def test_browser(login):
    browser = login("engineer")
    assert browser.get("/imports").status_code == 200
    answer = _send(browser, items=ITEMS.replace("make", "steal"))
    assert answer.status_code == 422
    assert "steal" in answer.text
    assert _send(browser, passwords="a\n1\n").status_code == 422
    assert _send(browser).status_code == 422
    assert _count(Item) == 0
    assert _send(browser, items=ITEMS).status_code == 200
    assert _count(Item) == 3


def test_others_may_not(login):
    assert login("buyer").get("/imports").status_code == 403


@pytest.mark.parametrize("cell", ["", "NOPE", "A B\x00", "9" * 300])
def test_a_bad_key_is_a_problem_of_its_row(load, cell):
    load(**{name: GOOD[name] for name in ("sites", "partners", "items")})
    report = load(units=f"item,unit,numerator\n{cell},box,12\n")

    assert report.problem_count >= 1
    assert report.problems[0].file == "units.csv"
    assert "units.csv" not in report.taken


def test_the_command_shows_how_far_it_is(app, tmp_path):
    for name, text in GOOD.items():
        (tmp_path / f"{name}.csv").write_text(text)

    result = app.test_cli_runner().invoke(args=["import-data", str(tmp_path)])

    assert result.exit_code == 0, result.output
    assert "items.csv: 3 rows taken" in result.output


def test_rows_are_counted_before_they_are_read(tmp_path):
    (tmp_path / "items.csv").write_text(ITEMS)
    (tmp_path / "sites.csv").write_text("code\n")

    assert row_counts(tmp_path) == {"items.csv": 3, "sites.csv": 1}


def test_the_page_says_what_was_expected_in_the_reader_s_language(login):
    browser = login("engineer")
    data = {"files": [(BytesIO(ITEMS.replace("make", "steal").encode()), "items.csv")]}

    page = browser.post(
        "/imports", data=data, content_type="multipart/form-data", headers={"Accept-Language": "zh-TW"}
    ).text

    assert "下列其中之一：make" in page
    assert "one of make" not in page


@pytest.mark.parametrize(
    ("file", "column", "cell"),
    [
        *(("sites", "timezone", cell) for cell in ("Mars/Phobos", "Asia", "../etc/passwd", "8")),
        *(("sites", "weekly_off", cell) for cell in ("7", "Monday", "5,6", "-1")),
        *(("shifts", "start", cell) for cell in ("24:00", "8", "8:5", "٠٨:٣٠")),
        *(("shifts", "breaks", cell) for cell in ("12:00", "12:00-13", "12:00-13:00-14:00")),
    ],
)
def test_times_of_the_plant_are_told_as_expected(load, file, column, cell):
    plant = {
        "sites": {"code": "S", "name_en": "Site", "timezone": "Asia/Tokyo", "weekly_off": "0;6"},
        "shifts": {
            "site": "S",
            "code": "A",
            "name_en": "Day",
            "start": "8:30",
            "end": "17:00",
            "breaks": "12:00-13:00",
        },
    }

    def texts() -> dict[str, str]:
        return {name: f"{','.join(row)}\n{','.join(row.values())}\n" for name, row in plant.items()}

    assert load(**texts()).problems == []
    shift = db.session.scalars(select(Shift)).one()
    assert (shift.start, shift.breaks) == ("08:30", [["12:00", "13:00"]])
    assert db.session.scalars(select(Site)).one().weekly_off == [0, 6]

    plant[file][column] = f'"{cell}"'
    [problem] = load(**texts()).problems
    assert (problem.file, problem.row, problem.column, problem.found) == (f"{file}.csv", 2, column, cell)


def test_a_site_without_a_time_zone_lies_in_the_companys(app, load):
    assert load(sites="code,name_en\nS,Site\n").problems == []
    assert db.session.scalars(select(Site)).one().timezone == app.config["TIMEZONE"]
