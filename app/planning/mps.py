"""Master production schedule over equal buckets: projected available, available to promise. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True)
class Record:
    """The master schedule of one item; every list has length T."""

    projected: list[Decimal]
    available_to_promise: list[Decimal]
    cumulative: list[Decimal]


def schedule(
    forecast: Sequence[Decimal],
    orders: Sequence[Decimal],
    receipts: Sequence[Decimal],
    *,
    beginning: Decimal = ZERO,
) -> Record:
    """Project the stock and say what can still be promised in each bucket.

    Projected available falls by the larger of forecast and orders.

    Args:
        forecast: gross forecast, orders included.
        orders: booked customer orders.
        receipts: the master schedule: what comes in.

    Raises:
        ValueError: the sequences differ in length.
    """
    projected, stock = [], beginning
    for expected, booked, coming in zip(forecast, orders, receipts, strict=True):
        stock += coming - max(expected, booked)
        projected.append(stock)
    promise = available_to_promise(orders, receipts, beginning=beginning)
    cumulative, total = [], ZERO
    for free in promise:
        total += free
        cumulative.append(total)
    return Record(projected, promise, cumulative)


def available_to_promise(
    orders: Sequence[Decimal], receipts: Sequence[Decimal], *, beginning: Decimal = ZERO
) -> list[Decimal]:
    """Return the discrete ATP: each receipt less the orders until the next one.

    It stands in the bucket of the receipt, the beginning stock in the first;
    elsewhere it is 0. A negative one borrows from those before it, the nearest
    first; what they can't give stays where it is missing.
    """
    starts = [t for t, coming in enumerate(receipts) if coming or t == 0]
    promise = [ZERO] * len(orders)
    for place, start in enumerate(starts):
        end = starts[place + 1] if place + 1 < len(starts) else len(orders)
        promise[start] = receipts[start] + (beginning if start == 0 else ZERO) - sum(orders[start:end], ZERO)
    for place in range(len(starts) - 1, 0, -1):
        missing = -min(ZERO, promise[starts[place]])
        for earlier in reversed(starts[:place]):
            given = min(missing, max(ZERO, promise[earlier]))
            promise[earlier] -= given
            promise[starts[place]] += given
            missing -= given
    return promise


def consume(forecast: Sequence[Decimal], orders: Sequence[Decimal]) -> list[Decimal]:
    """Return what the forecast still expects beyond the orders already booked, bucket by bucket.

    >>> consume([Decimal(350), Decimal(50)], [Decimal(130), Decimal(80)])
    [Decimal('220'), Decimal('0')]
    """
    return [max(ZERO, expected - booked) for expected, booked in zip(forecast, orders, strict=True)]
