"""Reports: the papers that leave the system as PDF, in the reader's language.

Purchase and subcontract orders, travellers, inspection reports, delivery notes,
lot labels and cost reports. A diagram asks for one with ``reports.render``; a
person opens ``/reports/<kind>/<id>.pdf``.
"""

from app.core.permissions import ROLES, permission

SHOP_FLOOR = ("operator", "supervisor", "inspector", "warehouse", "scheduler")
"""Roles that never see prices or costs."""

PRICED = permission(
    "report:priced",
    "Open purchase and subcontract orders with their prices.",
    roles=tuple(role for role in ROLES if role not in SHOP_FLOOR),
)
OPEN = permission("report:open", "Open travellers, inspection reports, delivery notes and labels.", roles="*")
"""Cost reports ask for ``cost:read``."""
