"""The planning pages over HTTP, on the demo plant."""

from datetime import date

import pytest
from sqlalchemy import select

from app.core.events import EventRecord
from app.planning import services
from app.planning.models import Forecast, PlannedOrder
from tests.planning.test_planning_services import history, orders_of, plant, pytestmark  # noqa: F401


@pytest.fixture
def planned(plant, session):  # noqa: F811
    history(session, plant)
    services.forecast_demand("DY")
    plan = services.build_mps("DY", order_id=1)
    services.run_mrp("DY", plan_id=plan["plan_id"])
    session.commit()
    return plan["plan_id"]


@pytest.mark.parametrize("language", ["en", "zh_Hant_TW"])
def test_every_page_shows(planned, session, login, language):
    browser = login("planner")
    browser.post("/language", data={"language": language})
    [body] = orders_of(session, planned, "BD25")
    paths = [
        "plans",
        f"plans/{planned}",
        f"plans/{planned}/items/{body.item_id}",
        f"orders/{body.id}",
        "mps",
        "forecast",
    ]

    for path in paths:
        answer = browser.get(f"/planning/{path}")
        assert answer.status_code == 200, path

    assert "SO2603-0012" in browser.get(f"/planning/orders/{body.id}").text
    assert browser.get(f"/planning/plans/{planned}?export=csv").text.count("\n") == 11


def test_the_planner_changes_an_order_on_its_page(planned, session, login):
    [body] = orders_of(session, planned, "BD25")
    browser = login("planner")

    refused = browser.post(f"/planning/orders/{body.id}", data={"release_date": "2026-12-31"})
    done = browser.post(f"/planning/orders/{body.id}", data={"release_date": "2026-03-11"})

    assert (refused.status_code, done.status_code) == (422, 302)
    session.expire_all()
    assert session.get(PlannedOrder, body.id).release_date == date(2026, 3, 11)


def test_an_override_without_reason_is_refused_beside_its_box(planned, session, login):
    browser, row = login("planner"), session.scalars(select(Forecast)).first()

    refused = browser.post(f"/planning/forecast/{row.id}", data={"override": "150", "reason": ""})
    done = browser.post(f"/planning/forecast/{row.id}", data={"override": "150", "reason": "told so"})

    assert (refused.status_code, done.status_code) == (422, 302)
    session.expire_all()
    assert session.get(Forecast, row.id).effective == 150


def test_a_cycle_is_started_by_event(planned, session, login):
    login("planner").post("/planning/cycle", data={"site": "DY"})

    assert (
        session.scalar(select(EventRecord.key).where(EventRecord.name == "planning.cycle_due")) == "site:DY"
    )


def test_others_read_but_do_not_plan(planned, login):
    browser = login("operator")

    assert browser.get("/planning/plans").status_code == 200
    assert browser.post("/planning/cycle", data={"site": "DY"}).status_code == 403
