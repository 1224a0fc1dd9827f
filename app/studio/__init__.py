"""The process designers' workplace: diagrams, decisions and forms, changed in the browser and deployed by two people.

A **change** holds the files a designer edits together. It is judged as deploying would judge it, shows what
differs from what is deployed and which running cases it touches, and is deployed when a second person approves it.
What was deployed is kept; an older version comes back as a change like any other.

    from app.studio import services
    services.open_change("A second approval above 50,000", "…") -> Change
    services.save_file(change, "bpmn/purchasing/purchase.bpmn", source)
    services.propose(change); services.approve(change); services.reject(change, "…"); services.withdraw(change)
"""

from __future__ import annotations

from flask_babel import lazy_gettext

from app.core.permissions import permission
from app.core.web import NavItem

EDIT = permission(
    "studio:edit",
    "change diagrams, decisions and forms and propose them",
    roles=("process_designer", "engineer", "admin"),
)
APPROVE = permission(
    "studio:approve",
    "approve and deploy what somebody else proposed",
    roles=("process_designer", "plant_manager", "general_manager", "admin"),
)
READ = permission(
    "studio:read",
    "see diagrams, decisions, forms and their versions",
    roles=("process_designer", "engineer", "plant_manager", "general_manager", "quality_manager", "admin"),
)

NAVIGATION = [NavItem("studio.home", lazy_gettext("Process studio"), READ)]
