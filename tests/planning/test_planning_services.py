"""Planning operators on the demo plant in a database."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.core import clock as the_clock
from app.core.errors import DomainError
from app.demo.master import load_master
from app.masterdata.models import Item, Partner, Site
from app.planning import queries, services
from app.planning.models import DemandHistory, Forecast, Plan, PlannedOrder, PlannedStatus, PlanStatus
from app.sales import services as sales
from tests.planning.test_demo_plan import SOURCE, read

pytestmark = pytest.mark.skipif(
    not SOURCE.exists(), reason="the folder with shared data is not beside the project"
)
SETTLED = dict.fromkeys(("drawing", "tooling", "capacity", "certificates"), True)
MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def plant(session):
    """The demo plant on the morning of 2 March with its two orders confirmed."""
    facts = read()
    with the_clock.freeze(MONDAY):
        load_master(facts, date(2026, 2, 27))
        for number, row in facts["orders"].items():
            customer = session.scalar(select(Partner).where(Partner.code == row["customer"]))
            lines = [
                {
                    "item_id": item(session, line["item"]).id,
                    "quantity": line["quantity"],
                    "due_date": line["due"],
                }
                for line in row["lines"]
            ]
            order = sales.create_order("DY", customer.id, lines, number=number)
            sales.review_order(order.id, SETTLED)
            sales.confirm_order(order.id)
        yield facts


def item(session, number):
    return session.scalar(select(Item).where(Item.number == number))


def orders_of(session, plan_id, number):
    query = select(PlannedOrder).where(
        PlannedOrder.plan_id == plan_id, PlannedOrder.item_id == item(session, number).id
    )
    return list(session.scalars(query))


def history(session, facts):
    site = session.scalar(select(Site).where(Site.code == "DY"))
    for number in ("GP25", "RV10"):
        for place, quantity in enumerate(facts["demand_history_months"][number]):
            month = date(2024 + (place + 2) // 12, (place + 2) % 12 + 1, 1)
            session.add(
                DemandHistory(
                    site_id=site.id, item_id=item(session, number).id, month=month, quantity=Decimal(quantity)
                )
            )
    session.flush()


def test_the_run_equals_the_expected_plan_to_the_last_figure(plant, session):
    plan = services.run_mrp("DY")

    for number, expected in plant["expected_mrp"].items():
        [order] = orders_of(session, plan["plan_id"], number)
        assert order.quantity == Decimal(str(expected["quantity"])), number
        assert order.release_date == expected["release"], number
        assert order.due_date == expected.get("due", order.due_date), number
    assert plan["orders"] == len(plant["expected_mrp"])
    assert (plan["late_orders"], plan["exceptions"]) == (0, 0)


def test_a_pulled_forward_order_stays_and_pulls_its_material(plant, session):
    first = services.build_mps("DY")
    services.run_mrp("DY", plan_id=first["plan_id"])
    [body] = orders_of(session, first["plan_id"], "BD25")
    line = {"id": body.id, "quantity": "114", "release_date": "2026-03-11"}

    assert services.change_planned_orders(first["plan_id"], [line]) == {"changed": 1}
    again = services.build_mps("DY", plan_id=first["plan_id"])
    services.run_mrp("DY", plan_id=again["plan_id"])

    [body] = orders_of(session, again["plan_id"], "BD25")
    [bar] = orders_of(session, again["plan_id"], "AL80")
    assert (body.release_date, body.quantity) == (date(2026, 3, 11), 114)
    assert bar.release_date == date(2026, 3, 4)
    assert session.get(Plan, first["plan_id"]).status is PlanStatus.SUPERSEDED


def test_unchanged_rows_change_nothing(plant, session):
    plan = services.run_mrp("DY")
    rows = queries.plan_review(plan["plan_id"])["orders"]

    assert services.change_planned_orders(plan["plan_id"], rows) == {"changed": 0}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": "0"}, "lines.0.quantity"),
        ({"quantity": "-3"}, "lines.0.quantity"),
        ({"quantity": "NaN"}, "lines.0.quantity"),
        ({"release_date": "2026-13-01"}, "lines.0.release_date"),
        ({"release_date": "2026-12-31"}, "lines.0.release_date"),
    ],
)
def test_a_change_that_cannot_be_is_refused(plant, session, change, field):
    plan = services.run_mrp("DY")
    [body] = orders_of(session, plan["plan_id"], "BD25")

    with pytest.raises(DomainError) as refused:
        services.change_planned_orders(plan["plan_id"], [{"id": body.id, **change}])

    assert refused.value.field == field


def test_approving_firms_the_orders_and_the_next_run_leaves_them(plant, session):
    plan = services.run_mrp("DY")

    approved = services.approve_plan(plan["plan_id"])
    again = services.run_mrp("DY")

    assert approved["approved"] is True
    assert {order.status for order in session.scalars(select(PlannedOrder))} == {PlannedStatus.FIRM}
    assert again["orders"] == 0


def test_a_plan_made_before_another_was_approved_runs_again_instead(plant):
    first, second = services.run_mrp("DY"), services.run_mrp("DY")
    services.approve_plan(first["plan_id"])

    late = services.approve_plan(second["plan_id"])

    assert (late["approved"], late["outdated"]) == (False, True)


def test_approving_twice_has_one_effect(plant):
    plan = services.run_mrp("DY")

    assert services.approve_plan(plan["plan_id"]) == services.approve_plan(plan["plan_id"])


def test_what_an_order_is_for_is_found_through_all_levels(plant, session):
    plan = services.run_mrp("DY")

    purposes = {
        row["item"].split()[0]: row["purpose"] for row in queries.plan_review(plan["plan_id"])["orders"]
    }

    assert purposes["AL80"] == "SO2603-0012"
    assert set(purposes["PP10"].split(", ")) == {"SO2603-0012", "SO2603-0013"}


def test_the_forecast_is_the_median_of_its_methods(plant, session):
    history(session, plant)

    assert services.forecast_demand("DY")["items"] == 2
    row = session.scalars(select(Forecast).order_by(Forecast.id)).first()
    figures = sorted(Decimal(value) for value in row.methods.values())
    assert len(figures) == 5
    assert row.quantity == figures[2]
    assert row.month == date(2026, 3, 1)


def test_an_override_needs_a_reason_and_survives_the_next_forecast(plant, session):
    history(session, plant)
    services.forecast_demand("DY")
    row = session.scalars(select(Forecast)).first()
    with pytest.raises(DomainError):
        services.override_forecast(row.id, "150", " ")

    services.override_forecast(row.id, "150", "customer told us")
    services.forecast_demand("DY")

    assert session.get(Forecast, row.id).effective == 150


def test_orders_consume_the_forecast(plant, session):
    history(session, plant)
    services.forecast_demand("DY")
    dated = services.run_mrp("DY")
    pump = item(session, "GP25")

    both = services.run_mrp("DY", include_forecast=True)

    def planned(plan):
        return sum(order.good_quantity for order in orders_of(session, plan["plan_id"], "GP25"))

    expected = {
        row.month: row.effective for row in session.scalars(select(Forecast).filter_by(item_id=pump.id))
    }
    left = sum(value for month, value in expected.items()) - min(expected[date(2026, 4, 1)], 120)
    assert 0 < planned(both) - planned(dated) <= left


def test_the_master_schedule_promises_what_nobody_ordered(plant, session):
    plan = services.build_mps("DY")
    services.run_mrp("DY", plan_id=plan["plan_id"])

    schedule = {found.number: lines for found, lines in queries.master_schedule(plan["plan_id"]).items()}
    due = {line.week: line for line in schedule["GP25"]}[date(2026, 4, 6)]
    assert (due.orders, due.planned, due.projected, due.available_to_promise) == (120, 120, 0, 0)


def test_the_record_of_an_item_balances(plant, session):
    plan = services.run_mrp("DY")
    view = queries.PlanView(queries.plan(plan["plan_id"]))
    bar = item(session, "AL80")

    rows = view.grid(bar.id)

    stock = Decimal(95)
    for row in rows:
        stock += row.scheduled + row.planned - row.gross
        assert row.projected == stock
    assert rows[-1].projected == Decimal("113.99")


def test_a_plan_whose_orders_were_changed_runs_again_before_approval(plant, session):
    plan = services.run_mrp("DY")
    [body] = orders_of(session, plan["plan_id"], "BD25")
    services.change_planned_order(body.id, release_date="2026-03-11")

    assert services.approve_plan(plan["plan_id"])["outdated"] is True


def test_a_cancelled_order_leaves_the_draft_and_its_need_is_planned_anew(plant, session):
    plan = services.run_mrp("DY")
    [body] = orders_of(session, plan["plan_id"], "BD25")

    services.change_planned_order(body.id, cancel=True)

    assert orders_of(session, plan["plan_id"], "BD25") == []
    again = services.build_mps("DY", plan_id=plan["plan_id"])
    services.run_mrp("DY", plan_id=again["plan_id"])
    assert [order.quantity for order in orders_of(session, again["plan_id"], "BD25")] == [114]
