"""Overall equipment effectiveness. Pure.

OEE = availability × performance × quality, as in S. Nakajima, *Introduction to
TPM* (1988); the product is exact, not that of rounded factors.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True)
class Effectiveness:
    """The three factors and their product, each a share; None where nothing was planned or made."""

    availability: Decimal | None
    performance: Decimal | None
    quality: Decimal | None
    oee: Decimal | None


def effectiveness(
    *, planned: Decimal, run: Decimal, ideal_cycle: Decimal, total: Decimal, good: Decimal
) -> Effectiveness:
    """Return how well a machine was used.

    Args:
        planned: minutes it was meant to run.
        run: minutes it ran.
        ideal_cycle: minutes one piece ideally takes.
        total: pieces made, ``good`` of them good.

    Raises:
        ValueError: a negative figure, or more good pieces than pieces.
    """
    if min(planned, run, ideal_cycle, total, good) < 0 or good > total:
        raise ValueError(f"planned {planned}, run {run}, cycle {ideal_cycle}, total {total}, good {good}")
    return Effectiveness(
        availability=run / planned if planned else None,
        performance=ideal_cycle * total / run if run else None,
        quality=good / total if total else None,
        oee=ideal_cycle * good / planned if planned else None,
    )
