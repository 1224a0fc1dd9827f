"""Sales: what customers ordered, as reviewed, confirmed and later revised.

An order is entered (or copied from an earlier one), reviewed (drawing, tooling,
capacity, certificates) and confirmed: that writes its expected issues into the
ledger and starts ``main.order_to_cost``. A later change of quantity, date or
split is a revision with its reason; planning sees it at once in the ledger.
"""

from flask_babel import lazy_gettext

from app.core.permissions import ROLES, permission
from app.core.web import NavItem

ORDER_READ = permission("order:read", "See customer orders.", roles="*")
FLOOR = {"operator", "inspector", "warehouse"}
ORDER_PRICES = permission(
    "order:prices", "See the prices of customer orders.", roles=tuple(sorted(ROLES.keys() - FLOOR))
)
ORDER_ENTER = permission(
    "order:enter", "Enter, copy and cancel customer orders.", roles=("sales", "plant_manager")
)
ORDER_REVIEW = permission(
    "order:review",
    "Note what the review of an order found.",
    roles=("sales", "engineer", "planner", "quality_manager", "plant_manager"),
)
ORDER_CONFIRM = permission(
    "order:confirm", "Confirm and revise customer orders.", roles=("sales", "plant_manager")
)

NAVIGATION = [NavItem("sales.orders", lazy_gettext("Customer orders"), ORDER_READ)]
