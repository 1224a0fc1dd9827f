"""What changes things in costing: the operators."""

from app.costing.services.orders import ORDER_CLOSED, approve, close_order, order_cost, review
from app.costing.services.periods import close_period, set_standards
from app.costing.services.production import close_subcontract_order, close_work_order
from app.costing.services.valuation import value_moves
from app.costing.services.wages import set_wage

__all__ = [
    "ORDER_CLOSED",
    "approve",
    "close_order",
    "close_period",
    "close_subcontract_order",
    "close_work_order",
    "order_cost",
    "review",
    "set_standards",
    "set_wage",
    "value_moves",
]
