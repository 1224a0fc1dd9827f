"""The pages of the schedule and the shop floor."""

from decimal import Decimal

import pytest

from app.core.db import db
from app.core.web import documents
from app.sales.models import CustomerOrder
from app.scheduling import queries as orders
from app.scheduling import services as scheduling
from app.shopfloor import queries, services
from app.shopfloor.models import Run

D = Decimal


@pytest.fixture
def order(plant):
    """A work order of 114 under way: 50 turned, 2 scrapped, a stop of 40 minutes; another one late."""
    plant.stock("150")
    [made] = plant.release(114, good=110)
    plant.release(20, due=made.release_date)
    scheduling.schedule("DY")
    services.issue_materials(made.id)
    told = {"good": "50", "scrap": "2", "scrap_reason": "D06", "setup_minutes": "60", "run_minutes": "500"}
    told |= {"stop_minutes": "40", "stop_reason": "P02", "machine": "L01"}
    services.report_operation(made.id, made.operations[0].id, told)
    db.session.commit()
    return orders.work_order(made.id)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/scheduling/", ["MO2603-001", "L02", "→ P01", "gantt-bar", "released too late for its work"]),
        ("/scheduling/?site=DY&from=3", ["svg"]),
        ("/scheduling/load", ["LATHE", "%"]),
        ("/scheduling/work-orders", ["MO2603-001", "BD25"]),
        ("/scheduling/work-orders?q=MO2603-002", ["MO2603-002"]),
        ("/scheduling/work-orders/1", ["AL80-260311", "103.17 kg", "L01", "Liangyang"]),
        ("/shopfloor/", ["MO2603-001", "LATHE", "62 pc"]),
        ("/shopfloor/?work_centre=MILL", ["MILL"]),
        ("/shopfloor/work-orders/1", ["D06", "P02", "103.17 kg", "40 min"]),
        ("/shopfloor/equipment", ["L01", "OEE"]),
        ("/shopfloor/equipment?days=999", ["L01"]),
    ],
)
def test_a_page_shows_what_there_is(order, login, path, words):
    answer = login("operator").get(path, headers={"Accept-Language": "en"})

    assert answer.status_code == 200
    for word in words:
        assert word in answer.text


@pytest.mark.parametrize("path", ["/scheduling/", "/scheduling/load", "/shopfloor/", "/shopfloor/equipment"])
def test_an_empty_factory_has_pages_too(app, login, path):
    assert login("scheduler").get(path).status_code == 200


@pytest.mark.parametrize("path", ["/scheduling/work-orders/9", "/shopfloor/work-orders/9"])
def test_what_does_not_exist_is_not_found(app, login, path):
    assert login("operator").get(path).status_code == 404


def test_an_operator_starts_and_stops_at_the_board(order, login):
    address = f"/shopfloor/work-orders/1/operations/{order.operations[0].id}"
    browser = login("operator")

    assert browser.post(f"{address}/start", data={"machine": "L02"}).status_code == 302
    assert "P02" in browser.get("/shopfloor/?work_centre=LATHE").text
    assert browser.post(f"{address}/start", data={"machine": "L02"}).status_code == 409
    assert browser.post(f"{address}/stop", data={"reason": "P02"}).status_code == 302
    assert db.session.query(Run).populate_existing().one().stop_reason == "P02"


def test_only_people_at_machines_may_start(order, login):
    address = f"/shopfloor/work-orders/1/operations/{order.operations[0].id}/start"

    assert login("buyer").post(address).status_code == 403


def test_the_warehouse_issues_more_and_takes_back(order, login):
    item = order.materials[0].item_id
    browser, address = login("warehouse"), "/shopfloor/work-orders/1/material"

    told = {"item_id": item, "quantity": "2", "reason": "broken bar"}
    assert browser.post(address, data=told | {"act": "issue"}).status_code == 302
    assert "105.17" in browser.get("/shopfloor/work-orders/1").text
    assert browser.post(address, data=told | {"act": "return", "quantity": "5.17"}).status_code == 302
    assert "100 kg" in browser.get("/shopfloor/work-orders/1").text


@pytest.mark.parametrize("told", [{"quantity": "NaN"}, {"quantity": "-1"}, {"reason": ""}, {"item_id": "x"}])
def test_material_that_cannot_be_is_refused(order, login, told):
    row = {"item_id": order.materials[0].item_id, "quantity": "2", "reason": "why", "act": "issue"} | told

    assert login("warehouse").post("/shopfloor/work-orders/1/material", data=row).status_code == 422


def test_effectiveness_of_a_machine_follows_from_its_reports(order, plant, clock):
    clock("2026-03-11T17:00:00+08:00")

    [lathe] = [
        row for row in queries.equipment(plant.site, order.release_date, 1) if row.machine.code == "L01"
    ]

    # 08:00-17:00 less breaks, and the night before until 05:00 less its break
    assert lathe.planned == D(460 + 240)
    assert (lathe.run, lathe.total, lathe.good) == (D(500), D(52), D(50))
    assert lathe.figures.performance == D(52 * 9) / D(500)
    assert lathe.stops == [("P02 P02", D(40))]


def test_the_cockpit_names_work_orders_under_planning_and_making(order, plant, app):
    customer = plant.add(
        CustomerOrder(
            number="SO2603-0012",
            site_id=plant.site.id,
            customer_id=plant.finisher.id,
            entered_on=order.release_date,
            currency="TWD",
            created_at=order.created_at,
        )
    )
    from app.planning.models import Plan

    for plan in db.session.query(Plan):
        plan.customer_order_id = customer.id
    db.session.flush()

    with app.test_request_context():
        found = documents(customer.id)

    assert [row["number"] for row in found[4]] == ["MO2603-001", "MO2603-002"]
    assert [row["status"] for row in found[5]] == ["in_process"]


def test_the_traveller_says_what_to_do(order):
    paper = orders.traveller(order.id)

    assert (paper["code"], paper["quantity"], paper["revision"]) == ("MO2603-001", "114 pc", "C")
    assert [row["code"] for row in paper["operations"]][:2] == ["MO2603-001/10", "MO2603-001/20"]
    assert [row["outside"] for row in paper["operations"]] == [False, False, True, False]
    assert paper["materials"][0]["required"] == "103.17 kg"
