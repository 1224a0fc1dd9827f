"""What pages, forms and reports read of costing."""

from app.costing.queries.books import balances, check, inventory_values, months, wip_by_document
from app.costing.queries.ledger import unvalued_count
from app.costing.queries.sheets import order_cost_sheet, profit_of, so_far, work_order_sheet

__all__ = [
    "balances",
    "check",
    "inventory_values",
    "months",
    "order_cost_sheet",
    "profit_of",
    "so_far",
    "unvalued_count",
    "wip_by_document",
    "work_order_sheet",
]
