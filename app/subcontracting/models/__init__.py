"""The documents of subcontracting, one module each."""

from app.subcontracting.models.contract import (
    Contract,
    ContractPrice,
    ContractReview,
    ContractStatus,
    Verdict,
)
from app.subcontracting.models.order import (
    Form,
    OrderStatus,
    ProgressReport,
    SubcontractOrder,
    SubcontractReceipt,
    SuppliedComponent,
)
from app.subcontracting.models.selection import (
    DeliveryRecord,
    Offer,
    OfferStatus,
    Selection,
    SelectionStatus,
    SupplierScore,
)

__all__ = [
    "Contract",
    "ContractPrice",
    "ContractReview",
    "ContractStatus",
    "DeliveryRecord",
    "Form",
    "Offer",
    "OfferStatus",
    "OrderStatus",
    "ProgressReport",
    "Selection",
    "SelectionStatus",
    "SubcontractOrder",
    "SubcontractReceipt",
    "SuppliedComponent",
    "SupplierScore",
    "Verdict",
]
