"""Split cost pools and landed cost over what caused them; every split sums exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.core.money import ZERO, allocate, round_money

BASES = ("hours", "machine_hours", "material_value", "quantity", "weight", "volume", "value", "hand")


@dataclass(frozen=True)
class Receipt:
    """One receipt line that landed cost may fall on; ``on_hand`` is what is left of it."""

    quantity: Decimal
    value: Decimal
    weight: Decimal = ZERO
    volume: Decimal = ZERO
    hand: Decimal = ZERO
    included: bool = True
    on_hand: Decimal | None = None


@dataclass(frozen=True)
class Landed:
    """A receipt line's share of a charge: what raises stock value and what comes too late for that."""

    share: Decimal
    capitalised: Decimal
    variance: Decimal


def pool(amount: Decimal, drivers: Mapping[str, Decimal], decimals: int = 2) -> dict[str, Decimal]:
    """Split a period's cost pool by a driver (hours, machine hours, material value, quantity)."""
    shares = allocate(amount, list(drivers.values()), decimals)
    return dict(zip(drivers, shares, strict=True))


def landed_cost(
    charge: Decimal, lines: Sequence[Receipt], *, basis: str = "value", decimals: int = 2
) -> list[Landed]:
    """Split freight, duty or a late invoice over receipt lines.

    A line with quantity 0 or not included gets nothing. The share of pieces
    that have left stock cannot be capitalised: it goes to variance.

    Raises:
        ValueError: the basis is unknown, or no line can carry the charge.
    """
    if basis not in BASES[3:]:
        raise ValueError(f"unknown basis {basis}")
    carrying = [place for place, line in enumerate(lines) if line.included and line.quantity > 0]
    if not carrying:
        raise ValueError("no line can carry the charge")
    shares = allocate(charge, [getattr(lines[place], basis) for place in carrying], decimals)
    found = [Landed(ZERO, ZERO, ZERO)] * len(lines)
    for place, share in zip(carrying, shares, strict=True):
        line = lines[place]
        left = line.quantity if line.on_hand is None else min(line.on_hand, line.quantity)
        capitalised = round_money(share * left / line.quantity, decimals)
        found[place] = Landed(share, capitalised, share - capitalised)
    return found
