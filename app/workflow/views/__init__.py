"""Pages of the workflow: inbox, task, order cockpit, processes, incidents; and the JSON API beside them."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Flask, current_app, g
from flask.blueprints import BlueprintSetupState
from flask_babel import lazy_gettext

from app.core.permissions import permission
from app.core.web import NavItem, after_commit
from app.workflow import api
from app.workflow.form.forms_render import HELPERS
from app.workflow.moving import migration
from app.workflow.people import pictures
from app.workflow.running import messages
from app.workflow.shell import Shell

MANAGERS = ("supervisor", "material_head", "quality_manager", "plant_manager", "general_manager", "admin")
DESIGNERS = ("process_designer", "admin", "plant_manager")

TASK_WORK = permission("task:work", "see and do the tasks of one's roles", roles="*")
TASK_ASSIGN = permission("task:assign", "give a task to somebody, see everybody's tasks", roles=MANAGERS)
ORDER_FOLLOW = permission("order:follow", "see where a customer order stands", roles="*")
PROCESS_READ = permission("process:read", "see every process instance", roles=(*MANAGERS, "process_designer"))
INCIDENT_RETRY = permission("incident:retry", "try a failed step again", roles=DESIGNERS)
CASE_STEER = permission(
    "case:steer",
    "cancel a process, send it a message, fire its timer",
    roles=("plant_manager", "general_manager", "admin"),
)
CASE_MOVE = permission(
    "case:move",
    "move a token of a process to another element",
    roles=("plant_manager", "general_manager", "admin"),
)
PROCESS_MIGRATE = permission(
    "process:migrate",
    "move running cases to a new version of their process",
    roles=("process_designer", "admin"),
)

NAVIGATION = [
    NavItem("workflow.inbox", lazy_gettext("Inbox"), TASK_WORK),
    NavItem("workflow.instances", lazy_gettext("Processes"), PROCESS_READ),
    NavItem("workflow.operations", lazy_gettext("Process overview"), PROCESS_READ),
    NavItem("workflow.incidents", lazy_gettext("Incidents"), PROCESS_READ),
]

blueprint = Blueprint("workflow", __name__)


@blueprint.app_context_processor
def _frame() -> dict:
    """What `shell.html` and the form macros need on every page."""
    return {"shell": Shell(), "is_picture": pictures.may_be, **HELPERS}


def _deliver() -> None:
    """Deliver what a request has caused, so that the next task is there before the answer; begin a migration."""
    seconds = float(current_app.config["DELIVER_SECONDS"])
    messages.drain(seconds)
    if g.pop("migrating", False):
        migration.work(seconds)


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    """Deliver events after each commit; serve the JSON API; macros are imported without context too."""
    app = cast(Flask, state.app)
    app.jinja_env.globals.update(HELPERS)
    after_commit(_deliver)
    api.init_app(app)


from app.workflow.views import (  # noqa: E402, F401  (they add their routes to the blueprint)
    approvers,
    cases,
    duties,
    inbox,
    incidents,
    migrating,
    mining,
    notices,
    operations,
    runners,
    steering,
    story,
    talk,
    tasks,
    tokens,
)
