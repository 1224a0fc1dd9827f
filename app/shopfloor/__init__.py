"""Shop floor: making what the work orders say.

The warehouse issues material, operators start, stop and report each operation
with its good and scrapped pieces and minutes, the supervisor looks at what goes
wrong (``shopfloor.work_order``). Every piece stays countable: good + scrap +
open = started.
"""

from flask_babel import lazy_gettext

from app.core.permissions import permission
from app.core.web import NavItem

SHOPFLOOR_READ = permission("shopfloor:read", "See the shop floor's boards.", roles="*")
OPERATION_RUN = permission(
    "operation:run", "Start and stop operations at a machine.", roles=("operator", "supervisor")
)
MATERIAL_ISSUE = permission(
    "material:issue",
    "Issue more material to a work order, or take it back.",
    roles=("warehouse", "supervisor"),
)

NAVIGATION = [
    NavItem("shopfloor.board", lazy_gettext("Shop floor"), SHOPFLOOR_READ, 5),
    NavItem("shopfloor.equipment", lazy_gettext("Equipment"), SHOPFLOOR_READ, 5),
]
