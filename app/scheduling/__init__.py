"""Scheduling: work orders and when and where their operations run.

Planned make orders become work orders with operations from the routing and
materials from the bill of material; a finite schedule places the operations on
machines by shift calendar; the scheduler moves and confirms
(``scheduling.schedule``).
"""

from flask_babel import lazy_gettext

from app.core.permissions import permission
from app.core.web import NavItem

SCHEDULE_READ = permission("schedule:read", "See work orders and the board.", roles="*")
SCHEDULE_CHANGE = permission(
    "schedule:change", "Split work orders.", roles=("scheduler", "planner", "supervisor")
)

NAVIGATION = [
    NavItem("scheduling.board", lazy_gettext("Schedule"), SCHEDULE_READ, 4),
    NavItem("scheduling.load", lazy_gettext("Load"), SCHEDULE_READ, 4),
    NavItem("scheduling.work_orders", lazy_gettext("Work orders"), SCHEDULE_READ, 4),
]
