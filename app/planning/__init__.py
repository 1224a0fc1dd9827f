"""Planning, step 1: what to make, buy and have made, how much and when.

Demand is customer orders and what the forecast still expects beyond them. The
master production schedule (MPS) covers what is sold; material requirements
planning (MRP) explodes it level by level into planned orders. Process
``planning.plan_supply`` runs both for one customer order, ``planning.planning_cycle``
for a site; a planner reviews, changes, runs again and approves.

Terms: gross and net requirement, scheduled receipt, planned order, firm planned
order, projected available, available to promise (ATP), pegging, exception.
"""

import click
from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.core.commands import command
from app.core.permissions import permission
from app.core.web import NavItem

PLAN_READ = permission(
    "plan:read",
    "See forecasts, the master schedule, plans and where each need comes from.",
    roles="*",
)
PLAN_CHANGE = permission(
    "plan:change", "Run a plan, change its orders, override a forecast.", roles=("planner", "plant_manager")
)

NAVIGATION = [
    NavItem("planning.plans", lazy_gettext("Plans (MRP)"), PLAN_READ, step=1),
    NavItem("planning.mps", lazy_gettext("Master schedule (MPS)"), PLAN_READ, step=1),
    NavItem("planning.forecast", lazy_gettext("Forecast"), PLAN_READ, step=1),
]


def init_app(app: Flask) -> None:
    """Add the command that starts a planning cycle, for a weekly timer of the system."""
    app.cli.add_command(_plan)


@command("plan")
@click.argument("site")
def _plan(site: str) -> None:
    """Start the planning cycle of SITE: forecast, master schedule and MRP for the planner to review."""
    from app.core.db import db
    from app.planning.services import start_cycle

    start_cycle(site)
    db.session.commit()
    click.echo(_("Planning of {site} begins.").format(site=site))
