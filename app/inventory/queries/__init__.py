"""Reads of the stock ledger: ``stock`` for the other areas, ``pages`` for our own."""

from app.inventory.queries.movements import count_sheet, transfer_sheet
from app.inventory.queries.stock import (
    Expected,
    Stock,
    expected_changes,
    free_by_item,
    ledger_sum,
    on_hand,
    on_hand_by_item,
    usable,
)

__all__ = [
    "Expected",
    "Stock",
    "count_sheet",
    "expected_changes",
    "free_by_item",
    "ledger_sum",
    "on_hand",
    "on_hand_by_item",
    "transfer_sheet",
    "usable",
]
