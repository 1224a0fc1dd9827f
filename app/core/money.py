"""Rounding half up and exact shares. Pure: Decimal in, Decimal out."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext

ZERO = Decimal(0)


def step(decimals: int) -> Decimal:
    """Return the smallest amount with so many places: ``step(2)`` is 0.01."""
    return Decimal(1).scaleb(-decimals)


def round_money(value: Decimal | int, decimals: int = 2) -> Decimal:
    """Round half up, away from zero at the half: 0.5 is 1, -0.5 is -1."""
    with localcontext() as context:
        context.prec = 50
        return Decimal(value).quantize(step(decimals), ROUND_HALF_UP)


def allocate(total: Decimal, weights: Sequence[Decimal | int], decimals: int = 2) -> list[Decimal]:
    """Split an amount by weights so that the shares sum to it exactly.

    Each share is cut towards zero and the units left over go to the largest
    remainders, the earlier first among equals. No share has the other sign
    than the total, and none differs from its exact value by a whole unit.

    Args:
        total: an amount with at most ``decimals`` places; it may be negative.
        weights: each >= 0; all zero means equal shares.

    Raises:
        ValueError: no weights, a negative weight, or a total with more places.
    """
    amount, shares = Decimal(total), [Decimal(weight) for weight in weights]
    if not shares:
        raise ValueError("nothing to allocate to")
    if any(share < 0 for share in shares):
        raise ValueError(f"negative weight in {shares}")
    with localcontext() as context:
        context.prec = 60
        units = abs(amount) / step(decimals)
        if units != units.to_integral_value():
            raise ValueError(f"{total} has more than {decimals} places: round it first")
        whole = sum(shares, ZERO)
        if not whole:
            shares, whole = [Decimal(1)] * len(shares), Decimal(len(shares))
        exact = [units * share / whole for share in shares]
        given = [value.to_integral_value(ROUND_FLOOR) for value in exact]
        left = int(units - sum(given))
        for place in sorted(range(len(exact)), key=lambda i: (given[i] - exact[i], i))[:left]:
            given[place] += 1
        sign = -1 if amount < 0 else 1
        return [(sign * share * step(decimals)).quantize(step(decimals)) for share in given]
