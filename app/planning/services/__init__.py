"""What changes plans, split by document; operators keep their addresses ``planning.<name>``."""

from app.planning.services.forecasting import forecast_demand, override_forecast
from app.planning.services.orders import (
    approve_plan,
    change_planned_order,
    change_planned_orders,
    mark_released,
)
from app.planning.services.runs import CYCLE_DUE, begin_cycle, build_mps, run_mrp, start_cycle

__all__ = [
    "CYCLE_DUE",
    "approve_plan",
    "begin_cycle",
    "build_mps",
    "change_planned_order",
    "change_planned_orders",
    "forecast_demand",
    "mark_released",
    "override_forecast",
    "run_mrp",
    "start_cycle",
]
