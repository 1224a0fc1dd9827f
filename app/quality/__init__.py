"""Quality: is it good, and what happens when it is not.

Inspection plans say per item, supplier and operation what to measure and count
and how large a sample to take. A receipt, a marked operation, a finished lot or
a delivery asks for an *inspection*; ``quality.inspection`` leads the inspector
through it and releases the lot or opens a *nonconformance*, which runs
``quality.nonconformance``: containment, disposition with approval, cause,
corrective action, effectiveness check.
"""

from flask_babel import lazy_gettext

from app.core.permissions import permission
from app.core.web import NavItem

READ = permission("quality:read", "See inspections, nonconformances and plans", roles="*")
PLAN = permission("quality:plan", "Write inspection plans", roles=("quality_manager", "engineer"))

NAVIGATION = [
    NavItem("quality.inspections", lazy_gettext("Inspections"), READ, step=6),
    NavItem("quality.nonconformances", lazy_gettext("Nonconformances"), READ, step=6),
    NavItem("quality.plans", lazy_gettext("Inspection plans"), READ, step=6),
]
