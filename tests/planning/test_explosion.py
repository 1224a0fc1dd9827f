"""Bills of material: levels, cycles, effective dates, totals."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from app.masterdata.explosion import CycleError, Line, Structure, explode, indented, low_level_codes

DAY = date(2026, 3, 2)


def line(parent, component, quantity="1", **more):
    return Line(parent, component, Decimal(quantity), **more)


def test_an_item_stands_one_below_its_deepest_parent():
    codes = low_level_codes(Structure([line("A", "B"), line("B", "C"), line("A", "C")]), ["D"])

    assert codes == {"A": 0, "B": 1, "C": 2, "D": 0}


def test_a_cycle_is_refused_with_its_path():
    lines = [line("A", "B"), line("B", "C"), line("C", "D"), line("D", "B"), line("D", "E")]

    with pytest.raises(CycleError) as refused:
        low_level_codes(Structure(lines))

    path = refused.value.path
    assert path[0] == path[-1]
    assert set(path) == {"B", "C", "D"}
    assert all(any(one.parent == a and one.component == b for one in lines) for a, b in pairwise(path))


def test_totals_of_all_levels_include_scrap_and_yield():
    structure = Structure(
        [line("A", "B", "2"), line("B", "C", "3", scrap=Decimal("0.1")), line("A", "C", "1")]
    )

    totals = explode(structure, "A", Decimal(10), on=DAY, yields={"B": Decimal("0.5")})

    assert totals == {"B": 20, "C": Decimal(10) + Decimal(40) * Decimal("3.3")}


def test_only_lines_in_force_on_the_day_count():
    structure = Structure(
        [
            line("A", "OLD", valid_to=DAY),
            line("A", "NEW", valid_from=DAY),
            line("A", "LATER", valid_from=date(2026, 3, 3)),
        ]
    )

    assert set(explode(structure, "A", on=DAY)) == {"NEW"}


def test_lines_that_ended_do_not_make_a_level():
    structure = Structure([line("A", "B"), line("C", "A", valid_to=DAY)])

    assert low_level_codes(structure.after(DAY), ["C"]) == {"A": 0, "B": 1, "C": 0}


def test_the_tree_is_depth_first_with_totals():
    tree = indented(Structure([line("A", "B", "2"), line("B", "C", "3"), line("A", "D")]), "A", on=DAY)

    assert [(one.level, one.line.component, one.total) for one in tree] == [
        (1, "B", 2),
        (2, "C", 6),
        (1, "D", 1),
    ]


def test_where_used_looks_upwards():
    structure = Structure([line("A", "C"), line("B", "C")])

    assert [one.parent for one in structure.where_used("C", DAY)] == ["A", "B"]
