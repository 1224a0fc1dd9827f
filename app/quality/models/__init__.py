"""The tables of quality: plans, inspections, nonconformances."""

from app.quality.models.inspection import Inspection, InspectionResult, InspectionStatus
from app.quality.models.nonconformance import (
    CauseGroup,
    Disposition,
    Nonconformance,
    NonconformanceStatus,
    Severity,
)
from app.quality.models.plan import (
    Characteristic,
    CharacteristicKind,
    InspectionKind,
    InspectionPlan,
    Sampling,
)

__all__ = [
    "CauseGroup",
    "Characteristic",
    "CharacteristicKind",
    "Disposition",
    "Inspection",
    "InspectionKind",
    "InspectionPlan",
    "InspectionResult",
    "InspectionStatus",
    "Nonconformance",
    "NonconformanceStatus",
    "Sampling",
    "Severity",
]
