"""What changes work orders and their schedule; operators keep their addresses ``scheduling.<name>``."""

from app.scheduling.services.board import confirm_schedule, schedule
from app.scheduling.services.release import (
    WORK_ORDER_FINISHED,
    WORK_ORDER_RELEASED,
    make_work_order,
    release_work_orders,
)
from app.scheduling.services.splitting import split_work_order

__all__ = [
    "WORK_ORDER_FINISHED",
    "WORK_ORDER_RELEASED",
    "confirm_schedule",
    "make_work_order",
    "release_work_orders",
    "schedule",
    "split_work_order",
]
