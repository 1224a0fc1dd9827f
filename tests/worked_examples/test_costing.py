"""The worked examples of costing, variances and production cost, read from the shared data."""

from decimal import Decimal

import pytest

from app.core.money import ZERO, allocate, round_money
from app.core.units import SAME, Ratio, needed, obtained
from app.costing import allocation, layers, rollup, variances
from tests.worked_examples import MISSING, everything, examples, name

COVERED = (
    "costing.fifo",
    "costing.fifo_uom",
    "costing.moving_average",
    "costing.moving_average_replay",
    "costing.landed_cost",
    "costing.landed_cost_late",
    "costing.allocation_rounding",
    "costing.standard_rollup",
    "production.cost",
    "production.rounding",
    "subcontracting.cost",
    "variance.material_labour",
    "variance.material",
    "variance.material_yield_standard",
)
pytestmark = pytest.mark.skipif(not everything(), reason=MISSING)


def number(value):
    """A figure of the file as Decimal."""
    return Decimal(str(value))


def movements(rows, units=None):
    """The example's moves, in the stock unit."""
    found = []
    for row in rows:
        ratio = (units or {}).get(row.get("uom"), SAME)
        quantity = Decimal(str(float(ratio.to_stock(number(row["qty"])))))
        if row["type"] == "in":
            found.append(
                layers.Movement(quantity, number(row["qty"]) * number(row["unit_cost"]), purchase=True)
            )
        else:
            found.append(layers.Movement(-quantity))
    return found


def costs_of_issues(valuation):
    """What each issue went out at."""
    return [-value for value in valuation.values if value < 0]


@pytest.mark.parametrize("example", examples("costing.fifo") + examples("costing.fifo_uom"), ids=name)
def test_fifo(example):
    given, expected = example["input"], example["expected"]
    if "queue" in given:
        rows = [{"type": "in", "qty": q, "unit_cost": c} for q, c in given["queue"]]
        rows += [{"type": "out", "qty": given["args"][0]}]
        valuation = layers.fifo(movements(rows))
        assert [[q, v / q] for q, v in valuation.layers] == expected["queue"]
        assert costs_of_issues(valuation) == [sum(q * c for q, c in expected["consumed"])]
        return
    valuation = layers.fifo(movements(given["moves"], {"g": Ratio(Decimal(1), Decimal(1000))}))

    assert costs_of_issues(valuation) == expected["issue_costs"]
    assert (valuation.quantity, valuation.value) == (expected["remaining_qty"], expected["remaining_value"])


@pytest.mark.parametrize("example", examples("costing.moving_average_replay"), ids=name)
def test_a_corrected_receipt_replays_the_chain(example):
    valuation = layers.moving_average(movements(example["input"]["moves"]))

    assert valuation.quantity == example["expected"]["qty"]
    assert valuation.value == number(example["expected"]["value"])
    assert round_money(valuation.unit_cost) == number(example["expected"]["unit_cost"])


@pytest.mark.parametrize(
    "example", [e for e in examples("costing") if e["kind"] == "costing.moving_average"], ids=name
)
def test_moving_average(example):
    moves = movements(example["input"]["moves"])
    averages = [layers.moving_average(moves[:upto]).unit_cost for upto in range(1, len(moves) + 1)]

    assert [averages[0], averages[1], averages[-1]] == example["expected"]["averages"]


@pytest.mark.parametrize(
    "example", [e for e in examples("costing") if e["kind"] == "costing.landed_cost"], ids=name
)
def test_landed_cost(example):
    given, expected = example["input"], example["expected"]["unit_price"]
    lines = [
        allocation.Receipt(
            number(row["qty"]), number(row["qty"]) * number(row["unit_price"]), included=row["included"]
        )
        for row in given["lines"]
    ]
    shares = allocation.landed_cost(number(given["landed_cost"]), lines, basis=given["method"])

    for row, line, share in zip(given["lines"], lines, shares, strict=True):
        assert (line.value + share.capitalised) / line.quantity == number(expected[row["product"]])


@pytest.mark.parametrize("example", examples("costing.landed_cost_late"), ids=name)
def test_landed_cost_after_everything_was_issued(example):
    given, expected = example["input"], example["expected"]
    first, second = ([number(figure) for figure in given[key]] for key in ("receipt1", "receipt2"))
    line = allocation.Receipt(first[0], first[0] * first[1], on_hand=first[0] - given["issue1"])
    (share,) = allocation.landed_cost(number(given["landed_cost"]), [line])
    valuation = layers.moving_average(
        [
            layers.Movement(first[0], line.value + share.capitalised),
            layers.Movement(-number(given["issue1"])),
            layers.Movement(second[0], second[0] * second[1]),
            layers.Movement(-number(given["issue2"])),
        ]
    )

    assert (share.capitalised, share.variance) == (expected["capitalised"], expected["to_variance"])
    assert valuation.unit_cost == number(expected["unit_cost_after_receipt2"])
    assert -valuation.values[-1] == number(expected["issue2_cogs"])


@pytest.mark.parametrize("example", examples("costing.allocation_rounding"), ids=name)
def test_a_tiny_charge_is_spread_exactly(example):
    given = example["input"]
    shares = allocate(number(given["charge"]), [1] * given["lines"], given["decimals"])

    assert sum(shares) == number(example["expected"]["sum"])
    assert min(shares) >= 0
    assert (max(shares) - min(shares)) * 10 ** given["decimals"] <= 1


@pytest.mark.parametrize("example", examples("costing.standard_rollup"), ids=name)
def test_standard_cost_of_a_table(example):
    given, expected = example["input"], example["expected"]
    share = Decimal(100) / given["efficiency_pct"]
    fixed = Decimal(given["setup_min"] + given["cleanup_min"])
    wage = Decimal(given["cost_per_hour"])

    def operations(extra):
        return [
            rollup.Operation(
                number(n), setup_minutes=fixed + extra, run_minutes=run * share, labour_per_hour=wage
            )
            for n, run in enumerate(given["operations_min"], 1)
        ]

    structures = {
        row[0]: rollup.Structure(price=number(row[2])) for row in given["table"] + given["head_per_dozen"]
    }
    structures["bought head table"] = rollup.Structure(
        [rollup.Component(item, number(quantity)) for item, quantity, _cost in given["table"]],
        operations(given["extra_setup_min_table"]),
    )
    head = rollup.Structure(
        [rollup.Component(item, Decimal(quantity) / 12) for item, quantity, _cost in given["head_per_dozen"]]
    )
    found = rollup.roll_up(structures | {"head": head}, rollup.Rates(ZERO))
    assert found["head"].total == number(expected["head_unit"])
    assert found["bought head table"].own["material"] == expected["material_single_level"]
    assert found["bought head table"].own["labour"] == number(expected["operations"])
    assert found["bought head table"].total == number(expected["single_level_total"])
    rolled = rollup.roll_up(structures | {"Table Head": head}, rollup.Rates(ZERO))
    assert rolled["bought head table"].own["material"] == number(expected["material_rolled_up"])


@pytest.mark.parametrize("example", examples("production.cost"), ids=name)
def test_cost_of_production(example):
    given, expected = example["input"], example["expected"]
    if "components" in given:
        material = sum(given["components"])
        cycle, work = given["cycle_cost"] * given["cycles"], given["hour_cost"] * given["hours"]
        materials = [
            variances.Material("all", Decimal(material), Decimal(1), Decimal(material), Decimal(material))
        ]
        works = [
            variances.Work(10, Decimal(1), machine_cost=number(cycle)),
            variances.Work(20, Decimal(1), labour_cost=number(work)),
        ]
        order = variances.Order(
            Decimal(1), Decimal(1), ZERO, Decimal(1), rollup.Rates(ZERO), materials, works
        )
        outcome = variances.work_order(order)
        assert outcome.actual_cost == number(expected["total"])
        assert (outcome.actual["machine"], outcome.actual["labour"]) == (
            number(expected["work1"]),
            number(expected["work2"]),
        )
        return
    ratios = {"cm": Ratio(Decimal(1), Decimal(given["conversions"]["cm_per_m"]))}
    make = number(given["qty"])
    assert [make * number(row["qty"]) for row in given["bom"]] == expected["inputs"]
    parts, prices = [], {}
    for place, row in enumerate(given["bom"]):
        ratio = ratios.get(row["uom"], SAME)
        parts.append(rollup.Component(str(place), Decimal(str(float(ratio.to_stock(number(row["qty"])))))))
        prices[str(place)] = rollup.Structure(price=number(row["cost"]))
    found = rollup.roll_up(prices | {"made": rollup.Structure(parts)}, rollup.Rates(ZERO))
    assert found["made"].total == number(expected["unit_cost"])
    assert found["made"].total * make == number(expected["total_cost"])


@pytest.mark.parametrize("example", examples("production.rounding"), ids=name)
def test_needs_round_up_and_outputs_down(example):
    given, expected = example["input"], example["expected"]
    share = Decimal(given["make"]) / given["bom_out"]

    assert needed(given["bom_in"] * share, given["uom_digits"]) == expected["input"]
    assert obtained(given["bom_residual"] * share, given["uom_digits"]) == expected["residual"]


@pytest.mark.parametrize("example", examples("subcontracting.cost"), ids=name)
def test_cost_of_work_done_outside(example):
    given, expected = example["input"], example["expected"]
    service = number(given["service_qty_per_unit"]) * number(given["service_price"])
    structures = {
        "part": rollup.Structure(price=number(given["component_cost"])),
        "made": rollup.Structure([rollup.Component("part", Decimal(1))], service_price=service),
    }
    found = rollup.roll_up(structures, rollup.Rates(ZERO))

    assert given["qty"] * number(given["service_qty_per_unit"]) == expected["purchase_qty"]
    assert found["made"].total * given["qty"] == number(expected["total_cost"])


@pytest.mark.parametrize("example", examples("variance"), ids=name)
def test_variances(example):
    given = {key: number(value) for key, value in example["input"].items()}
    expected = {key: number(value) for key, value in example["expected"].items()}
    found = {
        "material_price": variances.price(given["SP"], given["AP"], given["AQ"]),
        "material_usage": variances.usage(given["SQ"], given["AQ"], given["SP"]),
    }
    found["material_total"] = found["material_price"] + found["material_usage"]
    if "SR" in given:
        found["labour_rate"] = variances.price(given["SR"], given["AR"], given["AH"])
        found["labour_efficiency"] = variances.usage(given["SH"], given["AH"], given["SR"])
        found["labour_total"] = found["labour_rate"] + found["labour_efficiency"]
        found["variable_oh_rate"] = variances.price(given["VSR"], given["VAR"], given["AH"])

    assert found == expected
