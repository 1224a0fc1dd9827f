"""Step 8: what an order cost, and what is left over from it.

Every done move of own stock is valued once by each method (``costing.value_moves``)
and posted by the item's own one; a finished work order is costed and its work in
process cleared to named variances (``costing.close_work_order``); supplier invoices
settle what was received and, where they differ from the order's price, what it is worth; a delivered
customer order is reviewed by the cost accountant, approved by the plant manager
and posted (process ``costing.close_order``). Variances are favourable positive.
"""

from flask_babel import lazy_gettext

from app.core.permissions import permission
from app.core.web import NavItem

READERS = (
    "cost_accountant",
    "accounts_payable",
    "plant_manager",
    "general_manager",
    "material_head",
    "sales",
)

COST_READ = permission("cost:read", "See costs, stock values and order profit.", roles=READERS)
COST_POST = permission("cost:post", "Value moves, close work orders and periods.", roles=("cost_accountant",))
COST_APPROVE = permission(
    "cost:approve", "Approve the cost of an order.", roles=("plant_manager", "general_manager")
)

NAVIGATION = [
    NavItem("costing.orders", lazy_gettext("Order costs"), COST_READ, step=8),
    NavItem("costing.work_orders", lazy_gettext("Work order costs"), COST_READ, step=8),
    NavItem("costing.inventory_value", lazy_gettext("Stock value"), COST_READ, step=8),
    NavItem("costing.accounts", lazy_gettext("Cost accounts"), COST_READ, step=8),
    NavItem("costing.wages", lazy_gettext("Wages"), COST_READ, step=8),
    NavItem("costing.periods", lazy_gettext("Periods"), COST_READ, step=8),
]
