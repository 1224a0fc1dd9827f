"""What changes things in quality, by document; the addresses of the operators stay ``quality.…``."""

from app.quality.services.corrections import (
    NONCONFORMANCE_CLOSED,
    close_nonconformance,
    record_action,
    record_cause,
)
from app.quality.services.inspections import (
    INSPECTION_CLOSED,
    INSPECTION_REQUESTED,
    LOT_RELEASED,
    clearance,
    close_inspection,
    reject_lot,
    release_lot,
    request_inspection,
    sampling_plan,
)
from app.quality.services.nonconformances import (
    DISPOSITION_EXECUTED,
    GOODS_RETURNED,
    NONCONFORMANCE_OPENED,
    disposition_outcome,
    execute_disposition,
    nonconformance_facts,
    open_nonconformance,
    record_approval,
    record_consent,
    record_containment,
    record_disposition,
    report_rejection,
)
from app.quality.services.plan_checks import Line, Occasion, Rule, plan_problems
from app.quality.services.plans import add_characteristic, define_plan, withdraw_plan, write_plan
from app.quality.services.results import record_results

__all__ = [
    "DISPOSITION_EXECUTED",
    "GOODS_RETURNED",
    "INSPECTION_CLOSED",
    "INSPECTION_REQUESTED",
    "LOT_RELEASED",
    "NONCONFORMANCE_CLOSED",
    "NONCONFORMANCE_OPENED",
    "Line",
    "Occasion",
    "Rule",
    "add_characteristic",
    "clearance",
    "close_inspection",
    "close_nonconformance",
    "define_plan",
    "disposition_outcome",
    "execute_disposition",
    "nonconformance_facts",
    "open_nonconformance",
    "plan_problems",
    "record_action",
    "record_approval",
    "record_cause",
    "record_consent",
    "record_containment",
    "record_disposition",
    "record_results",
    "reject_lot",
    "release_lot",
    "report_rejection",
    "request_inspection",
    "sampling_plan",
    "withdraw_plan",
    "write_plan",
]
