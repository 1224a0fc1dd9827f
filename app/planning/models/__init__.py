"""The tables of planning, one module per noun."""

from app.masterdata.models import Supply
from app.planning.models.forecast import DemandHistory, Forecast
from app.planning.models.plan import (
    ExceptionKind,
    MpsLine,
    Plan,
    PlanException,
    PlannedOrder,
    PlannedStatus,
    PlanStatus,
)

__all__ = [
    "DemandHistory",
    "ExceptionKind",
    "Forecast",
    "MpsLine",
    "Plan",
    "PlanException",
    "PlanStatus",
    "PlannedOrder",
    "PlannedStatus",
    "Supply",
]
