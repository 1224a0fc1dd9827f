"""Three-way match: what was ordered, what was accepted, what is invoiced.

Quantities in the order's price unit; prices per that unit; amounts before tax. Tolerances are in the
buyer's disfavour only: an invoice below order or receipt always passes, and is still shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

ZERO, HUNDRED = Decimal(0), Decimal(100)


class Difference(StrEnum):
    """Why an invoice line does not match."""

    QUANTITY = "quantity"
    PRICE = "price"
    NOT_ORDERED = "not_ordered"


@dataclass(frozen=True)
class Tolerance:
    """What may be over: percent of price, percent of quantity, and an amount per line that never matters."""

    price_percent: Decimal = ZERO
    quantity_percent: Decimal = ZERO
    amount: Decimal = ZERO


@dataclass(frozen=True)
class Line:
    """One invoice line beside its order and receipts; ``already_invoiced`` by earlier invoices."""

    line_id: int
    ordered_price: Decimal | None
    accepted: Decimal
    already_invoiced: Decimal
    invoiced: Decimal
    invoiced_price: Decimal


@dataclass(frozen=True)
class Finding:
    """A line's difference and what it costs us; positive is in the supplier's favour."""

    line_id: int
    difference: Difference
    amount: Decimal
    within: bool


def match(lines: Sequence[Line], tolerance: Tolerance) -> list[Finding]:
    """Compare invoice lines with order and receipt; an empty list is a clean match."""
    return [finding for line in lines for finding in _findings(line, tolerance)]


def matched(findings: Sequence[Finding]) -> bool:
    """Tell whether everything found is within tolerance."""
    return all(finding.within for finding in findings)


def _findings(line: Line, tolerance: Tolerance) -> list[Finding]:
    if line.ordered_price is None:
        return [
            Finding(line.line_id, Difference.NOT_ORDERED, line.invoiced * line.invoiced_price, within=False)
        ]
    found = []
    open_quantity = max(ZERO, line.accepted - line.already_invoiced)
    over = line.invoiced - open_quantity
    if over:
        amount = over * line.ordered_price
        allowed = line.accepted * tolerance.quantity_percent / HUNDRED
        within = over <= allowed or (open_quantity > 0 and amount <= tolerance.amount)
        found.append(Finding(line.line_id, Difference.QUANTITY, amount, within))
    dearer = line.invoiced_price - line.ordered_price
    if dearer:
        amount = dearer * line.invoiced
        allowed = line.ordered_price * tolerance.price_percent / HUNDRED
        within = dearer <= allowed or amount <= tolerance.amount
        found.append(Finding(line.line_id, Difference.PRICE, amount, within))
    return found


def value_added_tax(net: Decimal, percent: Decimal, *, decimals: int = 0) -> Decimal:
    """Work out the tax of one invoice on its net sum, rounded half up once."""
    return (net * percent / HUNDRED).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
