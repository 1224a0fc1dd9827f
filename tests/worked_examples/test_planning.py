"""The worked examples of planning, from the shared file."""

import csv
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from app.masterdata.explosion import Line, Structure, explode, low_level_codes
from app.planning import forecast_kernels, lot_sizing, mps, mrp
from app.planning.lot_sizing import LotPolicy
from tests.worked_examples import DATA, MISSING, examples, name, named

COVERED = (
    "lot_sizing.wagner_whitin",
    "lot_sizing.silver_meal",
    "lot_sizing.eoq",
    "lot_sizing.eoq_backorders",
    "lot_sizing.epq",
    "lot_sizing.quantity_discount",
    "mrp.lot_modifiers",
    "mrp.period_order_quantity",
    "mrp.netting",
    "planning.forecast_consumption",
    "planning.atp_discrete",
    "replenishment.min_max",
    "forecast.ses",
    "data.low_level_codes",
    "bom.quantity",
)
pytestmark = pytest.mark.skipif(not DATA.exists(), reason=MISSING)
DAY = date(2026, 1, 1)


def D(value):
    return Decimal(str(value))


def plain(day, count):
    return day + timedelta(count)


def plan_one(part, needs, receipts=(), start=DAY):
    return mrp.plan({part.key: part}, Structure([]), needs, receipts, start=start, shift=plain)


@pytest.mark.parametrize("example", examples("lot_sizing.wagner_whitin"), ids=name)
def test_wagner_whitin(example):
    given, expected = example["input"], example["expected"]

    quantities, cost = lot_sizing.wagner_whitin(given["demand"], given["fixed_cost"], given["holding_cost"])

    assert quantities == expected["order_quantities"]
    assert cost == pytest.approx(expected["total_cost"], abs=example["tolerance"])


@pytest.mark.parametrize("example", examples("lot_sizing.silver_meal"), ids=name)
def test_silver_meal(example):
    given = example["input"]

    assert (
        lot_sizing.silver_meal(given["demand"], given["setup_cost"], given["holding_cost"])
        == (example["expected"]["order_quantities"])
    )


@pytest.mark.parametrize("example", examples("lot_sizing.eoq")[:1], ids=name)
def test_economic_order_quantity(example):
    given, expected = example["input"], example["expected"]

    quantity, cost = lot_sizing.economic_order_quantity(
        given["demand_rate"], given["fixed_cost"], given["holding_cost"]
    )

    assert quantity == pytest.approx(expected["order_quantity"], abs=1e-6)
    assert cost == pytest.approx(expected["cost"], abs=1e-6)


@pytest.mark.parametrize("example", examples("lot_sizing.eoq_backorders"), ids=name)
def test_economic_order_quantity_with_backorders(example):
    given, expected = example["input"], example["expected"]

    found = lot_sizing.eoq_with_backorders(
        given["demand_rate"], given["fixed_cost"], given["holding_cost"], given["stockout_cost"]
    )

    assert found == pytest.approx(
        (expected["order_quantity"], expected["stockout_fraction"], expected["cost"]), abs=1e-6
    )


@pytest.mark.parametrize("example", examples("lot_sizing.epq"), ids=name)
def test_economic_production_quantity(example):
    found = lot_sizing.economic_production_quantity(**example["input"])

    assert found == pytest.approx(example["expected"]["order_quantity"], abs=1e-6)


@pytest.mark.parametrize("example", examples("lot_sizing.quantity_discount"), ids=name)
def test_quantity_discount(example):
    given, expected = example["input"], example["expected"]

    found = lot_sizing.eoq_with_discounts(
        given["demand_rate"],
        given["fixed_cost"],
        given["holding_cost_rate"],
        given["breakpoints"],
        given["unit_costs"],
    )

    assert found == pytest.approx(
        (expected["order_quantity"], expected["region"], expected["cost"]), abs=1e-6
    )


@pytest.mark.parametrize(
    "example", [e for e in examples("mrp.lot_modifiers") if "net" in e["input"]], ids=name
)
def test_lot_modifiers(example):
    given = example["input"]
    policy = LotPolicy(
        minimum=D(given["min"]),
        maximum=D(given["max"]) if given["max"] else None,
        multiple=D(given["multiple"]),
    )

    orders = lot_sizing.orders(D(given["net"]), policy)

    assert orders == example["expected"]["orders"]
    assert sum(orders) == example["expected"]["total"]


@pytest.mark.parametrize("example", [e for e in [named("mrp-supplier-min-multiple")] if e], ids=name)
def test_safety_stock_with_a_suppliers_minimum_and_multiple(example):
    given, expected = example["input"], example["expected"]
    part = mrp.Part(
        "C",
        "buy",
        on_hand=D(given["on_hand"]),
        safety_stock=D(given["safety_stock"]),
        lead_days=given["lead_time_days"],
        policy=LotPolicy(minimum=D(given["min"]), multiple=D(given["multiple"])),
    )

    [order] = plan_one(part, [], start=date.fromisoformat(given["now"])).orders

    assert order.quantity == expected["order_qty"]
    assert order.due == date.fromisoformat(expected["receipt"])


@pytest.mark.parametrize("example", examples("mrp.period_order_quantity"), ids=name)
def test_period_order_quantity(example):
    given, expected = example["input"], example["expected"]
    part = mrp.Part("A", policy=LotPolicy(period_days=given["period_days"]))
    needs = [mrp.Need("A", plain(DAY, day), D(quantity), "order") for day, quantity in given["demand"]]

    orders = plan_one(part, needs).orders

    assert [(order.due, order.quantity) for order in orders] == [
        (plain(DAY, one["due_day"]), one["qty"]) for one in expected["orders"]
    ]
    assert lot_sizing.group_by_period([(d, D(q)) for d, q in given["demand"]], given["period_days"]) == [
        (one["due_day"], one["qty"]) for one in expected["orders"]
    ]


@pytest.mark.parametrize("example", [e for e in [named("mrp-group-multiple-carry")] if e], ids=name)
def test_a_surplus_from_a_multiple_is_carried(example):
    given, expected = example["input"], example["expected"]
    part = mrp.Part("A", on_hand=D(given["on_hand"]), policy=LotPolicy(multiple=D(given["multiple"])))
    needs, receipts = [], []
    for place, group in enumerate(given["groups"]):
        needs += [mrp.Need("A", plain(DAY, place), D(quantity), "order") for quantity in group["demand"]]
        receipts += [mrp.Receipt("A", plain(DAY, place), D(quantity), "open") for quantity in group["supply"]]

    orders = plan_one(part, needs, receipts).orders

    assert [order.quantity for order in orders] == expected["planned"]
    supplied = sum(order.quantity for order in orders) + sum(receipt.quantity for receipt in receipts)
    assert supplied - sum(need.quantity for need in needs) == expected["projected_after"]


@pytest.mark.parametrize("example", [e for e in [named("mrp-net-hw8-B")] if e], ids=name)
def test_net_requirements(example):
    given = example["input"]
    needs = [
        mrp.Need("B", plain(DAY, place), D(quantity), "order")
        for place, quantity in enumerate(given["gross"])
    ]
    receipts = [mrp.Receipt("B", DAY, D(quantity), "open") for quantity in given["scheduled"]]

    orders = plan_one(mrp.Part("B", on_hand=D(given["on_hand"])), needs, receipts).orders

    net = {order.due: order.quantity for order in orders}
    assert [net.get(plain(DAY, place), 0) for place in range(3)] == example["expected"]["net"]


@pytest.mark.parametrize("example", examples("planning.forecast_consumption"), ids=name)
def test_forecast_consumption(example):
    given = example["input"]

    assert mps.consume(given["gross_forecast"], given["orders"]) == example["expected"]["net_forecast"]


@pytest.mark.parametrize("example", examples("replenishment.min_max"), ids=name)
def test_order_point(example):
    given = example["input"]
    projected = D(given["on_hand"] - sum(given["requirements"]))

    assert (
        lot_sizing.order_up_to(projected, D(given["min"]), D(given["target"]))
        == example["expected"]["request_qty"]
    )


@pytest.mark.parametrize("example", examples("planning.atp_discrete"), ids=name)
def test_master_schedule(example):
    given = example["input"]
    rows = [[D(value) for value in given[key]] for key in ("forecast", "orders", "mps")]

    record = mps.schedule(*rows, beginning=D(given["beginning"]))

    assert record.projected == example["expected"]["projected"]
    assert [p for p, coming in zip(record.available_to_promise, given["mps"], strict=True) if coming] == (
        example["expected"]["atp"]
    )


@pytest.mark.parametrize("example", examples("forecast.ses"), ids=name)
def test_simple_exponential_smoothing(example):
    given, expected = example["input"], example["expected"]

    series, alpha = np.array(given["y"], dtype=float), given["alpha"]
    level = forecast_kernels.smooth(series, alpha)[0]
    errors = [series[t] - forecast_kernels.smooth(series[:t], alpha)[0] for t in range(1, series.size)]

    count = len(errors)
    assert level == pytest.approx(expected["next_forecast"], abs=example["tolerance"])
    assert sum(errors) / count == pytest.approx(expected["bias"], abs=example["tolerance"])
    assert sum(map(abs, errors)) / count == pytest.approx(expected["mad"], abs=example["tolerance"])
    assert sum(e * e for e in errors) / count == pytest.approx(expected["mse"], abs=0.1)
    shares = [abs(e) / y for e, y in zip(errors, given["y"][1:], strict=True)]
    assert sum(shares) / count == pytest.approx(expected["mape"], abs=example["tolerance"])


def adventureworks():
    with (DATA / "adventureworks" / "BillOfMaterials.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file) if not row["EndDate"]]


@pytest.mark.parametrize("example", examples("data.low_level_codes"), ids=name)
def test_low_level_codes(example):
    rows = adventureworks()
    lines = [
        Line(r["ProductAssemblyID"], r["ComponentID"], D(r["PerAssemblyQty"]))
        for r in rows
        if r["ProductAssemblyID"]
    ]

    codes = low_level_codes(Structure(lines), {row["ComponentID"] for row in rows})

    assert len(codes) == example["expected"]["items"]
    assert Counter(codes.values()) == example["expected"]["by_level"]


def test_the_road_bicycle_explodes_to_74_components():
    lines = [
        Line(r["ProductAssemblyID"], r["ComponentID"], D(r["PerAssemblyQty"]))
        for r in adventureworks()
        if r["ProductAssemblyID"]
    ]

    assert len(explode(Structure(lines), "749", on=DAY)) == 74


@pytest.mark.parametrize("example", examples("bom.quantity"), ids=name)
def test_cut_lengths_add_up_over_all_builds(example):
    given = example["input"]
    length = D(given["piece_count"]) * D(given["quantity"])
    lines = [Line("frame", "tube", length, scrap=D(given["attrition_pct"]) / 100)]

    totals = explode(Structure(lines), "frame", D(given["build_quantity"]), on=DAY)

    assert totals["tube"] == example["expected"]["total"]
