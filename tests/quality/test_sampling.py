"""Sampling plans: the tables, the arrows, the edges."""

from decimal import Decimal

import pytest

from app.quality import sampling


def test_the_story_lot_of_110_bodies_at_aql_1_goes_up_one_row():
    assert sampling.single_normal(110, "1.0") == sampling.SamplingPlan(13, 0, 1, "F", "E")


def test_an_arrow_down_enlarges_the_sample():
    assert sampling.single_normal(110, "1.5") == sampling.SamplingPlan(32, 1, 2, "F", "G")


def test_a_sample_never_exceeds_the_lot():
    assert sampling.single_normal(20, "0.10").sample_size == 20


@pytest.mark.parametrize(
    ("lot", "letter"),
    [
        (1, "A"),
        (8, "A"),
        (9, "B"),
        (150, "F"),
        (151, "G"),
        (500, "H"),
        (501, "J"),
        (500_000, "P"),
        (500_001, "Q"),
    ],
)
def test_code_letters_change_at_the_limits_of_the_lot_sizes(lot, letter):
    assert sampling.code_letter(lot) == letter


def test_part_of_a_piece_counts_as_one():
    assert sampling.code_letter(Decimal("8.2")) == "B"


def test_every_cell_leads_to_a_plan_by_its_arrows():
    for lot in (5, 12, 20, 40, 70, 120, 200, 400, 900, 3000, 9000, 30_000, 100_000, 400_000, 600_000):
        for aql in sampling.AQL:
            plan = sampling.single_normal(lot, aql)
            assert plan.reject == plan.accept + 1
            assert 0 < plan.sample_size <= lot


def test_a_stricter_limit_never_accepts_a_larger_share():
    for lot in (120, 400, 3000, 30_000):
        shares = [
            plan.accept / plan.sample_size for plan in (sampling.single_normal(lot, a) for a in sampling.AQL)
        ]
        assert shares == sorted(shares)


def test_the_table_has_one_row_per_letter_and_one_cell_per_limit():
    assert len(sampling.NORMAL) == 16
    assert {len(cells) for _size, cells in sampling.NORMAL.values()} == {26}


@pytest.mark.parametrize("aql", ["1.1", "0", "-1", "2000"])
def test_an_unknown_limit_is_refused(aql):
    with pytest.raises(ValueError, match="AQL"):
        sampling.single_normal(100, aql)


@pytest.mark.parametrize("lot", [0, -5, Decimal("-0.5")])
def test_an_empty_lot_is_refused(lot):
    with pytest.raises(ValueError, match="nothing to inspect"):
        sampling.single_normal(lot, "1.0")


def test_every_piece_and_fixed_samples():
    assert sampling.every_piece(7) == sampling.SamplingPlan(7, 0, 1)
    assert sampling.fixed(100, 5, 1) == sampling.SamplingPlan(5, 1, 2)
    assert sampling.fixed(3, 5).sample_size == 3
    with pytest.raises(ValueError, match="sample of 0"):
        sampling.fixed(10, 0)


def test_a_lot_is_accepted_up_to_the_acceptance_number():
    plan = sampling.single_normal(2000, "2.5")

    assert sampling.accepted(plan, 7)
    assert not sampling.accepted(plan, 8)
