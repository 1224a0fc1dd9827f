"""Variances sum to standard cost of the output minus actual cost."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.costing.rollup import Rates
from app.costing.variances import Material, Order, Work, fixed_overhead, work_order

D = Decimal
RATES = Rates(D(280), D(60), D(140))


def order(**changes):
    """Ten pieces of one material and one operation, exactly as the standard says."""
    values = {
        "good": D(10),
        "started": D(10),
        "received_value": D(10) * (D(20) + D("8") + D("6.00") + D(10)),
        "lot_size": D(10),
        "rates": Rates(D(48), D(60), D(0)),
        "materials": [Material("AL80", D(2), D(10), D(20), D(200))],
        "works": [
            Work(
                10,
                D(10),
                run_minutes=D(10),
                machine_rate=D(36),
                labour_rate=D(48),
                actual_machine_minutes=D(100),
                actual_labour_minutes=D(100),
                labour_cost=D(80),
                machine_cost=D(60),
            )
        ],
    }
    return Order(**(values | changes))


def test_an_order_made_exactly_to_standard_has_no_variance():
    assert work_order(order()).variances == {}


def test_more_material_at_a_lower_price():
    found = work_order(order(materials=[Material("AL80", D(2), D(10), D(22), D(209))]))

    assert found.variances == {"material_price": D(11), "material_usage": D(-20)}


def test_scrapped_pieces_take_their_material_and_their_work_along():
    found = work_order(order(good=D(8), received_value=D(8) * D(44), expected_scrap=D("0.5")))

    assert found.variances == {"scrap_normal": D(-22), "scrap_abnormal": D(-66)}


def test_fixed_overhead_splits_into_spending_capacity_and_efficiency():
    found = fixed_overhead(budget=D(14000), actual=D(14500), rate=D(140), actual_hours=D(90), allowed=D(85))

    assert found == {
        "fixed_overhead_spending": D(-500),
        "fixed_overhead_capacity": D(-1400),
        "fixed_overhead_efficiency": D(-700),
    }
    assert sum(found.values()) == 140 * 85 - 14500


amounts = st.decimals(0, 10000, places=2)
counts = st.decimals(1, 500, places=0)


@given(
    counts, counts, st.lists(st.tuples(amounts, amounts, amounts), min_size=1, max_size=4), amounts, amounts
)
def test_variances_always_sum_exactly(good, scrapped, lines, received, minutes):
    materials = [Material("x", D("1.25"), price, quantity, cost) for price, quantity, cost in lines]
    works = [
        Work(
            10,
            good + scrapped,
            setup_minutes=D(60),
            run_minutes=D(9),
            crew=D("0.5"),
            machine_rate=D(350),
            labour_rate=D(280),
            actual_setup_minutes=D(50),
            actual_machine_minutes=minutes,
            actual_labour_minutes=minutes,
            idle_minutes=D(7),
            labour_cost=amount,
            machine_cost=amount,
        )
        for amount, _a, _b in lines
    ]
    works.append(Work(20, good, outside_price=D(38), outside_quantity=good, outside_cost=received))
    found = work_order(Order(good, good + scrapped, received, D(120), RATES, materials, works))

    assert found.total == received - found.actual_cost
