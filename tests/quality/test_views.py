"""The pages of quality."""

import pytest

from app.core.db import db
from app.masterdata.models import CodeKind, ReasonCode
from app.quality import charts, queries, services
from tests.quality.plant import Plant, rows
from tests.quality.test_inspections import GOOD, requested
from tests.quality.test_nonconformances import rejected


@pytest.fixture
def story(app):
    """The rejected lot of the story, contained, in the database."""
    plant = Plant()
    rejected(plant)
    db.session.commit()
    return plant


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/quality/inspections", ["QI", "BD25-260324"]),
        ("/quality/inspections?status=rejected&kind=receipt&q=purchase", ["QI"]),
        ("/quality/inspections/1", ["18.4", "Cpk", "<svg", "NCR"]),
        ("/quality/nonconformances", ["NCR", "D02", "<svg"]),
        ("/quality/nonconformances/1", ["Marked red, locked away", "P01"]),
        ("/quality/plans", ["ISO 2859-1 II, AQL 1"]),
        ("/quality/plans/1", ["20 – 30 µm"]),
    ],
)
def test_a_page_shows_what_there_is(story, login, path, words):
    answer = login("inspector").get(path, headers={"Accept-Language": "en"})

    assert answer.status_code == 200
    for word in words:
        assert word in answer.text


@pytest.mark.parametrize("path", ["/quality/inspections", "/quality/nonconformances", "/quality/plans"])
def test_an_empty_list_and_its_export_answer(app, login, path):
    browser = login("inspector")

    assert browser.get(path).status_code == 200
    assert browser.get(f"{path}?export=csv").mimetype == "text/csv"


@pytest.mark.parametrize(
    "path", ["/quality/inspections/99", "/quality/nonconformances/99", "/quality/plans/99"]
)
def test_what_does_not_exist_is_not_found(app, login, path):
    assert login("inspector").get(path).status_code == 404


def test_nobody_sees_quality_without_signing_in(app, client):
    assert client.get("/quality/inspections").status_code == 302


def test_a_control_chart_keeps_every_point_inside_its_box():
    drawing = charts.control([1.0, 5.0, 3.0], [("centre", 3.0, "3"), ("limit", 9.0, "9")], [1])

    assert all(0 <= point.y <= charts.HEIGHT and 0 <= point.x <= charts.WIDTH for point in drawing.points)
    assert [point.alarm for point in drawing.points] == [False, True, False]
    assert charts.control([], []).path == ""


def test_the_first_bar_of_a_pareto_is_the_highest():
    first, second = charts.pareto(
        [("D02", 110.0, 96.0, "film too thin"), ("D01", 4.0, 100.0, "尺寸超差" * 20)]
    )

    assert first.height > second.height
    assert first.cumulative.y > second.cumulative.y
    assert (first.caption, second.caption[-1], len(second.caption) < 30) == ("film too thin", "…", True)
    assert charts.pareto([]) == ()


def test_bars_are_named_and_sorted_out_pieces_do_not_count(story, login):
    db.session.add(ReasonCode(kind=CodeKind.DEFECT, code="D02", names={"en": "Film too thin"}))
    found = services.open_nonconformance(story.body.id, "20", "dents", "work_order:7", defect_code="D02")
    services.record_containment(found["nonconformance_id"], "set apart", "minor")
    services.record_disposition(found["nonconformance_id"], "sort", "told apart", good_quantity="17")
    services.open_nonconformance(story.body.id, "2", "not looked at yet", "work_order:7")
    db.session.commit()

    first, second = queries.defects_by_code()
    assert (first["code"], first["name"], first["quantity"]) == ("D02", "Film too thin", 113)
    assert (second["code"], second["quantity"], second["cumulative"]) == ("–", 2, 100)
    page = login("inspector").get("/quality/nonconformances", headers={"Accept-Language": "en"}).text
    assert "Film too thin" in page
    assert "no defect code yet" in page


def test_a_constant_measurement_draws_too(app, login):
    plant = Plant()
    _lot, inspection_id = requested(plant)
    services.sampling_plan(inspection_id)
    services.record_results(inspection_id, rows(*GOOD))
    db.session.commit()

    assert "∞" in login("inspector").get(f"/quality/inspections/{inspection_id}").text
