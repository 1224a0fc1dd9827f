"""What pages, forms and reports read of costing."""

from app.costing.queries.books import balances, check, inventory_values, months, wip_by_document
from app.costing.queries.invoices import received_not_invoiced
from app.costing.queries.ledger import unvalued_count
from app.costing.queries.sheets import order_cost_sheet, profit_of, so_far, work_order_sheet
from app.costing.queries.wages import entered_wages, work_centres

__all__ = [
    "balances",
    "check",
    "entered_wages",
    "inventory_values",
    "months",
    "order_cost_sheet",
    "profit_of",
    "received_not_invoiced",
    "so_far",
    "unvalued_count",
    "wip_by_document",
    "work_centres",
    "work_order_sheet",
]
