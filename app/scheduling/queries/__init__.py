"""Reads of work orders, the board, the load and the traveller."""

from app.scheduling.queries.orders import (
    REASONS,
    Horizon,
    horizon,
    jobs,
    late_text,
    machines,
    open_work_orders,
    places,
    schedule_review,
    shortage,
    standard_minutes,
    work_centres,
    work_order,
    working_minutes,
)
from app.scheduling.queries.pages import (
    Load,
    consumed_lots,
    load_profile,
    of_customer_order,
    traveller,
)

__all__ = [
    "REASONS",
    "Horizon",
    "Load",
    "consumed_lots",
    "horizon",
    "jobs",
    "late_text",
    "load_profile",
    "machines",
    "of_customer_order",
    "open_work_orders",
    "places",
    "schedule_review",
    "shortage",
    "standard_minutes",
    "traveller",
    "work_centres",
    "work_order",
    "working_minutes",
]
