"""Reads of planning, split by use; form sources keep their addresses ``planning.<name>``."""

from app.planning.queries.basis import Basis, basis, lot_policy
from app.planning.queries.forms import plan_review
from app.planning.queries.pages import (
    PlanView,
    document_names,
    forecasts,
    history,
    latest_plan,
    master_schedule,
    open_planned,
    plan,
    planned_orders_of,
    plans,
    sites,
)

__all__ = [
    "Basis",
    "PlanView",
    "basis",
    "document_names",
    "forecasts",
    "history",
    "latest_plan",
    "lot_policy",
    "master_schedule",
    "open_planned",
    "plan",
    "plan_review",
    "planned_orders_of",
    "plans",
    "sites",
]
