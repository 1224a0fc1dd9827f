"""Reads of subcontracting, split by use; form sources keep their addresses ``subcontracting.<name>``."""

from app.subcontracting.queries.basis import (
    approval_lines,
    billable_quantity,
    contract_in_force,
    order_amount,
    score_text,
    standing_label,
    supplier_periods,
)
from app.subcontracting.queries.forms import (
    component_shipping,
    contract_draft,
    contract_review,
    offer_comparison,
    offer_entry,
    offers_received,
    progress_entry,
    receiving,
    selection_invite,
    subcontractors,
)
from app.subcontracting.queries.pages import (
    customer_order_documents,
    latest_scores,
    of_work_orders,
    order_detail,
    orders_query,
    overdue,
    part,
)

__all__ = [
    "approval_lines",
    "billable_quantity",
    "component_shipping",
    "contract_draft",
    "contract_in_force",
    "contract_review",
    "customer_order_documents",
    "latest_scores",
    "of_work_orders",
    "offer_comparison",
    "offer_entry",
    "offers_received",
    "order_amount",
    "order_detail",
    "orders_query",
    "overdue",
    "part",
    "progress_entry",
    "receiving",
    "score_text",
    "selection_invite",
    "standing_label",
    "subcontractors",
    "supplier_periods",
]
