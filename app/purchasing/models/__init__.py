"""The documents of purchasing, one module each."""

from app.purchasing.models.invoice import (
    InvoiceStatus,
    Match,
    Payable,
    PayableStatus,
    SupplierInvoice,
    SupplierInvoiceLine,
)
from app.purchasing.models.order import OrderStatus, PurchaseOrder, PurchaseOrderLine, PurchaseOrderRevision
from app.purchasing.models.quotation import (
    Quotation,
    QuotationLine,
    QuotationStatus,
    RequestForQuotation,
    RequestStatus,
)
from app.purchasing.models.receipt import Receipt, ReceiptLine, ReceiptStatus
from app.purchasing.models.requisition import Requisition, RequisitionLine, RequisitionStatus
from app.purchasing.models.supplier_return import ReturnStatus, SupplierReturn

__all__ = [
    "InvoiceStatus",
    "Match",
    "OrderStatus",
    "Payable",
    "PayableStatus",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "PurchaseOrderRevision",
    "Quotation",
    "QuotationLine",
    "QuotationStatus",
    "Receipt",
    "ReceiptLine",
    "ReceiptStatus",
    "RequestForQuotation",
    "RequestStatus",
    "Requisition",
    "RequisitionLine",
    "RequisitionStatus",
    "ReturnStatus",
    "SupplierInvoice",
    "SupplierInvoiceLine",
    "SupplierReturn",
]
