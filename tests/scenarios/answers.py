"""What the people of the demo factory type when all goes well."""

from __future__ import annotations

import itertools
import re

_numbers = itertools.count(10_000_001)


def invoice(values: dict[str, str]) -> dict[str, str]:
    """Type a uniform-invoice number that was never used."""
    return values | {"invoice_number": f"AB{next(_numbers)}"}


def measure(values: dict[str, str]) -> dict[str, str]:
    """Type a value in the middle of each characteristic's limits; zero defects where it is counted."""
    filled = dict(values)
    for name in values:
        if name.endswith("-value"):
            filled[name] = middle(values.get(name.removesuffix("value") + "limits", ""))
    return filled


def middle(limits: str) -> str:
    """Return a number within limits written as ``29.5 – 30.5``, ``≥ 24`` or ``≤ 2``."""
    found = [float(part) for part in re.findall(r"\d+(?:\.\d+)?", limits.replace(",", ""))]
    if not found:
        return "0"
    if len(found) == 2:
        return f"{(found[0] + found[1]) / 2:.4f}".rstrip("0").rstrip(".")
    return f"{found[0]:g}"


SMOOTH = {
    "review_plan": {"decision": "approve"},
    "enter_invoice": invoice,
    "measure": measure,
    "send_pieces": {"sent": "true"},
    "pack": {"packages-0-contents": "20 cartons"},
    "prove": {"received_by": "K. Sato"},
    "review_cost": {"decision": "submit"},
    "approve_cost": {"decision": "approve"},
}
