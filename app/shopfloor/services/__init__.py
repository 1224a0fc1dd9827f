"""What changes the shop floor; operators keep their addresses ``shopfloor.<name>``."""

from app.shopfloor.services.material import issue_materials, issue_more, return_materials
from app.shopfloor.services.progress import check_materials, next_operation, work_order_facts
from app.shopfloor.services.reporting import (
    apply_inspection,
    complete_outside_operation,
    finish_work_order,
    report_operation,
)
from app.shopfloor.services.running import start_operation, stop_operation

__all__ = [
    "apply_inspection",
    "check_materials",
    "complete_outside_operation",
    "finish_work_order",
    "issue_materials",
    "issue_more",
    "next_operation",
    "report_operation",
    "return_materials",
    "start_operation",
    "stop_operation",
    "work_order_facts",
]
