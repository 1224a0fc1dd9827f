"""Reads of purchasing, split by use; form sources keep their addresses ``purchasing.<name>``."""

from app.purchasing.queries.basis import (
    ApprovalBasis,
    InvoiceBasis,
    InvoiceLine,
    approval_basis,
    invoice_basis,
    match_lines,
    order_amount,
    stock_unit_cost,
    unsettled_line,
)
from app.purchasing.queries.forms import (
    approval_review,
    difference_label,
    invoice_entry,
    match_review,
    order_review,
    quotation_comparison,
    quotation_entry,
    quotations_received,
    receiving,
    requisition_review,
)
from app.purchasing.queries.pages import (
    customer_order_documents,
    invoices_query,
    order_detail,
    orders_query,
    requisitions_query,
)
from app.purchasing.queries.returns import credit, return_sheet, returns_query, supplier_return

__all__ = [
    "ApprovalBasis",
    "InvoiceBasis",
    "InvoiceLine",
    "approval_basis",
    "approval_review",
    "credit",
    "customer_order_documents",
    "difference_label",
    "invoice_basis",
    "invoice_entry",
    "invoices_query",
    "match_lines",
    "match_review",
    "order_amount",
    "order_detail",
    "order_review",
    "orders_query",
    "quotation_comparison",
    "quotation_entry",
    "quotations_received",
    "receiving",
    "requisition_review",
    "requisitions_query",
    "return_sheet",
    "returns_query",
    "stock_unit_cost",
    "supplier_return",
    "unsettled_line",
]
