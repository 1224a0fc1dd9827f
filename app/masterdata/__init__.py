"""Master data: what is made and bought, of what, how, where, when and with whom.

Site, calendar, shift, work centre, machine; item, unit, bill of material,
routing; partner (customer, supplier), prices, reason codes. It changes rarely
and by authorised people; every later step reads it. The company's own settings
(tolerances, limits, weights) are a page of it.
"""

from flask_babel import lazy_gettext

from app.core.permissions import permission
from app.core.web import NavItem

COMPANY_READ = permission(
    "company:read",
    "See the company's settings.",
    roles=(
        "admin",
        "general_manager",
        "plant_manager",
        "cost_accountant",
        "accounts_payable",
        "material_head",
    ),
)
COMPANY_CHANGE = permission(
    "company:change",
    "Change the company's settings: tolerances, limits, weights, currencies.",
    roles=("admin", "general_manager", "cost_accountant"),
)
DUTY_CHANGE = permission(
    "duty:change",
    "Say which owner of the company may do what the separation of duties forbids.",
    roles=("admin", "general_manager"),
)

NAVIGATION = [NavItem("masterdata.company", lazy_gettext("Company settings"), COMPANY_READ)]
