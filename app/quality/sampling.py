"""How many pieces to inspect and how many defects a lot may have.

Three ways: every piece, a fixed number, or the single sampling plans of ISO
2859-1 for normal inspection at general level II (tables 1 and 2-A, the same
values as MIL-STD-105E II-A). Up to AQL 10 the figures are nonconforming pieces
in per cent, above that nonconformities per hundred pieces.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

AQL = tuple(
    Decimal(value)
    for value in [
        "0.010",
        "0.015",
        "0.025",
        "0.040",
        "0.065",
        "0.10",
        "0.15",
        "0.25",
        "0.40",
        "0.65",
        "1.0",
        "1.5",
        "2.5",
        "4.0",
        "6.5",
        "10",
        "15",
        "25",
        "40",
        "65",
        "100",
        "150",
        "250",
        "400",
        "650",
        "1000",
    ]
)
"""The acceptable quality limits of the standard, the columns of the table."""

_LOT_LIMITS = (8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000)
_LETTERS = "ABCDEFGHJKLMNPQR"

# Code letter, sample size, then the acceptance number per AQL; v: use the plan below, ^: the plan above.
_NORMAL = """
    A    2  v  v  v  v  v  v  v  v  v  v  v  v  v  v  0  v  v  1  2  3  5  7 10 14 21 30
    B    3  v  v  v  v  v  v  v  v  v  v  v  v  v  0  ^  v  1  2  3  5  7 10 14 21 30 44
    C    5  v  v  v  v  v  v  v  v  v  v  v  v  0  ^  v  1  2  3  5  7 10 14 21 30 44  ^
    D    8  v  v  v  v  v  v  v  v  v  v  v  0  ^  v  1  2  3  5  7 10 14 21 30 44  ^  ^
    E   13  v  v  v  v  v  v  v  v  v  v  0  ^  v  1  2  3  5  7 10 14 21 30 44  ^  ^  ^
    F   20  v  v  v  v  v  v  v  v  v  0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^  ^  ^  ^
    G   32  v  v  v  v  v  v  v  v  0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^  ^  ^  ^  ^
    H   50  v  v  v  v  v  v  v  0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^  ^  ^  ^  ^  ^
    J   80  v  v  v  v  v  v  0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^  ^  ^  ^  ^  ^  ^
    K  125  v  v  v  v  v  0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^
    L  200  v  v  v  v  0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^
    M  315  v  v  v  0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^
    N  500  v  v  0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^
    P  800  v  0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^
    Q 1250  0  ^  v  1  2  3  5  7 10 14 21  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^
    R 2000  ^  ^  1  2  3  5  7 10 14 21  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^
"""


def _read(text: str) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Return sample size and cells per code letter."""
    rows = (line.split() for line in text.strip().splitlines())
    return {letter: (int(size), tuple(cells)) for letter, size, *cells in rows}


NORMAL = _read(_NORMAL)


@dataclass(frozen=True)
class SamplingPlan:
    """Inspect ``sample_size`` pieces; accept up to ``accept`` defective ones, reject from ``reject``.

    ``code_letter`` belongs to the lot size, ``plan_letter`` to the row the arrows
    led to; both are empty where the plan is not from the standard.
    """

    sample_size: int
    accept: int
    reject: int
    code_letter: str = ""
    plan_letter: str = ""


def code_letter(lot: Decimal | int) -> str:
    """Return the sample size code letter of a lot at general inspection level II."""
    return _LETTERS[bisect_left(_LOT_LIMITS, _pieces(lot))]


def single_normal(lot: Decimal | int, aql: Decimal | int | str) -> SamplingPlan:
    """Return the single sampling plan of a lot for normal inspection, level II, arrows followed.

    An arrow changes the sample size with the acceptance number. Where the sample
    would reach the lot, every piece is inspected.

    Raises:
        ValueError: the lot is below one piece, or ``aql`` is not one of ``AQL``.
    """
    limit = Decimal(str(aql))
    if limit not in AQL:
        raise ValueError(f"AQL {aql} is not in the standard's series")
    letter, column = code_letter(lot), AQL.index(limit)
    row = _LETTERS.index(letter)
    while (cell := NORMAL[_LETTERS[row]][1][column]) in "v^":
        row += 1 if cell == "v" else -1
    accept = int(cell)
    size = min(NORMAL[_LETTERS[row]][0], _pieces(lot))
    return SamplingPlan(size, accept, accept + 1, letter, _LETTERS[row])


def every_piece(lot: Decimal | int) -> SamplingPlan:
    """Inspect the whole lot; a single defective piece rejects it."""
    return SamplingPlan(_pieces(lot), 0, 1)


def fixed(lot: Decimal | int, size: int, accept: int = 0) -> SamplingPlan:
    """Inspect ``size`` pieces, never more than the lot has.

    Raises:
        ValueError: ``size`` is below one or ``accept`` below zero.
    """
    if size < 1 or accept < 0:
        raise ValueError(f"sample of {size} with acceptance number {accept}")
    return SamplingPlan(min(size, _pieces(lot)), accept, accept + 1)


def accepted(plan: SamplingPlan, defective: int) -> bool:
    """Say whether a lot with ``defective`` pieces in its sample is accepted."""
    return defective <= plan.accept


def _pieces(lot: Decimal | int) -> int:
    """Return a lot as whole pieces; part of one counts as one."""
    pieces = int(Decimal(lot).to_integral_value(ROUND_CEILING))
    if pieces < 1:
        raise ValueError(f"a lot of {lot} has nothing to inspect")
    return pieces
